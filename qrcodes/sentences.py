"""What pages say about codes: states, refusals and decisions as sentences for people."""

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from qrcodes.models import QRCode, Registration
from qrcodes.states import CodeCall, CodeState, ReviewCall, ReviewState

#: Words of the gateway and of our own reading of it, in plain language.
_REASONS: dict[str, StrOrPromise] = {
    "ILLEGAL_SIGN": gettext_lazy(
        "Alipay could not verify our signature: look at the account's key."
    ),
    "ILLEGAL_ARGUMENT": gettext_lazy("Alipay found something it was told wrong or missing."),
    "ILLEGAL_PARTNER": gettext_lazy("Alipay does not know the account's partner id."),
    "ILLEGAL_PARTNER_EXTERFACE": gettext_lazy(
        "The account's contract does not include this service."
    ),
    "ILLEGAL_SECURITY_PROFILE": gettext_lazy("Alipay has no key of ours for this sign type."),
    "ILLEGAL_SIGN_TYPE": gettext_lazy("Alipay does not take this sign type for this service."),
    "HAS_NO_PRIVILEGE": gettext_lazy("The account has no right to do this."),
    "ACCESS_FORBIDDEN": gettext_lazy("The account has no right to use this product."),
    "SESSION_TIMEOUT": gettext_lazy("Alipay found our clock too far from its own."),
    "PARAM_ILLEGAL": gettext_lazy("Alipay found something it was told missing or malformed."),
    "DATA_NOT_EXIST": gettext_lazy("Alipay knows no store under these ids."),
    "UNDER_REVIEW": gettext_lazy("Alipay reviews the store."),
    "MODIFICATION_REVIEW": gettext_lazy("Alipay reviews the changed details."),
    "SYSTEM_ERROR": gettext_lazy("Alipay has trouble of its own."),
    "TIMEOUT": gettext_lazy("Alipay did not answer in time."),
    "CONNECTION": gettext_lazy("The connection to Alipay failed."),
    "HTTP_STATUS": gettext_lazy("Alipay answered with an error page."),
    "UNREADABLE": gettext_lazy("The answer could not be read whole."),
    "BAD_SIGNATURE": gettext_lazy("The answer was not signed by Alipay."),
    "UNKNOWN_RESULT": gettext_lazy("Alipay answered that it does not know yet."),
}


def reason_sentence(reason: str) -> str:
    """A refusal or a missing answer in plain words, with Alipay's own word beside it."""
    if reason in _REASONS:
        return f"{_REASONS[reason]} ({reason})"
    return reason


def standing(code: QRCode) -> str:
    """Where a code stands, in one or two sentences."""
    match code.state:
        case CodeState.UNKNOWN:
            sentence = _unknown(code)
        case CodeState.ACTIVE | CodeState.STOPPED:
            sentence = _in_force(code)
        case CodeState.ADOPTING:
            sentence = _adopting(code)
        case CodeState.CREATING:
            sentence = _("Alipay is being asked for the code.")
        case CodeState.DELETED:
            sentence = _("Deleted at Alipay for good. Take down every print of it.")
        case _:
            sentence = _("Alipay gave no code. The counter is free for another try.")
    return sentence


def _adopting(code: QRCode) -> str:
    if code.told_digest:
        return _("Alipay is being told changed details. Payments go on meanwhile.")
    return _(
        "Alipay gave the code. It is not in force until Alipay has taken our address for its "
        "notifications."
    )


def _in_force(code: QRCode) -> str:
    if code.next_call and code.wanted_state == CodeState.STOPPED:
        return _("Still active: Alipay is being asked to stop it.")
    if code.next_call and code.wanted_state == CodeState.DELETED:
        return _("Alipay is being asked to delete it.")
    if code.next_call:
        return _("Still stopped: Alipay is being asked to let it work again.")
    if code.state == CodeState.STOPPED:
        return _("Stopped: whoever scans it is told that it is invalid.")
    if code.enrolment.awaits_approval:
        return _("In force, but Alipay has not approved the store.")
    return _("In force: customers can pay with it.")


def _unknown(code: QRCode) -> str:
    if code.next_call == CodeCall.CREATE:
        return _("Not known whether Alipay made the code: its answer was lost.")
    if code.next_call == CodeCall.MODIFY:
        return _("Not known whether Alipay took our details: its answer was lost.")
    match code.wanted_state:
        case CodeState.STOPPED:
            return _("Not known whether the code is stopped: Alipay's answer was lost.")
        case CodeState.DELETED:
            return _("Not known whether the code is deleted: Alipay's answer was lost.")
        case _:
            return _("Not known whether the code works again: Alipay's answer was lost.")


def review_standing(registration: Registration) -> str:
    """Where Alipay's review of a store stands, in one or two sentences."""
    match registration.state:
        case ReviewState.IN_REVIEW:
            return _(
                "Alipay reviews the store: 5 to 10 minutes as a rule, three working days at most. "
                "Until it is approved, customers may be turned away."
            )
        case ReviewState.APPROVED if registration.is_change_in_review:
            return _("Approved: customers can pay. Alipay reviews the changed details meanwhile.")
        case ReviewState.APPROVED:
            return _("Approved: customers can pay.")
        case ReviewState.REJECTED:
            return _(
                "Customers may be turned away. Mend what Alipay names, and register the store "
                "again."
            )
        case _:
            return _unregistered(registration)


def _unregistered(registration: Registration) -> str:
    if registration.asked_without_answer:
        return _("Not known whether Alipay has taken the store for review: its answer was lost.")
    if registration.is_under_way and registration.next_call == ReviewCall.REGISTER:
        return _("Alipay is being told about the store.")
    if registration.is_under_way:
        return _("Alipay is being asked whether it knows the store.")
    return _(
        "Alipay was not told about the store. Until it has approved it, customers may be turned "
        "away."
    )


def why_no_image(code: QRCode) -> str:
    """Why a code is not offered for print; empty for one that is."""
    if code.state == CodeState.ACTIVE:
        return ""
    return _("Only an active code is offered for print. %s") % standing(code)


def outcome_sentence(code: QRCode, outcome: CodeState) -> str:
    """What a person says by deciding for an outcome."""
    match outcome:
        case CodeState.REFUSED:
            return _("There is no usable code: give it up, so that the counter can try anew")
        case CodeState.DELETED:
            return _("The code is deleted at Alipay")
        case CodeState.STOPPED:
            return _("The code exists and is stopped")
        case _:
            return _("The code exists and customers can pay with it")
