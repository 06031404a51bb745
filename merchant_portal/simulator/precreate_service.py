"""`alipay.acquire.precreate`: a QR code for one order with its amount.

Sources: global.alipay.com/docs/ac/global/precreate_transaction, /docs/ac/hkapi/precreate.
"""

import json
import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from decimal import Decimal

from . import clockwork, orders, selling
from .biz_data import is_writable
from .books import Books
from .checks import Call, GatewayCode, Refused, is_web_address
from .counter_records import Order
from .counter_service import (
    LONGEST_NAME,
    PRODUCT_NAME,
    Failed,
    check_currencies,
    check_goods,
    check_texts,
    read_shop_of,
    read_total,
)
from .currencies import UnusableAmount, read_amount
from .records import Product
from .selling import WORDS, CannotSell, Why

PRECREATE = "alipay.acquire.precreate"
LONGEST_NOTIFY_URL = 190
LONGEST_BODY = LONGEST_SHOW_URL = 400
MOST_GOODS = 50
MOST_MINUTES = 15 * 24 * 60
MINUTES = {"m": 1, "h": 60, "d": 24 * 60}
USUAL_CODE_LIFE = timedelta(hours=2)  # No page says how long a code lives that nobody limits.
GOODS = frozenset(
    {"goodsId", "goodsName", "goodsCategory", "showUrl", "quantity", "body", "price"},
)
DESCRIPTIONS = {
    GatewayCode.SYSTEM_ERROR: "",
    "INVALID_PARAMETER": "a parameter is invalid",
    "CONTEXT_INCONSISTENT": "the order number was used for another order",
}


def precreate(books: Books, call: Call) -> Mapping[str, str]:
    """Issue a code; the same order again has the same one. Nothing is paid, no trade exists."""
    clockwork.catch_up(books)
    number = call.required("out_trade_no", longest=64)
    try:
        order = selling.place(books, _read_order(books, call))
    except Failed as failed:
        return said(call, "FAIL", failed.code)
    except CannotSell as refused:
        return said(call, "FAIL", WORDS[refused.why][0])
    if order.error:
        return said(call, "FAIL", order.error)
    if not orders.is_payable(books, order):
        trade = orders.trade_of(books, order)
        is_paid = trade is not None and trade.paid_at is not None and trade.refundable
        return said(call, "FAIL", "TRADE_HAS_SUCCESS" if is_paid else WORDS[Why.CLOSED][0])
    return _issued(order) | {"out_trade_no": number}


def said(call: Call, result: str, code: str) -> Mapping[str, str]:
    """No code."""
    return {
        "result_code": result,
        "out_trade_no": call.text("out_trade_no"),
        "detail_error_code": code,
        "detail_error_des": DESCRIPTIONS.get(code, ""),
    }


def _issued(order: Order) -> dict[str, str]:
    token = order.qrcode.rsplit("/", 1)[-1]
    picture = f"https://mobilecodec.alipay.com/show.htm?code={token}&picSize="
    return {
        "big_pic_url": f"{picture}L",
        "pic_url": f"{picture}M",
        "qr_code": order.qrcode,
        "result_code": "SUCCESS",
        "small_pic_url": f"{picture}S",
        "voucher_type": "qrcode",
    }


def _read_order(books: Books, call: Call) -> Order:
    """Missing or too long: the gateway refuses. Malformed: Failed."""
    pricing = call.required("trans_currency", longest=10)
    settlement = call.required("currency", longest=10)
    subject = call.required("subject", longest=LONGEST_NAME)
    total = call.required("total_fee", longest=16)
    notify_url = _notify_url(call)
    _check_product(call)
    check_texts(call, "out_trade_no", "subject", "body")
    check_currencies(call, pricing=pricing, settlement=settlement)
    amount = read_total(total, pricing)
    _check_price(call, pricing, amount)
    check_goods(call)
    _check_goods_detail(call.text("goods_detail"), pricing)
    code_ends, ends = _lives(books, call)
    return Order(
        order_id=None,
        partner_id=call.partner.partner_id,
        order_number=call.text("out_trade_no"),
        product=Product.ORDER_CODE,
        client_id="",
        trade_no="",
        qrcode=selling.minted_qrcode("bax", 20),
        payment_code="",
        amount=amount,
        currency=pricing,
        settlement_currency=settlement,
        subject=subject,
        shop=read_shop_of(call, "extend_params", pricing=pricing, settlement=settlement),
        reference="",
        notify_url=notify_url,
        passback=call.text("passback_parameters"),
        sign_type=call.partner.notify_with,
        charset=call.charset,
        error="",
        created_at=books.timestamp(),
        code_expires_at=code_ends,
        expires_at=ends,
    )


def _notify_url(call: Call) -> str:
    url = call.notify_url()
    if len(url) > LONGEST_NOTIFY_URL:
        raise Refused(GatewayCode.ILLEGAL_ARGUMENT, "notify_url")
    return url


def _check_product(call: Call) -> None:
    if call.required("product_code", longest=32) != PRODUCT_NAME:
        raise Failed("INVALID_PARAMETER")
    if call.text("seller_id") not in {"", call.partner.partner_id}:
        raise Failed("SELLER_NOT_EXIST")
    call.optional("seller_email", longest=100)
    call.optional("body", longest=LONGEST_BODY)
    show_url = call.optional("show_url", longest=LONGEST_SHOW_URL)
    if show_url and not is_web_address(show_url):
        raise Failed("INVALID_PARAMETER")


def _check_price(call: Call, currency: str, total: str) -> None:
    """Where a price is sent, price times quantity is the whole."""
    price = call.text("price")
    if not price:
        return
    quantity = call.text("quantity")
    if not (quantity.isascii() and quantity.isdecimal()):
        raise Failed("INVALID_PARAMETER")
    if Decimal(read_total(price, currency)) * int(quantity) != Decimal(total):
        raise Failed("INVALID_PARAMETER")


def _check_goods_detail(text: str, currency: str) -> None:
    if not text:
        return
    try:
        goods = json.loads(text)
    except (ValueError, RecursionError) as unreadable:
        raise Failed("INVALID_PARAMETER") from unreadable
    if not isinstance(goods, list) or len(goods) > MOST_GOODS or not is_writable(text):
        raise Failed("INVALID_PARAMETER")
    for each in goods:
        if not isinstance(each, dict) or not each.keys() <= GOODS:
            raise Failed("INVALID_PARAMETER")
        if not all(each.get(name) for name in ("goodsId", "goodsName", "quantity", "price")):
            raise Failed("INVALID_PARAMETER")
        try:
            read_amount(str(each["price"]), currency)
        except UnusableAmount as unusable:
            raise Failed("INVALID_PARAMETER") from unusable


def _lives(books: Books, call: Call) -> tuple[float, float | None]:
    """When the code ends, and when the whole trade does (None: three minutes after the scan)."""
    now = books.now()
    ends = _end(call.text("it_b_pay"), now)
    code_ends = _end(call.text("qr_code_it_b_pay"), now) or ends or now + USUAL_CODE_LIFE
    if ends is not None:
        code_ends = min(code_ends, ends)
    return code_ends.timestamp(), None if ends is None else ends.timestamp()


def _end(life: str, now: datetime) -> datetime | None:
    """`1m` to `15d` without decimals, or `1c`: the end of the day."""
    if not life:
        return None
    if life == "1c":
        return datetime.combine(now.date() + timedelta(days=1), time(), now.tzinfo)
    match = re.fullmatch(r"([1-9][0-9]{0,4})([mhd])", life, re.ASCII)
    if match is None or int(match[1]) * MINUTES[match[2]] > MOST_MINUTES:
        raise Failed("INVALID_PARAMETER")
    return now + timedelta(minutes=int(match[1]) * MINUTES[match[2]])
