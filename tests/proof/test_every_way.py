"""However a payment came to be and whatever became of it, its evidence is verified."""

from collections.abc import Callable

import pytest

from merchant_portal.accounts.models import Account
from merchant_portal.alipay.signing import MD5Key
from merchant_portal.audit import Actor
from merchant_portal.evidence.checking import Judgement, Keys, Outcome, check_evidence
from merchant_portal.models import User
from merchant_portal.proof import pack_evidence
from payments import services as payments
from payments.models import Lookup, Notification, Payment
from payments.states import PaymentState
from qrcodes import services as codes
from qrcodes.models import QRCode
from tests import factories
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR, TEST_MD5_KEY
from tests.proof.conftest import manifest_of, members_of
from tests.refunds.giving import ask_for, ask_for_cancel, tick

Carry = Callable[[], list[str]]


def judged(payment: Payment) -> Judgement:
    payment.refresh_from_db()
    keys = Keys(md5=[MD5Key(TEST_MD5_KEY)])
    return check_evidence(pack_evidence(payment), keys=keys)


@pytest.fixture
def actor(finance: User) -> Actor:
    return Actor.person(finance)


def test_of_one_that_was_cancelled(midday: None, paid: Payment, actor: Actor) -> None:
    ask_for_cancel(paid, actor)
    tick()
    judgement = judged(paid)
    assert (paid.state, judgement.outcome) == (PaymentState.CANCELLED, Outcome.VERIFIED), judgement
    assert [line[:2] for line in judgement.proven] == ["N1", "C1", "C2"]


def test_of_one_that_was_refunded_in_two_parts(midday: None, paid: Payment, actor: Actor) -> None:
    for amount in ("3.00", "9.50"):
        ask_for(paid, amount, actor)
        tick()
    judgement = judged(paid)
    assert (paid.refunded_minor, judgement.outcome) == (1250, Outcome.VERIFIED), judgement


def test_of_one_refunded_at_alipays_own_portal(
    paid: Payment, alipay: AlipaySide, carry: Carry
) -> None:
    alipay.refund_in_portal(paid.alipay_trans_id, "5.00")
    carry()
    judgement = judged(paid)
    assert Notification.objects.filter(payment=paid).count() == 2
    assert judgement.outcome is Outcome.VERIFIED, judgement


def test_of_one_found_by_asking_alone(
    rsa_code: QRCode, rsa_account: Account, alipay: AlipaySide
) -> None:
    """No notification came: the answer proves it."""
    alipay.switch("lost")
    lost = alipay.pay(rsa_code.value, "8.00")
    asked = payments.find_payment(
        rsa_account, actor=ACTOR, partner_trans_id=lost["out_trade_no"], alipay_trans_id=""
    )
    payments.ask_lookup(asked)
    judgement = judged(Payment.objects.get())
    assert Lookup.objects.get().payment is not None
    assert judgement.outcome is Outcome.VERIFIED, judgement


def test_of_one_that_is_frozen(rsa_code: QRCode, alipay: AlipaySide, carry: Carry) -> None:
    trade = alipay.pay(rsa_code.value, "12.50")
    alipay.move_trade(trade["trade_no"], "TRADE_PENDING")
    carry()
    assert judged(Payment.objects.get()).outcome is Outcome.VERIFIED


def test_of_one_in_hong_kong(hk_account: Account, alipay: AlipaySide, carry: Carry) -> None:
    counter = factories.counter(factories.store(code="STAR", currency="HKD"))
    enrolment = codes.enrol_counter(counter, account=hk_account, actor=ACTOR)
    code = codes.send_code(codes.make_code(enrolment, actor=ACTOR))
    alipay.pay(code.value, "88.00")
    carry()
    payment = Payment.objects.get()
    payments.ask_payment(payment, actor=ACTOR)
    judgement = judged(payment)
    assert judgement.outcome is Outcome.VERIFIED, judgement
    assert len(judgement.proven) == 2


def test_of_one_whose_answer_was_written_in_gbk(paid: Payment, alipay: AlipaySide) -> None:
    alipay.switch("gbk")
    payments.ask_payment(paid, actor=ACTOR)
    judgement = judged(paid)
    assert judgement.outcome is Outcome.VERIFIED, judgement
    assert [line[:2] for line in judgement.proven] == ["N1", "C1", "C2"]


def test_the_key_that_verified_is_part_of_it_though_it_was_retired(
    paid: Payment, rsa_account: Account
) -> None:
    rsa_account.keys.filter(purpose="alipay").update(retired_at=paid.paid_at)
    judgement = judged(paid)
    assert judgement.outcome is Outcome.VERIFIED, judgement
    assert manifest_of(members_of(pack_evidence(paid)))["keys"][0]["id"] == "K1"
