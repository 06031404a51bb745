"""What was seeded against what was found: one row for each, and nothing that nobody seeded."""

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from django.utils.translation import gettext as _

from merchant_portal import clock
from merchant_portal.management.simulating import rules
from merchant_portal.management.simulating.month import Seeded
from merchant_portal.management.simulating.nights import Delivery, ImportOrder
from merchant_portal.management.simulating.rules import RULES, Rule
from merchant_portal.simulator.layouts import FileKind
from reconciliation.findings import Field
from reconciliation.models import Discrepancy, StatementFile, Verdict
from reconciliation.states import (
    DiscrepancyState,
    FileState,
    LineKind,
    VerdictWord,
)

_NOTHING = "-"


@dataclass(frozen=True, slots=True)
class Mishap:
    """One thing that was seeded: a fault of a file, or something outside the files."""

    name: str
    partner_id: str
    day: date
    document: str = ""
    kind: str = ""
    partner_trans_id: str = ""
    transaction_id: str = ""

    @property
    def rule(self) -> Rule:
        return RULES[self.name]

    @property
    def has_row(self) -> bool:
        return bool(self.transaction_id)

    def is_about(self, found: Discrepancy) -> bool:
        """Whether a difference is about the row that was struck, by the numbers it bears."""
        if found.account.partner_id != self.partner_id or found.kind != self.kind:
            return False
        theirs, ours = found.theirs, found.ours
        if theirs:
            numbers = (theirs[Field.ALIPAY_NUMBER], theirs[Field.PARTNER_NUMBER])
            return numbers == (self.transaction_id, self.partner_trans_id)
        return bool(ours) and ours[Field.PARTNER_NUMBER] == self.partner_trans_id

    def is_of_day(self, found: Discrepancy) -> bool:
        return found.account.partner_id == self.partner_id and found.day == self.day


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the table."""

    day: date
    partner_id: str
    name: str
    subject: str
    expected: str
    found: str
    reason: str

    @property
    def is_ok(self) -> bool:
        return self.expected == self.found

    @property
    def members(self) -> dict[str, object]:
        return {
            "day": self.day.isoformat(),
            "partner_id": self.partner_id,
            "seeded": self.name,
            "subject": self.subject,
            "expected": self.expected,
            "found": self.found,
            "ok": self.is_ok,
            "reason": self.reason,
        }


def mishap_of_fault(fault: dict[str, object]) -> Mishap:
    """A fault as the simulator's books tell of it."""
    happening = str(fault["happening"])
    kind = happening.split(" ", maxsplit=1)[0]
    return Mishap(
        name=str(fault["name"]),
        partner_id=str(fault["partner_id"]),
        day=date.fromisoformat(str(fault["day"])),
        document=str(fault["kind"]),
        kind=LineKind.PAYMENT if kind == "UNKNOWN" else kind,
        partner_trans_id=str(fault["partner_trans_id"]),
        transaction_id=str(fault["transaction_id"]),
    )


def mishap_of_seeded(seeded: Seeded) -> Mishap:
    return Mishap(
        name=seeded.name,
        partner_id=seeded.partner_id,
        day=clock.transaction_day(seeded.at),
        kind=seeded.kind,
        partner_trans_id=seeded.partner_trans_id,
        transaction_id=seeded.transaction_id,
    )


@dataclass
class Judge:
    """Goes through everything seeded, and lays aside each difference it explains."""

    mishaps: list[Mishap]
    deliveries: list[Delivery]
    order: ImportOrder
    left: list[Discrepancy] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.left = list(Discrepancy.objects.select_related("account").order_by("day", "pk"))
        self._ordinals: Counter[tuple[str, date, str]] = Counter()

    def rows(self) -> list[Row]:
        """The table; what it leaves over is told by ``unseeded``."""
        rows = [self._row(mishap) for mishap in self._in_order()]
        if self.order is not ImportOrder.ASCENDING:
            rows += self._held_back()
        return rows

    def unseeded(self) -> list[Discrepancy]:
        """Differences that nobody seeded: those that stand open, or stood without a reason."""
        return [each for each in self.left if not self._may_have_stood(each)]

    def _in_order(self) -> list[Mishap]:
        return sorted(self.mishaps, key=lambda each: (each.day, each.partner_id, each.name))

    def _row(self, mishap: Mishap) -> Row:
        rule = mishap.rule
        expected, found = list(self._expected(mishap)), list(self._found(mishap))
        return Row(
            day=mishap.day,
            partner_id=mishap.partner_id,
            name=mishap.name,
            subject=self._subject(mishap),
            expected=", ".join(expected) or _NOTHING,
            found=", ".join(found) or _NOTHING,
            reason=rule.reason,
        )

    def _subject(self, mishap: Mishap) -> str:
        """Which row, in words that are the same for the same seed."""
        if not mishap.has_row:
            return _("the file")
        key = (mishap.partner_id, mishap.day, mishap.name)
        self._ordinals[key] += 1
        return f"{mishap.kind} {self._ordinals[key]}"

    # ---- One after the other: what a rule says, and what is there -----------------------------

    def _expected(self, mishap: Mishap) -> Iterator[str]:
        rule = mishap.rule
        if mishap.document:
            yield _as_read(rule.reads)
        if rule.opens:
            yield rule.opens
        if rule.explained:
            yield _explained(rule.explained)
        if rule.drifts:
            yield _DRIFTED

    def _found(self, mishap: Mishap) -> Iterator[str]:
        if mishap.document:
            yield _as_read(self._read_as(mishap))
        if mishap.rule.opens:
            yield from self._take_about_row(mishap)
        if mishap.rule.explained:
            yield from self._take_about_file(mishap)
        if mishap.rule.drifts and _has_drifted(mishap):
            yield _DRIFTED

    def _read_as(self, mishap: Mishap) -> FileState | None:
        """What the first delivery of the struck file was read as, and whether the day has one."""
        of_file = [
            each
            for each in self.deliveries
            if (each.partner_id, each.kind, each.day)
            == (mishap.partner_id, mishap.document, mishap.day)
        ]
        is_whole = StatementFile.objects.filter(
            account__partner_id=mishap.partner_id,
            document=mishap.document,
            day=mishap.day,
            state=FileState.ACCEPTED,
        ).exists()
        return of_file[0].read_as if of_file and is_whole else None

    def _take_about_row(self, mishap: Mishap) -> Iterator[str]:
        """One open difference about the row; every other one is left, and nobody seeded it."""
        for found in self.left:
            if found.is_open and mishap.is_about(found) and found.word == mishap.rule.opens:
                self.left.remove(found)
                yield found.word
                return
        yield from (each.word for each in self.left if each.is_open and mishap.is_about(each))

    def _take_about_file(self, mishap: Mishap) -> Iterator[str]:
        for found in self.left:
            if mishap.is_of_day(found) and found.word == VerdictWord.MISSING_FILE:
                self.left.remove(found)
                yield found.word if found.is_open else _explained(found.word)
                return

    # ---- What is left -------------------------------------------------------------------------

    def _held_back(self) -> Iterator[Row]:
        """Files that were kept until the month was over were late by then."""
        for delivery in self._first_deliveries():
            mishap = Mishap(rules.ORDER_OF_IMPORT, delivery.partner_id, delivery.day)
            late = [
                each
                for each in self.left
                if mishap.is_of_day(each) and each.word == VerdictWord.MISSING_FILE
            ]
            if late:
                yield self._row(mishap)

    def _first_deliveries(self) -> Iterable[Delivery]:
        files = {each.file: each for each in self.deliveries if each.kind is FileKind.TRANSACTION}
        return sorted(files.values(), key=lambda each: (each.day, each.partner_id))

    def _may_have_stood(self, found: Discrepancy) -> bool:
        if found.state != DiscrepancyState.EXPLAINED:
            return False
        return any(
            found.word in mishap.rule.passes
            and (mishap.is_about(found) if found.kind else mishap.is_of_day(found))
            for mishap in self.mishaps
        )


_DRIFTED = "MATCHED (another day)"


def _explained(word: str) -> str:
    return f"{word} (explained)"


def _as_read(state: FileState | None) -> str:
    return state.value if state else "no usable file"


def _has_drifted(mishap: Mishap) -> bool:
    drifted = Verdict.objects.filter(word=VerdictWord.MATCHED, date_drift=True)
    number = mishap.transaction_id
    return drifted.filter(
        account__partner_id=mishap.partner_id, line__alipay_trans_id=number
    ).exists()


def story_of(found: Discrepancy) -> str:
    """A difference in one line, for those who look why it is there."""
    sides = " | ".join(
        f"{name}: {', '.join(text for text in side.values() if text)}"
        for name, side in (("ours", found.ours), ("theirs", found.theirs))
        if side
    )
    return f"{found.day} {found.account.partner_id} {found.word} {found.kind} {found.state} {sides}"
