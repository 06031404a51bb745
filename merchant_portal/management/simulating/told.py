"""What the small Alipay's own books tell at the end of a night, as rows."""

from typing import cast

from merchant_portal.simulator import truth
from merchant_portal.simulator.books import Books

Row = dict[str, object]


def happenings(books: Books, partner_id: str) -> list[Row]:
    """All that ever happened under a partner and belongs into a file."""
    return _rows(truth.night(books, day=None, partner_id=partner_id)["rows"])


def faults(books: Books) -> list[Row]:
    """Every fault that a file was given."""
    return _rows(truth.night(books, day=None, partner_id="")["faults"])


def _rows(told: object) -> list[Row]:
    return cast("list[Row]", told)
