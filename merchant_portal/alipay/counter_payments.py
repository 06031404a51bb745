"""`alipay.acquire.overseas.spot.pay`: the shop scans the buyer's payment code.

Pages: global.alipay.com/docs/ac/global/spot_pay and /docs/ac/hkapi/spot_pay.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from merchant_portal.alipay.answers import (
    SYSTEM_ERROR,
    Verified,
    no_answer,
    read_verified,
    refuse_other,
    require_named,
)
from merchant_portal.alipay.contract import Choices
from merchant_portal.alipay.errors import GatewayRefused, NoAnswer, RequestInvalid
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.fitting import (
    ID_LENGTH,
    compact_json,
    fit_text,
    fit_words,
    is_same_amount,
    refuse_amount,
    refuse_currency,
    refuse_notify_url,
    refuse_quantity,
    refuse_quotes,
)
from merchant_portal.alipay.payment_codes import PaymentCode
from merchant_portal.alipay.shops import ShopDetails
from merchant_portal.alipay.signing import SignType, VerifyingKey
from merchant_portal.alipay.times import compact
from merchant_portal.alipay.trades import paid_at_of
from merchant_portal.alipay.words import IdentityCodeType, PayOutcome, PayWords, Region

PRODUCT = "OVERSEAS_MBARCODE_PAY"
LARGEST = Decimal("100000000.00")
NAME_LENGTH = 256


@dataclass(frozen=True, kw_only=True)
class TradeInformation:
    """What kind of business this is, for products that ask: `goods` are (name, quantity)."""

    business_type: str
    goods: tuple[tuple[str, int], ...] = ()

    def as_json(self) -> str:
        """The JSON text; RequestInvalid if unfit."""
        fit_text("business_type", self.business_type, longest=ID_LENGTH)
        for name, quantity in self.goods:
            fit_text("goods_info", name, longest=NAME_LENGTH)
            if "^" in name or "|" in name or quantity < 1:
                raise RequestInvalid("goods_info", "no ^ or | in names, and at least one of each")
        members = {"business_type": self.business_type}
        if self.goods:
            members["goods_info"] = "|".join(f"{name}^{count}" for name, count in self.goods)
            members["total_quantity"] = str(sum(count for _, count in self.goods))
        return compact_json(members)


@dataclass(frozen=True, kw_only=True)
class PayRequest:
    """One sale. `amount_text` is in major units of `trans_currency`, or else of `currency`.

    To ask the same again, everything must be the same, `created_at` and the code included.
    """

    partner_trans_id: str
    payment_code: PaymentCode
    amount_text: str
    currency: str
    trans_name: str
    created_at: datetime
    shop: ShopDetails | None
    notify_url: str = ""
    trans_currency: str = ""
    quantity: str = ""
    memo: str = ""
    identity_code_type: IdentityCodeType = IdentityCodeType.BARCODE
    trade_information: TradeInformation | None = None

    @property
    def pricing_currency(self) -> str:
        return self.trans_currency or self.currency

    def as_fields(self, seller: str, region: Region, choices: Choices) -> dict[str, str]:
        """The service's own parameters, the code among them; RequestInvalid if unfit."""
        self.refuse_unfit(region, choices)
        told = self.trade_information
        fields = {
            "notify_url": self.notify_url,
            "alipay_seller_id": seller,
            "quantity": self.quantity,
            "trans_name": self.trans_name,
            "partner_trans_id": self.partner_trans_id,
            "trans_currency": self.trans_currency,
            "currency": self.currency,
            "trans_amount": self.amount_text,
            "buyer_identity_code": self.payment_code.reveal(),
            "identity_code_type": self.identity_code_type.value,
            "trans_create_time": compact(self.created_at),
            "memo": self.memo,
            "biz_product": PRODUCT,
            "extend_info": self.shop.as_json(region, choices.lengths) if self.shop else "",
            "trade_information": told.as_json() if told else "",
        }
        return {name: value for name, value in fields.items() if value}

    def refuse_unfit(self, region: Region, choices: Choices) -> None:
        """Refuse what Alipay would refuse, before it can be taken for an attempt."""
        if not isinstance(self.payment_code, PaymentCode):
            raise RequestInvalid("payment_code", "a PaymentCode is wanted")
        fit_text("partner_trans_id", self.partner_trans_id, longest=ID_LENGTH)
        fit_text("trans_name", self.trans_name, longest=NAME_LENGTH)
        fit_words("memo", self.memo, longest=choices.lengths.memo)
        if self.quantity:
            refuse_quantity("quantity", self.quantity)
        if self.notify_url:
            refuse_notify_url(self.notify_url)
        self._refuse_money(region)
        refuse_quotes(
            region,
            {
                "partner_trans_id": self.partner_trans_id,
                "trans_name": self.trans_name,
                "memo": self.memo,
                "notify_url": self.notify_url,
            },
        )

    def _refuse_money(self, region: Region) -> None:
        refuse_currency("currency", self.currency, region=region)
        if self.trans_currency:
            refuse_currency("trans_currency", self.trans_currency, region=region)
        refuse_amount(
            "trans_amount", self.amount_text, currency=self.pricing_currency, largest=LARGEST
        )


@dataclass(frozen=True)
class PayAnswer:
    """Alipay answered, signed: paid, or still open. Only PAID means goods may be handed over.

    OPEN is Alipay's UNKNOW: the buyer must still confirm, so query. `amount` and `currency` are
    the texts as sent. `paid_at` is None unless Alipay named it.
    """

    outcome: PayOutcome
    partner_trans_id: str
    alipay_trans_id: str
    amount: str
    currency: str
    paid_at: datetime | None
    buyer_login: str
    buyer_user_id: str
    exchange_rate: str
    amount_cny: str
    payment_inst: str
    fields: Mapping[str, str]
    exchange: Exchange


def read_pay_answer(
    exchange: Exchange,
    request: PayRequest,
    *,
    sign_type: SignType,
    keys: Sequence[VerifyingKey],
    words: PayWords,
) -> PayAnswer:
    """The answer to this sale.

    GatewayUnreachable also for SYSTEM_ERROR, with that as its reason: it may have been paid.
    """
    verified = read_verified(exchange, sign_type=sign_type, keys=keys)
    fields = verified.fields
    asked = {"partner_trans_id": request.partner_trans_id, "alipay_trans_id": ""}
    named = refuse_other(fields, asked, exchange)
    outcome = _outcome(verified, words, exchange)
    require_named(named, ["partner_trans_id"], exchange)
    if outcome is PayOutcome.PAID:
        require_named(named, ["alipay_trans_id"], exchange)
        _refuse_other_money(fields, request, exchange)
    return PayAnswer(
        outcome=outcome,
        partner_trans_id=named["partner_trans_id"],
        alipay_trans_id=named["alipay_trans_id"],
        amount=fields.get("trans_amount", ""),
        currency=fields.get("currency", ""),
        paid_at=paid_at_of(fields, exchange),
        buyer_login=fields.get("alipay_buyer_login_id", ""),
        buyer_user_id=fields.get("alipay_buyer_user_id", ""),
        exchange_rate=fields.get("exchange_rate", ""),
        amount_cny=fields.get("trans_amount_cny") or fields.get("trans_amount_CNY", ""),
        payment_inst=fields.get("payment_inst", ""),
        fields=fields,
        exchange=exchange,
    )


def _outcome(verified: Verified, words: PayWords, exchange: Exchange) -> PayOutcome:
    word, reasons = verified.fields.get("result_code", ""), verified.reasons
    if SYSTEM_ERROR in reasons:
        no_answer(NoAnswer.SYSTEM_ERROR, exchange, "the reason given")
    if word in words.refused:
        code = reasons[0] if reasons else word
        text = verified.fields.get("detail_error_des", "")
        raise GatewayRefused(code, signed=True, exchange=exchange, text=text)
    outcome = words.outcome_of(word)
    if outcome is None:
        no_answer(NoAnswer.UNKNOWN_RESULT, exchange, f"result_code {word[:40]!r}")
    if outcome is PayOutcome.PAID and reasons:
        no_answer(NoAnswer.UNREADABLE, exchange, f"{word} beside {reasons[0][:48]}")
    return outcome


def _refuse_other_money(fields: Mapping[str, str], request: PayRequest, exchange: Exchange) -> None:
    amount, currency = fields.get("trans_amount", ""), fields.get("currency", "")
    if amount and not is_same_amount(amount, request.amount_text):
        no_answer(NoAnswer.UNREADABLE, exchange, "the answer is about another amount")
    if currency and currency not in (request.currency, request.pricing_currency):
        no_answer(NoAnswer.UNREADABLE, exchange, "the answer is about another currency")
