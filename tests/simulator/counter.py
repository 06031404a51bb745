"""A till for these tests: requests of barcode and order code at gateway.do, made by hand."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from .wire import Answer, Merchant

PAY = "alipay.acquire.overseas.spot.pay"
PRECREATE = "alipay.acquire.precreate"
REVERSE = "alipay.acquire.overseas.spot.reverse"
NUMBER = "BC2026112019500100012345"
ORDER_NUMBER = "OC2026112019550000012347"
LISTENER = "http://127.0.0.1:9/notify"
SHOP = {
    "secondary_merchant_name": "Harbour Noodle Bar Ltd",
    "secondary_merchant_id": "M0001",
    "secondary_merchant_industry": "5812",
    "store_id": "S0001",
    "store_name": "Harbour Noodle Bar Pier 3",
    "terminal_id": "T0007",
}


def shop_text(**changes: str | None) -> str:
    """The shop's members, changed; None leaves one out."""
    members = {name: text for name, text in (SHOP | changes).items() if text is not None}
    return json.dumps(members, ensure_ascii=False)


def post(shop: Merchant, path: str, **fields: object) -> httpx.Response:
    return shop.http.post(f"{shop.url}{path}", json=fields)


def payment_code(shop: Merchant, **wish: object) -> str:
    """The digits on the buyer's phone."""
    answer = post(shop, "/phone/codes", **wish)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["code"])


def pay_wish(shop: Merchant, code: str, **changes: str) -> dict[str, str]:
    """What a till sends to charge a code, with changes; an empty text leaves a member out."""
    moment = datetime.now(UTC) + timedelta(hours=8)
    wish = {
        "notify_url": LISTENER,
        "alipay_seller_id": shop.partner,
        "trans_name": "Noodle set lunch",
        "partner_trans_id": NUMBER,
        "currency": shop.terms["currency"],
        "trans_amount": "12.50",
        "buyer_identity_code": code,
        "identity_code_type": "barcode",
        "trans_create_time": moment.strftime("%Y%m%d%H%M%S"),
        "biz_product": "OVERSEAS_MBARCODE_PAY",
        "extend_info": shop_text(),
    }
    return {name: text for name, text in (wish | changes).items() if text}


def charge(shop: Merchant, code: str = "", **changes: str) -> Answer:
    """Charge a code, or a new one on the buyer's phone."""
    return shop.call(PAY, **pay_wish(shop, code or payment_code(shop), **changes))


def order_wish(shop: Merchant, **changes: str) -> dict[str, str]:
    wish = {
        "notify_url": LISTENER,
        "out_trade_no": ORDER_NUMBER,
        "subject": "Noodle set lunch",
        "product_code": "OVERSEAS_MBARCODE_PAY",
        "total_fee": "12.50",
        "currency": shop.terms["currency"],
        "trans_currency": shop.terms["currency"],
        "extend_params": shop_text(),
        "it_b_pay": "5m",
        "qr_code_it_b_pay": "3m",
        "passback_parameters": "till=7",
    }
    return {name: text for name, text in (wish | changes).items() if text}


def precreate(shop: Merchant, **changes: str) -> Answer:
    return shop.call(PRECREATE, **order_wish(shop, **changes))


def scan(shop: Merchant, code: str, **wish: str) -> httpx.Response:
    """The buyer reads an order's code and pays, unless another decision is said."""
    return post(shop, "/phone/orders", code=code, **wish)


def press(shop: Merchant, decision: str) -> httpx.Response:
    """The buyer presses Pay or Cancel where the newest payment waits for the password."""
    return post(shop, f"/phone/trades/{shop.trade()['trade_no']}", decision=decision)


def refusal(answer: Answer) -> str | None:
    """The code of a refusal, by the gateway or of the business."""
    if not answer.accepted:
        return answer.error
    fields = answer.fields
    return fields.get("error") or fields.get("detail_error_code")


def order(shop: Merchant) -> dict[str, Any]:
    return shop.books("orders")[-1]


def notices(shop: Merchant) -> list[dict[str, Any]]:
    return shop.outbox()
