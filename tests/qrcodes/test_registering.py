"""An acquirer's stores are registered at Alipay, and their review is followed to its end."""

from datetime import timedelta

import pytest
import time_machine
from django.conf import settings
from django.db import IntegrityError, transaction

from merchant_portal import clock, due
from merchant_portal.accounts.models import Account
from merchant_portal.models import AuditEntry
from qrcodes import services as codes
from qrcodes import tasks
from qrcodes.errors import EnrolmentFrozen, RegistrationRefused
from qrcodes.models import Enrolment, Registrant, Registration, Store
from qrcodes.services import reviewing
from qrcodes.states import ReviewCall, ReviewQuestion, ReviewState
from tests.alipay_side import AlipaySide
from tests.conftest import ACTOR

MAINTAIN = "alipay.overseas.secmerchant.offline.maintain"
QUERY = "alipay.overseas.secmerchant.maintain.queryStatus"
SILENCES = [
    *("done_but_no_answer", "down", "half", "http_500", "wrongly_signed", "html", "unknown_then")
]


def register(enrolment: Enrolment) -> Registration:
    return codes.send_registration(codes.register_enrolment(enrolment, actor=ACTOR))


def answered(registration: Registration, alipay: AlipaySide, status: str, reason: str = "") -> None:
    """Alipay's reviewer decides, and the clock asks."""
    alipay.decide_review(registration.enrolment.alipay_store_id, status, reason)
    codes.send_registration(registration)


def test_a_registered_store_is_in_review_and_asked_about_along_the_ladder(
    acquired: Enrolment,
) -> None:
    with time_machine.travel(clock.now(), tick=False):
        registration = register(acquired)
        first = clock.now() + timedelta(seconds=settings.REVIEW_LADDER_SECONDS[0])
    assert (registration.state, registration.next_call) == (ReviewState.IN_REVIEW, ReviewCall.ASK)
    assert registration.next_attempt_at == first


def test_alipay_is_told_what_stands_here(acquired: Enrolment, alipay: AlipaySide) -> None:
    register(acquired)
    (told,) = alipay.books("registrations")
    assert told["secondary_merchant_id"] == "HARBOUR"
    assert told["store_id"] == "PIER3-C1"
    assert "7301-22" in str(told)


def test_the_clock_follows_a_review_to_its_end(in_review: Registration, alipay: AlipaySide) -> None:
    alipay.advance(600)
    with time_machine.travel(clock.now() + timedelta(minutes=10)):
        asked = codes.send_registration(in_review)
    assert asked.state == ReviewState.APPROVED
    assert (asked.next_call, asked.question) == ("", "")


def test_a_due_registration_is_claimed_by_the_clock_once(
    acquired: Enrolment, transactional_db: None
) -> None:
    registration = codes.register_enrolment(acquired, actor=ACTOR)
    tasks.poll_due_enrolments()
    registration.refresh_from_db()
    held_until = registration.lease_until
    tasks.poll_due_enrolments()
    registration.refresh_from_db()
    assert held_until is not None
    assert (registration.lease_until, registration.attempts) == (held_until, 1)


def test_a_rejected_store_says_why_and_waits_for_a_person(
    in_review: Registration, alipay: AlipaySide
) -> None:
    answered(in_review, alipay, "FAILED", "high risk merchant")
    assert (in_review.state, in_review.question) == (ReviewState.REJECTED, ReviewQuestion.REJECTED)
    assert in_review.reject_reason == "high risk merchant"
    assert in_review.next_attempt_at is None


def test_a_rejected_store_can_be_registered_again(
    in_review: Registration, alipay: AlipaySide
) -> None:
    answered(in_review, alipay, "FAILED", "high risk merchant")
    again = register(in_review.enrolment)
    assert (again.state, again.reject_reason, again.question) == (ReviewState.IN_REVIEW, "", "")


def test_an_approved_store_stays_open_while_a_change_is_in_review(
    approved: Registration, alipay: AlipaySide
) -> None:
    told_again = register(approved.enrolment)
    assert (told_again.state, told_again.is_change_in_review) == (ReviewState.APPROVED, True)
    asked = codes.send_registration(told_again)
    assert (asked.state, asked.last_answer) == (ReviewState.APPROVED, "MODIFICATION_REVIEW")
    answered(asked, alipay, "SUCCESS")
    assert (asked.state, asked.is_change_in_review, asked.next_call) == ("APPROVED", False, "")


def test_a_rejected_change_leaves_the_store_open_and_asks_a_person(
    approved: Registration, alipay: AlipaySide
) -> None:
    told_again = register(approved.enrolment)
    answered(told_again, alipay, "FAILED", "security reason")
    assert told_again.state == ReviewState.APPROVED
    assert told_again.question == ReviewQuestion.CHANGE_REJECTED
    assert told_again.reject_reason == "security reason"


def test_an_approval_that_was_taken_back_is_heard_when_somebody_asks(
    approved: Registration, alipay: AlipaySide
) -> None:
    codes.ask_review(approved.enrolment, actor=ACTOR)
    answered(approved, alipay, "FAILED", "security reason")
    assert approved.state == ReviewState.REJECTED


@pytest.mark.parametrize("mishap", SILENCES)
def test_a_registration_without_an_answer_is_made_again(
    acquired: Enrolment, alipay: AlipaySide, mishap: str
) -> None:
    alipay.switch(mishap, service=MAINTAIN, times=1)
    lost = register(acquired)
    assert (lost.state, lost.next_call) == (ReviewState.UNREGISTERED, ReviewCall.REGISTER)
    assert lost.asked_without_answer
    again = codes.send_registration(lost)
    assert (again.state, again.asked_without_answer) == (ReviewState.IN_REVIEW, False)
    assert len(alipay.books("registrations")) == 1


def test_a_first_refusal_is_shown_and_ends_the_try(acquired: Enrolment, alipay: AlipaySide) -> None:
    alipay.switch("refused", "PARAM_ILLEGAL", service=MAINTAIN, times=1)
    refused = register(acquired)
    assert (refused.state, refused.next_call) == (ReviewState.UNREGISTERED, "")
    assert (refused.question, refused.refusal) == (ReviewQuestion.REFUSED, "PARAM_ILLEGAL")


def test_a_refusal_after_a_lost_answer_ends_nothing(
    acquired: Enrolment, alipay: AlipaySide
) -> None:
    alipay.switch("done_but_no_answer", service=MAINTAIN, times=1)
    lost = register(acquired)
    alipay.switch("refused", "PARAM_ILLEGAL", service=MAINTAIN, times=1)
    refused = codes.send_registration(lost)
    assert (refused.next_call, refused.question) == (ReviewCall.ASK, "")
    asked = codes.send_registration(refused)
    assert (asked.state, asked.refusal) == (ReviewState.IN_REVIEW, "")


def test_a_refusal_after_a_call_that_never_arrived_is_shown_once_alipay_knows_nothing(
    acquired: Enrolment, alipay: AlipaySide
) -> None:
    alipay.switch("down", service=MAINTAIN, times=1)
    lost = register(acquired)
    alipay.switch("refused", "PARAM_ILLEGAL", service=MAINTAIN, times=1)
    asked = codes.send_registration(codes.send_registration(lost))
    assert (asked.state, asked.question) == (ReviewState.UNREGISTERED, ReviewQuestion.REFUSED)
    assert asked.refusal == "PARAM_ILLEGAL"


def test_a_refused_change_does_not_end_the_review_under_way(
    in_review: Registration, alipay: AlipaySide
) -> None:
    alipay.switch("refused", "PARAM_ILLEGAL", service=MAINTAIN, times=1)
    refused = register(in_review.enrolment)
    assert (refused.state, refused.next_call) == (ReviewState.IN_REVIEW, ReviewCall.ASK)
    answered(refused, alipay, "SUCCESS")
    assert (refused.state, refused.question) == (ReviewState.APPROVED, ReviewQuestion.REFUSED)


def test_a_crash_after_the_call_left_counts_as_a_lost_answer(
    acquired: Enrolment, alipay: AlipaySide
) -> None:
    registration = codes.register_enrolment(acquired, actor=ACTOR)
    due.claim_one(Registration, registration.pk, now=clock.now())
    reviewing._mark_sent(registration.pk)  # and the worker dies
    alipay.switch("refused", "PARAM_ILLEGAL", service=MAINTAIN, times=1)
    with time_machine.travel(clock.now() + timedelta(seconds=settings.LEASE_SECONDS + 1)):
        refused = codes.send_registration(registration)
    assert (refused.next_call, refused.question) == (ReviewCall.ASK, "")


def test_an_answer_that_people_overtook_is_not_taken_for_theirs(in_review: Registration) -> None:
    due.claim_one(Registration, in_review.pk, now=clock.now())
    asking = reviewing._mark_sent(in_review.pk)
    assert asking
    codes.register_enrolment(in_review.enrolment, actor=ACTOR)
    reviewing._record(asking, reviewing._make_call(asking))
    in_review.refresh_from_db()
    assert (in_review.next_call, in_review.last_answer) == (ReviewCall.REGISTER, "")
    assert in_review.lease_until is None


def test_a_store_in_hong_kong_is_registered_and_approved(
    hk_enrolment: Enrolment, alipay: AlipaySide
) -> None:
    Account.objects.update(integration="integrator")
    Store.objects.update(address="1 Queen's Road Central", country="HK")
    hk_enrolment.refresh_from_db()
    alipay.add_partner(partner_id=hk_enrolment.account.partner_id, system_integrator=True)
    registration = register(hk_enrolment)
    answered(registration, alipay, "SUCCESS")
    assert registration.state == ReviewState.APPROVED


@pytest.mark.parametrize("mishap", SILENCES)
def test_a_question_without_an_answer_leaves_the_review_open(
    in_review: Registration, alipay: AlipaySide, mishap: str
) -> None:
    alipay.switch(mishap, service=QUERY, times=1)
    asked = codes.send_registration(in_review)
    assert (asked.state, asked.next_call) == (ReviewState.IN_REVIEW, ReviewCall.ASK)
    assert asked.next_attempt_at is not None


@pytest.fixture
def one_rung(settings: object) -> None:
    """A ladder of one rung, so that its end is near."""
    settings.REVIEW_LADDER_SECONDS = [1]  # type: ignore[attr-defined]


@pytest.mark.usefixtures("one_rung")
@pytest.mark.parametrize(
    ("mishap", "question"),
    [
        (("done_but_no_answer", True), ReviewQuestion.NO_ANSWER),
        (("refused", "PARAM_ILLEGAL"), ReviewQuestion.NO_ANSWER),
        (("refused", "DATA_NOT_EXIST"), ReviewQuestion.NOT_THERE),
    ],
)
def test_the_end_of_the_ladder_asks_a_person(
    in_review: Registration,
    alipay: AlipaySide,
    mishap: tuple[str, object],
    question: ReviewQuestion,
) -> None:
    alipay.switch(*mishap, service=QUERY)
    asked = codes.send_registration(codes.send_registration(in_review))
    assert (asked.state, asked.question) == (ReviewState.IN_REVIEW, question)
    assert asked.next_attempt_at is None


@pytest.mark.usefixtures("one_rung")
def test_a_review_that_never_ends_asks_a_person(in_review: Registration) -> None:
    asked = codes.send_registration(codes.send_registration(in_review))
    assert (asked.state, asked.question) == (ReviewState.IN_REVIEW, ReviewQuestion.STILL_OPEN)


@pytest.mark.usefixtures("one_rung")
def test_a_person_asks_again_after_the_ladders_end(
    in_review: Registration, alipay: AlipaySide
) -> None:
    codes.send_registration(codes.send_registration(in_review))
    codes.ask_review(in_review.enrolment, actor=ACTOR)
    answered(in_review, alipay, "SUCCESS")
    assert (in_review.state, in_review.question) == (ReviewState.APPROVED, "")


def test_a_store_that_was_registered_elsewhere_is_found_by_asking(
    in_review: Registration, alipay: AlipaySide
) -> None:
    alipay.decide_review(in_review.enrolment.alipay_store_id, "SUCCESS")
    enrolment = in_review.enrolment
    in_review.moves.all().delete()
    in_review.delete()
    found = codes.send_registration(codes.ask_review(enrolment, actor=ACTOR))
    assert (found.state, found.question) == (ReviewState.APPROVED, ReviewQuestion.DETAILS_CHANGED)


def test_asking_about_a_store_nobody_registered_leaves_it_unregistered(
    acquired: Enrolment,
) -> None:
    asked = codes.send_registration(codes.ask_review(acquired, actor=ACTOR))
    assert (asked.state, asked.next_call, asked.question) == (ReviewState.UNREGISTERED, "", "")
    assert asked.last_answer == "DATA_NOT_EXIST"


def test_a_changed_store_asks_to_be_told_again(approved: Registration) -> None:
    store = approved.enrolment.store
    codes.change_store(store, terms={"address": "4 Pier Street, New York"}, actor=ACTOR)
    approved.refresh_from_db()
    assert approved.question == ReviewQuestion.DETAILS_CHANGED
    codes.change_store(store, terms={"address": "3 Pier Street, New York"}, actor=ACTOR)
    approved.refresh_from_db()
    assert approved.question == ""


def test_a_renamed_merchant_asks_to_be_told_again(approved: Registration) -> None:
    codes.change_merchant(approved.enrolment.store.merchant, terms={"name": "H"}, actor=ACTOR)
    approved.refresh_from_db()
    assert approved.question == ReviewQuestion.DETAILS_CHANGED


def test_a_changed_registrant_asks_to_be_told_again(approved: Registration) -> None:
    merchant = approved.enrolment.store.merchant
    codes.save_registrant(merchant, terms={"registration_no": "9"}, actor=ACTOR)
    approved.refresh_from_db()
    assert approved.question == ReviewQuestion.DETAILS_CHANGED


def test_details_changed_during_the_review_are_asked_about_at_its_end(
    in_review: Registration, alipay: AlipaySide
) -> None:
    codes.change_merchant(
        in_review.enrolment.store.merchant, terms={"name": "Harbour"}, actor=ACTOR
    )
    answered(in_review, alipay, "SUCCESS")
    assert in_review.question == ReviewQuestion.DETAILS_CHANGED


def test_numbers_of_identity_papers_stay_out_of_the_audit(acquired: Enrolment) -> None:
    merchant = acquired.store.merchant
    codes.save_registrant(merchant, terms={"representative_id": "X1234567"}, actor=ACTOR)
    entry = AuditEntry.objects.get(verb="save_registrant")
    assert entry.details == {"changed": ["representative_id"]}


def test_a_direct_accounts_store_is_not_registered(enrolment: Enrolment) -> None:
    for verb in (codes.register_enrolment, codes.ask_review):
        with pytest.raises(RegistrationRefused):
            verb(enrolment, actor=ACTOR)
    assert not Registration.objects.exists()


def test_an_acquirer_says_first_who_stands_behind_the_merchant(acquired: Enrolment) -> None:
    Registrant.objects.all().delete()
    with pytest.raises(RegistrationRefused, match="who stands behind"):
        codes.register_enrolment(acquired, actor=ACTOR)
    assert not Registration.objects.exists()


def test_a_store_without_an_address_is_not_sent(acquired: Enrolment) -> None:
    acquired.store.address = ""
    acquired.store.save()
    with pytest.raises(RegistrationRefused, match="address"):
        codes.register_enrolment(acquired, actor=ACTOR)


def test_what_alipay_could_not_take_is_not_sent(acquired: Enrolment) -> None:
    merchant = acquired.store.merchant
    merchant.mcc = "4121"
    merchant.save()
    with pytest.raises(RegistrationRefused, match="taxis"):
        codes.register_enrolment(acquired, actor=ACTOR)


def test_a_call_that_cannot_be_signed_waits_for_a_person(acquired: Enrolment) -> None:
    acquired.account.keys.all().delete()
    waiting = register(acquired)
    assert (waiting.state, waiting.question) == (
        ReviewState.UNREGISTERED,
        ReviewQuestion.CANNOT_SEND,
    )
    assert not waiting.asked_without_answer


def test_the_store_id_is_fixed_once_alipay_reviews_it(in_review: Registration) -> None:
    with pytest.raises(EnrolmentFrozen):
        codes.change_enrolment(in_review.enrolment, terms={"alipay_store_id": "X"}, actor=ACTOR)


def test_an_owed_call_without_a_next_attempt_or_a_person_cannot_be_saved(
    in_review: Registration,
) -> None:
    in_review.next_attempt_at = None
    with pytest.raises(IntegrityError), transaction.atomic():
        in_review.save()
