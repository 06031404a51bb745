"""What is always true of stored files is found out where it is broken."""

from collections.abc import Callable

import pytest

from merchant_portal.accounts.models import Account
from merchant_portal.verifying import find_all, find_breaches
from reconciliation.models import SetAside, StatementFile, StatementLine
from reconciliation.states import FileState
from tests.reconciliation.files import day_file, row, take

Break = Callable[[], object]
BREAKS: dict[str, Break] = {
    "line_has_its_file": lambda: StatementLine.objects.update(file=0),
    "file_has_the_lines_it_says": lambda: StatementFile.objects.update(row_count=7),
    "file_has_the_lines_set_aside_it_says": lambda: SetAside.objects.all().delete(),
    "unusable_file_has_no_lines": lambda: StatementFile.objects.update(state=FileState.TRUNCATED),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_breach_is_found_and_named(name: str, shop: Account) -> None:
    take(day_file(row("A1"), row("A2", amount="x")))
    assert find_breaches() == []
    BREAKS[name]()
    broken = {finding.check.name for finding in find_all() if finding.breaches}
    assert name in broken
