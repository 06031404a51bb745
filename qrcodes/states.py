"""States of codes and enrolments, and the moves they may make."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from merchant_portal.machine import Machine


class CodeState(models.TextChoices):
    """A static code at Alipay, as far as we know it."""

    CREATING = "CREATING", _("Being created")
    UNKNOWN = "UNKNOWN", _("Unknown")
    ADOPTING = "ADOPTING", _("Taking over")
    ACTIVE = "ACTIVE", _("Active")
    STOPPED = "STOPPED", _("Stopped")
    DELETED = "DELETED", _("Deleted")
    REFUSED = "REFUSED", _("Refused")


_ENDS = frozenset({CodeState.DELETED, CodeState.REFUSED})

CODE_MACHINE: Machine[CodeState] = Machine(
    "QR code",
    {
        CodeState.CREATING: frozenset({CodeState.ADOPTING, CodeState.UNKNOWN, CodeState.REFUSED}),
        CodeState.ADOPTING: frozenset(
            {CodeState.ACTIVE, CodeState.STOPPED, CodeState.UNKNOWN, CodeState.REFUSED}
        ),
        CodeState.ACTIVE: frozenset(
            {CodeState.ADOPTING, CodeState.STOPPED, CodeState.DELETED, CodeState.UNKNOWN}
        ),
        CodeState.STOPPED: frozenset(
            {CodeState.ADOPTING, CodeState.ACTIVE, CodeState.DELETED, CodeState.UNKNOWN}
        ),
        CodeState.UNKNOWN: frozenset(set(CodeState) - {CodeState.UNKNOWN, CodeState.CREATING}),
    },
)

#: States in which a call to Alipay is still owed.
CODE_UNSETTLED = (CodeState.CREATING, CodeState.UNKNOWN, CodeState.ADOPTING)
CODE_ENDED = tuple(sorted(_ENDS))


class CodeCall(models.TextChoices):
    """The call a code owes Alipay: it is made, and made again, until it has an answer."""

    CREATE = "create", _("ask for the code")
    MODIFY = "modify", _("put our details in force")
    STATUS = "status", _("change the state")


class CodeQuestion(models.TextChoices):
    """Why a code waits for a person."""

    NO_ANSWER = "no_answer", _("Alipay has not answered, and the automatic tries have ended.")
    DELETE_UNANSWERED = (
        "delete_unanswered",
        _("Alipay did not answer the delete. As it is final, it is not repeated by itself."),
    )
    DETAILS_REFUSED = (
        "details_refused",
        _("Alipay refused the changed details. The code goes on with the former ones."),
    )
    CANNOT_SEND = "cannot_send", _("The portal cannot make the call as things stand.")


class CodeKind(models.TextChoices):
    """Alipay keeps at most one code of each kind per store id."""

    PLAIN = "plain", _("Without channel fee")
    WITH_FEE = "fee", _("With channel fee")


class ReviewState(models.TextChoices):
    """The review of a secondary merchant's store (acquirers)."""

    UNREGISTERED = "UNREGISTERED", _("Not registered")
    IN_REVIEW = "IN_REVIEW", _("In review")
    APPROVED = "APPROVED", _("Approved")
    REJECTED = "REJECTED", _("Rejected")


#: Alipay decides, and may decide anew when it is told again.
REVIEW_MACHINE: Machine[ReviewState] = Machine(
    "registration",
    {
        ReviewState.UNREGISTERED: frozenset(
            {ReviewState.IN_REVIEW, ReviewState.APPROVED, ReviewState.REJECTED}
        ),
        ReviewState.IN_REVIEW: frozenset({ReviewState.APPROVED, ReviewState.REJECTED}),
        ReviewState.APPROVED: frozenset({ReviewState.IN_REVIEW, ReviewState.REJECTED}),
        ReviewState.REJECTED: frozenset({ReviewState.IN_REVIEW, ReviewState.APPROVED}),
    },
)


class ReviewCall(models.TextChoices):
    """The call a registration owes Alipay."""

    REGISTER = "register", _("tell Alipay about the store")
    ASK = "ask", _("ask how the review goes")


class ReviewQuestion(models.TextChoices):
    """Why a registration waits for a person."""

    REJECTED = "rejected", _("Alipay has rejected the store.")
    REFUSED = "refused", _("Alipay did not take what it was told about the store.")
    CHANGE_REJECTED = (
        "change_rejected",
        _("Alipay has rejected the changed details. The store goes on with the former ones."),
    )
    DETAILS_CHANGED = (
        "details_changed",
        _("Alipay may not know the details as they stand here now: tell it again."),
    )
    NOT_THERE = "not_there", _("Alipay knows no store under these ids.")
    STILL_OPEN = "still_open", _("Alipay has not decided within its own time.")
    NO_ANSWER = "no_answer", _("Alipay has not answered, and the automatic tries have ended.")
    CANNOT_SEND = "cannot_send", _("The portal cannot make the call as things stand.")


class RegistrantType(models.TextChoices):
    """What kind of person stands behind a merchant, in Alipay's words."""

    INDIVIDUAL = "INDIVIDUAL", _("An individual")
    ENTERPRISE = "ENTERPRISE", _("A company")


class DeviceUse(models.TextChoices):
    """Who stands in front of a paired device, and so what it shows and begins."""

    STAFF = "staff", _("Staff: it shows what arrives, and takes payments")
    CUSTOMERS = "customers", _("Customers: it shows the code of the order that staff has begun")
    SELF_SERVICE = "self_service", _("Customers, who type themselves what they pay")


class PosterSize(models.TextChoices):
    """What is printed of a code."""

    A4 = "A4", _("A4 poster")
    A5 = "A5", _("A5 poster")
    A6 = "A6", _("A6 table card")
    STICKERS = "STICKERS", _("Stickers on A4, with cut marks")


class PosterLanguage(models.TextChoices):
    """The language of a poster: the customer's, not that of who prints it."""

    ENGLISH = "en", "English"
    SIMPLIFIED = "zh-hans", "简体中文"
    TRADITIONAL = "zh-hant", "繁體中文"
