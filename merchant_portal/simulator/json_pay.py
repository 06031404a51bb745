"""`pay` of the JSON API in the two scenarios of a counter: the buyer's code, and an order's.

Sources: docs.antom.com/ac/ams/upm, /oc.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from . import cancels, clockwork, json_words, orders, selling
from .books import Books
from .counter_records import Order
from .json_door import JSONCall
from .json_reading import ID, ILLEGAL, Declined, Money, Reader
from .json_signing import ALGORITHM
from .payment_codes import CODE_FORM
from .records import Product, Region, Trade, TradeStatus
from .selling import WORDS, CannotSell, Meddling, Why

PRODUCT_CODE = "IN_STORE_PAYMENT"
METHOD = "CONNECT_WALLET"
SCENARIOS = {"PaymentCode": Product.BARCODE, "OrderCode": Product.ORDER_CODE}
USUAL_LIFE = {Product.BARCODE: timedelta(minutes=10), Product.ORDER_CODE: timedelta(minutes=3)}
LONGEST_ORDER_LIFE = timedelta(minutes=30)
MOST_GOODS = 100
DISPLAYS = {"TEXT": "", "SMALLIMAGE": "s", "MIDDLEIMAGE": "m", "BIGIMAGE": "b"}

Members = dict[str, Any]


def pay(books: Books, call: JSONCall) -> Members:
    """Charge the buyer's code, or issue the code of an order; the same id is the same payment."""
    return meddled_pay(books, call, Meddling())


def meddled_pay(books: Books, call: JSONCall, meddling: Meddling) -> Members:
    """The same, refused or left open by a mishap. Raises Declined."""
    clockwork.catch_up(books)
    wish = _Wish(books, call).order()
    try:
        order = selling.place(books, wish, meddling)
    except CannotSell as refused:
        raise Declined(WORDS[refused.why][1]) from refused
    trade = orders.trade_of(books, order)
    if trade is None or (order.error and trade.paid_at is None):
        raise Declined(order.error)
    if trade.status == TradeStatus.TRADE_CLOSED:
        _decline_ended(books, trade)
    return _issued(order, trade, call) if order.is_order_code else _charged(trade)


def _charged(trade: Trade) -> Members:
    is_open = trade.status == TradeStatus.WAIT_BUYER_PAY
    code = json_words.IN_PROCESS if is_open else json_words.SUCCESS
    return {"result": json_words.result(code)} | json_words.payment(trade)


def _issued(order: Order, trade: Trade, call: JSONCall) -> Members:
    """A code is no payment, whether S or U comes with it; a paid order is told no other way."""
    unpaid = replace(trade, paid_at=None)
    is_success = call.client.issued_with == "S"
    code = json_words.SUCCESS if is_success else json_words.IN_PROCESS
    token = order.qrcode.rsplit("/", 1)[-1]
    details = [
        {
            "codeValueType": "QRCODE",
            "codeValue": f"https://qr.alipay.com/img/{token}_{size}.png" if size else order.qrcode,
            "displayType": display,
        }
        for display, size in DISPLAYS.items()
    ]
    form: Members = {"paymentMethodType": METHOD}
    if order.code_expires_at is not None:
        form["expireTime"] = json_words.instant(order.code_expires_at)
    members = {"result": json_words.result(code)} | json_words.payment(unpaid)
    return members | {"orderCodeForm": form | {"codeDetails": details}}


def _decline_ended(books: Books, trade: Trade) -> None:
    if cancels.cancel_of(books, trade) is not None:
        raise Declined(WORDS[Why.CANCELLED][1])
    if trade.paid_at is None:
        raise Declined(WORDS[Why.CLOSED][1])


@dataclass(frozen=True)
class _Wish:
    """The request, read member by member."""

    books: Books
    call: JSONCall

    def order(self) -> Order:
        """What is to be sold; raises Declined for what does not fit."""
        members, client = self.call.members, self.call.client
        if members.text("productCode", longest=32) != PRODUCT_CODE:
            raise Declined(ILLEGAL, "productCode")
        product = self._product()
        money = members.money("paymentAmount")
        if self.call.partner.region == Region.HK and money.currency != "HKD":
            raise Declined("CURRENCY_NOT_SUPPORT", money.currency)
        told = members.inner("order")
        settlement = self._settlement(money)
        notify_url = members.address("paymentNotifyUrl", needed=not client.notify_url)
        if members.address("paymentRedirectUrl", needed=False) and product is Product.BARCODE:
            raise Declined(ILLEGAL, "paymentRedirectUrl")
        self._check_region()
        ends = self._end(product)
        is_order = product is Product.ORDER_CODE
        return Order(
            order_id=None,
            partner_id=client.partner_id,
            order_number=members.text("paymentRequestId", longest=64, form=ID),
            product=product,
            client_id=client.client_id,
            trade_no="",
            qrcode=selling.minted_qrcode("28100204", 28) if is_order else "",
            payment_code=self._payment_code(product),
            amount=money.text,
            currency=money.currency,
            settlement_currency=settlement,
            subject=told.text("orderDescription", longest=256),
            shop=_shop(told, pricing=money.currency, settlement=settlement, product=product),
            reference=told.text("referenceOrderId", longest=64),
            notify_url=notify_url,
            passback="",
            sign_type=ALGORITHM,
            charset="UTF-8",
            error="",
            created_at=self.books.timestamp(),
            code_expires_at=ends if is_order else None,
            expires_at=ends,
        )

    def _product(self) -> Product:
        factor = self.call.members.inner("paymentFactor")
        scenario = factor.text("inStorePaymentScenario", longest=64)
        if scenario not in SCENARIOS:
            raise Declined(ILLEGAL, "inStorePaymentScenario")
        return SCENARIOS[scenario]

    def _payment_code(self, product: Product) -> str:
        """Scanned: the digits. An order has none."""
        method = self.call.members.inner("paymentMethod")
        if method.text("paymentMethodType", longest=64) != METHOD:
            raise Declined(ILLEGAL, "paymentMethodType")
        if product is Product.ORDER_CODE:
            if method.members.get("paymentMethodId") is not None:
                raise Declined(ILLEGAL, "paymentMethodId")
            return ""
        digits = method.text("paymentMethodId", longest=128)
        if CODE_FORM.fullmatch(digits) is None:
            raise Declined(WORDS[Why.CODE_UNKNOWN][1])
        return digits

    def _end(self, product: Product) -> float:
        now = self.books.now()
        ends = self.call.members.instant("paymentExpiryTime", needed=False)
        if ends is None:
            return (now + USUAL_LIFE[product]).timestamp()
        too_late = product is Product.ORDER_CODE and ends > now + LONGEST_ORDER_LIFE
        if too_late or (ends <= now and not self._is_known()):
            raise Declined(ILLEGAL, "paymentExpiryTime")
        return ends.timestamp()

    def _is_known(self) -> bool:
        """A request that is repeated after its end is answered like the first."""
        number = self.call.members.text("paymentRequestId", longest=64, form=ID)
        return orders.of_number(self.books, self.call.client.partner_id, number) is not None

    def _settlement(self, money: Money) -> str:
        strategy = self.call.members.inner("settlementStrategy", needed=False)
        named = strategy.text("settlementCurrency", longest=3, needed=False, form="[A-Z]{3}")
        agreed = [each for each in self.call.client.settlement_currencies.split(",") if each]
        if not named and len(agreed) > 1:
            raise Declined(ILLEGAL, "settlementCurrency")
        if named and agreed and named not in agreed:
            raise Declined("SETTLE_CONTRACT_NOT_MATCH", named)
        if named and named not in json_words.CURRENCIES:
            raise Declined("CURRENCY_NOT_SUPPORT", named)
        return named or (agreed[0] if agreed else money.currency)

    def _check_region(self) -> None:
        region = self.call.members.text("merchantRegion", longest=2, needed=False, form="[A-Z]{2}")
        agreed = [each for each in self.call.client.merchant_regions.split(",") if each]
        if agreed and not region:
            raise Declined(ILLEGAL, "merchantRegion")
        if agreed and region not in agreed:
            raise Declined("INVALID_CONTRACT", region)


def _shop(order: Reader, *, pricing: str, settlement: str, product: Product) -> str:
    """The shop under the names of a code's biz_data, after all of the order was looked at."""
    order.money("orderAmount")
    merchant = order.inner("merchant")
    store = merchant.inner("store")
    merchant.text("merchantDisplayName", longest=256, needed=False)
    _check_environment(order.inner("env", needed=product is Product.BARCODE), product)
    _check_goods(order.several("goods", most=MOST_GOODS))
    order.text("extendInfo", longest=2048, needed=False)
    mcc = "storeMCC" if store.members.get("storeMCC") is not None else "storeMcc"
    store.text(mcc, longest=32)
    terms: Mapping[str, str] = {
        "secondary_merchant_id": merchant.text("referenceMerchantId", longest=64),
        "secondary_merchant_name": merchant.text("merchantName", longest=256),
        "secondary_merchant_industry": merchant.text("merchantMCC", longest=32),
        "store_id": store.text("referenceStoreId", longest=64),
        "store_name": store.text("storeName", longest=256),
        "trans_currency": pricing,
        "currency": settlement,
    }
    return json.dumps(terms, ensure_ascii=False, sort_keys=True)


def _check_environment(env: Reader, product: Product) -> None:
    """Terminal and its time: demanded where the buyer's code is scanned."""
    needed = product is Product.BARCODE
    env.text("storeTerminalId", longest=64, needed=needed)
    env.instant("storeTerminalRequestTime", needed=needed)


def _check_goods(goods: list[Reader]) -> None:
    for each in goods:
        each.text("referenceGoodsId", longest=64)
        each.text("goodsName", longest=256)
        each.text("goodsCategory", longest=64, needed=False)
        each.text("goodsQuantity", longest=16, needed=False, form="[0-9]+")
        if each.members.get("goodsUnitAmount") is not None:
            each.money("goodsUnitAmount")
