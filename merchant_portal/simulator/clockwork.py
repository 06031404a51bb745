"""What time alone brings about: payments lapse, refunds run, reviews end, days close."""

from datetime import datetime

from . import night, refunds, registrations, selling, trading
from .books import Books


def catch_up(books: Books) -> None:
    """Do all that has become due by Alipay's clock."""
    selling.decide_due(books)
    trading.lapse_waiting(books)
    refunds.run_due(books)
    registrations.decide_due(books)
    night.close_due(books)


def move_to(books: Books, instant: datetime) -> None:
    """Set Alipay's clock to an instant, and do all that becomes due by it."""
    kept = float(books.setting("clock_offset_seconds", "0"))
    offset = kept + (instant - books.now()).total_seconds()
    books.set_setting("clock_offset_seconds", str(offset))
    catch_up(books)
