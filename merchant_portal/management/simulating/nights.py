"""The nights of a simulated month: which fault strikes which file, and how the files come here."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import partial
from io import BytesIO
from pathlib import Path
from random import Random

from merchant_portal.audit import SCHEDULE
from merchant_portal.management.simulating import rules, told
from merchant_portal.management.simulating.stage import Shop, Stage
from merchant_portal.simulator import file_faults, night
from merchant_portal.simulator.file_faults import Displaced, FileFault
from merchant_portal.simulator.file_faults import FileFaultName as Fault
from merchant_portal.simulator.filing import StatementFile as Filed
from merchant_portal.simulator.layouts import FileKind
from reconciliation import services
from reconciliation.states import FileState, Source

#: After the night: files are there by half past nine (GMT+8), and fetched soon after.
FILES_COME = timedelta(days=1, hours=9, minutes=40)
_A_DAY = timedelta(days=1)

Slot = tuple[str, date]
"""A partner's day."""


class ImportOrder(StrEnum):
    """In which order files are imported; the deliveries of one file always as they came."""

    ASCENDING = "asc"
    DESCENDING = "desc"
    SHUFFLED = "shuffled"


# ---- Which fault strikes where ----------------------------------------------------------------


def deal(random: Random, partners: Sequence[str], days: Sequence[date]) -> dict[Slot, list[Fault]]:
    """Every fault at least once: for each partner where days suffice, else shared among them."""
    dealt: dict[Slot, list[Fault]] = {(each, day): [] for each in partners for day in days}
    for place, partner in enumerate(partners):
        share = _share(place, len(partners), len(days))
        # The last day keeps its own: the day after it may have no file.
        alone = random.sample(days[:-1], len(share(rules.ALONE)))
        for day, fault in zip(alone, share(rules.ALONE), strict=True):
            dealt[partner, day].append(fault)
        rest = [day for day in days if day not in alone]
        for faults in (share(rules.ROWS), share(rules.FORMS)):
            _spread(dealt, [(partner, day) for day in rest], _shuffled(random, faults))
        workdays = [day for day in days[2:] if day.weekday() < 5]
        settled = share(rules.SETTLEMENTS)
        for day, fault in zip(random.sample(workdays, len(settled)), settled, strict=True):
            dealt[partner, day].append(fault)
    return dealt


def _share(place: int, many: int, days: int) -> Callable[[Mapping[Fault, rules.Rule]], list[Fault]]:
    is_roomy = days > len(rules.ALONE) + len(rules.ROWS)
    return lambda faults: list(faults) if is_roomy else list(faults)[place::many]


def _shuffled(random: Random, faults: Sequence[Fault]) -> list[Fault]:
    return random.sample(list(faults), len(faults))


def _spread(dealt: dict[Slot, list[Fault]], slots: Sequence[Slot], faults: list[Fault]) -> None:
    """As many rounds as there are slots or faults, so that both are used up."""
    for place in range(max(len(slots), len(faults))):
        dealt[slots[place % len(slots)]].append(faults[place % len(faults)])


# ---- Closing days -----------------------------------------------------------------------------


@dataclass
class Delivery:
    """A file as it came, and what it was read as."""

    partner_id: str
    kind: FileKind
    day: date
    name: str
    content: bytes
    came_at: datetime
    read_as: FileState | None = None

    @property
    def file(self) -> tuple[str, str]:
        return self.partner_id, self.name


@dataclass
class Nights:
    """Closes each day at Alipay with the faults dealt to it, and keeps what comes of it."""

    stage: Stage
    random: Random
    order: ImportOrder
    dealt: Mapping[Slot, list[Fault]]
    #: Payments and refunds of which only Alipay knows; faults strike what both know.
    theirs_alone: Callable[[], frozenset[tuple[str, str]]]
    deliveries: list[Delivery] = field(default_factory=list)

    def plan(self, midnight: datetime) -> None:
        """The files of the day that begins at midnight, on the morning after."""
        day = midnight.date()
        for shop in self.stage.shops:
            come = midnight + FILES_COME
            self.stage.diary.put(come, partial(self._close, shop, day))
            for fault in self.dealt.get((shop.partner_id, day), []):
                again_after = rules.RULES[fault].again_after
                if again_after is not None:
                    again = come + again_after
                    self.stage.diary.put(again, partial(self._file, shop, day))

    def _close(self, shop: Shop, day: date) -> None:
        faults = self.dealt.get((shop.partner_id, day), [])
        for fault, place in self._places(shop, day, faults):
            switched = FileFault(fault, partner_id=shop.partner_id, day=day.isoformat(), seed=place)
            file_faults.switch_on(self.stage.alipay.books, switched)
        self._file(shop, day)

    def _file(self, shop: Shop, day: date) -> None:
        """Close the day, and take what was written: at once, or when the month is over."""
        books = self.stage.alipay.books
        come = [
            self._delivery(filed)
            for filed in night.close_day(books, day=day, partner_id=shop.partner_id)
        ]
        self.deliveries += come
        if self.order is ImportOrder.ASCENDING:
            self._import(come)

    def _delivery(self, filed: Filed) -> Delivery:
        return Delivery(
            partner_id=filed.partner_id,
            kind=FileKind(filed.kind),
            day=date.fromisoformat(filed.day),
            name=filed.name,
            content=Path(filed.path).read_bytes(),
            came_at=self.stage.now,
        )

    # ---- Which row a fault strikes ------------------------------------------------------------

    def _places(
        self, shop: Shop, day: date, faults: Iterable[Fault]
    ) -> Iterator[tuple[Fault, int]]:
        """Each fault with the place, among rows still whole, of the row it is to strike."""
        rows = self._rows(shop, day)
        order = list(Fault)
        for fault in sorted(faults, key=order.index):
            rule = rules.RULES[fault]
            if fault not in (*rules.ROWS, Fault.DATE_DRIFT, Fault.SECOND_DELIVERY):
                yield fault, self.random.randint(0, 1_000)
                continue
            # Numbers are minted anew each time; the order of events is the seed's.
            fitting = sorted(filter(partial(self._fits, rule), rows), key=_in_time)
            if not fitting:
                continue
            chosen = self.random.choice(fitting)
            yield fault, rows.index(chosen)
            if fault != Fault.UNKNOWN_ROW:
                rows.remove(chosen)

    def _fits(self, rule: rules.Rule, row: dict[str, object]) -> bool:
        numbers = (str(row["kind"]), str(row["transaction_id"]))
        return row["kind"] in rule.strikes and numbers not in self.theirs_alone()

    def _rows(self, shop: Shop, day: date) -> list[dict[str, object]]:
        """The rows of the day's file, as a fault counts them: by Transaction_id."""
        books = self.stage.alipay.books
        where = "kind = ? AND partner_id = ?"
        moved = books.select(Displaced, where, FileKind.TRANSACTION, shop.partner_id)
        gone = {each.happening for each in moved}
        arrived = {each.happening for each in moved if each.to_day == day.isoformat()}
        rows = [
            row
            for row in told.happenings(books, shop.partner_id)
            if (row["day"] == day.isoformat() and row["happening"] not in gone)
            or row["happening"] in arrived
        ]
        return sorted(rows, key=lambda row: (str(row["transaction_id"]), str(row["happening"])))

    # ---- Importing ----------------------------------------------------------------------------

    def import_rest(self, *, begin: datetime) -> None:
        """What was kept until the month was over, in the order that was asked for."""
        waiting = [each for each in self.deliveries if each.read_as is None]
        by_file: dict[tuple[str, str], list[Delivery]] = {}
        for delivery in sorted(waiting, key=lambda each: (each.day, each.partner_id)):
            by_file.setdefault(delivery.file, []).append(delivery)
        for number, file in enumerate(self._in_order(list(by_file))):
            at = begin + timedelta(minutes=5 * number)
            self.stage.diary.put(at, partial(self._import, by_file[file]))

    def _in_order(self, files: list[tuple[str, str]]) -> list[tuple[str, str]]:
        match self.order:
            case ImportOrder.DESCENDING:
                return files[::-1]
            case ImportOrder.SHUFFLED:
                return self.random.sample(files, len(files))
        return files

    def _import(self, deliveries: Iterable[Delivery]) -> None:
        by_partner = {shop.partner_id: shop.account for shop in self.stage.shops}
        for delivery in sorted(deliveries, key=lambda each: each.came_at):
            received = services.receive_file(
                BytesIO(delivery.content),
                name=delivery.name,
                source=Source.FOLDER,
                actor=SCHEDULE,
                account=by_partner[delivery.partner_id],
            )
            delivery.read_as = FileState(services.read_file(received.pk).state)
        self.stage.look_after_files()


def _in_time(row: dict[str, object]) -> tuple[str, str]:
    return str(row["happened_at"]), str(row["kind"])
