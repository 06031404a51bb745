"""What the counter's screen says aloud."""

import pytest

from merchant_portal.money import CURRENCIES, Money
from payments.speech import Tongue, sayings, sentence


@pytest.mark.parametrize(
    ("minor", "currency", "tongue", "said"),
    [
        (1250, "CNY", Tongue.MANDARIN, "支付宝到账12.5元"),
        (1205, "CNY", Tongue.MANDARIN, "支付宝到账12.05元"),
        (8800, "HKD", Tongue.CANTONESE, "支付寶收到88蚊"),
        (8880, "HKD", Tongue.CANTONESE, "支付寶收到88.8蚊"),
        (8880, "HKD", Tongue.ENGLISH, "Alipay payment received: 88.80 Hong Kong dollars"),
        (128_800, "JPY", Tongue.ENGLISH, "Alipay payment received: 128800 yen"),
        (5, "USD", Tongue.ENGLISH, "Alipay payment received: 0.05 US dollars"),
    ],
)
def test_an_amount_is_said_as_people_say_it(
    minor: int, currency: str, tongue: Tongue, said: str
) -> None:
    assert sentence(Money(minor, currency), tongue) == said


@pytest.mark.parametrize("currency", CURRENCIES)
def test_every_currency_is_said_in_every_language(currency: str) -> None:
    assert set(sayings(Money(100, currency))) == set(Tongue)
