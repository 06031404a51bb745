"""What time alone brings about: unfinished payments lapse, the night's refunds run."""

from . import refunds, trading
from .books import Books


def catch_up(books: Books) -> None:
    """Do all that has become due by Alipay's clock."""
    trading.lapse_waiting(books)
    refunds.run_due(books)
