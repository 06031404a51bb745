"""Secondary merchants and stores under review: submitted, looked at, approved or refused.

Source: global.alipay.com/docs/ac/global/offline_maintain, /docs/ac/global/offline_querystatus.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any

from .books import Books
from .records import Code, Record


class ReviewStatus(StrEnum):
    """How far Alipay's review of a store has come."""

    UNDER_REVIEW = "UNDER_REVIEW"
    MODIFICATION_REVIEW = "MODIFICATION_REVIEW"
    SUCCESS = "SUCCESS"
    FAILED = "FAILED"


@dataclass(frozen=True)
class Registration(Record):
    """A store handed in for review; `approved` stays 1 once it was approved."""

    table = "registrations"
    key = "registration_id"

    registration_id: int | None
    partner_id: str
    secondary_merchant_id: str
    store_id: str
    fields: str
    status: str
    reject_reason: str
    approved: int
    submitted_at: float
    decided_at: float | None


USUAL_REVIEW_SECONDS = "300"  # Five to ten minutes as a rule.
BY_HAND = ""
USUAL_REASON = "high risk merchant"
UNDECIDED = frozenset({ReviewStatus.UNDER_REVIEW, ReviewStatus.MODIFICATION_REVIEW})


def find(
    books: Books,
    *,
    partner_id: str,
    merchant_id: str,
    store_id: str,
) -> Registration | None:
    """What a partner has registered under these ids."""
    where = "partner_id = ? AND secondary_merchant_id = ? AND store_id = ?"
    return books.first(Registration, where, partner_id, merchant_id, store_id)


def submit(books: Books, *, partner_id: str, fields: Mapping[str, str]) -> Registration:
    """Register a store, or hand in a change of it; either way it is reviewed."""
    known = find(
        books,
        partner_id=partner_id,
        merchant_id=fields["secondary_merchant_id"],
        store_id=fields["store_id"],
    )
    registration = Registration(
        registration_id=known.registration_id if known else None,
        partner_id=partner_id,
        secondary_merchant_id=fields["secondary_merchant_id"],
        store_id=fields["store_id"],
        fields=json.dumps(dict(fields), ensure_ascii=False),
        status=_status_submitted(known),
        reject_reason="",
        approved=known.approved if known else 0,
        submitted_at=books.timestamp(),
        decided_at=None,
    )
    if known is None:
        return replace(registration, registration_id=books.add(registration))
    books.save(registration)
    return registration


def decide(
    books: Books,
    registration: Registration,
    *,
    status: ReviewStatus,
    reason: str = "",
    at: float | None = None,
) -> Registration:
    """Put a registration where a reviewer wants it; a refusal has a reason."""
    failed = status is ReviewStatus.FAILED
    now = books.timestamp()
    decided = replace(
        registration,
        status=status,
        reject_reason=(reason or USUAL_REASON) if failed else "",
        # A refused change leaves what was approved before in force.
        approved=1 if status is ReviewStatus.SUCCESS else registration.approved,
        submitted_at=now if status in UNDECIDED else registration.submitted_at,
        decided_at=None if status in UNDECIDED else at or now,
    )
    books.save(decided)
    return decided


def decide_due(books: Books) -> None:
    """Decide what has been under review long enough, unless a person decides by hand."""
    seconds = books.setting("review_seconds", USUAL_REVIEW_SECONDS)
    if seconds == BY_HAND:
        return
    verdict = ReviewStatus(books.setting("review_verdict", ReviewStatus.SUCCESS))
    reason = books.setting("review_reason", USUAL_REASON)
    with books.transaction():
        for registration in books.select(
            Registration,
            "decided_at IS NULL AND submitted_at <= ?",
            books.timestamp() - float(seconds),
        ):
            at = registration.submitted_at + float(seconds)
            decide(books, registration, status=verdict, reason=reason, at=at)


def is_integrator(books: Books, partner_id: str) -> bool:
    """Whether a partner is a system integrator; all others are acquirers."""
    return books.setting(f"system_integrator {partner_id}", "0") == "1"


def set_integrator(books: Books, partner_id: str, *, integrates: bool) -> None:
    """Say whether a partner is a system integrator or an acquirer."""
    books.set_setting(f"system_integrator {partner_id}", "1" if integrates else "0")


def may_trade(books: Books, code: Code) -> bool:
    """Whether the store of a code may be paid."""
    return may_sell(books, code.partner_id, code.secondary_merchant_id, code.terms)


def may_sell(books: Books, partner_id: str, merchant_id: str, terms: Mapping[str, Any]) -> bool:
    """Whether a store may be paid: always, unless unregistered ones are blocked."""
    if books.setting("blocks_unregistered", "0") == "0":
        return True
    approved = books.select(
        Registration,
        "partner_id = ? AND secondary_merchant_id = ? AND approved = 1",
        partner_id,
        merchant_id,
    )
    if terms.get("store_id"):
        return any(registration.store_id == terms["store_id"] for registration in approved)
    drivers = {number for registration in approved for number in operation_ids(registration)}
    return terms.get("taxi_operation_id") in drivers


def operation_ids(registration: Registration) -> set[str]:
    """The numbers of the drivers that were registered with a taxi business."""
    text = json.loads(registration.fields).get("extend_params", "")
    return {str(driver.get("operation_id", "")) for driver in drivers_of(text)}


def drivers_of(text: str) -> list[dict[str, Any]]:
    """The drivers in extend_params: a list, or an object that holds one. Raises ValueError."""
    members = json.loads(text) if text else []
    if isinstance(members, dict):
        members = next((each for each in members.values() if isinstance(each, list)), [members])
    if not isinstance(members, list) or not all(isinstance(each, dict) for each in members):
        raise ValueError("extend_params holds no list of drivers")
    return members


def _status_submitted(known: Registration | None) -> ReviewStatus:
    """A change of what was approved is reviewed as a change, all else as new."""
    if known is not None and known.approved:
        return ReviewStatus.MODIFICATION_REVIEW
    return ReviewStatus.UNDER_REVIEW
