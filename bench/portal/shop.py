"""Fill a scratch database; run in a process of its own, whose DATABASE_URL names it.

`python -m bench.portal.shop intake` prints the path Alipay would post to, and
`python -m bench.portal.shop payments N` makes payments until there are N.
"""

import os
import sys

from django.db import connection

from bench.notices import PARTNER
from merchant_portal import clock
from merchant_portal.access import Role
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, KeyPurpose, SignType
from merchant_portal.audit import COMMAND_LINE
from merchant_portal.models import User
from payments import services as payments
from qrcodes import services as codes
from qrcodes.models import Counter, Membership, Merchant, QRCode, Store
from qrcodes.states import CodeState

_INSERT_PAYMENTS = """
INSERT INTO payments_payment ({columns})
SELECT {values}
FROM generate_series((SELECT count(*) FROM payments_payment) + 1, %s) AS n
"""


def make_code() -> QRCode:
    """An account with an RSA2 key, a counter, and its code in use."""
    account = make_account()
    return make_code_of(make_counters(1)[0], account=account)


def make_code_of(counter: Counter, *, account: Account) -> QRCode:
    """The counter's code, in use, as if Alipay had been asked for it."""
    enrolment = codes.enrol_counter(counter, account=account, actor=COMMAND_LINE)
    return QRCode.objects.create(
        enrolment=enrolment,
        version=1,
        value=f"https://qr.alipay.com/bench{counter.pk}",
        state=CodeState.ACTIVE,
        wanted_state=CodeState.ACTIVE,
        created_at=clock.now(),
    )


def make_payments(number: int) -> None:
    """As many payments as asked for in all, spread over a year, ten counters and three states."""
    account = Account.objects.first() or make_account()
    counters = list(Counter.objects.all()) or make_counters(10)
    if not User.objects.exists():
        Membership.objects.create(user=User.objects.create(username="finance"), role=Role.FINANCE)
    occurred = "timestamptz '2024-01-01' + n * interval '31 seconds'"
    values = {
        "account_id": str(account.pk),
        "store_id": str(counters[0].store_id),
        "counter_id": f"{counters[0].pk} + n %% 10",
        "product": "'merchant_qr'",
        "alipay_trans_id": "'2026112022' || lpad(n::text, 18, '0')",
        "partner_trans_id": "'20261120' || lpad(n::text, 20, '0')",
        "amount_minor": "100 + n %% 9900",
        "currency": "'USD'",
        "state": "CASE WHEN n %% 50 = 0 THEN 'CLOSED' ELSE 'PAID' END",
        "occurred_at": occurred,
        "paid_at": occurred,
        "refundable": "true",
        "wallet": "'ALIPAYCN'",
    }
    values |= {name: empty for name, empty in _empty_columns().items() if name not in values}
    statement = _INSERT_PAYMENTS.format(
        columns=", ".join(values), values=", ".join(values.values())
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [number])
        cursor.execute("VACUUM ANALYZE payments_payment")
    payments.keep_day_sums(seconds=600)


def _empty_columns() -> dict[str, str]:
    """For each column that may not be NULL, the SQL of its empty value."""
    empty = {"character varying": "''", "boolean": "false", "bigint": "0", "integer": "0"}
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_name = 'payments_payment' AND is_nullable = 'NO' AND column_name <> 'id'"
        )
        return {
            name: empty.get(kind, "timestamptz '2026-01-01'") for name, kind in cursor.fetchall()
        }


def make_account(**terms: str) -> Account:
    """An account that is never spoken to, in US dollars."""
    account = accounts.save_account(
        partner_id=PARTNER,
        region="global",
        actor=COMMAND_LINE,
        terms={
            "name": "Benchmark",
            "sign_type": SignType.RSA2,
            "gateway_url": "http://127.0.0.1:9/gateway.do",
            "settlement_currency": "USD",
            **terms,
        },
    )
    pem = os.environ.get("BENCH_PUBLIC_PEM")
    if pem:
        accounts.add_key(
            account,
            purpose=KeyPurpose.ALIPAY,
            algorithm=SignType.RSA2,
            text=pem,
            actor=COMMAND_LINE,
        )
    return account


def make_counters(number: int) -> list[Counter]:
    """So many tills of one store."""
    merchant = Merchant.objects.create(
        name="Harbour Noodle Bar", mcc="5812", secondary_merchant_id="HARBOUR"
    )
    store = Store.objects.create(
        merchant=merchant,
        code="PIER3",
        name="Harbour Noodle Bar Pier 3",
        country="US",
        pricing_currency="USD",
        time_zone="America/New_York",
    )
    return [
        Counter.objects.create(store=store, code=f"C{place}", name=f"Counter {place}")
        for place in range(1, number + 1)
    ]


if __name__ == "__main__":
    if sys.argv[1] == "intake":
        print(make_code().notify_path)
    else:
        make_payments(int(sys.argv[2]))
