"""`alipay.acquire.precreate`: a QR code that stands for one order with its amount.

Pages: global.alipay.com/docs/ac/global/precreate_transaction and /docs/ac/hkapi/precreate.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from merchant_portal.alipay.answers import (
    no_answer,
    read_verified,
    refuse_other,
    refuse_unclear,
    require_named,
)
from merchant_portal.alipay.code_details import PASSBACK_LENGTH
from merchant_portal.alipay.contract import Choices, refuse_address
from merchant_portal.alipay.counter_payments import (
    LARGEST,
    NAME_LENGTH,
    PRODUCT,
    TradeInformation,
)
from merchant_portal.alipay.errors import NoAnswer, RequestInvalid
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.fitting import (
    ID_LENGTH,
    compact_json,
    fit_text,
    fit_words,
    refuse_amount,
    refuse_currency,
    refuse_notify_url,
    refuse_quantity,
    refuse_quotes,
)
from merchant_portal.alipay.shops import ShopDetails
from merchant_portal.alipay.signing import SignType, VerifyingKey
from merchant_portal.alipay.words import Region

NOTIFY_URL_LENGTH = 190
BODY_LENGTH = 400
EMAIL_LENGTH = 100
SELLER_LENGTH = 28
MOST_GOODS = 50
LONGEST_MINUTES = 15 * 24 * 60

_lifetime = re.compile(r"([1-9][0-9]{0,4})([mhd])")
_minutes = {"m": 1, "h": 60, "d": 24 * 60}


def refuse_lifetime(field: str, text: str) -> None:
    """RequestInvalid unless it is from `1m` to `15d`, or `1c`, the end of the day."""
    if text == "1c":
        return
    match = _lifetime.fullmatch(text)
    if match is None or int(match[1]) * _minutes[match[2]] > LONGEST_MINUTES:
        raise RequestInvalid(field, "write 1m to 15d without decimals, or 1c")


@dataclass(frozen=True, kw_only=True)
class GoodsDetail:
    """One line of an order; `price` is in major units of the pricing currency."""

    goods_id: str
    goods_name: str
    quantity: str
    price: str
    goods_category: str = ""
    show_url: str = ""
    body: str = ""

    def as_members(self, *, currency: str) -> Mapping[str, str]:
        fit_text("goodsId", self.goods_id, longest=ID_LENGTH)
        fit_text("goodsName", self.goods_name, longest=NAME_LENGTH)
        fit_words("goodsCategory", self.goods_category, longest=ID_LENGTH)
        fit_words("body", self.body, longest=BODY_LENGTH)
        refuse_quantity("quantity", self.quantity)
        refuse_amount("price", self.price, currency=currency, largest=LARGEST)
        members = {
            "goodsId": self.goods_id,
            "goodsName": self.goods_name,
            "goodsCategory": self.goods_category,
            "showUrl": self.show_url,
            "quantity": self.quantity,
            "body": self.body,
            "price": self.price,
        }
        return {name: value for name, value in members.items() if value}


@dataclass(frozen=True, kw_only=True)
class OrderCodeRequest:
    """One order. `total_fee` and `price` are in major units of `trans_currency`.

    `it_b_pay` is the life of the whole trade, `qr_code_it_b_pay` that of the code.
    """

    partner_trans_id: str
    subject: str
    total_fee: str
    currency: str
    trans_currency: str
    shop: ShopDetails | None
    notify_url: str = ""
    seller_id: str = ""
    seller_email: str = ""
    body: str = ""
    show_url: str = ""
    price: str = ""
    quantity: str = ""
    goods: tuple[GoodsDetail, ...] = ()
    it_b_pay: str = ""
    qr_code_it_b_pay: str = ""
    passback_parameters: str = ""
    trade_information: TradeInformation | None = None

    def as_fields(self, region: Region, choices: Choices, *, timestamp: str) -> dict[str, str]:
        """The service's own parameters; RequestInvalid if unfit."""
        self.refuse_unfit(region, choices)
        told = self.trade_information
        fields = {
            "notify_url": self.notify_url,
            "timestamp": timestamp,
            "out_trade_no": self.partner_trans_id,
            "subject": self.subject,
            "product_code": PRODUCT,
            "total_fee": self.total_fee,
            "seller_id": self.seller_id,
            "seller_email": self.seller_email,
            "body": self.body,
            "show_url": self.show_url,
            "currency": self.currency,
            "trans_currency": self.trans_currency,
            "price": self.price,
            "quantity": self.quantity,
            "goods_detail": self._goods(),
            "extend_params": self.shop.as_json(region, choices.lengths) if self.shop else "",
            "it_b_pay": self.it_b_pay,
            "qr_code_it_b_pay": self.qr_code_it_b_pay,
            "passback_parameters": self.passback_parameters,
            "trade_information": told.as_json() if told else "",
        }
        return {name: value for name, value in fields.items() if value}

    def refuse_unfit(self, region: Region, choices: Choices) -> None:
        """Refuse what Alipay would refuse, before an order number is spent on it."""
        fit_text("partner_trans_id", self.partner_trans_id, longest=ID_LENGTH)
        fit_text("subject", self.subject, longest=NAME_LENGTH)
        self._refuse_texts(choices)
        for field, text in (
            ("it_b_pay", self.it_b_pay),
            ("qr_code_it_b_pay", self.qr_code_it_b_pay),
        ):
            if text:
                refuse_lifetime(field, text)
        refuse_currency("currency", self.currency, region=region)
        refuse_currency("trans_currency", self.trans_currency, region=region)
        self._refuse_amounts()
        quotable = {"subject": self.subject, "body": self.body, "notify_url": self.notify_url}
        refuse_quotes(region, {"partner_trans_id": self.partner_trans_id, **quotable})

    def _refuse_texts(self, choices: Choices) -> None:
        fit_words("body", self.body, longest=BODY_LENGTH)
        fit_words("seller_id", self.seller_id, longest=SELLER_LENGTH)
        fit_words("seller_email", self.seller_email, longest=EMAIL_LENGTH)
        fit_words("passback_parameters", self.passback_parameters, longest=PASSBACK_LENGTH)
        if self.notify_url:
            refuse_notify_url(self.notify_url, longest=NOTIFY_URL_LENGTH)
        if self.show_url:
            fit_text("show_url", self.show_url, longest=choices.lengths.show_url)
            refuse_address("show_url", self.show_url)

    def _refuse_amounts(self) -> None:
        priced = {"total_fee": self.total_fee, **({"price": self.price} if self.price else {})}
        for field, text in priced.items():
            refuse_amount(field, text, currency=self.trans_currency, largest=LARGEST)
        if bool(self.price) != bool(self.quantity):
            raise RequestInvalid("price", "price and quantity are given together")
        if self.price:
            refuse_quantity("quantity", self.quantity)
            if Decimal(self.price) * int(self.quantity) != Decimal(self.total_fee):
                raise RequestInvalid("price", "price times quantity is not total_fee")

    def _goods(self) -> str:
        if len(self.goods) > MOST_GOODS:
            raise RequestInvalid("goods_detail", f"more than {MOST_GOODS} goods")
        lines = [each.as_members(currency=self.trans_currency) for each in self.goods]
        return compact_json(lines) if lines else ""


@dataclass(frozen=True)
class OrderCodeAnswer:
    """The code was issued; nothing is paid, and no trade exists until somebody scans it.

    `qr_code` is the text to draw. `pictures` are ready ones' addresses, where Alipay gave any.
    """

    partner_trans_id: str
    qr_code: str
    voucher_type: str
    pictures: Mapping[str, str]
    fields: Mapping[str, str]
    exchange: Exchange


def read_order_code_answer(
    exchange: Exchange,
    request: OrderCodeRequest,
    *,
    sign_type: SignType,
    keys: Sequence[VerifyingKey],
) -> OrderCodeAnswer:
    """The code of this order. After anything else a new order number is needed."""
    verified = read_verified(exchange, sign_type=sign_type, keys=keys)
    fields = verified.fields
    named = refuse_other(fields, {"partner_trans_id": request.partner_trans_id}, exchange)
    refuse_unclear(verified, exchange)
    require_named(named, ["partner_trans_id"], exchange)
    if not fields.get("qr_code"):
        no_answer(NoAnswer.UNREADABLE, exchange, "no qr_code")
    return OrderCodeAnswer(
        partner_trans_id=named["partner_trans_id"],
        qr_code=fields["qr_code"],
        voucher_type=fields.get("voucher_type", ""),
        pictures={name: value for name, value in fields.items() if name.endswith("pic_url")},
        fields=fields,
        exchange=exchange,
    )
