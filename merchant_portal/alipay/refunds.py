"""Money going back in full or in part, and the question how that went.

Pages: global.alipay.com/docs/ac/global/spot_refund and /refundquery, /docs/ac/hkapi/spot_refund.
The two services call the same things by different names.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from merchant_portal.alipay.answers import (
    SYSTEM_ERROR,
    Verified,
    no_answer,
    read_verified,
    refuse_other,
    refuse_unclear,
    require_named,
)
from merchant_portal.alipay.contract import Choices
from merchant_portal.alipay.errors import GatewayRefused, NoAnswer, RequestInvalid
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.fitting import (
    ID_LENGTH,
    fit_text,
    fit_words,
    is_same_amount,
    refuse_amount,
    refuse_currency,
    refuse_notify_url,
    refuse_quotes,
)
from merchant_portal.alipay.signing import SignType, VerifyingKey
from merchant_portal.alipay.words import RefundMode, RefundQueryWords, RefundResult, Region

REASON_LENGTH = 128
RETURN_NO_LENGTH = 128


@dataclass(frozen=True, kw_only=True)
class RefundRequest:
    """One refund. The partner and `partner_refund_id` identify it for ever.

    `amount_text` is sent as it is, in `currency`, the payment's own.
    """

    partner_trans_id: str
    partner_refund_id: str
    amount_text: str
    currency: str
    mode: RefundMode
    alipay_trans_id: str = ""
    reason: str = ""
    notify_url: str = ""

    def as_fields(self, region: Region, choices: Choices) -> dict[str, str]:
        """The service's own parameters; RequestInvalid if unfit. `is_sync` is always said."""
        self.refuse_unfit(region, choices)
        reason = "refund_reson" if region in choices.refund_reson_regions else "refund_reason"
        fields = {
            "notify_url": self.notify_url,
            "partner_trans_id": self.partner_trans_id,
            "alipay_trans_id": self.alipay_trans_id,
            "partner_refund_id": self.partner_refund_id,
            "refund_amount": self.amount_text,
            "currency": self.currency,
            reason: self.reason,
            "is_sync": self.mode.value,
        }
        return {name: value for name, value in fields.items() if value}

    def refuse_unfit(self, region: Region, choices: Choices) -> None:
        """Refuse what Alipay would refuse, before it can be taken for an attempt."""
        self._refuse_ids()
        refuse_currency("currency", self.currency, region=region)
        refuse_amount(
            "refund_amount",
            self.amount_text,
            currency=self.currency,
            largest=choices.largest_refund,
        )
        fit_words("refund_reason", self.reason, longest=REASON_LENGTH)
        if self.notify_url:
            refuse_notify_url(self.notify_url)
        refuse_quotes(
            region,
            {
                "partner_trans_id": self.partner_trans_id,
                "alipay_trans_id": self.alipay_trans_id,
                "partner_refund_id": self.partner_refund_id,
                "refund_reason": self.reason,
                "notify_url": self.notify_url,
            },
        )

    def _refuse_ids(self) -> None:
        fit_text("partner_trans_id", self.partner_trans_id, longest=ID_LENGTH)
        fit_text("partner_refund_id", self.partner_refund_id, longest=ID_LENGTH)
        if self.alipay_trans_id:
            fit_text("alipay_trans_id", self.alipay_trans_id, longest=ID_LENGTH)
        if self.partner_refund_id == self.partner_trans_id:
            raise RequestInvalid("partner_refund_id", "the same as the order number")


@dataclass(frozen=True)
class RefundAnswer:
    """Alipay said yes. What that means depends on how it was asked: see `is_refunded`.

    `amount` and `currency` are the texts as sent, empty where the answer leaves them out;
    `alipay_refund_id` is Alipay's own number of it, which only the JSON API gives.
    """

    mode: RefundMode
    partner_trans_id: str
    alipay_trans_id: str
    partner_refund_id: str
    amount: str
    currency: str
    fields: Mapping[str, str]
    exchange: Exchange
    alipay_refund_id: str = ""

    @property
    def is_refunded(self) -> bool:
        """Whether the buyer has the money; else the refund is only recorded and must be asked."""
        return self.mode is RefundMode.SYNC


def read_refund_answer(
    exchange: Exchange,
    request: RefundRequest,
    *,
    sign_type: SignType,
    keys: Sequence[VerifyingKey],
) -> RefundAnswer:
    """The answer to this refund; a yes to another id, amount or currency is not ours."""
    verified = read_verified(exchange, sign_type=sign_type, keys=keys)
    asked = {
        "partner_trans_id": request.partner_trans_id,
        "alipay_trans_id": request.alipay_trans_id,
        "partner_refund_id": request.partner_refund_id,
    }
    named = refuse_other(verified.fields, asked, exchange)
    refuse_unclear(verified, exchange)
    require_named(named, ["partner_refund_id"], exchange)
    amount, currency = _amount_given(verified.fields, request, exchange)
    return RefundAnswer(
        mode=request.mode,
        partner_trans_id=named["partner_trans_id"],
        alipay_trans_id=named["alipay_trans_id"],
        partner_refund_id=named["partner_refund_id"],
        amount=amount,
        currency=currency,
        fields=verified.fields,
        exchange=exchange,
    )


def _amount_given(
    fields: Mapping[str, str], request: RefundRequest, exchange: Exchange
) -> tuple[str, str]:
    amount, currency = fields.get("refund_amount", ""), fields.get("currency", "")
    if currency and currency != request.currency:
        no_answer(NoAnswer.UNREADABLE, exchange, "the answer is about another currency")
    if amount and not is_same_amount(amount, request.amount_text):
        no_answer(NoAnswer.UNREADABLE, exchange, "the answer is about another amount")
    return amount, currency


@dataclass(frozen=True, kw_only=True)
class RefundQuery:
    """Which refund is asked about."""

    partner_trans_id: str
    partner_refund_id: str

    def as_fields(self, region: Region) -> dict[str, str]:
        """The service's own parameters, under its own names; RequestInvalid if unfit."""
        order = fit_text("partner_trans_id", self.partner_trans_id, longest=ID_LENGTH)
        refund = fit_text("partner_refund_id", self.partner_refund_id, longest=RETURN_NO_LENGTH)
        refuse_quotes(region, {"partner_trans_id": order, "partner_refund_id": refund})
        return {"out_trade_no": order, "out_return_no": refund}


@dataclass(frozen=True)
class RefundQueryAnswer:
    """Where a refund stands; `error` is why it failed, or why it is not done yet, if told.

    `alipay_refund_id` as in `RefundAnswer`.
    """

    state: RefundResult
    error: str
    partner_trans_id: str
    partner_refund_id: str
    alipay_trans_id: str
    fields: Mapping[str, str]
    exchange: Exchange
    alipay_refund_id: str = ""


def read_refund_query_answer(
    exchange: Exchange,
    query: RefundQuery,
    *,
    sign_type: SignType,
    keys: Sequence[VerifyingKey],
    words: RefundQueryWords,
) -> RefundQueryAnswer:
    """The answer about this refund.

    GatewayRefused means the question was refused, which says nothing about the refund.
    """
    verified = read_verified(exchange, sign_type=sign_type, keys=keys)
    fields = verified.fields
    asked = {"out_trade_no": query.partner_trans_id, "out_return_no": query.partner_refund_id}
    named = refuse_other(fields, asked, exchange)
    _refuse_inquiry(verified, words, exchange)
    state = words.result_of(fields.get("refund_result_code", ""))
    if state is None:
        word = fields.get("refund_result_code", "")
        no_answer(NoAnswer.UNKNOWN_RESULT, exchange, f"refund_result_code {word[:40]!r}")
    error = fields.get("refund_error_code", "")
    if error and state is RefundResult.SUCCESS:
        no_answer(NoAnswer.UNREADABLE, exchange, f"{state} beside {error[:48]}")
    require_named(named, ["out_trade_no", "out_return_no"], exchange)
    return RefundQueryAnswer(
        state=state,
        error=error,
        partner_trans_id=named["out_trade_no"],
        partner_refund_id=named["out_return_no"],
        alipay_trans_id=fields.get("trade_no", ""),
        fields=fields,
        exchange=exchange,
    )


def _refuse_inquiry(verified: Verified, words: RefundQueryWords, exchange: Exchange) -> None:
    """The inquiry's own result comes before the refund's; it has a name of its own here."""
    word = verified.fields.get("response_code") or verified.fields.get("result_code", "")
    error = verified.fields.get("refund_error_code", "")
    reasons = [*verified.reasons, *([error] if error else [])]
    if word not in words.answered | words.refused:
        no_answer(NoAnswer.UNKNOWN_RESULT, exchange, f"response_code {word[:40]!r}")
    if SYSTEM_ERROR in reasons:
        no_answer(NoAnswer.SYSTEM_ERROR, exchange, "the reason given")
    if word in words.refused:
        raise GatewayRefused(reasons[0] if reasons else word, signed=True, exchange=exchange)
