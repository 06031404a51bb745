"""What a shop begins at the counter: charging a buyer's code, and codes made for one order.

Both APIs come here with requests that are well formed, and say what happened in words of their
own. A number names one order for ever: the same again is the same order, a refused one too.
"""

import secrets
from dataclasses import dataclass, replace
from decimal import Decimal
from enum import StrEnum

from . import orders, payment_codes, registrations
from .books import Books, alipay_time
from .counter_records import Order, PaymentCode
from .currencies import cny_rate, exchange_rate, write_amount
from .notices import Action, announce
from .payment_codes import Outcome
from .records import Partner, Region, Trade, TradeStatus, Wallet
from .trading import buyer_id, buyer_login, minted_trade_no

USUAL_LIMIT_CNY = "50000"  # One processor's published figure for one payment.
PAID, FAILS = "paid", "fails"


class Why(StrEnum):
    """Why nothing can be paid."""

    CODE_UNKNOWN = "code_unknown"
    CODE_SPENT = "code_spent"
    WALLET_NOT_ACCEPTED = "wallet_not_accepted"
    NOT_ENOUGH_MONEY = "not_enough_money"
    OVER_BUYERS_LIMIT = "over_limit"
    BUYER_BLOCKED = "blocked"
    RISK = "risk"
    AMOUNT_TOO_LARGE = "amount_too_large"
    STORE_NOT_REGISTERED = "store_not_registered"
    OTHER_BUYER = "other_buyer"
    OTHER_CONTENT = "other_content"
    CLOSED = "closed"
    CANCELLED = "cancelled"
    DECLINED = "declined"


# The word of gateway.do, and that of the JSON API.
WORDS: dict[Why, tuple[str, str]] = {
    Why.CODE_UNKNOWN: ("SOUNDWAVE_PARSER_FAIL", "INVALID_PAYMENT_CODE"),
    Why.CODE_SPENT: ("SOUNDWAVE_PARSER_FAIL", "EXPIRED_CODE"),
    Why.WALLET_NOT_ACCEPTED: ("UN_SUPPORT_BIZ_TYPE", "INVALID_PAYMENT_CODE"),
    Why.NOT_ENOUGH_MONEY: ("BUYER_BALANCE_NOT_ENOUGH", "USER_BALANCE_NOT_ENOUGH"),
    Why.OVER_BUYERS_LIMIT: ("BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR", "USER_AMOUNT_EXCEED_LIMIT"),
    Why.BUYER_BLOCKED: ("BUYER_ENABLE_STATUS_FORBID", "USER_STATUS_ABNORMAL"),
    Why.RISK: ("PAYMENT_FAIL", "RISK_REJECT"),
    Why.AMOUNT_TOO_LARGE: ("BEYOND_PAY_RESTRICTION", "PAYMENT_AMOUNT_EXCEED_LIMIT"),
    Why.STORE_NOT_REGISTERED: ("INVALID_RECEIVE_ACCOUNT", "MERCHANT_NOT_REGISTERED"),
    Why.OTHER_BUYER: ("TRADE_BUYER_NOT_MATCH", "REPEAT_REQ_INCONSISTENT"),
    Why.OTHER_CONTENT: ("CONTEXT_INCONSISTENT", "REPEAT_REQ_INCONSISTENT"),
    Why.CLOSED: ("TRADE_HAS_CLOSE", "ORDER_IS_CLOSED"),
    Why.CANCELLED: ("TRADE_HAS_CLOSE", "ORDER_IS_CANCELED"),
    Why.DECLINED: ("TRADE_HAS_CLOSE", "USER_PAYMENT_VERIFICATION_FAILED"),
}
REFUSING_OUTCOMES: dict[str, Why] = {
    Outcome.NOT_ENOUGH_MONEY: Why.NOT_ENOUGH_MONEY,
    Outcome.OVER_LIMIT: Why.OVER_BUYERS_LIMIT,
    Outcome.BLOCKED: Why.BUYER_BLOCKED,
    Outcome.RISK: Why.RISK,
}


class CannotSell(Exception):
    """The request is refused and changes nothing."""

    def __init__(self, why: Why) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Meddling:
    """What a mishap makes of a well-formed request: refused with a code, or decided later."""

    refused_with: str = ""
    decision: str = ""
    after_seconds: float = 0.0


def word_for(order: Order, why: Why) -> str:
    """The reason in the words of the API the order came by."""
    return WORDS[why][1 if order.client_id else 0]


def place(books: Books, wish: Order, meddling: Meddling | None = None) -> Order:
    """Sell, or make an order's code; a number known before is looked up. Raises CannotSell.

    What was refused is kept, and told by the order's `error`.
    """
    known = orders.of_number(books, wish.partner_id, wish.order_number)
    if known is not None:
        _refuse_other(known, wish)
        return known
    if orders.was_cancelled(books, wish.partner_id, wish.order_number):
        raise CannotSell(Why.CANCELLED)
    meddling = meddling or Meddling()
    order = replace(wish, error=meddling.refused_with or _refusal(books, wish))
    if order.client_id:
        order = replace(order, trade_no=_minted_payment_id(books))
    order = replace(order, order_id=books.add(order))
    if not order.is_order_code:
        return _charge(books, order, meddling)
    if order.client_id and not order.error:
        open_trade(books, order, wallet=_usual_wallet(books, order), buyer="")
    return order


def open_trade(books: Books, order: Order, *, wallet: Wallet, buyer: str) -> tuple[Order, Trade]:
    """The buyer has come: a trade begins, unpaid."""
    pricing, settlement = order.currency, order.settlement_currency
    rate = exchange_rate(pricing, settlement)
    trade = Trade(
        trade_no=order.trade_no or minted_trade_no(books),
        out_trade_no=order.order_number,
        partner_id=order.partner_id,
        qrcode=order.qrcode,
        biz_data=order.shop,
        status=TradeStatus.WAIT_BUYER_PAY,
        amount=order.amount,
        currency=pricing,
        settlement_amount=write_amount(Decimal(order.amount) * rate, settlement),
        settlement_currency=settlement,
        settlement_rate=str(rate),
        discount="",
        wallet=wallet,
        buyer_login=buyer or buyer_login(wallet),
        buyer_id=buyer_id(buyer or f"{order.partner_id} {order.order_number}"),
        created_at=order.created_at if order.client_id else books.timestamp(),
        paid_at=None,
        refunded=write_amount(Decimal(0), pricing),
    )
    books.add(trade)
    order = replace(order, trade_no=trade.trade_no)
    books.save(order)
    return order, trade


def complete(books: Books, trade: Trade, *, at: float | None = None) -> Trade:
    """The buyer has paid; the notice follows."""
    paid = replace(
        trade, status=TradeStatus.TRADE_SUCCESS, paid_at=books.timestamp() if at is None else at
    )
    books.save(paid)
    announce(books, paid, Action.PAID)
    return paid


def end_unpaid(books: Books, order: Order, trade: Trade, why: Why) -> Trade:
    """The buyer will not pay, and the reason stays with the order."""
    books.save(replace(order, error=word_for(order, why)))
    ended = replace(trade, status=TradeStatus.TRADE_CLOSED)
    books.save(ended)
    announce(books, ended, Action.CLOSED)
    return ended


def decide_due(books: Books) -> None:
    """Let the decisions fall that a mishap has put off."""
    with books.transaction():
        for order in books.select(Order, "decide_at <= ?", books.timestamp()):
            decided = replace(order, decide_at=None)
            books.save(decided)
            trade = orders.trade_of(books, order)
            if trade is None or trade.status != TradeStatus.WAIT_BUYER_PAY:
                continue
            if order.expires_at and (order.decide_at or 0) >= order.expires_at:
                continue  # It lapses first.
            if order.decision == PAID:
                complete(books, trade, at=order.decide_at)
            else:
                end_unpaid(books, decided, trade, Why.NOT_ENOUGH_MONEY)


def pay_at_last(books: Books, order: Order) -> None:
    """The buyer pays what is still open, also an order nobody has scanned."""
    trade = orders.trade_of(books, order)
    if trade is None and orders.is_payable(books, order):
        order, trade = open_trade(books, order, wallet=_usual_wallet(books, order), buyer="")
    if trade is not None and trade.status == TradeStatus.WAIT_BUYER_PAY:
        complete(books, trade)


def minted_qrcode(mark: str, digits: int) -> str:
    """The text of an order's code; the mark says which API made it."""
    token = "".join(secrets.choice("0123456789") for _ in range(digits))
    return f"https://qr.alipay.com/{mark}{token}"


def limit_cny(books: Books) -> Decimal:
    """The most one payment may be, in CNY."""
    return Decimal(books.setting("payment_limit_cny", USUAL_LIMIT_CNY))


def accepts(partner: Partner | None, wallet: str) -> bool:
    """Whether this partner's products take payments of a wallet."""
    return wallet == Wallet.ALIPAYCN or (partner is not None and partner.region == Region.HK)


def _charge(books: Books, order: Order, meddling: Meddling) -> Order:
    """The buyer's code is spent, whatever comes of it."""
    code = books.get(PaymentCode, order.payment_code)
    if code is not None and not code.used_for:
        payment_codes.use(books, code, order.order_number)
    if order.error or code is None:
        return order
    order, trade = open_trade(books, order, wallet=Wallet(code.wallet), buyer=code.buyer)
    if meddling.decision:
        decide_at = books.timestamp() + meddling.after_seconds
        return orders.saved(books, order, decision=meddling.decision, decide_at=decide_at)
    if not payment_codes.asks_password(code, Decimal(order.amount)):
        complete(books, trade)
    return order


def _refusal(books: Books, wish: Order) -> str:
    why = _why_not(books, wish)
    return word_for(wish, why) if why else ""


def _why_not(books: Books, wish: Order) -> Why | None:
    merchant = str(wish.terms["secondary_merchant_id"])
    if not registrations.may_sell(books, wish.partner_id, merchant, wish.terms):
        return Why.STORE_NOT_REGISTERED
    if Decimal(wish.amount) * cny_rate(wish.currency) > limit_cny(books):
        return Why.AMOUNT_TOO_LARGE
    return None if wish.is_order_code else _why_not_by_code(books, wish)


def _why_not_by_code(books: Books, wish: Order) -> Why | None:
    code = books.get(PaymentCode, wish.payment_code)
    if code is None:
        return Why.CODE_UNKNOWN
    if code.used_for or books.timestamp() >= code.expires_at:
        return Why.CODE_SPENT
    if not accepts(books.partner(wish.partner_id), code.wallet):
        return Why.WALLET_NOT_ACCEPTED
    return REFUSING_OUTCOMES.get(code.outcome)


def _refuse_other(known: Order, wish: Order) -> None:
    """The same number again must mean the same; the JSON API compares amount and code alone."""
    if (known.product, known.client_id) != (wish.product, wish.client_id):
        raise CannotSell(Why.OTHER_CONTENT)
    if known.payment_code != wish.payment_code:
        raise CannotSell(Why.OTHER_BUYER)
    names = ["amount", "currency"]
    if not wish.client_id:
        names += ["settlement_currency", "subject", "shop"]
    if any(getattr(known, name) != getattr(wish, name) for name in names):
        raise CannotSell(Why.OTHER_CONTENT)


def _usual_wallet(books: Books, order: Order) -> Wallet:
    partner = books.partner(order.partner_id)
    in_hk = partner is not None and partner.region == Region.HK
    return Wallet.ALIPAYHK if in_hk else Wallet.ALIPAYCN


def _minted_payment_id(books: Books) -> str:
    """32 digits that begin with the day, as those of published answers."""
    day = alipay_time(books.timestamp()).strftime("%Y%m%d")
    return f"{day}19401080010018{secrets.randbelow(10**10):010d}"
