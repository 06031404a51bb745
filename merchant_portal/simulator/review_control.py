"""The reviewer's switches, over HTTP and on the page: approve, refuse, decide by itself."""

import json
from collections.abc import Callable
from typing import Any

from . import clockwork, registrations
from .books import Books, wall_clock
from .contracts import text_of
from .registrations import Registration, ReviewStatus
from .truth import shown
from .web import BadRequest, Html, Request, Response, done, fill
from .wishes import read_flag, read_positive

SETTINGS: dict[str, Callable[[Any], str]] = {
    "review_seconds": lambda wish: "" if wish in (None, "") else read_positive(wish),
    "review_verdict": lambda wish: _read_verdict(wish),
    "review_reason": lambda wish: text_of(wish),
    "blocks_unregistered": lambda wish: "1" if read_flag(wish) else "0",
}


def review(books: Books, request: Request, registration_id: str) -> Response:
    """Approve or refuse a store, or take it up again."""
    fields = request.fields()
    registration = books.get(Registration, int(registration_id))
    if registration is None:
        raise LookupError(f"there is no registration {registration_id}")
    status, reason = _read_status(fields.get("status")), text_of(fields.get("reject_reason"))
    return done(
        request,
        shown(registrations.decide(books, registration, status=status, reason=reason)),
    )


def set_review(books: Books, request: Request) -> Response:
    """How reviews end by themselves, and whether stores without approval can be paid."""
    clockwork.catch_up(books)
    wishes = request.fields()
    unknown = wishes.keys() - SETTINGS.keys()
    if unknown:
        raise BadRequest(f"there is no setting {min(unknown)!r}")
    read = {name: SETTINGS[name](wish) for name, wish in wishes.items()}
    for name, text in read.items():
        books.set_setting(name, text)
    return done(request, reviewing(books))


def reviewing(books: Books) -> dict[str, object]:
    """How reviews end by themselves; without seconds a person decides each."""
    seconds = books.setting("review_seconds", registrations.USUAL_REVIEW_SECONDS)
    return {
        "review_seconds": float(seconds) if seconds else None,
        "review_verdict": books.setting("review_verdict", ReviewStatus.SUCCESS),
        "review_reason": books.setting("review_reason", registrations.USUAL_REASON),
        "blocks_unregistered": books.setting("blocks_unregistered", "0") == "1",
    }


def review_values(books: Books) -> dict[str, str]:
    """What the form of the page shows."""
    now = reviewing(books)
    seconds = books.setting("review_seconds", registrations.USUAL_REVIEW_SECONDS)
    return {
        "review_seconds": f"{float(seconds):g}" if seconds else "",
        "approves": "selected" if now["review_verdict"] == ReviewStatus.SUCCESS else "",
        "refuses": "selected" if now["review_verdict"] == ReviewStatus.FAILED else "",
        "review_reason": str(now["review_reason"]),
        "blocks": "checked" if now["blocks_unregistered"] else "",
    }


def registration_row(registration: Registration) -> Html:
    """One store under review or decided, with the reviewer's buttons."""
    fields = json.loads(registration.fields)
    when = f"submitted {wall_clock(registration.submitted_at)}"
    if registration.decided_at is not None:
        when += f" · decided {wall_clock(registration.decided_at)}"
    if registration.reject_reason:
        when += f" · {registration.reject_reason}"
    values = {
        "store": fields["store_name"],
        "merchant": fields["secondary_merchant_name"],
        "status": registration.status,
        "merchant_id": registration.secondary_merchant_id,
        "store_id": registration.store_id,
        "partner_id": registration.partner_id,
        "when": when,
        "number": str(registration.registration_id),
    }
    return fill("_registration.html", values)


def _read_status(wish: Any) -> ReviewStatus:
    if wish not in list(ReviewStatus):
        raise BadRequest("status is not one of a review")
    return ReviewStatus(wish)


def _read_verdict(wish: Any) -> str:
    status = _read_status(wish)
    if status in registrations.UNDECIDED:
        raise BadRequest("a review ends in SUCCESS or FAILED")
    return status
