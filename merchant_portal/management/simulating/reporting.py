"""The outcome of a simulated month, as lines for people and as one object for programs."""

from collections.abc import Iterator

from django.utils.translation import gettext as _

from merchant_portal.management.simulating.judging import Row
from merchant_portal.management.simulating.running import Outcome


def as_object(outcome: Outcome) -> dict[str, object]:
    return {
        "ok": outcome.is_ok,
        "payments": outcome.payments,
        "files": outcome.files,
        "table": [row.members for row in outcome.rows],
        "nobody_seeded": outcome.unseeded,
        "never_struck": outcome.never_struck,
        "books": [balance.members for balance in outcome.balances],
        "differing_payments": outcome.differing_payments,
        "still_open": outcome.still_open,
        "breaches": outcome.breaches,
    }


def lines_of(outcome: Outcome) -> Iterator[str]:
    yield from _table(outcome.rows)
    yield ""
    yield _("%(payments)d payments, %(files)d files.") % {
        "payments": outcome.payments,
        "files": outcome.files,
    }
    yield from _list(_("Differences nobody seeded"), outcome.unseeded)
    yield from _list(_("Faults that struck nothing"), outcome.never_struck)
    for balance in outcome.balances:
        told = balance.members
        yield "  ".join(str(told[name]) for name in ("partner_id", "kind", "currency")) + (
            f"  {told['ours']} = {told['theirs']}"
            if balance.is_ok
            else _("  ours %(ours)s, theirs %(theirs)s") % told
        )
    yield from _list(_("Payments whose books differ"), outcome.differing_payments)
    yield from _list(_("Differences left open by people"), outcome.still_open)
    yield from _list(_("What is always true, and is not"), outcome.breaches)
    yield _("All as it should be.") if outcome.is_ok else ""


def _table(rows: list[Row]) -> Iterator[str]:
    heads = (_("day"), _("partner"), _("seeded"), _("about"), _("to be found"), _("found"))
    cells = [heads, *(_cells(row) for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    marks = ["", *("ok" if row.is_ok else _("NOT OK") for row in rows)]
    for line, mark in zip(cells, marks, strict=True):
        yield "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) + (
            f"  {mark}"
        )


def _cells(row: Row) -> tuple[str, ...]:
    return (
        row.day.isoformat(),
        row.partner_id,
        row.name,
        row.subject,
        row.expected,
        row.found,
    )


def _list(heading: str, lines: list[str]) -> Iterator[str]:
    yield f"{heading}: {len(lines) or _('none')}"
    yield from (f"  {line}" for line in lines)
