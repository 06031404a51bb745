"""The rows of Alipay's page about money going back: refunds, cancels, what is held for them."""

from . import balances
from .books import Books, wall_clock
from .records import Cancel, CancelAction, Partner, Refund, RefundState
from .web import Html, fill

CANCEL_WORDS = {
    CancelAction.REFUND: "given back, with the fee",
    CancelAction.CLOSE: "closed unpaid",
    CancelAction.NOTHING: "never existed",
}
ORIGIN_WORDS = {"gateway": "asked by the merchant", "portal": "made in Alipay’s portal"}


def refund_row(refund: Refund) -> Html:
    """One refund: how it was asked for, when it ran or will, how it ended."""
    values = {
        "currency": refund.currency,
        "amount": refund.amount,
        "state": refund.state,
        "kind": "refund" if refund.is_sync == "Y" else "asynchronous refund",
        "origin": ORIGIN_WORDS[refund.origin],
        "when": _refund_times(refund),
        "number": refund.out_biz_no,
        "trade_no": refund.trade_no,
        "moves": _return_button(refund),
    }
    return fill("_going_back.html", values)


def cancel_row(cancel: Cancel) -> Html:
    """One cancel and what it did."""
    values = {
        "currency": cancel.currency,
        "amount": cancel.amount,
        "state": CANCEL_WORDS[CancelAction(cancel.action)],
        "kind": "cancel",
        "origin": ORIGIN_WORDS[cancel.origin],
        "when": wall_clock(cancel.cancelled_at),
        "number": cancel.out_trade_no,
        "trade_no": cancel.trade_no or "none",
        "moves": Html(""),
    }
    return fill("_going_back.html", values)


def held_words(books: Books, partner: Partner) -> str:
    """What is left for a partner's refunds, and for how long they may be asked."""
    limits = balances.limits(books, partner.partner_id)
    held = ", ".join(f"{currency} {amount}" for currency, amount in limits.items())
    days = f"refunds for {partner.refund_window_days} days"
    return f"{days} · {held} left for them" if held else days


def _return_button(refund: Refund) -> Html:
    if refund.state != RefundState.SUCCESS or refund.returned_at is not None:
        return Html("")
    return fill("_return.html", {"number": str(refund.refund_id)})


def _refund_times(refund: Refund) -> str:
    times = f"asked {wall_clock(refund.requested_at)}"
    if refund.refunded_at is not None:
        times += f" · refunded {wall_clock(refund.refunded_at)}"
    if refund.returned_at is not None:
        times += f" · came back {wall_clock(refund.returned_at)}"
    if refund.next_at is not None:
        times += f" · runs {wall_clock(refund.next_at)}"
        times += f" · tried {refund.runs} ×" if refund.runs else ""
    return f"{times} · {refund.error}" if refund.error else times
