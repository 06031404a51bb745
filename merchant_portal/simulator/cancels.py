"""Cancels: the whole payment is undone on its own day, and Alipay's fee comes back.

Source: global.alipay.com/docs/ac/global/acquire_cancel, /docs/ac/hkapi/acquire_cancel.
"""

from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal

from .books import Books, alipay_time
from .notices import Action, announce
from .records import Cancel, CancelAction, Origin, Trade, TradeStatus

GRACE = timedelta(minutes=15)  # The day's end is not sharp: until 00:15 of the next.


def undo(books: Books, trade: Trade, *, origin: Origin) -> Cancel:
    """Close a trade; what the buyer had paid goes back whole. The notice follows."""
    was_paid = trade.paid_at is not None
    closed = replace(
        trade,
        status=TradeStatus.TRADE_CLOSED,
        refunded=trade.amount if was_paid else trade.refunded,
    )
    books.save(closed)
    cancel = Cancel(
        cancel_id=None,
        partner_id=trade.partner_id,
        trade_no=trade.trade_no,
        out_trade_no=trade.out_trade_no,
        action=CancelAction.REFUND if was_paid else CancelAction.CLOSE,
        amount=str(trade.refundable if was_paid else Decimal(0)),
        currency=trade.currency,
        fee_returned=int(was_paid),
        origin=origin,
        cancelled_at=books.timestamp(),
    )
    announce(books, closed, Action.REVERSED if was_paid else Action.CLOSED)
    return replace(cancel, cancel_id=books.add(cancel))


def note_never_existed(books: Books, *, partner_id: str, out_trade_no: str) -> None:
    """Keep that a cancel was asked for an order nobody has paid or begun."""
    if books.first(Cancel, "partner_id = ? AND out_trade_no = ?", partner_id, out_trade_no):
        return
    books.add(
        Cancel(
            cancel_id=None,
            partner_id=partner_id,
            trade_no="",
            out_trade_no=out_trade_no,
            action=CancelAction.NOTHING,
            amount="",
            currency="",
            fee_returned=0,
            origin=Origin.GATEWAY,
            cancelled_at=books.timestamp(),
        ),
    )


def cancel_of(books: Books, trade: Trade) -> Cancel | None:
    """The cancel that ended this trade, if one did.

    A trade that was cancelled unpaid and then paid after the end is open again.
    """
    if trade.status != TradeStatus.TRADE_CLOSED:
        return None
    made = books.select(Cancel, "trade_no = ?", trade.trade_no)
    return made[-1] if made else None


def deadline_of(trade: Trade) -> datetime:
    """The last instant at which a trade can be cancelled: its GMT+8 day and the grace."""
    began = alipay_time(trade.created_at if trade.paid_at is None else trade.paid_at)
    next_day = began.date() + timedelta(days=1)
    return datetime.combine(next_day, time(), began.tzinfo) + GRACE
