"""The small Alipay's own truth: everything in the books, for JSON."""

import json
from dataclasses import asdict
from datetime import date
from typing import Any

from . import balances, happenings
from .biz_data import passback_text
from .books import Books, alipay_time
from .counter_records import Order, PaymentCode
from .file_faults import SeededFault
from .filing import StatementFile
from .happenings import Happening
from .layouts import written
from .notice_bodies import envelope
from .payment_codes import masked
from .records import Attempt, Cancel, Code, Notice, Partner, Refund, RefundState, Trade
from .registrations import Registration, is_integrator
from .settlements import Settled
from .terms import shown_terms, terms_of

INSTANTS = frozenset(
    {
        "created_at",
        "paid_at",
        "refunded_at",
        "cancelled_at",
        "attempted_at",
        "next_at",
        "requested_at",
        "returned_at",
        "submitted_at",
        "decided_at",
        "written_at",
        "seeded_at",
        "shown_at",
        "expires_at",
        "code_expires_at",
        "decide_at",
    }
)


def notices(books: Books) -> list[dict[str, object]]:
    """Every notice with its sendings."""
    attempts: dict[int, list[dict[str, object]]] = {}
    for attempt in books.select(Attempt):
        attempts.setdefault(attempt.notice_id, []).append(shown(attempt))
    return [
        {
            **shown(notice),
            "fields": json.loads(notice.fields),
            "body": envelope(notice).body if notice.prepared_body else "",
            "sendings": attempts.get(notice.notice_id or 0, []),
        }
        for notice in books.select(Notice)
    ]


def trades(books: Books) -> list[dict[str, object]]:
    """Every trade with the refunds that went through."""
    paid_back: dict[str, list[dict[str, object]]] = {}
    for refund in books.select(Refund, "state = ?", RefundState.SUCCESS):
        paid_back.setdefault(refund.trade_no, []).append(shown(refund))
    return [
        {
            **shown(trade),
            "product": trade.product,
            "biz_data": trade.terms,
            "refunds": paid_back.get(trade.trade_no, []),
        }
        for trade in books.select(Trade)
    ]


def orders_told(books: Books) -> list[dict[str, object]]:
    """Every sale and order by its own number, refused and unpaid ones too; codes are masked.

    `status` is that of its trade, empty while there is none.
    """
    trades = {trade.trade_no: trade for trade in books.select(Trade)}
    told = []
    for order in books.select(Order):
        trade = trades.get(order.trade_no)
        told.append(
            shown(order)
            | {
                "payment_code": masked(order.payment_code),
                "shop": order.terms,
                "status": trade.status if trade else "",
                "refunded": trade.refunded if trade else "",
            }
        )
    return told


def payment_codes_told(books: Books) -> list[dict[str, object]]:
    """Every code that was shown on a phone, whole: these phones are for practice."""
    return [shown(code) for code in books.select(PaymentCode)]


def refunds(books: Books) -> list[dict[str, object]]:
    """Every refund, waiting and failed ones too: who made it, when it ran, how it ended."""
    orders = {trade.trade_no: trade.out_trade_no for trade in books.select(Trade)}
    return [
        shown(refund) | {"accepted": bool(refund.accepted), "out_trade_no": orders[refund.trade_no]}
        for refund in books.select(Refund)
    ]


def cancels(books: Books) -> list[dict[str, object]]:
    """Every cancel: what it did, who made it and when."""
    return [
        shown(cancel) | {"fee_returned": bool(cancel.fee_returned)}
        for cancel in books.select(Cancel)
    ]


def registrations(books: Books) -> list[dict[str, object]]:
    """Every store that was handed in for review, and how the review stands."""
    return [
        shown(registration)
        | {"approved": bool(registration.approved), "fields": json.loads(registration.fields)}
        for registration in books.select(Registration)
    ]


def codes(books: Books) -> list[dict[str, object]]:
    """Every code, deleted ones too."""
    return [
        {**shown(code), "biz_data": code.terms, "passback": passback_text(code.terms)}
        for code in books.select(Code)
    ]


def partners(books: Books) -> list[dict[str, object]]:
    """Every partner, without private keys."""
    return [
        {
            name: text
            for name, text in asdict(partner).items()
            if name not in {"alipay_private_key_pem", "md5_key"}
        }
        | {
            "refund_balance": balances.limits(books, partner.partner_id),
            "system_integrator": is_integrator(books, partner.partner_id),
            "terms": shown_terms(books, terms_of(books, partner.partner_id)),
        }
        for partner in books.select(Partner)
    ]


def files(books: Books) -> list[dict[str, object]]:
    """Every delivery of every file."""
    return [shown(filed) for filed in books.select(StatementFile)]


def night(books: Books, *, day: date | None, partner_id: str) -> dict[str, object]:
    """Every row that belongs into a file, whether one was written or not, and every fault."""
    rows = [
        _row(partner.partner_id, each, settled.get(each.key))
        for partner in books.select(Partner, "? IN ('', partner_id)", partner_id)
        for settled in [_settled_days(books, partner.partner_id)]
        for each in happenings.ever(books, terms_of(books, partner.partner_id), on=day)
    ]
    return {"rows": rows, "faults": _faults(books, day=day, partner_id=partner_id)}


def _faults(books: Books, *, day: date | None, partner_id: str) -> list[dict[str, object]]:
    """Every fault a file was given: which file, which row, what was changed."""
    where = "? IN ('', partner_id) AND ? IN ('', day)"
    return [
        shown(each) | {"before": json.loads(each.before), "after": json.loads(each.after)}
        for each in books.select(SeededFault, where, partner_id, day.isoformat() if day else "")
    ]


def _settled_days(books: Books, partner_id: str) -> dict[str, str]:
    return {
        each.happening: each.settled_on
        for each in books.select(Settled, "partner_id = ?", partner_id)
    }


def _row(partner_id: str, each: Happening, settled_on: str | None) -> dict[str, object]:
    currency = each.settlement_currency
    return {
        "happening": each.key,
        "partner_id": partner_id,
        "day": each.day.isoformat(),
        "settled_on": settled_on,
        "kind": each.kind,
        "product": each.trade.product,
        "partner_trans_id": each.partner_trans_id,
        "transaction_id": each.transaction_id,
        "trade_no": each.trade.trade_no,
        "happened_at": alipay_time(each.happened_at).isoformat(),
        "pricing_amount": written(each.pricing_minor, each.trade.currency),
        "pricing_currency": each.trade.currency,
        "settlement_amount": written(each.settlement_minor, currency),
        "settlement_currency": currency,
        "fee": written(each.fee_minor, currency),
        "net": written(each.owed_minor, currency),
    }


def shown(record: Any) -> dict[str, object]:
    """A record for JSON: instants as ISO text in GMT+8, JSON texts left out."""
    return {
        name: alipay_time(member).isoformat() if name in INSTANTS and member else member
        for name, member in asdict(record).items()
        if name not in {"prepared_body", "biz_data", "fields"}
    }
