"""verify_ledger finds reports that are not their rows: each check is shown to fail."""

from collections.abc import Callable

import pytest
from django.db.models import F

from merchant_portal.verifying import find_all
from payments.models import ReportBook, Section, Shift, ZFigure, ZLine, ZReport
from tests.shifts.conftest import Till

BREAKS: dict[str, Callable[[], object]] = {
    "figure_is_its_rows": lambda: ZFigure.objects.update(amount_minor=F("amount_minor") + 1),
    "line_is_in_a_figure": lambda: ZFigure.objects.all().delete(),
    "line_is_its_entry": lambda: ZLine.objects.update(amount_minor=-F("amount_minor")),
    "entry_is_told_once": lambda: ZLine.objects.update(sign=-1),
    "reports_have_no_gap": lambda: ZReport.objects.filter(number=2).update(number=3),
    "book_is_at_its_last_report": lambda: ReportBook.objects.update(last_number=7),
    "closed_shift_has_its_report": lambda: Shift.objects.update(closed_at=F("opened_at")),
}


@pytest.fixture
def reports(till: Till) -> list[ZReport]:
    """A shift's report and its day's, with a payment in each."""
    shift = till.open(0)
    till.pay(1, 1000)
    first = till.close(shift, 10)
    till.pay(20, 300)
    return [first, till.close_day(30)]


def _broken() -> set[str]:
    return {finding.check.name for finding in find_all() if finding.breaches}


@pytest.mark.parametrize("name", BREAKS)
def test_a_breach_is_found_and_named(name: str, reports: list[ZReport]) -> None:
    assert not _broken()
    BREAKS[name]()
    assert name in _broken()


def test_rows_outside_any_shift_are_summed_like_others(reports: list[ZReport]) -> None:
    ZFigure.objects.filter(section=Section.OUTSIDE).update(number=9)
    assert "figure_is_its_rows" in _broken()
