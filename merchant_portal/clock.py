"""The one place time comes from.

Everything that needs the present asks ``now()``; pure code takes it as an argument. Alipay's
calendar day, the *transaction day*, is GMT+8 whatever the shop's own zone.
"""

from datetime import UTC, date, datetime, timedelta, timezone

GMT8 = timezone(timedelta(hours=8), "GMT+8")


def now() -> datetime:
    """The present instant, aware, UTC."""
    return datetime.now(UTC)


def transaction_day(instant: datetime) -> date:
    """The GMT+8 calendar day an instant belongs to."""
    return instant.astimezone(GMT8).date()
