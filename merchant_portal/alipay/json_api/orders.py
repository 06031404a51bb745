"""The `order` of a payment: what is sold, by which merchant, in which store, at which till.

Pages: docs.antom.com/ac/ams/upm and /oc; the lengths are those of the family's other pages.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from merchant_portal.alipay.errors import RequestInvalid
from merchant_portal.alipay.fitting import ID_LENGTH, fit_text, fit_words, require_form
from merchant_portal.alipay.json_api.amounts import MinorAmount, fit_amount
from merchant_portal.alipay.json_api.contract import Lengths
from merchant_portal.alipay.times import iso8601

DESCRIPTION_LENGTH = 256
EXTEND_INFO_LENGTH = 2048
MOST_GOODS = 100

_id = re.compile(r"[A-Za-z0-9_-]{1,64}")
_region = re.compile(r"[A-Z]{2}")
_whole = re.compile(r"[1-9][0-9]{0,8}")


def fit_id(field: str, text: str) -> str:
    """An id of ours: letters, digits, `_` and `-`, at most 64."""
    require_form(_id, field, text)
    return text


def refuse_country(field: str, text: str) -> None:
    """RequestInvalid unless it is two capitals."""
    require_form(_region, field, text)


def kept(members: Mapping[str, object]) -> dict[str, object]:
    """Without what is empty: optional members are left out, never sent as empty texts."""
    return {name: value for name, value in members.items() if value}


@dataclass(frozen=True, kw_only=True)
class Address:
    region: str
    state: str = ""
    city: str = ""
    address1: str = ""
    address2: str = ""
    zip_code: str = ""

    def as_members(self, lengths: Lengths) -> dict[str, object]:
        refuse_country("region", self.region)
        members = {
            "region": self.region,
            "state": self.state,
            "city": self.city,
            "address1": self.address1,
            "address2": self.address2,
            "zipCode": self.zip_code,
        }
        for name, text in members.items():
            fit_words(name, text, longest=lengths.other)
        return kept(members)


@dataclass(frozen=True, kw_only=True)
class StoreDetails:
    """The store; its terminal and operator may be named here and in `Environment`."""

    reference_store_id: str
    store_name: str
    store_mcc: str
    store_display_name: str = ""
    store_terminal_id: str = ""
    store_operator_id: str = ""
    store_address: Address | None = None
    store_phone_no: str = ""

    def as_members(self, lengths: Lengths) -> dict[str, object]:
        fit_text("storeName", self.store_name, longest=lengths.store_name)
        fit_text("storeMCC", self.store_mcc, longest=lengths.merchant_mcc)
        members = {
            "storeDisplayName": self.store_display_name,
            "storeTerminalId": self.store_terminal_id,
            "storeOperatorId": self.store_operator_id,
        }
        for name, text in members.items():
            longest = lengths.other if name == "storeDisplayName" else ID_LENGTH
            fit_words(name, text, longest=longest)
        fit_words("storePhoneNo", self.store_phone_no, longest=ID_LENGTH)
        address = self.store_address
        return kept(
            {
                "referenceStoreId": fit_id("referenceStoreId", self.reference_store_id),
                "storeName": self.store_name,
                "storeMCC": self.store_mcc,
                **members,
                "storeAddress": address.as_members(lengths) if address else None,
                "storePhoneNo": self.store_phone_no,
            }
        )


@dataclass(frozen=True, kw_only=True)
class MerchantDetails:
    """Who sells: with an acquirer the registered secondary merchant, else the client itself."""

    reference_merchant_id: str
    merchant_mcc: str
    merchant_name: str
    store: StoreDetails
    merchant_display_name: str = ""
    merchant_register_date: str = ""
    merchant_type: str = ""
    merchant_address: Address | None = None

    def as_members(self, lengths: Lengths) -> dict[str, object]:
        fit_text("merchantMCC", self.merchant_mcc, longest=lengths.merchant_mcc)
        fit_text("merchantName", self.merchant_name, longest=lengths.merchant_name)
        texts = {
            "merchantDisplayName": self.merchant_display_name,
            "merchantRegisterDate": self.merchant_register_date,
            "merchantType": self.merchant_type,
        }
        for name, text in texts.items():
            fit_words(name, text, longest=lengths.other)
        address = self.merchant_address
        return kept(
            {
                "referenceMerchantId": fit_id("referenceMerchantId", self.reference_merchant_id),
                "merchantMCC": self.merchant_mcc,
                "merchantName": self.merchant_name,
                **texts,
                "merchantAddress": address.as_members(lengths) if address else None,
                "store": self.store.as_members(lengths),
            }
        )


@dataclass(frozen=True, kw_only=True)
class Goods:
    reference_goods_id: str
    goods_name: str
    goods_category: str = ""
    goods_unit_amount: MinorAmount | None = None
    goods_quantity: str = ""

    def as_members(self) -> dict[str, object]:
        unit = self.goods_unit_amount
        if self.goods_quantity:
            require_form(_whole, "goodsQuantity", self.goods_quantity)
        return kept(
            {
                "referenceGoodsId": fit_text(
                    "referenceGoodsId", self.reference_goods_id, longest=ID_LENGTH
                ),
                "goodsName": fit_text("goodsName", self.goods_name, longest=256),
                "goodsCategory": fit_words("goodsCategory", self.goods_category, longest=ID_LENGTH),
                "goodsUnitAmount": unit and fit_amount("goodsUnitAmount", unit).as_members(),
                "goodsQuantity": self.goods_quantity,
            }
        )


@dataclass(frozen=True, kw_only=True)
class Order:
    """What the buyer sees and pays. Scanning demands the till and the time of its request."""

    reference_order_id: str
    description: str
    amount: MinorAmount
    merchant: MerchantDetails
    store_terminal_id: str
    requested_at: datetime
    goods: tuple[Goods, ...] = ()
    reference_buyer_id: str = ""
    extend_info: str = ""

    def as_members(self, lengths: Lengths) -> dict[str, object]:
        """The JSON members; RequestInvalid if unfit."""
        if len(self.goods) > MOST_GOODS:
            raise RequestInvalid("goods", f"more than {MOST_GOODS} goods")
        fit_text("orderDescription", self.description, longest=DESCRIPTION_LENGTH)
        fit_words("extendInfo", self.extend_info, longest=EXTEND_INFO_LENGTH)
        fit_words("referenceBuyerId", self.reference_buyer_id, longest=ID_LENGTH)
        environment = {
            "storeTerminalId": fit_text(
                "storeTerminalId", self.store_terminal_id, longest=ID_LENGTH
            ),
            "storeTerminalRequestTime": iso8601(self.requested_at),
        }
        return kept(
            {
                "referenceOrderId": fit_text(
                    "referenceOrderId", self.reference_order_id, longest=ID_LENGTH
                ),
                "orderDescription": self.description,
                "orderAmount": fit_amount("orderAmount", self.amount).as_members(),
                "merchant": self.merchant.as_members(lengths),
                "env": environment,
                "goods": [each.as_members() for each in self.goods],
                "buyer": kept({"referenceBuyerId": self.reference_buyer_id}),
                "extendInfo": self.extend_info,
            }
        )
