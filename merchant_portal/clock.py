"""The one place time comes from.

Everything that needs the present asks ``now()``; pure code takes it as an argument. Alipay's
calendar day, the *transaction day*, is GMT+8 whatever the shop's own zone.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, date, datetime, timedelta, timezone

GMT8 = timezone(timedelta(hours=8), "GMT+8")


def _by_the_machine() -> datetime:
    return datetime.now(UTC)


#: Per thread: whoever lives through a simulated month leaves everybody else in the present.
_teller: ContextVar[Callable[[], datetime]] = ContextVar("teller", default=_by_the_machine)


def now() -> datetime:
    """The present instant, aware, UTC."""
    return _teller.get()()


@contextmanager
def told_by(teller: Callable[[], datetime]) -> Iterator[None]:
    """Take time from somebody else for a while; only the command ``simulate`` does."""
    before = _teller.set(teller)
    try:
        yield
    finally:
        _teller.reset(before)


def transaction_day(instant: datetime) -> date:
    """The GMT+8 calendar day an instant belongs to."""
    return instant.astimezone(GMT8).date()
