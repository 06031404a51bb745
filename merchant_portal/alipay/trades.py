"""What a query says about a payment.

Pages: global.alipay.com/docs/ac/global/overseas_query and /docs/ac/hkapi/overseas_query.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from merchant_portal.alipay.answers import (
    no_answer,
    read_verified,
    refuse_other,
    refuse_result,
    require_named,
)
from merchant_portal.alipay.errors import NoAnswer
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.signing import SignType, VerifyingKey
from merchant_portal.alipay.times import parse_compact, parse_text
from merchant_portal.alipay.words import TradeStatus


@dataclass(frozen=True)
class TradeAnswer:
    """What a query says about a payment; `amount` is the text as sent, in `currency`.

    `paid_at` is None while the payment has no pay time; `fields` are all the signed ones.
    """

    status: TradeStatus
    alipay_trans_id: str
    partner_trans_id: str
    amount: str
    currency: str
    paid_at: datetime | None
    buyer_login: str
    buyer_user_id: str
    payment_inst: str
    fields: Mapping[str, str]
    exchange: Exchange


def read_trade_answer(
    exchange: Exchange,
    *,
    sign_type: SignType,
    keys: Sequence[VerifyingKey],
    partner_trans_id: str,
    alipay_trans_id: str,
) -> TradeAnswer:
    """The answer about a payment, which must be the one asked for."""
    verified = read_verified(exchange, sign_type=sign_type, keys=keys)
    asked = {"partner_trans_id": partner_trans_id, "alipay_trans_id": alipay_trans_id}
    fields = verified.fields
    named = refuse_other(fields, asked, exchange)
    refuse_result(verified, exchange)
    if not fields.get("result_code"):
        no_answer(NoAnswer.UNREADABLE, exchange, "no result_code")
    require_named(named, [name for name, number in asked.items() if number], exchange)
    return TradeAnswer(
        status=_status(fields, exchange),
        alipay_trans_id=named["alipay_trans_id"],
        partner_trans_id=named["partner_trans_id"],
        amount=fields.get("trans_amount", ""),
        currency=fields.get("currency", ""),
        paid_at=paid_at_of(fields, exchange),
        buyer_login=fields.get("alipay_buyer_login_id", ""),
        buyer_user_id=fields.get("alipay_buyer_user_id", ""),
        payment_inst=fields.get("payment_inst", ""),
        fields=fields,
        exchange=exchange,
    )


def _status(fields: Mapping[str, str], exchange: Exchange) -> TradeStatus:
    word = fields.get("alipay_trans_status", "")
    if word not in TradeStatus.__members__:
        no_answer(NoAnswer.UNKNOWN_RESULT, exchange, f"alipay_trans_status {word[:40]!r}")
    return TradeStatus(word)


def paid_at_of(fields: Mapping[str, str], exchange: Exchange) -> datetime | None:
    """The pay time, None without one. One that cannot be read is not "never paid"."""
    text = fields.get("alipay_pay_time", "")
    if not text:
        return None
    try:
        return parse_text(text) if "-" in text else parse_compact(text)
    except ValueError as error:
        no_answer(NoAnswer.UNREADABLE, exchange, f"alipay_pay_time: {error}")
