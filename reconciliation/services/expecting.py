"""Which files are awaited: a day of ours with successes has a transaction file, on the day after.

A day without any has none (docs.antom.com/ac/globalbarcode/reconciliation), and when a settlement
comes depends on weekends, holidays and a minimum amount: neither is awaited.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from merchant_portal.alipay.statements import Document
from merchant_portal.clock import GMT8
from payments.models import Payment
from payments.states import Interface, PaymentState
from reconciliation.models import StatementFile
from reconciliation.services import late_files
from reconciliation.services.moves import lock_account, move
from reconciliation.states import FILE_AWAITED, FILE_USABLE, FileState
from refunds.models import Refund
from refunds.states import RefundState

#: A day that has a file in one of these states waits for none.
_COVERED = (*FILE_AWAITED, *FILE_USABLE, FileState.RECEIVED)


def expect_files(now: datetime) -> list[StatementFile]:
    """Await the file of each day that has ended with successes; returns those that are new."""
    expected = [
        _expect(account, day, interface)
        for account in accounts_with_files()
        for interface in interfaces_of(account)
        for day in past_days(now)
        if _is_due(day, now) and _lacks_file(account, day, interface)
    ]
    _note_late(now)
    return [file for file in expected if file is not None]


def accounts_with_files() -> list[Account]:
    """The accounts whose files come here: by a folder, or because some have come before."""
    comes = ~Q(statement_folder="") | Q(statement_files__isnull=False)
    return list(Account.objects.filter(comes).distinct())


def interfaces_of(account: Account) -> list[Interface]:
    """Of which payments an account has files of their own; without a client id of one kind."""
    return list(Interface) if account.client_id else [Interface.GATEWAY]


def past_days(now: datetime) -> Iterator[date]:
    """The transaction days whose files Alipay's server may still have, oldest first."""
    today = clock.transaction_day(now)
    for back in range(settings.STATEMENT_DAYS_BACK, 0, -1):
        yield today - timedelta(days=back)


def _instant(day: date, at: time) -> datetime:
    """A time of the day after ``day``, GMT+8: when its file comes, or is late."""
    return datetime.combine(day + timedelta(days=1), at, GMT8)


def _is_due(day: date, now: datetime) -> bool:
    return _instant(day, settings.STATEMENT_EXPECTED_FROM) <= now


def _lacks_file(account: Account, day: date, interface: Interface) -> bool:
    files = StatementFile.objects.of_day(account, Document.TRANSACTION, day)
    covered = files.of_interface(interface).filter(state__in=_COVERED)
    return not covered.exists() and _had_successes(account, day, interface)


def _had_successes(account: Account, day: date, interface: Interface) -> bool:
    """Whether money came in or went back; a cancel is of its payment's day."""
    if interface == Interface.JSON:
        of_payment, of_refund = Q(sale__interface=interface), Q(payment__sale__interface=interface)
    elif account.client_id:
        of_payment = ~Q(sale__interface=Interface.JSON)
        of_refund = ~Q(payment__sale__interface=Interface.JSON)
    else:
        of_payment = of_refund = Q()
    within = (datetime.combine(day, time.min, GMT8), datetime.combine(day, time.max, GMT8))
    paid = Payment.objects.filter(
        of_payment,
        account=account,
        state__in=(PaymentState.CONFIRMING, PaymentState.PAID, PaymentState.CANCELLED),
        occurred_at__range=within,
    )
    refunded = Refund.objects.filter(
        of_refund,
        account=account,
        state__in=(RefundState.REFUNDED, RefundState.RETURNED),
        refunded_at__range=within,
    )
    return paid.exists() or refunded.exists()


@transaction.atomic
def _expect(account: Account, day: date, interface: Interface) -> StatementFile | None:
    """An awaited row, unless somebody was faster; the account's lock keeps deliveries apart."""
    lock_account(account.pk)
    if not _lacks_file(account, day, interface):
        return None
    is_json = interface == Interface.JSON
    file = StatementFile(
        account=account,
        interface=interface,
        name=f"transactionItems_{day:%Y%m%d}_000.csv"
        if is_json
        else f"{account.partner_id}_transaction_{day:%Y%m%d}.txt",
        document=Document.TRANSACTION.value,
        day=day,
        due_at=_instant(day, settings.STATEMENT_EXPECTED_FROM),
    )
    move(file, FileState.EXPECTED)
    file.save()
    return file


def _note_late(now: datetime) -> None:
    """What has not come by the afternoon is late, and somebody should look."""
    for file in StatementFile.objects.filter(state=FileState.EXPECTED):
        if file.day is not None and _instant(file.day, settings.STATEMENT_LATE_FROM) <= now:
            _make_late(file.pk, file.day)


@transaction.atomic
def _make_late(file_id: int, day: date) -> None:
    file = StatementFile.objects.select_for_update().get(pk=file_id)
    if file.state != FileState.EXPECTED:
        return
    move(file, FileState.LATE)
    file.save()
    late_files.report(file, day=day)
