"""Our side of a comparison, as the ledger has it; and the lines of Alipay's file."""

from datetime import date, datetime, timedelta
from itertools import pairwise

from django.db.models import Model

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from merchant_portal.clock import GMT8
from payments import ledger
from payments import services as payment_services
from payments.models import Cancel, CancelMove, Payment, PaymentMove
from payments.states import CancelState, PaymentState, Product, Question
from reconciliation import services
from reconciliation.models import Discrepancy, StatementFile, Verdict
from reconciliation.tasks import reconcile_due_days
from refunds.models import Refund, RefundMove
from refunds.states import RefundOrigin, RefundState
from tests.reconciliation import files

#: Yesterday at Alipay: its file is due, and what is near midnight still waits for today's.
DAY = clock.transaction_day(clock.now()) - timedelta(days=1)


def at(text: str, *, day: date = DAY) -> datetime:
    """A time of the day, GMT+8."""
    return datetime.fromisoformat(f"{day.isoformat()}T{text}").replace(tzinfo=GMT8)


def paid(
    account: Account,
    number: str,
    minor: int = 800,
    *,
    when: datetime | None = None,
    state: PaymentState = PaymentState.PAID,
    alipay: str = "",
) -> Payment:
    """A payment with Alipay's number and ours; booked where its state says so."""
    when = when or at("09:12:44")
    is_open = state in {PaymentState.PENDING, PaymentState.UNKNOWN, PaymentState.CONFIRMING}
    payment = Payment.objects.create(
        account=account,
        product=Product.MERCHANT_QR,
        alipay_trans_id=alipay or f"2024{number}",
        partner_trans_id=number,
        amount_minor=minor,
        currency="USD",
        state=state,
        paid_at=when if state == PaymentState.PAID else None,
        occurred_at=when,
        first_heard_at=when,
        next_attempt_at=when if is_open else None,
    )
    way = ("PENDING", state) if state == PaymentState.UNKNOWN else (state,)
    _walk(PaymentMove, {"payment": payment}, way, when)
    if state == PaymentState.PAID:
        ledger.post_payment(payment, occurred_at=when)
    return payment


def refunded(
    payment: Payment,
    number: str,
    minor: int,
    *,
    when: datetime | None = None,
    state: RefundState = RefundState.REFUNDED,
) -> Refund:
    """A refund of ours."""
    when = when or at("11:00:00")
    is_done = state == RefundState.REFUNDED
    has_ended = is_done or state == RefundState.FAILED
    refund = Refund.objects.create(
        account=payment.account,
        payment=payment,
        origin=RefundOrigin.OURS,
        partner_refund_id=number,
        state=state,
        amount_minor=minor,
        currency=payment.currency,
        requested_by_name="manager",
        requested_at=when,
        first_sent_at=when,
        refunded_at=when if is_done else None,
        booked_at=when if is_done else None,
        settled_at=when if has_ended else None,
        next_attempt_at=None if has_ended else when,
        asked_without_answer=state == RefundState.UNKNOWN,
        is_sync=True,
    )
    _walk(RefundMove, {"refund": refund}, _WAY_OF_REFUND[state], when)
    if is_done:
        ledger.post_refund(payment, refund.amount, reference=number, occurred_at=when)
        payment.refunded_minor += minor
    elif not has_ended:
        payment.reserved_minor += minor
    payment.save()
    return refund


def cancelled(payment: Payment, *, when: datetime | None = None) -> Cancel:
    """A cancel of ours that is done."""
    when = when or at("10:00:00")
    cancel = Cancel.objects.create(
        payment=payment,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        state=CancelState.DONE,
        requested_by_name="manager",
        requested_at=when,
        first_sent_at=when,
        settled_at=when,
        deadline_at=when + timedelta(hours=12),
    )
    _walk(CancelMove, {"cancel": cancel}, ("APPROVED", "SUBMITTED", "DONE"), when)
    ledger.post_cancel(payment, occurred_at=when)
    payment.cancelled_minor = payment.amount_minor
    payment.state = PaymentState.CANCELLED
    payment.save()
    PaymentMove.objects.create(
        payment=payment, from_state="PAID", to_state="CANCELLED", at=when, actor_name="manager"
    )
    return cancel


def _walk(
    model: type[Model], subject: dict[str, Model], way: tuple[str, ...], when: datetime
) -> None:
    """The moves that led to the last state of the way."""
    for before, state in pairwise(("", *way)):
        model._default_manager.create(
            **subject, from_state=before, to_state=state, at=when, actor_name="manager"
        )


_SENT = ("APPROVED", "SUBMITTED")
_WAY_OF_REFUND = {
    RefundState.REFUNDED: (*_SENT, "REFUNDED"),
    RefundState.ACCEPTED: (*_SENT, "ACCEPTED"),
    RefundState.UNKNOWN: (*_SENT, "UNKNOWN"),
    RefundState.FAILED: (*_SENT, "FAILED"),
}


def line(
    number: str,
    amount: str = "8.00",
    *,
    kind: str = "PAYMENT",
    alipay: str = "",
    when: datetime | None = None,
    fee: str = "0.10",
    currency: str = "USD",
) -> str:
    """A line as Alipay writes it: 10.00 settled for whatever was priced."""
    time = (when or at("09:12:44")).astimezone(GMT8).strftime("%Y-%m-%d %H:%M:%S")
    alipay = alipay or f"2024{number}"
    return f"{number}|{alipay}|10.00|{fee}|AUD|{time}|{kind}||Noodle Bar|{currency}|{amount}"


def file_of(
    *lines: str, day: date = DAY, stated: int | None = None, partner: str = files.PARTNER
) -> StatementFile:
    """The day's file received, read and compared, and what it explains nearby."""
    name = f"{partner}_transaction_{day:%Y%m%d}.txt"
    body = files.day_file(*lines, day=day.isoformat(), stated=stated, partner=partner)
    file = files.take(body, name=name)
    compare_due()
    return file


def compare_due() -> None:
    """As the clock does: compare every day about which something is new."""

    reconcile_due_days()


def compare(account: Account, *, day: date = DAY) -> None:
    """Compare a day now."""
    services.reconcile_day(account, day)


def words(account: Account, day: date = DAY) -> list[str]:
    """What comparing a day found, in the order of lines, ours without a line last."""
    verdicts = Verdict.objects.filter(account=account, day=day)
    rows = sorted(verdicts, key=lambda verdict: (verdict.line_id or 2**62, verdict.pk))
    return [str(verdict.word) for verdict in rows]


def open_words(account: Account) -> list[str]:
    """The words of what stands open on the worklist."""
    return list(
        Discrepancy.objects.open()
        .filter(account=account)
        .order_by("pk")
        .values_list("word", flat=True)
    )


def vouch(file: StatementFile) -> None:
    services.vouch_for_file(file, actor=files.ACTOR)


def ask_about_amount(payment: Payment) -> None:
    """Notification and query named different amounts."""
    payment.question = Question.AMOUNT_DIFFERS
    payment.question_since = payment.occurred_at
    payment.save()


def settle(payment: Payment) -> None:
    payment_services.settle_question(payment, actor=files.ACTOR, note="the notice was right")


def at_noon_yesterday(payment: Payment) -> None:
    """As if it had been paid then, far from midnight."""
    noon = at("12:00:00")
    Payment.objects.filter(pk=payment.pk).update(paid_at=noon, occurred_at=noon)
    payment.ledger_entries.update(occurred_at=noon)


def word_about(noun: Refund | Cancel) -> str:
    """What the one verdict about a refund or cancel of ours says."""
    return noun.verdicts.get().word
