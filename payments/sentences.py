"""What Alipay's answers mean for the person at the counter, in words."""

from django.contrib import messages
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django_stubs_ext import StrOrPromise

from merchant_portal.alipay.messages import TradeStatus
from merchant_portal.gateway import Answered, Refused, Unanswered
from payments.models import Payment
from payments.services import Heard, Unsent, giving_back
from payments.states import PaymentState, Product, WaitReason

_NOT_THERE = "TRADE_NOT_EXIST"


def advice(payment: Payment) -> str:
    """One sentence for the cashier, from all that is known."""
    match PaymentState(payment.state):
        case PaymentState.PAID | PaymentState.CONFIRMING:
            return _paid_advice(payment)
        case PaymentState.PENDING | PaymentState.UNKNOWN:
            return _("Do not hand over the goods yet.")
        case PaymentState.CLOSED:
            return _("Nothing was charged. The customer may pay again.")
        case PaymentState.CANCELLED:
            return _("Cancelled: the money went back to the customer.")


def _paid_advice(payment: Payment) -> str:
    """Paid, unless the money goes back again."""
    back = payment.given_back + payment.reserved
    if not back.minor:
        return _("Paid: hand over the goods.")
    if back == payment.amount:
        return _("The money went back, or is to go back: do not hand over the goods.")
    return _("Paid, and %(back)s of it went back or is to go back.") % {"back": back}


def heard_sentence(payment: Payment, heard: Heard) -> tuple[int, str]:
    """The level of the message and its sentences, once the answer is recorded."""
    match heard:
        case Answered():
            level = messages.SUCCESS if payment.is_taken else messages.WARNING
            return level, f"{said_sentence(heard)} {advice(payment)}"
        case Unsent():
            return messages.ERROR, said_sentence(heard)
        case _:
            return messages.WARNING, f"{said_sentence(heard)} {_standing(payment)}"


def said_sentence(heard: Heard) -> str:
    """What was heard about a payment, and nothing of what it means."""
    match heard:
        case Answered(answer=answer):
            return _answered(answer.status)
        case Refused(code=code):
            return _refused(code)
        case _:
            return unheard_sentence(heard)


def unheard_sentence(heard: Unanswered | Unsent) -> str:
    """There is no answer, or nothing was asked."""
    match heard:
        case Unanswered(reason=reason):
            return _("Alipay did not answer (%(why)s).") % {"why": reason.value}
        case Unsent(why=why):
            return _("Nothing was sent: %(why)s") % {"why": why}


def _answered(status: TradeStatus) -> str:
    match status:
        case TradeStatus.TRADE_SUCCESS | TradeStatus.TRADE_FINISHED:
            return _("Alipay says: paid.")
        case TradeStatus.TRADE_PENDING:
            return _("Alipay says: paid, and frozen for now.")
        case TradeStatus.TRADE_CLOSED:
            return _("Alipay says: closed.")
        case _:
            return _("Alipay says: the customer has not paid yet.")


def _refused(code: str) -> str:
    if code == _NOT_THERE:
        return _("Alipay does not know this payment yet; that proves nothing.")
    return _("Alipay refused the question (%(code)s).") % {"code": code}


def _standing(payment: Payment) -> str:
    """What holds although nothing new was learnt."""
    if payment.is_taken:
        return _("The payment stays paid: Alipay has said so before.")
    if payment.next_attempt_at is None:
        return advice(payment)
    return _("%(advice)s We keep asking by ourselves.") % {"advice": advice(payment)}


_BY_ITSELF = gettext_lazy("Nothing: it is applied again by itself. You may also apply it now.")
_NO_NUMBER = gettext_lazy(
    "Without a usable number nothing can be booked. Show it to Alipay's support."
)

#: What somebody may do about a notification that waits.
WHAT_TO_DO: dict[WaitReason, StrOrPromise] = {
    WaitReason.ARRIVED: _BY_ITSELF,
    WaitReason.FAILED: _BY_ITSELF,
    WaitReason.FOREIGN_SELLER: gettext_lazy(
        "It came to this account's address and speaks of another seller. Ask Alipay whether two "
        "contracts share one notify address."
    ),
    WaitReason.UNUSABLE_AMOUNT: gettext_lazy(
        "Find the payment by its number: Alipay's answer names the amount."
    ),
    WaitReason.NO_CURRENCY: gettext_lazy(
        "Find the payment by its number: Alipay's answer names the currency."
    ),
    WaitReason.NO_TRADE_NUMBER: _NO_NUMBER,
    WaitReason.NUMBER_UNUSABLE: _NO_NUMBER,
    WaitReason.NUMBERS_DIFFER: gettext_lazy(
        "Ask Alipay about both numbers; one of the two payments is not what it says."
    ),
    WaitReason.NO_PAYMENT_TIME: gettext_lazy(
        "Find the payment by its number: Alipay's answer names the time."
    ),
    WaitReason.UNKNOWN_STATUS: gettext_lazy(
        "Alipay uses a word this version does not know. Ask Alipay about the payment."
    ),
    WaitReason.UNREADABLE: gettext_lazy(
        "Find the payment by its number: Alipay's answer says how it stands. Then ask Alipay why it"
        " writes so."
    ),
    WaitReason.NO_SALE: gettext_lazy(
        "Ask Alipay who began this payment: another program may use the account's client id. If it"
        " is ours, apply this again."
    ),
    WaitReason.REFUND_UNBOOKED: gettext_lazy(
        "Money went back to the customer. Finance compares it with Alipay's file."
    ),
}


def why_nothing_goes_back(payment: Payment) -> str:
    """Why no money of a payment can be given back; empty where some can."""
    closed = giving_back.objection(payment)
    if closed or giving_back.left_of(payment).minor:
        return closed
    if payment.reserved_minor:
        return _("What is left of it is on its way back already.")
    return _("All of it has gone back.")


_SENT_CODE = gettext_lazy("We sent the customer's code to Alipay")
_ASKED_FOR_CODE = gettext_lazy("We asked Alipay for the order's code")
_SENT_CANCEL = gettext_lazy("We sent the cancel to Alipay")
_SENT_REFUND = gettext_lazy("We sent the refund to Alipay")
_ASKED_ABOUT_PAYMENT = gettext_lazy("We asked Alipay about the payment")
_ASKED_ABOUT_REFUND = gettext_lazy("We asked Alipay about the refund")
#: What a call to Alipay was for, by its name at the gateway or in the JSON API.
_CALLS: dict[str, StrOrPromise] = {
    "alipay.acquire.cancel": _SENT_CANCEL,
    "alipay.acquire.overseas.query": _ASKED_ABOUT_PAYMENT,
    "alipay.acquire.overseas.spot.pay": _SENT_CODE,
    "alipay.acquire.overseas.spot.refund": _SENT_REFUND,
    "alipay.acquire.precreate": _ASKED_FOR_CODE,
    "alipay.acquire.refund.query": _ASKED_ABOUT_REFUND,
    "cancel": _SENT_CANCEL,
    "inquiryPayment": _ASKED_ABOUT_PAYMENT,
    "inquiryRefund": _ASKED_ABOUT_REFUND,
    "refund": _SENT_REFUND,
}
#: The JSON API begins every sale by one call.
_BEGUN_BY_JSON: dict[str, StrOrPromise] = {
    Product.BARCODE: _SENT_CODE,
    Product.ORDER_CODE: _ASKED_FOR_CODE,
}


def said(what: object, which: object = "") -> str:
    """A word and what is said of it, parted as the reader's language parts them."""
    return _("%(what)s: %(which)s") % {"what": what, "which": which} if which else str(what)


def call_words(service: str, product: str) -> str:
    """What a call was for, as people say it; ``product`` is that of the payment it was about."""
    spoken = _BEGUN_BY_JSON.get(product) if service == "pay" else _CALLS.get(service)
    return str(spoken or _("We asked Alipay"))


#: Who did something, where it was nobody with a name of their own.
ACTORS: dict[str, StrOrPromise] = {
    "Alipay": pgettext_lazy("who did it", "Alipay"),
    "command line": pgettext_lazy("who did it", "command line"),
    "schedule": pgettext_lazy("who did it", "schedule"),
}
#: Words the audit log keeps beside a verb.
DETAILS: dict[str, StrOrPromise] = {
    "doing": pgettext_lazy("detail of the audit log", "for"),
    "means": pgettext_lazy("detail of the audit log", "by"),
    "refund": pgettext_lazy("detail of the audit log", "a refund"),
    "cancel": pgettext_lazy("detail of the audit log", "a cancel"),
    "approve": pgettext_lazy("detail of the audit log", "an approval"),
    "book": pgettext_lazy("detail of the audit log", "a booking"),
    "send": pgettext_lazy("detail of the audit log", "sending"),
    "pin": pgettext_lazy("detail of the audit log", "PIN"),
    "password": pgettext_lazy("detail of the audit log", "password"),
    "amount": pgettext_lazy("detail of the audit log", "amount"),
    "product": pgettext_lazy("detail of the audit log", "by"),
    "barcode": pgettext_lazy("detail of the audit log", "the customer's code"),
    "order_code": pgettext_lazy("detail of the audit log", "an order's code"),
    "wrong_in_a_row": pgettext_lazy("detail of the audit log", "wrong in a row:"),
    "question": pgettext_lazy("detail of the audit log", "question:"),
    "note": pgettext_lazy("detail of the audit log", "note:"),
    "counter": pgettext_lazy("detail of the audit log", "counter:"),
    "shift": pgettext_lazy("detail of the audit log", "to"),
    "before": pgettext_lazy("detail of the audit log", "from"),
    "reason": pgettext_lazy("detail of the audit log", "because:"),
    "bytes": pgettext_lazy("detail of the audit log", "bytes:"),
}
#: Verbs of the audit log about payments, as people say them.
VERBS: dict[str, StrOrPromise] = {
    "ask_alipay": gettext_lazy("asked Alipay"),
    "begin_sale": gettext_lazy("began the sale"),
    "confirm": gettext_lazy("confirmed who they are"),
    "confirm_wrongly": gettext_lazy("mistyped PIN or password"),
    "end_sale": gettext_lazy("gave the sale up"),
    "find_payment": gettext_lazy("looked for the payment"),
    "move_to_shift": gettext_lazy("moved the payment to another shift"),
    "place_payment": gettext_lazy("said where it was paid"),
    "settle_question": gettext_lazy("settled the question"),
    "take_evidence": gettext_lazy("took the evidence as a file"),
    "take_question": gettext_lazy("took on the question"),
    "write_note": gettext_lazy("wrote a note"),
}
