"""What somebody asked a report for, as plain values: what a page says, a command, or a row."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from merchant_portal.money import decimals_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A filter; nothing said narrows nothing. Nouns are named by their keys."""

    #: The zone whose days ``first`` and ``last`` are, and in which times are written.
    zone: str
    first: date | None = None
    last: date | None = None
    account: int | None = None
    merchant: int | None = None
    store: int | None = None
    counter: int | None = None
    wallet: str = ""
    product: str = ""
    state: str = ""
    currency: str = ""
    least: Decimal | None = None
    most: Decimal | None = None
    number: str = ""
    #: What a report of sums adds up by.
    by: tuple[str, ...] = ()

    @property
    def since(self) -> datetime | None:
        """The first instant, included."""
        return None if self.first is None else self._midnight(self.first)

    @property
    def until(self) -> datetime | None:
        """The instant after the last day."""
        return None if self.last is None else self._midnight(self.last + timedelta(days=1))

    def _midnight(self, day: date) -> datetime:
        return datetime.combine(day, time.min, tzinfo=ZoneInfo(self.zone))

    def minor(self, amount: Decimal) -> int:
        """An amount that was typed, in minor units of the currency that was chosen with it."""
        return int(amount * 10 ** decimals_of(self.currency))

    def as_json(self) -> dict[str, Any]:
        """What was said, as JSON keeps it."""
        said = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: _plain(value) for name, value in said.items() if value not in (None, "", ())}

    @classmethod
    def from_json(cls, kept: Mapping[str, Any]) -> "Asked":
        """Read back what ``as_json`` gave."""
        readers: dict[str, Callable[[Any], Any]] = {
            "first": date.fromisoformat,
            "last": date.fromisoformat,
            "least": Decimal,
            "most": Decimal,
            "by": tuple,
        }
        return cls(**{name: readers.get(name, _as_it_is)(value) for name, value in kept.items()})


def _plain(value: Any) -> Any:
    match value:
        case date():
            return value.isoformat()
        case Decimal():
            return str(value)
        case tuple():
            return list(value)
    return value


def _as_it_is(value: Any) -> Any:
    return value
