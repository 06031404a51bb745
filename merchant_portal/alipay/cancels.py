"""`alipay.acquire.cancel`: undoing a payment on its own day (GMT+8), or closing an unpaid one.

Pages: global.alipay.com/docs/ac/global/acquire_cancel and /docs/ac/hkapi/acquire_cancel.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from merchant_portal.alipay.answers import (
    no_answer,
    read_verified,
    refuse_other,
    refuse_unclear,
    require_named,
)
from merchant_portal.alipay.errors import NoAnswer
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.fitting import ID_LENGTH, fit_text, refuse_quotes
from merchant_portal.alipay.signing import SignType, VerifyingKey
from merchant_portal.alipay.words import CancelAction, Region

TRADE_NO_SHORTEST = 16


@dataclass(frozen=True, kw_only=True)
class CancelRequest:
    """Which payment; of two numbers Alipay goes by its own."""

    partner_trans_id: str
    alipay_trans_id: str = ""

    def as_fields(self, region: Region, *, timestamp: str) -> dict[str, str]:
        """The service's own parameters; RequestInvalid if unfit."""
        fields = {
            "timestamp": timestamp,
            "out_trade_no": fit_text("partner_trans_id", self.partner_trans_id, longest=ID_LENGTH),
        }
        if self.alipay_trans_id:
            fields["trade_no"] = fit_text(
                "alipay_trans_id",
                self.alipay_trans_id,
                longest=ID_LENGTH,
                shortest=TRADE_NO_SHORTEST,
            )
        refuse_quotes(region, fields)
        return fields


@dataclass(frozen=True)
class CancelAnswer:
    """The payment is undone; `action` says how. `alipay_trans_id` is empty if there was none."""

    action: CancelAction
    partner_trans_id: str
    alipay_trans_id: str
    fields: Mapping[str, str]
    exchange: Exchange


def read_cancel_answer(
    exchange: Exchange,
    request: CancelRequest,
    *,
    sign_type: SignType,
    keys: Sequence[VerifyingKey],
) -> CancelAnswer:
    """The answer to this cancel; GatewayRefused.may_retry tells a passing failure from a no.

    SYSTEM_ERROR stays no answer, also beside `retry_flag=Y`: the cancel may have taken effect, and
    a later `N` must not end it as refused.
    """
    verified = read_verified(exchange, sign_type=sign_type, keys=keys)
    asked = {
        "partner_trans_id": request.partner_trans_id,
        "alipay_trans_id": request.alipay_trans_id,
    }
    named = refuse_other(verified.fields, asked, exchange)
    refuse_unclear(verified, exchange)
    require_named(named, ["partner_trans_id"], exchange)
    return CancelAnswer(
        action=_action(verified.fields, exchange),
        partner_trans_id=named["partner_trans_id"],
        alipay_trans_id=named["alipay_trans_id"],
        fields=verified.fields,
        exchange=exchange,
    )


def _action(fields: Mapping[str, str], exchange: Exchange) -> CancelAction:
    word = fields.get("action", "")
    if word not in list(CancelAction):
        no_answer(NoAnswer.UNKNOWN_RESULT, exchange, f"action {word[:40]!r}")
    return CancelAction(word)
