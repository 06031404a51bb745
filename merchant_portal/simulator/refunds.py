"""Refunds at Alipay's side: recorded, carried out at once or by night, or made in the portal.

Source: global.alipay.com/docs/ac/global/spot_refund, /docs/ac/hkapi/spot_refund.
"""

from dataclasses import replace
from datetime import datetime, time, timedelta
from decimal import Decimal

from . import balances, mishaps
from .books import ALIPAY_TIME, Books, alipay_time
from .currencies import write_amount
from .mishaps import RefundMishap
from .notices import Action, announce
from .records import Origin, Partner, Refund, RefundState, Region, Trade, TradeStatus
from .trading import TradeRefused, known_trade, minted_number, read_money

NIGHT_BEGINS, NIGHT_ENDS = time(23), time(5)
RETRIED_FOR = timedelta(days=180)
BALANCE_LOW = "MERCHANT_BALANCE_NOT_ENOUGH"
WINDOW_OVER = "REFUNDMENT_VALID_DATE_EXCEED"
STATUS_REFUSALS: dict[TradeStatus, str] = {
    TradeStatus.WAIT_BUYER_PAY: "TRADE_STATUS_ERROR",
    TradeStatus.TRADE_PENDING: "REASON_TRADE_BEEN_FREEZEN",
    TradeStatus.TRADE_FINISHED: "TRADE_HAS_FINISHED",
    TradeStatus.TRADE_CLOSED: "TRADE_HAS_CLOSE",
}


def refusal_of(trade: Trade, amount: Decimal) -> str:
    """Why this amount cannot go back as the trade stands; empty if it can."""
    refusal = STATUS_REFUSALS.get(TradeStatus(trade.status), "")
    if not refusal and amount > trade.refundable:
        return "RETURN_AMOUNT_EXCEED"
    return refusal


def window_is_over(trade: Trade, partner: Partner, *, now: datetime) -> bool:
    """Whether the contract's days for a refund have passed, counted in GMT+8."""
    return (now.date() - _paid_on(trade).date()).days > partner.refund_window_days


def covered(books: Books, refund: Refund) -> bool:
    """Whether Alipay holds enough of the partner's money for it."""
    amount = Decimal(refund.amount)
    return balances.covers(books, refund.partner_id, refund.currency, amount)


def keep_refused(books: Books, refund: Refund, code: str) -> Refund:
    """Remember a refund that was refused when it was asked for."""
    return _added(books, replace(refund, state=RefundState.FAIL, error=code, accepted=0))


def keep_done(books: Books, refund: Refund, trade: Trade) -> Refund:
    """Give money back at once, and remember it."""
    done = _with_money_back(books, refund, trade, at=books.timestamp())
    return _added(books, done)


def keep_waiting(books: Books, refund: Refund, trade: Trade, partner: Partner) -> Refund:
    """Record an asynchronous refund; it runs now or in the night."""
    first_run = _first_run(trade, partner, asked=books.timestamp())
    refund = _added(books, replace(refund, next_at=first_run))
    if first_run <= books.timestamp():
        return _run(books, refund, at=first_run)
    return refund


def keep_until(books: Books, refund: Refund, *, run_at: float) -> Refund:
    """Record a refund that runs at an instant; with an error it fails then."""
    return _added(books, replace(refund, is_sync="N", next_at=run_at))


def refund_in_portal(books: Books, trade_no: str, *, amount: str, out_biz_no: str) -> Refund:
    """A refund made in Alipay's own portal; its notice follows. Raises TradeRefused."""
    with books.transaction():
        trade = known_trade(books, trade_no)
        wanted = read_money(amount, trade.currency)
        refund = replace(
            new_refund(books, trade, number=out_biz_no or minted_number(books), amount=wanted),
            origin=Origin.PORTAL,
        )
        partner = books.partner(trade.partner_id)
        code = refusal_of(trade, wanted)
        if not code and partner and window_is_over(trade, partner, now=books.now()):
            code = WINDOW_OVER
        if not code and not covered(books, refund):
            code = BALANCE_LOW
        if code:
            raise TradeRefused(409, code, f"Alipay does not refund this: {code}.")
        if refund_of(books, trade.partner_id, refund.out_biz_no) is not None:
            raise TradeRefused(409, "REPEATED_REFUNDMENT_REQUEST", "That number was used.")
        done = keep_done(books, refund, trade)
        announce(books, known_trade(books, trade_no), Action.REFUNDED, done)
    return done


def refund_of(books: Books, partner_id: str, number: str) -> Refund | None:
    """The refund a partner knows by this number."""
    return books.first(Refund, "partner_id = ? AND out_biz_no = ?", partner_id, number)


def new_refund(books: Books, trade: Trade, *, number: str, amount: Decimal) -> Refund:
    """A refund nobody has looked at yet."""
    return Refund(
        refund_id=None,
        partner_id=trade.partner_id,
        trade_no=trade.trade_no,
        out_biz_no=number,
        amount=write_amount(amount, trade.currency),
        currency=trade.currency,
        reason="",
        origin=Origin.GATEWAY,
        is_sync="Y",
        notify_url="",
        state=RefundState.PROCESSING,
        accepted=1,
        error="",
        runs=0,
        requested_at=books.timestamp(),
        next_at=None,
        refunded_at=None,
        returned_at=None,
    )


def run_due(books: Books) -> list[Refund]:
    """Run the refunds whose time has come; answers how each stands afterwards.

    A clock that leaps over nights runs each refund at the instant it would have run at.
    """
    ran = []
    with books.transaction():
        while due := _waiting(books, "next_at <= ?", books.timestamp()):
            for refund in sorted(due, key=lambda each: each.next_at or 0.0):
                ran.append(_run(books, refund, at=refund.next_at or books.timestamp()))
    return ran


def run_night(books: Books) -> list[Refund]:
    """Run every waiting refund now, as if it were night; answers how each stands afterwards."""
    run_due(books)
    with books.transaction():
        return [_run(books, refund, at=books.timestamp()) for refund in _waiting(books, "1")]


def run_before(books: Books, end: float, *, partner_id: str = "") -> list[Refund]:
    """Run now what would have run before an instant: the night is brought forward."""
    with books.transaction():
        waiting = _waiting(books, "next_at < ? AND ? IN ('', partner_id)", end, partner_id)
        return [_run(books, refund, at=books.timestamp()) for refund in waiting]


def return_money(books: Books, refund_id: int) -> Refund:
    """The buyer could not be paid: the money comes back to the partner, without a word.

    Only the files of the JSON API have a word for it; of another refund only the books tell.
    Raises LookupError or TradeRefused.
    """
    with books.transaction():
        refund = books.get(Refund, refund_id)
        if refund is None:
            raise LookupError(f"there is no refund {refund_id}")
        if refund.state != RefundState.SUCCESS or refund.returned_at is not None:
            raise TradeRefused(409, "REFUND_NOT_PAID", "Only money that was paid can come back.")
        amount = -Decimal(refund.amount)
        balances.draw(books, refund.partner_id, refund.currency, amount)
        return _saved(books, replace(refund, returned_at=books.timestamp()))


def _waiting(books: Books, where: str, *values: object) -> list[Refund]:
    return books.select(Refund, f"state = ? AND {where}", RefundState.PROCESSING, *values)


def _run(books: Books, refund: Refund, *, at: float) -> Refund:
    """Done with a notice, put off to the next night, or failed in silence."""
    refund = replace(refund, runs=refund.runs + 1)
    trade = known_trade(books, refund.trade_no)
    struck = mishaps.take(books, RefundMishap.FAILS, partner_id=refund.partner_id)
    code = struck.value if struck else refund.error
    code = code or refusal_of(trade, Decimal(refund.amount))
    if code:
        return _saved(books, _failed(refund, code))
    if not covered(books, refund):
        return _saved(books, _put_off(books, refund, at=at))
    done = _saved(books, _with_money_back(books, refund, trade, at=at))
    if done.notify_url:
        announce(books, known_trade(books, trade.trade_no), Action.REFUNDED, done)
    return done


def _put_off(books: Books, refund: Refund, *, at: float) -> Refund:
    """Low balance: tried again each night, for 180 days; in Hong Kong until it succeeds."""
    partner = books.partner(refund.partner_id)
    in_hk = partner is not None and partner.region == Region.HK
    if not in_hk and at - refund.requested_at >= RETRIED_FOR.total_seconds():
        return _failed(refund, BALANCE_LOW)
    return replace(refund, next_at=_next_night(at))


def _failed(refund: Refund, code: str) -> Refund:
    return replace(refund, state=RefundState.FAIL, error=code, next_at=None)


def _with_money_back(books: Books, refund: Refund, trade: Trade, *, at: float) -> Refund:
    amount = Decimal(refund.amount)
    refunded = Decimal(trade.refunded) + amount
    whole = refunded == Decimal(trade.amount)
    books.save(
        replace(
            trade,
            status=TradeStatus.TRADE_CLOSED if whole else trade.status,
            refunded=write_amount(refunded, trade.currency),
        ),
    )
    balances.draw(books, refund.partner_id, refund.currency, amount)
    return replace(refund, state=RefundState.SUCCESS, next_at=None, refunded_at=at)


def _first_run(trade: Trade, partner: Partner, *, asked: float) -> float:
    """Same day: at once. Later: between 23:00 and 05:00. Hong Kong: the batch at 23:00."""
    if partner.region != Region.HK:
        now = alipay_time(asked)
        by_night = now.time() >= NIGHT_BEGINS or now.time() < NIGHT_ENDS
        if by_night or now.date() == _paid_on(trade).date():
            return asked
    return _next_night(asked)


def _next_night(after: float) -> float:
    """The first 23:00 in GMT+8 after an instant."""
    now = alipay_time(after)
    tonight = datetime.combine(now.date(), NIGHT_BEGINS, ALIPAY_TIME)
    return (tonight if now < tonight else tonight + timedelta(days=1)).timestamp()


def _paid_on(trade: Trade) -> datetime:
    return alipay_time(trade.created_at if trade.paid_at is None else trade.paid_at)


def _added(books: Books, refund: Refund) -> Refund:
    return replace(refund, refund_id=books.add(refund))


def _saved(books: Books, refund: Refund) -> Refund:
    books.save(refund)
    return refund
