"""The small Alipay's own truth: everything in the books, for JSON."""

import json
from dataclasses import asdict
from typing import Any

from . import balances
from .biz_data import passback_text
from .books import Books, alipay_time
from .records import Attempt, Cancel, Code, Notice, Partner, Refund, RefundState, Trade
from .registrations import Registration, is_integrator

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
            "body": notice.prepared_body,
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
        {**shown(trade), "biz_data": trade.terms, "refunds": paid_back.get(trade.trade_no, [])}
        for trade in books.select(Trade)
    ]


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
        }
        for partner in books.select(Partner)
    ]


def shown(record: Any) -> dict[str, object]:
    """A record for JSON: instants as ISO text in GMT+8, JSON texts left out."""
    return {
        name: alipay_time(member).isoformat() if name in INSTANTS and member else member
        for name, member in asdict(record).items()
        if name not in {"prepared_body", "biz_data", "fields"}
    }
