"""Nightly files made on the spot, and the accounts they belong to."""

from io import BytesIO

from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, SignType
from merchant_portal.audit import Actor
from reconciliation import services
from reconciliation.models import StatementFile
from reconciliation.states import Source
from tests.alipay.statement_files import COLUMNS, PARTNER, ROW, SETTLED, SETTLEMENT_COLUMNS

__all__ = ["COLUMNS", "PARTNER", "ROW", "SETTLED", "SETTLEMENT_COLUMNS"]
ACTOR = Actor("a test")
HK_PARTNER = "2088000000000002"
YEN_PARTNER = "2088000000000003"
NAME = f"{PARTNER}_transaction_20240315.txt"


def account(
    *, partner_id: str = PARTNER, region: str = "global", folder: str = "", currency: str = "AUD"
) -> Account:
    """An account that is never spoken to."""
    return accounts.save_account(
        partner_id=partner_id,
        region=region,
        actor=ACTOR,
        terms={
            "name": f"Files {partner_id[-4:]} {region}",
            "sign_type": SignType.MD5,
            "gateway_url": "http://127.0.0.1:1/gateway.do",
            "settlement_currency": currency,
            "statement_folder": folder,
        },
    )


def day_file(
    *rows: str, stated: int | None = None, day: str = "2024-03-15", partner: str = PARTNER
) -> bytes:
    """A day's transaction file."""
    count = len(rows) if stated is None else stated
    first = f"Partner:{partner}|Payment_time: {day}|Total_count:{count}"
    return "\n".join((first, COLUMNS, *rows, "")).encode()


def row(number: str = "A1", *, amount: str = "12.50", kind: str = "PAYMENT") -> str:
    """A line; its Alipay number follows from ours."""
    return (
        f"{number}|2024{number}|{amount}|0.10|AUD|2024-03-15 09:12:44|{kind}||Noodle Bar|USD|8.00"
    )


def receive(body: bytes, *, name: str = NAME, account: Account | None = None) -> StatementFile:
    """A file as a person uploads it, not yet read."""
    return services.receive_file(
        BytesIO(body), name=name, source=Source.UPLOAD, actor=ACTOR, account=account
    )


def take(body: bytes, *, name: str = NAME, account: Account | None = None) -> StatementFile:
    """A file received and read."""
    return services.read_file(receive(body, name=name, account=account).pk)
