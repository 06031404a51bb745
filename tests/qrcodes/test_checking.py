"""verify_ledger finds a registration that nobody would follow, or that never moved so."""

from collections.abc import Callable

import pytest

from merchant_portal.verifying import find_all, find_breaches
from qrcodes import services as codes
from qrcodes.models import Enrolment, Registration, RegistrationMove
from tests.alipay_side import AlipaySide
from tests.conftest import ACTOR

BREAKS: dict[str, Callable[[], object]] = {
    "open_registration_is_watched": lambda: Registration.objects.update(
        next_call="", next_attempt_at=None
    ),
    "registration_state_is_last_move": lambda: Registration.objects.update(state="APPROVED"),
    "registration_moves_are_permitted": lambda: RegistrationMove.objects.filter(
        from_state="UNREGISTERED"
    ).update(from_state="IN_REVIEW"),
}


def test_a_followed_registration_breaks_nothing(approved: Registration) -> None:
    assert find_breaches() == []


def test_asking_about_a_store_whose_answer_was_lost_breaks_nothing(
    acquired: Enrolment, alipay: AlipaySide
) -> None:
    alipay.switch("down", service="alipay.overseas.secmerchant.offline.maintain", times=1)
    lost = codes.send_registration(codes.register_enrolment(acquired, actor=ACTOR))
    alipay.switch("refused", "PARAM_ILLEGAL", times=1)
    codes.send_registration(codes.send_registration(lost))
    assert find_breaches() == []


@pytest.mark.parametrize("name", BREAKS)
def test_a_breach_is_found_and_named(
    name: str, in_review: Registration, unconstrained: None
) -> None:
    BREAKS[name]()
    broken = {finding.check.name for finding in find_all() if finding.breaches}
    assert name in broken


def test_moves_that_do_not_follow_one_another_are_found(in_review: Registration) -> None:
    RegistrationMove.objects.filter(from_state="UNREGISTERED").update(from_state="REJECTED")
    assert find_breaches()
