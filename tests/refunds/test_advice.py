"""Which call gives money back, and what is said of Alipay's fee."""

from datetime import timedelta

import pytest

from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from merchant_portal.money import Money
from payments.errors import GiveBackRefused
from payments.models import Payment
from refunds.advice import Advice, Call, Why, advise, fee_of
from refunds.sentences import advice_sentences
from tests.refunds.giving import ask_for_cancel


def _advise(payment: Payment, amount: str = "12.50", *, minutes: int = 0) -> Advice:
    """The advice some minutes after (or before) the deadline of a cancel; at once without."""
    payment = Payment.objects.select_related("account").get(pk=payment.pk)
    money = Money.parse(amount, payment.currency)
    deadline = advise(payment, amount=money, at=payment.occurred_at).deadline_at
    at = deadline + timedelta(minutes=minutes) if minutes else payment.occurred_at
    return advise(payment, amount=money, at=at)


def test_the_whole_on_its_day_is_cancelled(paid: Payment) -> None:
    advice = _advise(paid)
    assert (advice.call, advice.why) == (Call.CANCEL, Why.WHOLE_ON_ITS_DAY)


def test_a_part_is_refunded(paid: Payment) -> None:
    advice = _advise(paid, "12.49")
    assert (advice.call, advice.why) == (Call.REFUND, Why.NOT_WHOLE)


@pytest.mark.parametrize(("minutes", "call"), [(-1, Call.CANCEL), (1, Call.REFUND)])
def test_the_deadline_decides(minutes: int, call: Call, paid: Payment) -> None:
    assert _advise(paid, minutes=minutes).call is call


@pytest.mark.parametrize(
    ("state", "why"), [("LAPSED", Why.DAY_IS_OVER), ("REFUSED", Why.CANCEL_WAS_REFUSED)]
)
def test_after_a_cancel_that_came_to_nothing_it_is_refunded(
    state: str, why: Why, paid: Payment, asker: Actor
) -> None:
    ask_for_cancel(paid, asker)
    paid.cancels.update(state=state)
    Payment.objects.update(reserved_minor=0)
    assert (_advise(paid).call, _advise(paid).why) == (Call.REFUND, why)


def test_what_cannot_go_back_is_refused(paid: Payment) -> None:
    Payment.objects.update(frozen=True)
    with pytest.raises(GiveBackRefused, match="holds this payment"):
        _advise(paid)


@pytest.mark.parametrize(
    ("rate", "fee"), [("0.006", "0.08"), ("0.01", "0.13"), ("0.0036", "0.05"), ("0", "0.00")]
)
def test_the_fee_is_told_by_the_contracts_rate(rate: str, fee: str, paid: Payment) -> None:
    Account.objects.update(fee_rate=rate)
    shown = _advise(paid).fee
    assert shown is not None
    assert shown.decimal_text == fee


def test_a_fee_in_yen_has_no_decimals() -> None:
    payment = Payment(account=Account(fee_rate="0.006"), currency="JPY")
    assert fee_of(payment, Money(1250, "JPY")) == Money(8, "JPY")


def test_without_a_rate_no_fee_is_made_up(paid: Payment) -> None:
    assert _advise(paid).fee is None


@pytest.mark.parametrize(
    ("amount", "rate", "sentence"),
    [
        ("12.50", "0.006", "Alipay's fee of USD 0.08 comes back with it."),
        ("12.50", "", "Alipay's fee comes back with it."),
        ("5.00", "0.006", "gives its fee of USD 0.03 back is a matter of your contract"),
        ("5.00", "", "Whether Alipay gives its fee back is a matter of your contract."),
    ],
)
def test_what_becomes_of_the_fee_is_said(
    amount: str, rate: str, sentence: str, paid: Payment
) -> None:
    Account.objects.update(fee_rate=rate)
    assert sentence in " ".join(advice_sentences(_advise(paid, amount)))
