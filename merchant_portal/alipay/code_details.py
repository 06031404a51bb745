"""What a shop's code says about the shop: the JSON in `biz_data`, and the rules it must keep.

Rules: global.alipay.com/docs/ac/global/qrcode_create and /docs/ac/hkapi/qrcode_create.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from merchant_portal.alipay.errors import RequestInvalid
from merchant_portal.alipay.fitting import (
    CONTROL,
    compact_json,
    decimals_of,
    refuse_long,
    require_form,
)
from merchant_portal.alipay.words import ChannelFeeType, JSONForm, Region

BIZ_DATA_LENGTH = 2000
PASSBACK_LENGTH = 256  # it comes back in extra_common_param, which holds this much
STORE_NAME_LENGTH = 256  # not stated by Alipay
LARGEST_RATE = Decimal("0.05")
TAXI_INDUSTRY = "4121"

_merchant_lengths = {Region.GLOBAL: 64, Region.HK: 32}
_industry = re.compile(r"\d{4}", re.ASCII)
_merchant_id = re.compile(r"[A-Za-z0-9_-]+")  # the dash is in older texts; such ids exist
_store_id = re.compile(r"[A-Za-z0-9_-]{1,32}")
_provider_id = re.compile(r"[A-Za-z0-9]{1,64}")
_currency = re.compile(r"[A-Z]{3}")
_country = re.compile(r"[A-Z]{2}")
_decimal = re.compile(r"\d{1,12}(\.\d{1,8})?", re.ASCII)


@dataclass(frozen=True)
class ChannelFee:
    """A service charge on top of the price.

    FIXED is an amount in the settlement currency (at most 5 % of a price nobody knows yet, so the
    upper end is Alipay's to check); RATE is a fraction from 0 to 0.05.
    """

    type: ChannelFeeType
    value: str

    def refuse_unfit(self, *, currency: str) -> None:
        if not _decimal.fullmatch(self.value):
            raise RequestInvalid("channel_fee", "write the value as a plain decimal, like 0.01")
        if self.type is ChannelFeeType.RATE:
            self._refuse_rate()
        else:
            self._refuse_amount(currency)

    def _refuse_rate(self) -> None:
        if Decimal(self.value) > LARGEST_RATE:
            raise RequestInvalid("channel_fee", f"a rate is from 0 to {LARGEST_RATE}")

    def _refuse_amount(self, currency: str) -> None:
        decimals = len(self.value.partition(".")[2])
        permitted = decimals_of(currency)
        if decimals > permitted:
            raise RequestInvalid("channel_fee", f"{currency} has {permitted} decimals")


@dataclass(frozen=True)
class CodeDetails:
    """The members of `biz_data`. A modify replaces them all, so always give every one."""

    secondary_merchant_industry: str
    secondary_merchant_id: str
    secondary_merchant_name: str
    store_id: str
    store_name: str
    trans_currency: str
    currency: str
    country_code: str = ""
    address: str = ""
    sys_service_provider_id: str = ""
    channel_fee: ChannelFee | None = None
    passback_parameters: str = ""
    notify_sign_type: str = ""
    notify_charset: str = ""

    def as_biz_data(
        self,
        region: Region,
        *,
        channel_fee_form: JSONForm = JSONForm.OBJECT,
        passback_form: JSONForm = JSONForm.TEXT,
    ) -> str:
        """The JSON text to send, compact, its letters as they are; RequestInvalid if unfit."""
        self.refuse_unfit(region)
        members: dict[str, object] = {
            "secondary_merchant_industry": self.secondary_merchant_industry,
            "secondary_merchant_id": self.secondary_merchant_id,
            "secondary_merchant_name": self.secondary_merchant_name,
            "store_id": self.store_id,
            "store_name": self.store_name,
            "trans_currency": self.trans_currency,
            "currency": self.currency,
            "country_code": self.country_code,
            "address": self.address,
            "sys_service_provider_id": self.sys_service_provider_id,
            "channel_fee": self._channel_fee(channel_fee_form),
            "passback_parameters": self._passback(passback_form),
            "notify_sign_type": self.notify_sign_type,
            "notify_charset": self.notify_charset,
        }
        text = compact_json({name: value for name, value in members.items() if value})
        if len(text) > BIZ_DATA_LENGTH:
            raise RequestInvalid("biz_data", f"longer than {BIZ_DATA_LENGTH} characters")
        return text

    def _channel_fee(self, form: JSONForm) -> object:
        if self.channel_fee is None:
            return None
        members = {"type": self.channel_fee.type.value, "value": self.channel_fee.value}
        return members if form is JSONForm.OBJECT else compact_json(members)

    def _passback(self, form: JSONForm) -> object:
        if not self.passback_parameters or form is JSONForm.TEXT:
            return self.passback_parameters
        return json.loads(self.passback_parameters)

    def refuse_unfit(self, region: Region) -> None:
        """Refuse what Alipay would refuse, or worse, would take and show wrongly to buyers."""
        self._refuse_ids(region)
        self._refuse_texts(region)
        self._refuse_currencies(region)
        _refuse_passback(self.passback_parameters)
        if self.channel_fee is not None:
            self.channel_fee.refuse_unfit(currency=self.currency)

    def _refuse_ids(self, region: Region) -> None:
        require_form(_industry, "secondary_merchant_industry", self.secondary_merchant_industry)
        if self.secondary_merchant_industry == TAXI_INDUSTRY:
            raise RequestInvalid("secondary_merchant_industry", "codes for taxis are not offered")
        require_form(_merchant_id, "secondary_merchant_id", self.secondary_merchant_id)
        refuse_long("secondary_merchant_id", self.secondary_merchant_id, _merchant_lengths[region])
        require_form(_store_id, "store_id", self.store_id)
        if self.sys_service_provider_id:
            require_form(_provider_id, "sys_service_provider_id", self.sys_service_provider_id)
        if self.country_code:
            require_form(_country, "country_code", self.country_code)

    def _refuse_texts(self, region: Region) -> None:
        texts: Mapping[str, tuple[str, int]] = {
            "secondary_merchant_name": (self.secondary_merchant_name, _merchant_lengths[region]),
            "store_name": (self.store_name, STORE_NAME_LENGTH),
            "address": (self.address, BIZ_DATA_LENGTH),
        }
        for name, (text, longest) in texts.items():
            if not text.strip() and name != "address":
                raise RequestInvalid(name, "missing")
            refuse_long(name, text, longest)
            if CONTROL.search(text):
                raise RequestInvalid(name, "control characters are not permitted")
            if region is Region.HK and '"' in text:
                raise RequestInvalid(name, "double quotation marks are not permitted in Hong Kong")

    def _refuse_currencies(self, region: Region) -> None:
        require_form(_currency, "trans_currency", self.trans_currency)
        require_form(_currency, "currency", self.currency)
        if region is Region.HK and (self.trans_currency, self.currency) != ("HKD", "HKD"):
            raise RequestInvalid("currency", "in Hong Kong both currencies are HKD")
        if self.trans_currency != "CNY" and self.currency not in ("CNY", self.trans_currency):
            raise RequestInvalid("currency", "settlement is in CNY or in the pricing currency")


def _refuse_passback(text: str) -> None:
    """Handed back with the payment: a flat JSON object, short enough to come back whole."""
    if not text:
        return
    refuse_long("passback_parameters", text, PASSBACK_LENGTH)
    try:
        members = json.loads(text)
    except ValueError as error:
        raise RequestInvalid("passback_parameters", "not JSON") from error
    if not isinstance(members, dict):
        raise RequestInvalid("passback_parameters", "a JSON object is wanted")
    if any(isinstance(value, dict | list) for value in members.values()):
        raise RequestInvalid("passback_parameters", "nested values are not permitted")
    if CONTROL.search(text):
        raise RequestInvalid("passback_parameters", "control characters are not permitted")
