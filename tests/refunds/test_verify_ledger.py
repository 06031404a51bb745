"""verify_ledger finds what must never be of money going back: each check is shown to fail."""

from collections.abc import Callable

import pytest
from django.db.models import F, Value
from django.db.models.functions import Concat

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from merchant_portal.verifying import find_all, find_breaches
from payments.models import Cancel, CancelMove, LedgerEntry, Payment
from qrcodes.models import QRCode
from refunds import services as refunds
from refunds.models import Refund, RefundMove
from tests.alipay_side import AlipaySide
from tests.refunds.giving import ask_for, ask_for_cancel, tick

Break = Callable[[], object]


@pytest.fixture
def shop(
    code: QRCode,
    alipay: AlipaySide,
    carry: Callable[[], list[str]],
    asker: Actor,
    approver: Actor,
) -> None:
    """Refunds and cancels of every kind: done, come back, made elsewhere, under way."""
    for _payment in range(6):
        alipay.pay(code.value, "12.50")
    carry()
    done, back, elsewhere, open_refund, cancelled, open_cancel = Payment.objects.order_by("pk")
    ask_for(done, "5.00", asker)
    returned = ask_for(back, "5.00", asker)
    ask_for_cancel(cancelled, asker)
    tick()
    returned.refresh_from_db()
    refunds.record_return(returned, returned_at=clock.now(), actor=approver)
    alipay.refund_in_portal(elsewhere.alipay_trans_id, "3.00")
    carry()
    Account.objects.update(approval_limit_minor=100)
    refunds.approve_refund(ask_for(open_refund, "5.00", asker), actor=approver)
    ask_for_cancel(open_cancel, asker)


def _refund(of: str, /, **changes: object) -> Break:
    return lambda: Refund.objects.filter(state=of).update(**changes)


def _cancel(of: str, /, **changes: object) -> Break:
    return lambda: Cancel.objects.filter(state=of).update(**changes)


def _entry(kind: str, /, **changes: object) -> Break:
    return lambda: LedgerEntry.objects.filter(kind=kind).update(**changes)


def _moved(model: type[RefundMove] | type[CancelMove], **changes: object) -> Break:
    return lambda: model.objects.filter(from_state="APPROVED").update(**changes)


def _order_number() -> object:
    refund = Refund.objects.earliest("pk")
    return Payment.objects.filter(pk=refund.payment_id).update(
        partner_trans_id=refund.partner_refund_id
    )


BREAKS: dict[str, Break] = {
    "reserved_is_on_its_way": lambda: Payment.objects.update(reserved_minor=1),
    "refunded_is_booked": _entry("REFUND", amount_minor=F("amount_minor") + 1),
    "refund_entry_has_refund": _entry("REFUND", reference=Concat("reference", Value("x"))),
    "returned_is_booked": _refund("REFUNDED", state="RETURNED"),
    "reversal_has_refund": _entry("REFUND_REVERSAL", reference="another"),
    "refund_fits_its_payment": _refund("REFUNDED", currency="EUR"),
    "refund_number_is_no_order": _order_number,
    "open_refund_is_watched": _refund("APPROVED", next_attempt_at=None),
    "sent_refund_is_marked": _refund("APPROVED", state="SUBMITTED"),
    "refund_was_approved_by_another": _refund("APPROVED", decided_by=F("requested_by")),
    "ended_refund_has_time": _refund("REFUNDED", settled_at=None),
    "refund_state_is_last_move": _refund("APPROVED", state="DECLINED"),
    "refund_moves_are_chained": _moved(RefundMove, from_state="UNKNOWN"),
    "refund_moves_are_permitted": _moved(RefundMove, to_state="RETURNED"),
    "cancelled_is_booked": _entry("CANCEL", amount_minor=F("amount_minor") + 1),
    "done_cancel_cancelled_its_payment": _cancel("DONE", amount_minor=1),
    "open_cancel_is_watched": _cancel("REQUESTED", state="APPROVED", next_attempt_at=None),
    "cancel_left_in_time": _cancel("DONE", first_sent_at=F("deadline_at")),
    "lapsed_cancel_never_left": _cancel("DONE", state="LAPSED"),
    "cancel_was_approved_by_another": _cancel("REQUESTED", state="APPROVED"),
    "ended_cancel_has_time": _cancel("DONE", settled_at=None),
    "cancel_state_is_last_move": _cancel("REQUESTED", state="DECLINED"),
    "cancel_moves_are_chained": _moved(CancelMove, from_state="UNKNOWN"),
    "cancel_moves_are_permitted": _moved(CancelMove, to_state="DONE"),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_breach_is_found_and_named(name: str, shop: None, unconstrained: None) -> None:
    assert find_breaches() == []
    BREAKS[name]()
    broken = {finding.check.name for finding in find_all() if finding.breaches}
    assert name in broken
