"""What happens to money at Alipay's side: paid by phone, moved by hand."""

import hashlib
import secrets
from dataclasses import dataclass, replace
from decimal import Decimal

from . import cancels, registrations
from .books import Books, alipay_time
from .currencies import UnusableAmount, cny_rate, exchange_rate, read_amount, write_amount
from .notices import Action, announce
from .records import Code, CodeState, Origin, Partner, Region, Trade, TradeStatus, Wallet

WAITING_SECONDS = 180  # A buyer has three minutes to finish paying.

OUTCOMES: dict[str, TradeStatus] = {
    "paid": TradeStatus.TRADE_SUCCESS,
    "waiting": TradeStatus.WAIT_BUYER_PAY,
    "pending": TradeStatus.TRADE_PENDING,
    "finished": TradeStatus.TRADE_FINISHED,
    "closed": TradeStatus.TRADE_CLOSED,
}
PAID_STATUSES = frozenset(
    {TradeStatus.TRADE_SUCCESS, TradeStatus.TRADE_PENDING, TradeStatus.TRADE_FINISHED},
)
# From TRADE_CLOSED only a trade that was never paid moves on: paid after the end.
MOVES: dict[TradeStatus, frozenset[TradeStatus]] = {
    TradeStatus.WAIT_BUYER_PAY: PAID_STATUSES | {TradeStatus.TRADE_CLOSED},
    TradeStatus.TRADE_SUCCESS: frozenset(TradeStatus) - {TradeStatus.WAIT_BUYER_PAY},
    TradeStatus.TRADE_PENDING: frozenset(TradeStatus) - {TradeStatus.WAIT_BUYER_PAY},
    TradeStatus.TRADE_FINISHED: frozenset(),
    TradeStatus.TRADE_CLOSED: PAID_STATUSES,
}


class TradeRefused(Exception):
    """Something that cannot happen to this trade or code: HTTP status, code, sentence."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


@dataclass(frozen=True)
class Purchase:
    """What a buyer does with the phone."""

    code: str
    amount: str
    wallet: str = ""
    buyer: str = ""
    outcome: str = "paid"
    discount: str = ""


def pay(books: Books, purchase: Purchase) -> Trade:
    """The buyer scans, types the amount and confirms; raises TradeRefused."""
    with books.transaction():
        code = _payable_code(books, purchase.code)
        partner = books.partner(code.partner_id)
        if partner is None:
            raise TradeRefused(409, "CODE_INVALID", "This code is invalid.")
        if purchase.outcome not in OUTCOMES:
            raise TradeRefused(400, "OUTCOME_UNKNOWN", "There is no such outcome.")
        trade = _new_trade(books, purchase, code=code, wallet=_wallet(purchase.wallet, partner))
        books.add(trade)
        if trade.status != TradeStatus.WAIT_BUYER_PAY:
            announce(books, trade, Action.CLOSED if trade.paid_at is None else Action.PAID)
    return trade


def move_trade(books: Books, trade_no: str, status: TradeStatus) -> Trade:
    """Somebody at Alipay's side moves a trade; the notice follows. Raises TradeRefused."""
    with books.transaction():
        trade = known_trade(books, trade_no)
        if trade.status == status:
            return trade
        closed_after_payment = (
            trade.status == TradeStatus.TRADE_CLOSED and trade.paid_at is not None
        )
        if status not in MOVES[TradeStatus(trade.status)] or closed_after_payment:
            raise TradeRefused(409, "TRADE_STATUS_ERROR", f"{trade.status} does not become that.")
        if status is TradeStatus.TRADE_CLOSED and trade.paid_at is not None:
            cancels.undo(books, trade, origin=Origin.PORTAL)
            return known_trade(books, trade_no)
        moved = replace(trade, status=status, paid_at=_paid_at(trade, status, books))
        books.save(moved)
        announce(books, moved, _action_of_move(trade, status))
    return moved


def lapse_waiting(books: Books) -> int:
    """Close what buyers left unfinished for three minutes; answers how many."""
    with books.transaction():
        lapsed = books.lapsed_trades(now=books.timestamp(), waiting_seconds=WAITING_SECONDS)
        for trade in lapsed:
            move_trade(books, trade.trade_no, TradeStatus.TRADE_CLOSED)
    return len(lapsed)


def _payable_code(books: Books, text: str) -> Code:
    code = books.code(text)
    if code is None or code.state != CodeState.ACTIVE:
        raise TradeRefused(409, "CODE_INVALID", "This code is invalid.")
    if not registrations.may_trade(books, code):
        raise TradeRefused(409, "STORE_NOT_REGISTERED", "This store cannot be paid yet.")
    return code


def _wallet(name: str, partner: Partner) -> Wallet:
    if partner.region != Region.HK:
        if name not in {"", Wallet.ALIPAYCN}:
            raise TradeRefused(400, "WALLET_NOT_ACCEPTED", "This wallet cannot pay this code.")
        return Wallet.ALIPAYCN
    if name and name not in list(Wallet):
        raise TradeRefused(400, "WALLET_NOT_ACCEPTED", "This wallet cannot pay this code.")
    return Wallet(name or Wallet.ALIPAYHK)


def _new_trade(books: Books, purchase: Purchase, *, code: Code, wallet: Wallet) -> Trade:
    terms = code.terms
    pricing, settlement = terms["trans_currency"], terms["currency"]
    amount = read_money(purchase.amount, pricing)
    rate = exchange_rate(pricing, settlement)
    discount = ""
    if purchase.discount:
        discount = write_amount(read_money(purchase.discount, settlement), settlement)
    status = OUTCOMES[purchase.outcome]
    now = books.timestamp()
    trade_no = minted_trade_no(books)
    return Trade(
        trade_no=trade_no,
        out_trade_no=minted_number(books),
        partner_id=code.partner_id,
        qrcode=code.qrcode,
        biz_data=code.biz_data,
        status=status,
        amount=write_amount(amount, pricing),
        currency=pricing,
        settlement_amount=write_amount(amount * rate, settlement),
        settlement_currency=settlement,
        settlement_rate=str(rate),
        discount=discount,
        wallet=wallet,
        buyer_login=purchase.buyer or buyer_login(wallet),
        buyer_id=buyer_id(purchase.buyer or trade_no),
        created_at=now,
        paid_at=now if status in PAID_STATUSES else None,
        refunded=write_amount(Decimal(0), pricing),
    )


def _paid_at(trade: Trade, status: TradeStatus, books: Books) -> float | None:
    if status is TradeStatus.TRADE_CLOSED:
        return trade.paid_at
    return trade.paid_at or books.timestamp()


def _action_of_move(before: Trade, status: TradeStatus) -> Action:
    if status is TradeStatus.TRADE_CLOSED:
        return Action.CLOSED
    if status is TradeStatus.TRADE_FINISHED and before.paid_at is not None:
        return Action.FINISHED
    return Action.PAID


def known_trade(books: Books, trade_no: str) -> Trade:
    """The trade with this number; raises TradeRefused."""
    trade = books.get(Trade, trade_no)
    if trade is None:
        raise TradeRefused(404, "TRADE_NOT_EXIST", "There is no such trade.")
    return trade


def read_money(text: str, currency: str) -> Decimal:
    """An amount a person typed; raises TradeRefused."""
    try:
        return read_amount(text, currency)
    except UnusableAmount as unusable:
        message = f"That is not an amount in {currency}."
        raise TradeRefused(400, "AMOUNT_INVALID", message) from unusable


def minted_trade_no(books: Books) -> str:
    """28 digits that begin with the day, as captured ones do."""
    day = alipay_time(books.timestamp()).strftime("%Y%m%d")
    return f"{day}22001{secrets.randbelow(10**15):015d}"


def minted_number(books: Books) -> str:
    """28 digits that begin with the second: Alipay's own order and refund numbers."""
    second = alipay_time(books.timestamp()).strftime("%Y%m%d%H%M%S")
    return f"{second}{secrets.randbelow(10**14):014d}"


def buyer_login(wallet: Wallet) -> str:
    """How the wallet shows its buyer, masked."""
    return "852-****0000" if wallet is Wallet.ALIPAYHK else "cnb***@example.com"


def buyer_id(seed: str) -> str:
    """16 digits, the same for the same buyer."""
    number = int(hashlib.sha256(seed.encode()).hexdigest(), 16) % 10**12
    return f"2088{number:012d}"


def cny_amount(trade: Trade) -> str:
    """The trade in CNY at the rate fixed when it was made."""
    return write_amount(Decimal(trade.amount) * cny_rate(trade.currency), "CNY")
