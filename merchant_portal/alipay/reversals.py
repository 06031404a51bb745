"""`alipay.acquire.overseas.spot.reverse`, the predecessor of cancel: its answers are understood.

It is not sent: cancel does more, and Alipay no longer lists this call.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from merchant_portal.alipay.answers import (
    no_answer,
    read_verified,
    refuse_other,
    refuse_unclear,
    require_named,
)
from merchant_portal.alipay.errors import NoAnswer
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.signing import SignType, VerifyingKey
from merchant_portal.alipay.times import parse_compact


@dataclass(frozen=True)
class ReversalAnswer:
    """The payment was undone; `reversed_at` is None where Alipay did not say when."""

    partner_trans_id: str
    alipay_trans_id: str
    reversed_at: datetime | None
    fields: Mapping[str, str]
    exchange: Exchange


def read_reversal_answer(
    exchange: Exchange,
    *,
    partner_trans_id: str,
    sign_type: SignType,
    keys: Sequence[VerifyingKey],
) -> ReversalAnswer:
    """The answer about this payment; raises as a cancel's answer does."""
    verified = read_verified(exchange, sign_type=sign_type, keys=keys)
    asked = {"partner_trans_id": partner_trans_id, "alipay_trans_id": ""}
    named = refuse_other(verified.fields, asked, exchange)
    refuse_unclear(verified, exchange)
    require_named(named, ["partner_trans_id"], exchange)
    text = verified.fields.get("alipay_reverse_time", "")
    try:
        reversed_at = parse_compact(text) if text else None
    except ValueError as error:
        no_answer(NoAnswer.UNREADABLE, exchange, f"alipay_reverse_time: {error}")
    return ReversalAnswer(
        partner_trans_id=named["partner_trans_id"],
        alipay_trans_id=named["alipay_trans_id"],
        reversed_at=reversed_at,
        fields=verified.fields,
        exchange=exchange,
    )
