"""A settlement batch of the JSON products: its lines added up, beside what its summary says.

With some acquirers a line of no type corrects the sums (docs.antom.com/ac/reconcile/rules): it is
part of the total and of no line, and then the sums of single types may be off.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import reduce

from django.db.models import Case, Count, QuerySet, Sum, Value, When
from django.db.models.functions import Upper

from merchant_portal.alipay.statements import Document, Kind
from merchant_portal.money import Money
from payments.states import Interface
from reconciliation.models import StatementFile, StatementLine
from reconciliation.states import FILE_USABLE, LineKind

#: The type of a correction, where it has one at all.
_CORRECTIONS = ("", "DEFAULT")

_Type = tuple[str, str]
"""A kind of lines; for what is no event of a shop, also Alipay's word for it."""


@dataclass(frozen=True, slots=True)
class Part:
    """What lines come to, as what Alipay owes, in minor units; None for what is not said."""

    count: int | None
    net_minor: int
    fee_minor: int | None

    def __add__(self, other: "Part") -> "Part":
        return Part(
            count=None if self.count is None or other.count is None else self.count + other.count,
            net_minor=self.net_minor + other.net_minor,
            fee_minor=_sum_of_said(self.fee_minor, other.fee_minor),
        )

    def agrees(self, other: "Part") -> bool:
        """In number, sum and fee, as far as both say them."""
        pairs = ((self.count, other.count), (self.fee_minor, other.fee_minor))
        said = all(one == another or one is None or another is None for one, another in pairs)
        return said and self.net_minor == other.net_minor


_NOTHING = Part(0, 0, None)


@dataclass(frozen=True, slots=True)
class Compared:
    """Lines of one type and what the summary states of them."""

    kind: LineKind
    word: str
    currency: str
    lines: Part
    stated: Part

    @property
    def agrees(self) -> bool:
        return self.lines.agrees(self.stated)

    @property
    def net_of_lines(self) -> Money:
        return Money(self.lines.net_minor, self.currency)

    @property
    def net_stated(self) -> Money:
        return Money(self.stated.net_minor, self.currency)

    @property
    def difference(self) -> Money:
        """What is stated less what the lines come to."""
        return self.net_stated - self.net_of_lines


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch in one currency. Only where both of its files are in can it agree or not."""

    number: str
    types: list[Compared]
    total: Compared
    has_lines: bool
    has_summary: bool
    is_corrected: bool

    @property
    def is_complete(self) -> bool:
        return self.has_lines and self.has_summary

    @property
    def agrees(self) -> bool:
        """Of a corrected one only the total is exact."""
        of_types = self.is_corrected or all(each.agrees for each in self.types)
        return of_types and self.total.agrees


def batches_of(file: StatementFile) -> list[Batch]:
    """The batches that a settlement or its summary tells of, each beside its other file."""
    is_settled = file.document in {Document.SETTLEMENT, Document.SUMMARY}
    if not is_settled or file.interface != Interface.JSON:
        return []
    told = file.lines.exclude(batch="").order_by("batch", "currency")
    wanted = list(told.values_list("batch", "currency").distinct())
    numbers = {number for number, _currency in wanted}
    lines = _parts(_lines(file, Document.SETTLEMENT, numbers))
    stated = _parts(_lines(file, Document.SUMMARY, numbers))
    return [_batch(key, lines.get(key, {}), stated.get(key, {})) for key in wanted]


def _lines(
    file: StatementFile, document: Document, numbers: Iterable[str]
) -> QuerySet[StatementLine]:
    return StatementLine.objects.filter(
        batch__in=numbers,
        file__account=file.account_id,
        file__document=document,
        file__state__in=FILE_USABLE,
    )


def _parts(lines: QuerySet[StatementLine]) -> Mapping[tuple[str, str], dict[_Type, Part]]:
    """What lines come to, by batch and currency, then by type."""
    sums = (Count("pk"), Count("stated_count"), Sum("stated_count"), Sum("net_minor"))
    is_other = When(kind=LineKind.OTHER, then=Upper("remark"))
    worded = lines.order_by().annotate(word=Case(is_other, default=Value("")))
    groups = worded.values_list("batch", "currency", "file__document", "kind", "word")
    found: dict[tuple[str, str], dict[_Type, Part]] = defaultdict(dict)
    for batch, currency, document, kind, word, number, counted, count, net, fee in groups.annotate(
        *sums, Sum("fee_minor")
    ):
        direction = Kind(kind).direction
        stated = count if counted == number else None
        part = Part(
            count=stated if document == Document.SUMMARY else number,
            net_minor=int(net) * direction,
            fee_minor=None if fee is None else -int(fee) * direction,
        )
        found[batch, currency][kind, word] = part
    return found


def _batch(
    key: tuple[str, str], lines: Mapping[_Type, Part], stated: Mapping[_Type, Part]
) -> Batch:
    number, currency = key
    total_type = (LineKind.TOTAL.value, "")
    corrections = {of for of in stated if _is_correction(of) and of not in lines}
    types = sorted({*lines, *stated} - {total_type} - corrections, key=_place)
    of_types = [part for of, part in stated.items() if of != total_type]
    total = stated.get(total_type) or _added_up(of_types)
    for correction in corrections:
        total = Part(None, total.net_minor - stated[correction].net_minor, None)
    return Batch(
        number=number,
        types=[
            Compared(
                LineKind(of[0]), of[1], currency, lines.get(of, _NOTHING), stated.get(of, _NOTHING)
            )
            for of in types
        ],
        total=Compared(LineKind.TOTAL, "", currency, _added_up(lines.values()), total),
        has_lines=bool(lines),
        has_summary=bool(stated),
        is_corrected=bool(corrections),
    )


def _added_up(parts: Iterable[Part]) -> Part:
    return reduce(Part.__add__, parts, _NOTHING)


def _is_correction(of: _Type) -> bool:
    return of[0] == LineKind.OTHER and of[1] in _CORRECTIONS


def _place(of: _Type) -> tuple[int, str]:
    return list(LineKind).index(LineKind(of[0])), of[1]


def _sum_of_said(one: int | None, other: int | None) -> int | None:
    said = [minor for minor in (one, other) if minor is not None]
    return sum(said) if said else None
