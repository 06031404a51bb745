"""A program for a database file of its own: an entry is booked while the ledger is downloaded.

SQLite's tests run in memory, where a reader locks out every writer; a file in WAL mode does not.
Prints the rows of the download, and how many entries there were in the end.
"""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "merchant_portal.settings")
django.setup()

from django.core.management import call_command  # noqa: E402

from merchant_portal import clock  # noqa: E402
from merchant_portal.access import Role  # noqa: E402
from merchant_portal.accounts import services as accounts  # noqa: E402
from merchant_portal.accounts.models import Account, SignType  # noqa: E402
from merchant_portal.reports import services  # noqa: E402
from payments.models import EntryKind, LedgerAccount, LedgerEntry  # noqa: E402
from tests import factories  # noqa: E402
from tests.reports.rows import order, table  # noqa: E402


def main() -> None:
    call_command("migrate", verbosity=0)
    account = _account()
    _book(account, "first")
    finance = factories.person(Role.FINANCE)
    _job, chunks = services.open_download(order("ledger", finance))
    heading = next(chunks)
    _book(account, "second")
    rows = table(heading + b"".join(chunks))
    print([row["Reference"].strip() for row in rows], LedgerEntry.objects.count())


def _account() -> Account:
    return accounts.save_account(
        partner_id=factories.GLOBAL_PARTNER,
        region="global",
        actor=factories.ACTOR,
        terms={
            "name": "One instant",
            "sign_type": SignType.MD5,
            "gateway_url": "http://127.0.0.1:9/gateway.do",
            "settlement_currency": "USD",
        },
    )


def _book(account: Account, reference: str) -> None:
    LedgerEntry.objects.create(
        account=account,
        kind=EntryKind.ADJUSTMENT,
        reference=reference,
        debit=LedgerAccount.RECEIVABLE,
        credit=LedgerAccount.ADJUSTMENTS,
        amount_minor=100,
        currency="USD",
        occurred_at=clock.now(),
        posted_at=clock.now(),
    )


if __name__ == "__main__":
    main()
