"""The shop's own records in an evidence file: they must agree with the facts and each other."""

import io
from collections.abc import Iterator, Mapping
from typing import Any

from merchant_portal.alipay.statements import Document, Kind, Row, read_statement
from merchant_portal.evidence.archive import EvidenceUnreadable
from merchant_portal.evidence.manifest import Facts, LineRecord, Manifest, read_json
from merchant_portal.money import CURRENCIES, Money, decimals_of


def amount_of(facts: Facts) -> Money:
    """The payment's amount; ValueError for one that is none."""
    decimals_of(facts.currency)
    if facts.amount_minor <= 0:
        raise ValueError("the amount is not positive")
    return Money(facts.amount_minor, facts.currency)


def contradictions(manifest: Manifest, members: Mapping[str, bytes]) -> Iterator[str]:
    """Where the ledger or a line of a file says something else than the facts."""
    try:
        entries = _entries(members[manifest.ledger], manifest.ledger)
        read_json(members[manifest.moves], manifest.moves)
    except EvidenceUnreadable as error:
        yield str(error)
        return
    yield from _ledger_contradictions(entries, manifest.payment)
    for line in manifest.lines:
        yield from _line_contradictions(line, members[line.member], manifest.payment, entries)


def _entries(raw: bytes, name: str) -> list[dict[str, Any]]:
    entries = read_json(raw, name)
    needed = {"kind": str, "reference": str, "amount_minor": int, "currency": str}
    is_list = isinstance(entries, list) and all(isinstance(each, dict) for each in entries)
    if not is_list or not all(
        type(each.get(field)) is kind for each in entries for field, kind in needed.items()
    ):
        raise EvidenceUnreadable(f"{name} is not a list of ledger entries.")
    if any(each["currency"] not in CURRENCIES for each in entries):
        raise EvidenceUnreadable(f"{name} names a currency that is not one.")
    return list(entries)


def _ledger_contradictions(entries: list[dict[str, Any]], facts: Facts) -> Iterator[str]:
    booked = [each for each in entries if each["kind"] == "PAYMENT"]
    for entry in booked:
        said = Money(entry["amount_minor"], entry["currency"])
        if said != amount_of(facts):
            yield f"The ledger books {said} as the payment, the facts say {amount_of(facts)}."
        if entry["reference"] != facts.alipay_trans_id:
            yield f"The ledger books the payment {entry['reference']}, not this one."
    if len(booked) > 1:
        yield "The ledger books the payment more than once."
    sums = {
        "refunded": (
            _sum(entries, "REFUND") - _sum(entries, "REFUND_REVERSAL"),
            facts.refunded_minor,
        ),
        "cancelled": (_sum(entries, "CANCEL"), facts.cancelled_minor),
    }
    for what, (by_ledger, by_facts) in sums.items():
        if by_ledger != by_facts:
            yield f"By the ledger {by_ledger} minor units are {what}, by the facts {by_facts}."


def _sum(entries: list[dict[str, Any]], kind: str) -> int:
    return sum(int(each["amount_minor"]) for each in entries if each["kind"] == kind)


def _line_contradictions(
    line: LineRecord, raw: bytes, facts: Facts, entries: list[dict[str, Any]]
) -> Iterator[str]:
    numbers = {facts.alipay_trans_id, facts.partner_trans_id}
    numbers |= {each["reference"].removeprefix("alipay:").partition("@")[0] for each in entries}
    row = read_line(line, raw)
    if row is None:
        text = raw.decode(line.charset if line.charset in _CHARSETS else "utf-8", "replace")
        if not any(number and number in text for number in numbers):
            yield f"{line.id}: the line names neither the payment nor anything given back of it."
    elif not {row.alipay_trans_id, row.partner_trans_id} & (numbers - {""}):
        yield f"{line.id}: the line is about {row.alipay_trans_id or row.partner_trans_id}."


_CHARSETS = frozenset({"utf-8", "gb18030"})


def read_line(line: LineRecord, raw: bytes) -> Row | None:
    """The line as the nightly files are read, by its own heading; None where that cannot be."""
    if not line.from_file:
        return None
    statement = read_statement(io.BytesIO(raw), name=line.file)
    rows = [each for each in statement.read() if isinstance(each, Row)]
    return rows[-1] if rows else None


def remarks(manifest: Manifest, members: Mapping[str, bytes]) -> Iterator[str]:
    """Where Alipay's file names another amount than the books: a difference, and no forgery."""
    for line in manifest.lines:
        row = read_line(line, members[line.member])
        if not line.from_file:
            yield f"{line.id}: the file itself was not there any more; the line is as it was read."
        if row is not None and _names_another_amount(row, manifest.payment):
            yield f"{line.id}: the file says {row.pricing_currency} {row.pricing_amount_text}."


def _names_another_amount(row: Row, facts: Facts) -> bool:
    if row.kind is not Kind.PAYMENT or row.pricing_amount_minor is None:
        return False
    if row.layout.document is not Document.TRANSACTION:
        return False
    return Money(row.pricing_amount_minor, row.pricing_currency) != amount_of(facts)
