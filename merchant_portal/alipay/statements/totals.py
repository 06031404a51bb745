"""The control total of a summary: its TOTAL line is the sum of the others.

With some acquirers a line of no type corrects the sums (docs.antom.com/ac/reconcile/rules): it is
one of the others, so only the whole is compared.
"""

from collections import Counter

from merchant_portal.alipay.statements.comma_layouts import NET
from merchant_portal.alipay.statements.records import Problem, Row
from merchant_portal.alipay.statements.words import Document, FileState, Kind, Reason


class Totals:
    """Adds up the lines of a summary per batch and currency; other files state no total."""

    def __init__(self) -> None:
        self._sums: Counter[tuple[str, str]] = Counter()
        self._stated: dict[tuple[str, str], Row] = {}

    def add(self, row: Row) -> None:
        if row.layout.document is not Document.SUMMARY or row.net_minor is None:
            return
        batch = (row.alipay_trans_id, row.currency)
        if row.kind is Kind.TOTAL:
            self._stated[batch] = row
        else:
            self._sums[batch] += row.net_minor * row.kind.direction

    @property
    def problem(self) -> Problem | None:
        """The first total that is not the sum of its lines; one without lines stands alone."""
        for batch, total in self._stated.items():
            if batch in self._sums and self._sums[batch] != total.net_minor:
                shown = f"{total.net_minor}, {self._sums[batch]}"
                state, reason = FileState.COUNT_MISMATCH, Reason.OTHER_TOTAL
                return Problem(total.line_number, total.layout.name_of(*NET), state, reason, shown)
        return None
