"""An expected amount, held against what arrives."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from merchant_portal.accounts.models import Account
from merchant_portal.models import User
from merchant_portal.money import Money
from payments.expected_form import ExpectedForm
from payments.expecting import Expectation, Judgement, Verdict, judge
from payments.models import Payment, PaymentMove
from payments.watching import newest_arrivals
from qrcodes import services as codes
from qrcodes.models import Counter, QRCode
from tests.factories import ACTOR
from tests.portal.conftest import NOON, PayMaker

SignIn = Callable[[User], Client]
Judge = Callable[..., Judgement]

#: When the cashier typed the amount.
TYPED = NOON - timedelta(minutes=5)


def _at(seconds: int) -> datetime:
    return TYPED + timedelta(seconds=seconds)


@pytest.fixture
def arrive(pay: PayMaker) -> Callable[..., Payment]:
    """A payment that becomes known so many seconds after the amount was typed."""

    def make(amount_minor: int, *, after: int, **more: object) -> Payment:
        return pay(amount_minor, occurred_at=_at(after), **more)

    return make


@pytest.fixture
def judged(counter: Counter) -> Judge:
    def hold(expected: int = 1250, *, since: datetime = TYPED, judged: int | None = None):  # type: ignore[no-untyped-def]
        expectation = Expectation(Money(expected, "USD"), since, judged)
        stored = Counter.objects.select_related("store").get(pk=counter.pk)
        return judge(expectation, newest_arrivals(stored, now=NOON))

    return hold


def test_nothing_has_arrived_yet(judged: Judge) -> None:
    assert judged().verdict == Verdict.WAITING


@pytest.mark.parametrize(
    ("paid", "verdict", "difference"),
    [(1250, Verdict.RIGHT, None), (1000, Verdict.SHORT, 250), (1251, Verdict.OVER, 1)],
)
def test_what_arrives_is_right_or_short_or_over(
    paid: int,
    verdict: Verdict,
    difference: int | None,
    arrive: Callable[..., Payment],
    judged: Judge,
) -> None:
    arrive(paid, after=1)
    judgement = judged()
    assert judgement.verdict == verdict
    assert judgement.difference == (Money(difference, "USD") if difference else None)


def test_another_currency_is_not_compared(arrive: Callable[..., Payment], judged: Judge) -> None:
    arrive(1250, after=1, currency="EUR")
    assert judged().verdict == Verdict.OTHER_CURRENCY


def test_the_first_of_several_is_compared(arrive: Callable[..., Payment], judged: Judge) -> None:
    arrive(900, after=20)
    first = arrive(1250, after=10)
    assert judged().arrival.payment == first


def test_a_verdict_stays_though_an_earlier_payment_becomes_known_after_it(
    arrive: Callable[..., Payment], judged: Judge
) -> None:
    compared = arrive(1250, after=10)
    arrive(900, after=9)
    assert judged(judged=compared.pk).verdict == Verdict.RIGHT


def test_a_payment_from_just_before_is_offered_and_not_taken(
    arrive: Callable[..., Payment], judged: Judge
) -> None:
    before = arrive(1250, after=-30)
    judgement = judged()
    assert judgement.verdict == Verdict.WAITING
    assert judgement.just_before.payment == before


def test_a_payment_from_long_before_is_not_offered(
    arrive: Callable[..., Payment], judged: Judge
) -> None:
    arrive(1250, after=-130)
    assert judged().just_before is None


def test_what_was_given_back_makes_it_right(arrive: Callable[..., Payment], judged: Judge) -> None:
    arrive(1500, after=1, refunded_minor=250)
    assert judged().verdict == Verdict.RIGHT


def test_what_is_going_back_is_not_offered_again(
    arrive: Callable[..., Payment], judged: Judge
) -> None:
    arrive(1500, after=1, reserved_minor=250)
    judgement = judged()
    assert (judgement.verdict, judgement.is_going_back) == (Verdict.OVER, True)


@pytest.mark.parametrize(
    "text",
    ["1,250", "1,250.00", "1.250,00", "1 250", "12,50", "12.505", "1e3", "-5", "0", "12.", ".5"],
)
def test_an_amount_that_could_be_two_is_refused(text: str, counter: Counter) -> None:
    form = ExpectedForm({"expect": text}, counter=counter)
    assert not form.is_valid()
    assert "write it as 1250.00" in form.non_field_errors()[0]


@pytest.mark.parametrize(("text", "minor"), [("12.5", 1250), ("12", 1200), ("１２．５０", 1250)])
def test_a_plain_amount_is_read(text: str, minor: int, counter: Counter) -> None:
    form = ExpectedForm({"expect": text}, counter=counter)
    assert form.is_valid()
    assert form.cleaned_data["money"] == Money(minor, "USD")


def test_yen_have_no_decimals(counter: Counter) -> None:
    counter.store.pricing_currency = "JPY"
    form = ExpectedForm({"expect": "1250.00"}, counter=counter)
    assert "write it as 1250." in form.non_field_errors()[0]


def test_the_address_keeps_from_when_on_is_looked(
    counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    with time_machine.travel(TYPED, tick=False):
        url = reverse("counter_screen", args=[counter.pk])
        response = signed_in(cashier).get(url, {"expect": "12.50"})
    assert response.status_code == 302
    assert f"since={int(TYPED.timestamp()) * 1_000_000}" in response.headers["Location"]


def _look(client: Client, counter: Counter, query: dict[str, object]) -> str:
    with time_machine.travel(NOON, tick=False):
        url = reverse("counter_feed", args=[counter.pk])
        return client.get(url, query).content.decode()


def _since(moment: datetime) -> int:
    return int(moment.timestamp()) * 1_000_000


def test_the_screen_offers_to_give_back_what_is_over(
    arrive: Callable[..., Payment], counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    payment = arrive(1500, after=1)
    page = _look(signed_in(cashier), counter, {"expect": "12.50", "since": _since(TYPED)})
    assert 'data-verdict="over"' in page
    assert f'href="{reverse("give_back", args=[payment.pk])}?amount=2.50"' in page


def test_the_panel_opens_with_what_is_over(
    arrive: Callable[..., Payment], cashier: User, signed_in: SignIn
) -> None:
    url = reverse("give_back", args=[arrive(1500, after=1).pk])
    with time_machine.travel(NOON, tick=False):
        page = signed_in(cashier).get(url, {"amount": "2.50"}, follow=True).content.decode()
    assert 'value="2.50"' in page
    assert re.search(r'value="part"[^>]* checked', page)


def test_the_rest_is_waited_for_from_the_short_payment_on(
    arrive: Callable[..., Payment], counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    arrive(1000, after=1)
    arrive(250, after=2)
    client = signed_in(cashier)
    page = _look(client, counter, {"expect": "12.50", "since": _since(TYPED)})
    assert f"expect=2.50&amp;currency=USD&amp;since={_since(_at(1))}" in page
    rest = _look(client, counter, {"expect": "2.50", "since": _since(_at(1))})
    assert 'data-verdict="right"' in rest


@pytest.mark.parametrize(
    "query",
    [
        {"expect": ""},
        {"expect": "12.50", "since": "x"},
        {"expect": "12.50", "since": "9" * 40},
        {"expect": "12.50", "judged": "-1"},
        {"expect": "12.50", "currency": "XXX"},
        {"expect": "1\x002"},
    ],
)
def test_an_address_somebody_tampered_with_is_no_fault(
    query: dict[str, str], counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    assert "till-rows" in _look(signed_in(cashier), counter, query)


def test_a_counter_paid_in_two_currencies_asks_which(
    code: QRCode, hk_account: Account, counter: Counter
) -> None:
    codes.enrol_counter(counter, account=hk_account, actor=ACTOR)
    counter.enrolments.filter(account=hk_account).update(pricing_currency="HKD")
    form = ExpectedForm(counter=counter)
    assert (form.has_choice, form.currencies) == (True, ["USD", "HKD"])


def test_a_payment_that_is_cancelled_is_no_longer_right(
    arrive: Callable[..., Payment], judged: Judge
) -> None:
    payment = arrive(1250, after=1)
    Payment.objects.filter(pk=payment.pk).update(state="CANCELLED")
    PaymentMove.objects.create(payment=payment, to_state="CANCELLED", at=NOON, actor_name="x")
    assert judged(judged=payment.pk).verdict == Verdict.WAITING
