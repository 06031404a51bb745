"""States of payments, lookups and notifications, and the moves they may make."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from merchant_portal.machine import Machine


class PaymentState(models.TextChoices):
    """One payment's state. Refunds do not change it."""

    PENDING = "PENDING", _("Pending")
    UNKNOWN = "UNKNOWN", _("Unknown")
    CONFIRMING = "CONFIRMING", _("Paid, being confirmed")
    PAID = "PAID", _("Paid")
    CANCELLED = "CANCELLED", _("Cancelled")
    CLOSED = "CLOSED", _("Closed unpaid")


PAYMENT_MACHINE: Machine[PaymentState] = Machine(
    "Payment",
    {
        PaymentState.PENDING: frozenset(
            {
                PaymentState.UNKNOWN,
                PaymentState.CONFIRMING,
                PaymentState.PAID,
                PaymentState.CANCELLED,
                PaymentState.CLOSED,
            }
        ),
        PaymentState.UNKNOWN: frozenset(
            {
                PaymentState.PENDING,
                PaymentState.CONFIRMING,
                PaymentState.PAID,
                PaymentState.CANCELLED,
                PaymentState.CLOSED,
            }
        ),
        PaymentState.CONFIRMING: frozenset({PaymentState.PAID, PaymentState.CANCELLED}),
        PaymentState.PAID: frozenset({PaymentState.CANCELLED}),
        # Paid after the end: the money is there, and a person says what becomes of it.
        PaymentState.CLOSED: frozenset({PaymentState.PAID, PaymentState.CONFIRMING}),
    },
)

#: States in which Alipay is still to be asked, or a person.
PAYMENT_UNSETTLED = (PaymentState.PENDING, PaymentState.UNKNOWN, PaymentState.CONFIRMING)
#: States that a cashier may call paid.
PAYMENT_TAKEN = (PaymentState.PAID, PaymentState.CONFIRMING)


class Product(models.TextChoices):
    """How a payment begins."""

    MERCHANT_QR = "merchant_qr", _("Merchant QR code")
    BARCODE = "barcode", _("Customer's code")
    ORDER_CODE = "order_code", _("Order code")


class Interface(models.TextChoices):
    """Which generation of Alipay's interface a payment is spoken of in."""

    GATEWAY = "gateway", _("Gateway")
    JSON = "json", _("JSON API")


class NotificationState(models.TextChoices):
    WAITING = "WAITING", _("Waiting")
    APPLIED = "APPLIED", _("Applied")


class LookupState(models.TextChoices):
    """A question to Alipay about a number we have no payment for."""

    ASKING = "ASKING", _("Asking")
    FOUND = "FOUND", _("Found")
    NOT_FOUND = "NOT_FOUND", _("Not found at Alipay")
    REFUSED = "REFUSED", _("Refused")
    UNANSWERED = "UNANSWERED", _("Alipay has not answered")


class Question(models.TextChoices):
    """Why a person, or a later file, must decide about a payment."""

    AMOUNT_DIFFERS = "amount_differs", _("Notification and query name different amounts")
    CURRENCY_DIFFERS = "currency_differs", _("Paid in another currency than the counter's")
    NUMBERS_DIFFER = "numbers_differ", _("One number came with two different other numbers")
    STATUS_DIFFERS = "status_differs", _("Notified as paid, but asked, Alipay says it is not")
    PLACE_DIFFERS = "place_differs", _("The address and the fields name different counters")
    CONTENT_DIFFERS = "content_differs", _("A later notification says something else")
    PAID_AFTER_END = "paid_after_end", _("Paid after the end: give back or keep")
    PAID_AFTER_CANCEL = "paid_after_cancel", _("Alipay says paid, we had cancelled it")
    CANCELLED_UNSAID = (
        "cancelled_unsaid",
        _("Cancelled; Alipay does not say whether it had been paid"),
    )
    CLOSED_AT_ALIPAY = "closed_at_alipay", _("Closed at Alipay after it was paid, not by us")
    STILL_WAITING = "still_waiting", _("Alipay still waits for the buyer; somebody must look")
    NO_ANSWER = "no_answer", _("Alipay does not answer; somebody must look")


class WaitReason(models.TextChoices):
    """Why a stored notification has no effect yet."""

    ARRIVED = "arrived", _("Received, being applied")
    FOREIGN_SELLER = "foreign_seller", _("The seller is not this account")
    UNUSABLE_AMOUNT = "unusable_amount", _("The amount cannot be used")
    NO_CURRENCY = "no_currency", _("Neither notification nor counter names a currency")
    NO_TRADE_NUMBER = "no_trade_number", _("Alipay's number is missing")
    NUMBER_UNUSABLE = "number_unusable", _("A number is longer than Alipay's numbers are")
    NUMBERS_DIFFER = "numbers_differ", _("Its order number belongs to another payment")
    NO_PAYMENT_TIME = "no_payment_time", _("The payment time is missing")
    UNKNOWN_STATUS = "unknown_status", _("A status we do not know")
    UNREADABLE = "unreadable", _("Alipay signed it, but it cannot be read")
    NO_SALE = "no_sale", _("No sale of ours has its number")
    REFUND_UNBOOKED = "refund_unbooked", _("A refund, not booked yet; somebody must look")
    FAILED = "failed", _("Applying it failed")


NOTIFICATION_MACHINE: Machine[NotificationState] = Machine(
    "Notification", {NotificationState.WAITING: frozenset({NotificationState.APPLIED})}
)

_LOOKUP_ENDS = frozenset(set(LookupState) - {LookupState.ASKING})
#: Every end may be asked about again.
LOOKUP_MACHINE: Machine[LookupState] = Machine(
    "Lookup",
    {LookupState.ASKING: _LOOKUP_ENDS}
    | {end: frozenset({LookupState.ASKING}) for end in _LOOKUP_ENDS},
)


class GiveBackReason(models.TextChoices):
    """Why money goes back, in the shop's words."""

    RETURNED = "returned", _("Goods returned")
    WRONG_AMOUNT = "wrong_amount", _("Wrong amount paid")
    PAID_TWICE = "paid_twice", _("Paid twice")
    NOT_DELIVERED = "not_delivered", _("Goods or service not delivered")
    SALE_ENDED = "sale_ended", _("The sale was ended")
    OTHER = "other", _("Other")


#: Reasons that somebody who asks for money to go back may give.
ASKED_REASONS = [each for each in GiveBackReason.choices if each[0] != GiveBackReason.SALE_ENDED]


class GiveBackQuestion(models.TextChoices):
    """Why money on its way back waits for a person."""

    NO_ANSWER = "no_answer", _("Alipay does not answer; somebody must look")
    NOT_CONFIRMED = "not_confirmed", _("Alipay's answers contradict each other")
    CANNOT_SEND = "cannot_send", _("The portal cannot make the call as things stand")


class CancelState(models.TextChoices):
    """A payment being undone on its own day."""

    REQUESTED = "REQUESTED", _("Waiting for approval")
    APPROVED = "APPROVED", _("Approved, not sent yet")
    DECLINED = "DECLINED", _("Declined")
    LAPSED = "LAPSED", _("Too late, nothing was sent")
    SUBMITTED = "SUBMITTED", _("Sent")
    UNKNOWN = "UNKNOWN", _("Sent, outcome unknown")
    DONE = "DONE", _("Cancelled")
    #: Of a sale that was never paid: it cannot be any more, and nothing went back.
    CLOSED = "CLOSED", _("Ended unpaid")
    REFUSED = "REFUSED", _("Refused by Alipay")


CANCEL_MACHINE: Machine[CancelState] = Machine(
    "Cancel",
    {
        CancelState.REQUESTED: frozenset(
            {CancelState.APPROVED, CancelState.DECLINED, CancelState.LAPSED}
        ),
        CancelState.APPROVED: frozenset(
            {
                CancelState.SUBMITTED,
                CancelState.LAPSED,
                CancelState.DECLINED,
                CancelState.CLOSED,
                CancelState.REFUSED,
            }
        ),
        # Back to APPROVED only where nothing can have left.
        CancelState.SUBMITTED: frozenset(
            {
                CancelState.APPROVED,
                CancelState.UNKNOWN,
                CancelState.DONE,
                CancelState.CLOSED,
                CancelState.REFUSED,
            }
        ),
        CancelState.UNKNOWN: frozenset(
            {
                CancelState.SUBMITTED,
                CancelState.DONE,
                CancelState.CLOSED,
                CancelState.REFUSED,
            }
        ),
    },
)

#: Cancels that hold no reservation any more.
CANCEL_ENDED = (
    CancelState.DECLINED,
    CancelState.LAPSED,
    CancelState.DONE,
    CancelState.CLOSED,
    CancelState.REFUSED,
)
#: Cancels that have a next attempt or a person.
CANCEL_WATCHED = (CancelState.APPROVED, CancelState.SUBMITTED, CancelState.UNKNOWN)
#: Cancels whose call may have left.
CANCEL_SENT = (CancelState.SUBMITTED, CancelState.UNKNOWN)
