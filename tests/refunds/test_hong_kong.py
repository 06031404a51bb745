"""Hong Kong gives back as the rest of the world does, under its own spellings."""

from merchant_portal.audit import Actor
from payments.models import Payment
from payments.states import CancelState
from refunds.states import RefundState
from tests.alipay_side import AlipaySide
from tests.refunds.giving import (
    amounts,
    ask_for,
    ask_for_cancel,
    sent,
    the_cancel,
    the_refund,
    tick,
)


def test_a_refund_goes_out_with_its_reason(
    hk_paid: Payment, asker: Actor, alipay: AlipaySide
) -> None:
    ask_for(hk_paid, "8.00", asker)
    tick()
    assert (the_refund().state, amounts(hk_paid)) == (RefundState.REFUNDED, (800, 0, 0))
    assert sent(alipay)[0]["reason"] == "Goods returned"


def test_a_cancel_goes_out(hk_paid: Payment, asker: Actor) -> None:
    ask_for_cancel(hk_paid, asker)
    tick()
    assert (the_cancel().state, amounts(hk_paid)) == (CancelState.DONE, (0, 8800, 0))
