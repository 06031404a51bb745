"""Fields that are missing, where what they held can be told."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import combinations

from merchant_portal.alipay.clinic.causes import Cause
from merchant_portal.alipay.clinic.repairs import Attempt

#: Fields of Alipay's notifications whose content is nearly always the same, or is empty.
_USUAL: Mapping[bytes, tuple[bytes, ...]] = {
    b"notify_type": (b"trade_status_sync",),
    b"notify_action_type": (b"payByAccountAction", b"refundFPAction", b"createTradeAction"),
    b"trade_status": (b"TRADE_SUCCESS", b"TRADE_FINISHED", b"TRADE_CLOSED", b"WAIT_BUYER_PAY"),
    b"payment_type": (b"1",),
    b"quantity": (b"1",),
    b"discount": (b"0.00", b"0"),
    b"is_total_fee_adjust": (b"N",),
    b"use_coupon": (b"N",),
    b"_input_charset": (b"utf-8", b"UTF-8", b"GBK", b"gbk"),
    b"charset": (b"utf-8", b"UTF-8", b"GBK", b"gbk"),
    b"version": (b"1.0",),
    b"payment_inst": (b"ALIPAYCN", b"ALIPAYHK"),
}
#: Fields that repeat another one.
_REPEATS = [(b"price", b"total_fee"), (b"currency", b"trans_currency")]
_REPEATS += [(after, before) for before, after in _REPEATS]
_REPEATS += [(b"gmt_create", b"gmt_payment"), (b"gmt_last_modified_time", b"notify_time")]
_OFTEN_EMPTY = (
    *(b"body", b"subject", b"buyer_email", b"buyer_id", b"extra_common_param", b"memo"),
    *(b"out_biz_no", b"store_id", b"secondary_merchant_id", b"passback_parameters", b"gmt_close"),
    *(b"seller_email", b"m_discount_forex_amount", b"refund_fee", b"terminal_id", b"operator_id"),
)


def with_a_usual_field(attempt: Attempt, *, partner_id: str) -> Iterator[Attempt]:
    """Something was left out on the way whose content can be told from the rest."""
    content = dict(attempt.fields)
    guesses = [(name, value) for name, values in _USUAL.items() for value in values]
    guesses += [(name, content[other]) for name, other in _REPEATS if content.get(other)]
    guesses += [(b"seller_id", partner_id.encode())]
    for name, value in guesses:
        if name not in content:
            about = f"{name.decode()}={value.decode('utf-8', 'replace')}"
            yield from attempt.of((*attempt.fields, (name, value)), Cause.MISSING_FIELD, about)


def with_empty_fields(attempt: Attempt) -> Iterator[Attempt]:
    """Empty fields were signed, against the rule, and were then left out on the way."""
    names = [name for name in _OFTEN_EMPTY if name not in dict(attempt.fields)]
    signing = replace(attempt, signs_empty=Cause.EMPTY_SIGNED)
    for number in (1, 2):
        for added in combinations(names, number):
            fields = (*attempt.fields, *((name, b"") for name in added))
            about = ", ".join(f"{name.decode()}=" for name in added)
            yield from signing.of(fields, Cause.MISSING_FIELD, about)
