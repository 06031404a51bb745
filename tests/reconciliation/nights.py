"""A day at the small Alipay, and its night."""

from collections.abc import Callable
from io import BytesIO

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from payments import services as payments
from payments.models import Payment
from qrcodes import services as codes
from qrcodes.models import QRCode
from reconciliation import services
from reconciliation.models import ComparedDay, StatementFile
from reconciliation.standing import DayStanding, standing_of, with_standing
from reconciliation.states import Source
from tests import factories
from tests.alipay_side import AlipaySide
from tests.reconciliation import books
from tests.reconciliation.files import ACTOR

Carry = Callable[[], list[str]]


def code_of(account: Account, currency: str) -> QRCode:
    counter = factories.counter(factories.store(currency=currency))
    enrolment = codes.enrol_counter(counter, account=account, actor=ACTOR)
    return codes.send_code(codes.make_code(enrolment, actor=ACTOR))


def pay(account: Account, currency: str, alipay: AlipaySide, carry: Carry) -> list[Payment]:
    """Three customers pay, and Alipay tells us."""
    code = code_of(account, currency)
    for amount in ("12.50", "8.00", "20.00"):
        alipay.pay(code.value, amount)
    carry()
    for payment in Payment.objects.all():
        payments.ask_payment(payment, actor=ACTOR)
    return list(Payment.objects.order_by("pk"))


def compare_night(account: Account, alipay: AlipaySide) -> StatementFile:
    """Alipay closes the day so far; its file is received, read and compared."""
    told = alipay.run_night(account.partner_id)
    [written] = [each for each in told if each["kind"] == "transaction"]
    body = alipay.file(account.partner_id, written["name"])
    stored = services.receive_file(
        BytesIO(body), name=written["name"], source=Source.UPLOAD, actor=ACTOR, account=account
    )
    services.read_file(stored.pk)
    books.compare_due()
    stored.refresh_from_db()
    return stored


def standing(account: Account) -> DayStanding:
    today = clock.transaction_day(clock.now())
    return standing_of(with_standing(ComparedDay.objects.filter(account=account, day=today)).get())
