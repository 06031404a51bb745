"""What is always true of comparing is found out where it is broken."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models import Min

from merchant_portal.accounts.models import Account
from merchant_portal.verifying import find_all, find_breaches
from reconciliation import services
from reconciliation.models import Discrepancy, DiscrepancyMove, Verdict
from reconciliation.states import Resolution
from tests.factories import ACTOR
from tests.reconciliation.books import DAY, file_of, line, paid

Break = Callable[[], object]
_MATCHED = Verdict.objects.filter(word="MATCHED")
_OPEN = Discrepancy.objects.filter(state="OPEN")


def _one_entry_for_all() -> object:
    return _MATCHED.update(entry=_MATCHED.aggregate(first=Min("entry"))["first"])


BREAKS: dict[str, Break] = {
    "line_has_verdict": lambda: Verdict.objects.filter(line__isnull=False).delete(),
    "verdict_is_of_its_day": lambda: Verdict.objects.update(day=DAY - timedelta(days=1)),
    "entry_is_matched_once": _one_entry_for_all,
    "match_links_line_and_entry": lambda: _MATCHED.update(entry=None),
    "problem_has_discrepancy": lambda: Discrepancy.objects.update(state="EXPLAINED"),
    "discrepancy_state_is_last_move": lambda: _OPEN.update(state="RESOLVED"),
    "discrepancy_moves_are_chained": lambda: DiscrepancyMove.objects.update(from_state="RESOLVED"),
    "discrepancy_moves_are_permitted": lambda: DiscrepancyMove.objects.filter(from_state="").update(
        to_state="RESOLVED"
    ),
    "ended_discrepancy_is_complete": lambda: _OPEN.update(settled_by_name="finance"),
    "booked_discrepancy_has_entry": lambda: Discrepancy.objects.update(
        resolution=Resolution.REFUND_BOOKED
    ),
}


@pytest.fixture
def compared(shop: Account) -> None:
    """A day of which two payments agree, one is missing, and one difference was ended."""
    for number in ("A1", "A2", "A3"):
        paid(shop, number)
    file_of(line("A1"), line("A2"), line("B1"))
    services.resolve_discrepancy(Discrepancy.objects.earliest("pk"), note="seen", actor=ACTOR)


@pytest.mark.parametrize("name", BREAKS)
def test_a_breach_is_found_and_named(name: str, compared: None, unconstrained: None) -> None:
    assert find_breaches() == []
    BREAKS[name]()
    broken = {finding.check.name for finding in find_all() if finding.breaches}
    assert name in broken
