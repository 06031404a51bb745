"""`alipay.acquire.overseas.spot.pay` and its old companion `.reverse`.

Sources: global.alipay.com/docs/ac/global/spot_pay, /docs/ac/hkapi/spot_pay.
"""

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal

from . import cancel_service, clockwork, orders, selling
from .books import Books, alipay_time
from .checks import Call
from .counter_records import Order
from .currencies import (
    PRICING_CURRENCIES,
    SETTLEMENT_CURRENCIES,
    UnusableAmount,
    cny_rate,
    read_amount,
    write_amount,
)
from .payment_codes import CODE_FORM
from .records import Product, Region, Trade, TradeStatus
from .selling import WORDS, CannotSell, Meddling, Why
from .shops import UnusableShop, read_object, read_shop, shop_terms

PAY = "alipay.acquire.overseas.spot.pay"
REVERSE = "alipay.acquire.overseas.spot.reverse"
PRODUCT_NAME = "OVERSEAS_MBARCODE_PAY"
WAITING_SECONDS = 180.0
LONGEST_NAME = LONGEST_MEMO = 256
LONGEST_LOGIN = 20
PRICED_APART = frozenset({"MOP", "TWD", "CNY"})  # Documented beside the settlement currency.


class Failed(Exception):
    """Refused with a code of the business, not of the gateway."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def pay(books: Books, call: Call) -> Mapping[str, str]:
    """Charge the buyer's code, once for every number."""
    return meddled_pay(books, call, Meddling())


def meddled_pay(books: Books, call: Call, meddling: Meddling) -> Mapping[str, str]:
    """The same, refused or left open by a mishap."""
    clockwork.catch_up(books)
    number = call.required("partner_trans_id", longest=64)
    try:
        order = selling.place(books, _read_sale(books, call), meddling)
    except Failed as failed:
        return said_by_pay(call, "FAIL", failed.code)
    except CannotSell as refused:
        return said_by_pay(call, "FAIL", WORDS[refused.why][0])
    trade = orders.trade_of(books, order)
    if trade is None or (order.error and trade.paid_at is None):
        return said_by_pay(call, "FAIL", order.error)
    if trade.status == TradeStatus.TRADE_CLOSED:
        return said_by_pay(call, "FAIL", WORDS[Why.CLOSED][0])
    return _told(order, trade, call.partner.region) | {"partner_trans_id": number}


def said_by_pay(call: Call, result: str, code: str) -> Mapping[str, str]:
    """A failure is FAILED here, and what is unknown UNKNOW, without its last letter."""
    number = {"partner_trans_id": call.text("partner_trans_id")}
    if result == "UNKNOWN":
        return number | {"result_code": "UNKNOW"}
    return number | {"result_code": "FAILED", "error": code}


def reverse(books: Books, call: Call) -> Mapping[str, str]:
    """What cancel does, in the words it had before."""
    number = call.required("partner_trans_id", longest=64)
    fields = cancel_service.cancel_order(books, call, out_trade_no=number, trade_no="")
    if fields["result_code"] != "SUCCESS":
        return said_by_reverse(call, fields["result_code"], fields["detail_error_code"])
    return {
        "alipay_reverse_time": f"{alipay_time(books.timestamp()):%Y%m%d%H%M%S}",
        "alipay_trans_id": fields.get("trade_no", ""),
        "partner_trans_id": number,
        "result_code": "SUCCESS",
    }


def said_by_reverse(call: Call, result: str, code: str) -> Mapping[str, str]:
    """A reverse that did not succeed."""
    number = call.text("partner_trans_id")
    return {"result_code": result, "error": code, "partner_trans_id": number}


def money_fields(trade: Trade, region: str) -> dict[str, str]:
    """What pay and query say of money that was paid: the rate to CNY, or the wallet."""
    if region == Region.HK:
        return {"payment_inst": trade.wallet}
    if trade.paid_at is None or trade.currency == "CNY":
        return {}
    rate = cny_rate(trade.currency)
    in_cny = write_amount(Decimal(trade.amount) * rate, "CNY")
    return {"exchange_rate": str(rate), "trans_amount_cny": in_cny}


def buyer_fields(trade: Trade) -> dict[str, str]:
    """Who has paid and when; nobody before."""
    if trade.paid_at is None:
        return {}
    return {
        "alipay_buyer_login_id": trade.buyer_login[:LONGEST_LOGIN],
        "alipay_buyer_user_id": trade.buyer_id,
        "alipay_pay_time": f"{alipay_time(trade.paid_at):%Y%m%d%H%M%S}",
    }


def read_total(text: str, currency: str) -> str:
    """An amount of this currency, written with all its decimals; raises Failed."""
    if text != text.strip():
        raise Failed("INVALID_PARAMETER")
    try:
        return write_amount(read_amount(text, currency), currency)
    except UnusableAmount as unusable:
        raise Failed("INVALID_PARAMETER") from unusable


def check_currencies(call: Call, *, pricing: str, settlement: str) -> None:
    """Raise Failed for currencies this contract does not trade in."""
    if pricing not in PRICING_CURRENCIES or settlement not in SETTLEMENT_CURRENCIES:
        raise Failed("INVALID_PARAMETER")
    if call.partner.region == Region.HK and (pricing, settlement) != ("HKD", "HKD"):
        raise Failed("INVALID_PARAMETER")


def check_texts(call: Call, *names: str) -> None:
    """The HK pages forbid the half-width double quotation mark; raises Failed."""
    if call.partner.region == Region.HK and any('"' in call.text(name) for name in names):
        raise Failed("INVALID_PARAMETER")


def check_goods(call: Call) -> None:
    """`quantity` and `trade_information`, where they are sent; raises Failed."""
    quantity = call.text("quantity")
    if quantity and re.fullmatch(r"[1-9][0-9]{0,8}", quantity, re.ASCII) is None:
        raise Failed("INVALID_PARAMETER")
    if call.text("trade_information"):
        try:
            members = read_object(call.text("trade_information"))
        except UnusableShop as unusable:
            raise Failed("INVALID_PARAMETER") from unusable
        if not members.get("business_type"):
            raise Failed("INVALID_PARAMETER")


def read_shop_of(call: Call, name: str, *, pricing: str, settlement: str) -> str:
    """The shop in `extend_info` or `extend_params`, as the books keep it; raises Failed."""
    try:
        members = read_shop(call.required(name, longest=2000), call.partner)
    except UnusableShop as unusable:
        raise Failed("INVALID_PARAMETER") from unusable
    return shop_terms(members, pricing=pricing, settlement=settlement)


def _read_sale(books: Books, call: Call) -> Order:
    """Missing or too long: the gateway refuses. Malformed: Failed."""
    settlement = call.required("currency", longest=8)
    pricing = call.optional("trans_currency", longest=8) or settlement
    subject = call.required("trans_name", longest=LONGEST_NAME)
    digits = call.required("buyer_identity_code", longest=32)
    amount = call.required("trans_amount", longest=16)
    call.optional("memo", longest=LONGEST_MEMO)
    notify_url = call.notify_url()
    _check_product(call)
    check_texts(call, "partner_trans_id", "trans_name", "memo")
    check_goods(call)
    _check_created(call.required("trans_create_time", longest=16))
    check_currencies(call, pricing=pricing, settlement=settlement)
    if pricing not in {settlement, *PRICED_APART}:
        raise Failed("INVALID_PARAMETER")
    now = books.timestamp()
    order = Order(
        order_id=None,
        partner_id=call.partner.partner_id,
        order_number=call.text("partner_trans_id"),
        product=Product.BARCODE,
        client_id="",
        trade_no="",
        qrcode="",
        payment_code=digits,
        amount=read_total(amount, pricing),
        currency=pricing,
        settlement_currency=settlement,
        subject=subject,
        shop=read_shop_of(call, "extend_info", pricing=pricing, settlement=settlement),
        reference="",
        notify_url=notify_url,
        passback="",
        sign_type=call.partner.notify_with,
        charset=call.charset,
        error="",
        created_at=now,
        code_expires_at=None,
        expires_at=now + WAITING_SECONDS,
    )
    if CODE_FORM.fullmatch(digits) is None:
        raise Failed(WORDS[Why.CODE_UNKNOWN][0])
    return order


def _check_product(call: Call) -> None:
    if call.required("biz_product", longest=64) != PRODUCT_NAME:
        raise Failed("UN_SUPPORT_BIZ_TYPE")
    if call.required("identity_code_type", longest=16) not in {"barcode", "qrcode"}:
        raise Failed("INVALID_PARAMETER")
    if call.required("alipay_seller_id", longest=16) != call.partner.partner_id:
        raise Failed("SELLER_NOT_EXIST")


def _check_created(text: str) -> None:
    """`yyyyMMddHHmmss`; no page says how old it may be."""
    try:
        created = datetime.strptime(text, "%Y%m%d%H%M%S")  # noqa: DTZ007 - only its form counts
    except ValueError as impossible:
        raise Failed("INVALID_PARAMETER") from impossible
    if created.strftime("%Y%m%d%H%M%S") != text:
        raise Failed("INVALID_PARAMETER")


def _told(order: Order, trade: Trade, region: str) -> dict[str, str]:
    is_open = trade.status == TradeStatus.WAIT_BUYER_PAY
    fields = {
        "alipay_trans_id": trade.trade_no,
        "currency": order.settlement_currency,
        "result_code": "UNKNOW" if is_open else "SUCCESS",
        "trans_amount": order.amount,
    }
    return fields if is_open else fields | buyer_fields(trade) | money_fields(trade, region)
