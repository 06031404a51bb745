"""Registering stores at Alipay: what people want; ``reviewing`` makes the calls."""

from collections.abc import Mapping

from django.db import transaction
from django.utils.translation import gettext as _

from merchant_portal import audit, clock
from merchant_portal.audit import Actor
from qrcodes.errors import RegistrationRefused
from qrcodes.models import Enrolment, Merchant, Registrant, Registration, RegistrationMove
from qrcodes.services.store_details import (
    digest_of_store,
    refuse_unregistrable,
    registrant_of,
    store_details_of,
)
from qrcodes.states import REVIEW_MACHINE, ReviewCall, ReviewQuestion, ReviewState


@transaction.atomic
def register_enrolment(enrolment: Enrolment, *, actor: Actor) -> Registration:
    """Tell Alipay about a store, or tell it again: with the same ids it is a change.

    Raises RegistrationRefused where Alipay could not take what we would tell it.
    """
    registration = _lock_or_begin(enrolment, actor=actor)
    refuse_unregistrable(registration.enrolment)
    owe_call(registration, ReviewCall.REGISTER)
    registration.refusal = ""
    registration.save()
    audit.record(actor, "register_enrolment", registration)
    return registration


@transaction.atomic
def ask_review(enrolment: Enrolment, *, actor: Actor) -> Registration:
    """Ask Alipay now how a store's review stands; raises RegistrationRefused."""
    if not enrolment.account.registers_stores:
        raise RegistrationRefused(_("Alipay reviews no stores of a direct account."))
    registration = _lock_or_begin(enrolment, actor=actor)
    if registration.next_call == ReviewCall.REGISTER and registration.is_under_way:
        raise RegistrationRefused(_("Alipay is being told about the store first."))
    owe_call(registration, ReviewCall.ASK)
    registration.save()
    audit.record(actor, "ask_review", registration)
    return registration


@transaction.atomic
def save_registrant(merchant: Merchant, *, terms: Mapping[str, object], actor: Actor) -> Registrant:
    """Say who stands behind a merchant; where Alipay knows otherwise, people are asked.

    The audit names what changed, not the values: some are numbers of identity papers.
    """
    Merchant.objects.select_for_update().get(pk=merchant.pk)
    registrant = registrant_of(merchant) or Registrant(merchant=merchant)
    changed = [name for name, wanted in terms.items() if getattr(registrant, name) != wanted]
    for name in changed:
        setattr(registrant, name, terms[name])
    registrant.save()
    audit.record(actor, "save_registrant", merchant, changed=sorted(changed))
    ask_to_tell_again(enrolment__store__merchant=merchant)
    return registrant


def ask_to_tell_again(**place: object) -> None:
    """Ask people about each decided registration whose details Alipay does not know any more.

    A registration with a call under way is left: when its review ends, details are compared.
    """
    rows = Registration.objects.filter(next_call="", **place).exclude(told_digest="")
    for pk in rows.order_by("pk").values_list("pk", flat=True):
        registration = lock_registration(pk)
        _compare(registration)
        registration.save()


def _compare(registration: Registration) -> None:
    is_asked = registration.question == ReviewQuestion.DETAILS_CHANGED
    if is_stale(registration) and not registration.question:
        ask_about(registration, ReviewQuestion.DETAILS_CHANGED)
    elif is_asked and not is_stale(registration):
        registration.question, registration.question_since = "", None


def is_stale(registration: Registration) -> bool:
    """Whether Alipay was last told something else about the store than what stands here."""
    wanted = digest_of_store(store_details_of(registration.enrolment))
    return registration.told_digest != wanted


def lock_registration(pk: int) -> Registration:
    """A registration's row, locked, with everything Alipay is told about its store."""
    rows = Registration.objects.select_for_update(of=("self",))
    return rows.select_related(
        "enrolment__account", "enrolment__store__merchant", "enrolment__counter"
    ).get(pk=pk)


def _lock_or_begin(enrolment: Enrolment, *, actor: Actor) -> Registration:
    """The enrolment's registration, locked; it begins as one Alipay was told nothing about."""
    Enrolment.objects.select_for_update().get(pk=enrolment.pk)
    found = Registration.objects.filter(enrolment=enrolment).first()
    if found is None:
        found = Registration.objects.create(enrolment=enrolment)
        _write_move(found, "", actor=actor)
    return lock_registration(found.pk)


def move_registration(
    registration: Registration, target: ReviewState, *, actor: Actor, note: str = ""
) -> None:
    """Take a locked registration to another state; raises MoveRefused. The caller saves."""
    before = ReviewState(registration.state)
    REVIEW_MACHINE.check(before, target)
    registration.state = target
    _write_move(registration, before.value, actor=actor, note=note)


def _write_move(registration: Registration, before: str, *, actor: Actor, note: str = "") -> None:
    RegistrationMove.objects.create(
        registration=registration,
        from_state=before,
        to_state=registration.state,
        at=clock.now(),
        actor_name=actor.name[:200],
        note=note[:200],
    )


def owe_call(registration: Registration, call: ReviewCall) -> None:
    """From now on the registration owes Alipay this call. The caller saves.

    What was told without an answer stays so: only an answer ends it.
    """
    registration.next_call = call
    registration.next_attempt_at = clock.now()
    registration.attempts = 0
    registration.question, registration.question_since = "", None
    registration.last_answer = ""


def ask_about(registration: Registration, question: ReviewQuestion) -> None:
    """Nothing more happens by itself: a person must decide. The caller saves."""
    registration.question = question
    registration.question_since = clock.now()
    registration.next_attempt_at = registration.lease_until = None
