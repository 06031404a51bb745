"""Files of the JSON products made on the spot, and what a counter sold through that API."""

from datetime import date, datetime, timedelta

from merchant_portal.accounts.models import Account
from merchant_portal.clock import GMT8
from payments.models import Payment, Sale
from payments.states import Interface, Product
from qrcodes.models import Counter
from reconciliation.models import StatementFile
from tests import factories
from tests.alipay.statement_files import END, ITEM_COLUMNS, NEWEST_COLUMNS
from tests.reconciliation import files
from tests.reconciliation.books import DAY, at, compare_due, paid

CLIENT_ID = "SANDBOX_5X00000000000001"
#: A merchant number that is neither a partner id nor a client id.
MERCHANT = "1022188000000000001"
INWARD = {"PAYMENT", "REFUND_REVERSAL"}


def json_account(*, folder: str = "", client_id: str = CLIENT_ID) -> Account:
    """An account that sells through the JSON API and is never spoken to."""
    account = files.account(folder=folder, currency="USD")
    account.client_id = client_id
    account.json_url = "http://127.0.0.1:1"
    account.save()
    return account


def sold(
    account: Account,
    number: str,
    minor: int = 800,
    *,
    interface: Interface = Interface.JSON,
    product: Product = Product.BARCODE,
    when: datetime | None = None,
    alipay: str = "",
) -> Payment:
    """A payment that the counter began, paid and booked."""
    payment = paid(account, number, minor, when=when, alipay=alipay)
    payment.product = product
    payment.counter = Counter.objects.first() or factories.counter(factories.store())
    payment.store = payment.counter.store
    payment.save()
    when = when or at("09:12:44")
    Sale.objects.create(
        payment=payment,
        interface=interface,
        description="Noodles",
        begun_by_name="cashier",
        code_hint="28************6789" if product == Product.BARCODE else "",
        sent_at=when,
        ends_at=when + timedelta(minutes=1),
    )
    return payment


def item(
    number: str,
    amount: str = "8.00",
    *,
    kind: str = "PAYMENT",
    alipay: str = "",
    of: str = "",
    when: datetime | None = None,
    currency: str = "USD",
    merchant: str = MERCHANT,
) -> str:
    """A row of a transaction file of family A1; `of` is the original payment's id."""
    sign = "" if kind in INWARD else "-"
    alipay = alipay or f"2024{number}"
    return (
        f"{merchant},,{alipay},{of},{number},Noodles,ALIPAY_CN,{kind},{_written(when)},"
        f"IN_STORE_PAYMENT,{sign}{amount},{currency}"
    )


def newest(
    number: str,
    amount: str = "8.00",
    *,
    kind: str = "PAYMENT",
    of: str = "",
    status: str = "SUCCESS",
    when: datetime | None = None,
    fee: str = "-0.10",
) -> str:
    """A row of family A2, settled in its own currency; `of` is the payment's request id."""
    sign = "" if kind in INWARD else "-"
    time = _written(when)
    return (
        f"{MERCHANT},Antom,{kind},2024{number},{number},{of},ALIPAY_CN,{status},{time},{time},"
        f"{sign}{amount},USD,,USD,{fee},USD"
    )


def _written(when: datetime | None) -> str:
    return (when or at("09:12:44")).astimezone(GMT8).isoformat(timespec="seconds")


def body_of(*rows: str, columns: str = ITEM_COLUMNS) -> bytes:
    return "\n".join((columns, *rows, END, "")).encode()


def name_of(day: date = DAY, *, part: int = 0) -> str:
    return f"transactionItems_{day:%Y%m%d}_{part:03d}.csv"


def take_items(
    account: Account, *rows: str, day: date = DAY, part: int = 0, columns: str = ITEM_COLUMNS
) -> StatementFile:
    """A part of the day's file received, read and compared, and what it explains nearby."""
    body = body_of(*rows, columns=columns)
    file = files.take(body, name=name_of(day, part=part), account=account)
    compare_due()
    file.refresh_from_db()
    return file


def take_newest(account: Account, *rows: str) -> StatementFile:
    return take_items(account, *rows, columns=NEWEST_COLUMNS)
