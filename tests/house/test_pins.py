"""Which PINs can be set: digits without a pattern."""

import pytest

from merchant_portal.step_up import is_pin, is_trivial


@pytest.mark.parametrize("pin", ["3925", "70418", "902714", "4185", "29471830"])
def test_digits_without_a_pattern_are_good(pin: str) -> None:
    assert is_pin(pin)
    assert not is_trivial(pin)


@pytest.mark.parametrize("text", ["", "123", "123456789", "12a4", "１２３４", "12 34", "-123"])
def test_what_is_not_four_to_eight_digits_is_no_pin(text: str) -> None:
    assert not is_pin(text)


@pytest.mark.parametrize(
    "pin",
    ["0000", "1111", "99999999", "1234", "4321", "0123", "6789", "7890", "987654", "12345678"],
)
def test_one_digit_and_steps_are_trivial(pin: str) -> None:
    assert is_trivial(pin)


@pytest.mark.parametrize("pin", ["1212", "123123", "717171", "2580", "1004", "1122"])
def test_repeated_parts_and_the_best_known_are_trivial(pin: str) -> None:
    assert is_trivial(pin)
