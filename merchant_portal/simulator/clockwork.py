"""What time alone brings about: payments lapse, refunds run, reviews end."""

from . import refunds, registrations, trading
from .books import Books


def catch_up(books: Books) -> None:
    """Do all that has become due by Alipay's clock."""
    trading.lapse_waiting(books)
    refunds.run_due(books)
    registrations.decide_due(books)
