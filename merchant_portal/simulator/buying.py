"""What a buyer does with the phone at a counter: pay an order's code or leave it, decide."""

from dataclasses import dataclass, replace

from . import clockwork, orders, selling
from .books import Books
from .counter_records import Order
from .payment_codes import Outcome
from .records import Region, Trade, TradeStatus, Wallet
from .selling import REFUSING_OUTCOMES, Why
from .trading import TradeRefused, buyer_id, buyer_login, known_trade

REFUSALS = {
    Why.NOT_ENOUGH_MONEY: "There is not enough money in this wallet.",
    Why.OVER_BUYERS_LIMIT: "This is above the wallet’s limit.",
    Why.BUYER_BLOCKED: "This wallet is blocked.",
    Why.RISK: "Alipay does not allow this payment.",
}
INVALID = "This code is invalid or no longer valid."


@dataclass(frozen=True)
class Scan:
    """A buyer reads the code of an order; `decision` is pay or leave."""

    code: str
    decision: str = "pay"
    wallet: str = ""
    buyer: str = ""
    outcome: str = ""


def open_order(books: Books, text: str) -> Order:
    """The order a buyer sees after reading its code; raises TradeRefused."""
    clockwork.catch_up(books)
    order = orders.of_code(books, text)
    if order is None or not orders.is_payable(books, order):
        raise TradeRefused(409, "CODE_INVALID", INVALID)
    return order


def pay_order(books: Books, scan: Scan) -> Trade:
    """The buyer reads the code and pays, or leaves it; raises TradeRefused.

    Who fails to pay may try again as long as the code lives.
    """
    if scan.decision not in {"pay", "leave"}:
        raise TradeRefused(400, "DECISION_UNKNOWN", "Pay, or leave it.")
    why = _why_not(scan) if scan.decision == "pay" else None
    with books.transaction():
        order = open_order(books, scan.code)
        wallet = _wallet(books, order, scan.wallet)
        trade = orders.trade_of(books, order)
        if trade is None:
            order, trade = selling.open_trade(books, order, wallet=wallet, buyer=scan.buyer)
        if scan.decision == "pay" and why is None:
            return _paid(books, order, trade, wallet=wallet, buyer=scan.buyer)
    if why is not None:
        raise TradeRefused(409, why.upper(), REFUSALS[why])
    return trade


def decide(books: Books, trade_no: str, *, decision: str) -> Trade:
    """The buyer presses Pay or Cancel where the wallet waits for it; raises TradeRefused."""
    if decision not in {"pay", "cancel"}:
        raise TradeRefused(400, "DECISION_UNKNOWN", "Pay or cancel.")
    with books.transaction():
        clockwork.catch_up(books)
        trade = known_trade(books, trade_no)
        order = orders.of_trade(books, trade_no)
        if trade.status != TradeStatus.WAIT_BUYER_PAY or order is None:
            raise TradeRefused(409, "TRADE_STATUS_ERROR", "This payment waits for nobody.")
        if decision == "pay":
            return selling.complete(books, trade)
        if order.is_order_code:
            return trade  # Its code can be read again until it ends.
        return selling.end_unpaid(books, order, trade, Why.DECLINED)


def waiting(books: Books) -> list[tuple[Order, Trade]]:
    """The payments by payment code that wait for the buyer's password, newest first."""
    found = books.select(Trade, "status = ? AND qrcode = ''", TradeStatus.WAIT_BUYER_PAY)
    paired = ((orders.of_trade(books, trade.trade_no), trade) for trade in reversed(found))
    return [(order, trade) for order, trade in paired if order is not None]


def _paid(books: Books, order: Order, trade: Trade, *, wallet: Wallet, buyer: str) -> Trade:
    """Paid by whoever has read the code last."""
    payer = replace(
        trade,
        wallet=wallet,
        buyer_login=buyer or buyer_login(wallet),
        buyer_id=buyer_id(buyer or f"{order.partner_id} {order.order_number}"),
    )
    return selling.complete(books, payer)


def _why_not(scan: Scan) -> Why | None:
    outcome = scan.outcome or Outcome.PAID
    if outcome != Outcome.PAID and outcome not in REFUSING_OUTCOMES:
        raise TradeRefused(400, "OUTCOME_UNKNOWN", "There is no such outcome.")
    return REFUSING_OUTCOMES.get(outcome)


def _wallet(books: Books, order: Order, name: str) -> Wallet:
    partner = books.partner(order.partner_id)
    in_hk = partner is not None and partner.region == Region.HK
    wallet = name or (Wallet.ALIPAYHK if in_hk else Wallet.ALIPAYCN)
    if wallet not in list(Wallet) or not selling.accepts(partner, wallet):
        raise TradeRefused(400, "WALLET_NOT_ACCEPTED", "This wallet cannot pay this code.")
    return Wallet(wallet)
