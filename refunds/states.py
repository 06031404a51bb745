"""States of refunds, and the moves they may make."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from merchant_portal.machine import Machine


class RefundState(models.TextChoices):
    """Money of a payment going back, in full or in part."""

    REQUESTED = "REQUESTED", _("Waiting for approval")
    APPROVED = "APPROVED", _("Approved, not sent yet")
    DECLINED = "DECLINED", _("Declined")
    SUBMITTED = "SUBMITTED", _("Sent")
    ACCEPTED = "ACCEPTED", _("Recorded by Alipay, not paid back yet")
    UNKNOWN = "UNKNOWN", _("Sent, outcome unknown")
    REFUNDED = "REFUNDED", _("Refunded")
    FAILED = "FAILED", _("Failed")
    RETURNED = "RETURNED", _("Refunded, then came back")


REFUND_MACHINE: Machine[RefundState] = Machine(
    "Refund",
    {
        RefundState.REQUESTED: frozenset({RefundState.APPROVED, RefundState.DECLINED}),
        RefundState.APPROVED: frozenset(
            {RefundState.SUBMITTED, RefundState.DECLINED, RefundState.FAILED}
        ),
        # Back to APPROVED only where nothing can have left.
        RefundState.SUBMITTED: frozenset(
            {
                RefundState.APPROVED,
                RefundState.ACCEPTED,
                RefundState.UNKNOWN,
                RefundState.REFUNDED,
                RefundState.FAILED,
            }
        ),
        RefundState.UNKNOWN: frozenset(
            {
                RefundState.SUBMITTED,
                RefundState.ACCEPTED,
                RefundState.REFUNDED,
                RefundState.FAILED,
            }
        ),
        RefundState.ACCEPTED: frozenset({RefundState.REFUNDED, RefundState.FAILED}),
        # Alipay may say later that it was done after all, by a notice or in the night's file.
        RefundState.FAILED: frozenset({RefundState.REFUNDED}),
        RefundState.REFUNDED: frozenset({RefundState.RETURNED}),
    },
)

#: Refunds that hold no reservation any more (made elsewhere: once booked).
REFUND_ENDED = (
    RefundState.DECLINED,
    RefundState.REFUNDED,
    RefundState.FAILED,
    RefundState.RETURNED,
)
#: Refunds that have a next attempt or a person.
REFUND_WATCHED = (
    RefundState.APPROVED,
    RefundState.SUBMITTED,
    RefundState.ACCEPTED,
    RefundState.UNKNOWN,
)
#: Refunds whose call may have left, with no end yet.
REFUND_SENT = (RefundState.SUBMITTED, RefundState.ACCEPTED, RefundState.UNKNOWN)


class RefundOrigin(models.TextChoices):
    """Who made it: we, or somebody at Alipay's own portal."""

    OURS = "ours", _("This portal")
    ELSEWHERE = "elsewhere", _("Alipay's portal")
