"""The tiles above a list: each counts a choice, makes it, and takes it back."""

from dataclasses import dataclass

from django.http import QueryDict

from payments.listing import Count


@dataclass(frozen=True, slots=True)
class Tile:
    """A tile's word, its count, its address, and whether its choice is in force."""

    label: str
    count: Count
    url: str
    is_on: bool


def tile(rest: str, choice: str, label: str, count: Count, *, is_on: bool) -> Tile:
    """A tile that keeps the ``rest`` of the filter; pressed while it is on, it takes its choice
    back."""
    parts = (rest, "" if is_on else choice)
    url = f"?{'&'.join(part for part in parts if part)}"
    return Tile(label, count, url, is_on)


def without(asked_for: QueryDict, *names: str) -> str:
    """The filter as an address's query, without some of its parts and what is empty."""
    kept = QueryDict(mutable=True)
    for name, values in asked_for.lists():
        if name not in names and any(values):
            kept.setlist(name, [value for value in values if value])
    return kept.urlencode()
