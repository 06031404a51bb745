"""Which files around a day may be relied on to be complete."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from merchant_portal.accounts.models import Account
from merchant_portal.alipay.statements import Document, read_name
from payments.states import Interface
from reconciliation import matching
from reconciliation.matching import Shelf, Shelves
from reconciliation.models import SetAside, StatementFile

_A_DAY = timedelta(days=1)


def shelves_of(account: Account, day: date, now: datetime) -> Shelves:
    """The files of a day and of those beside it."""
    files = StatementFile.objects.usable().filter(
        account=account, document=Document.TRANSACTION, day__range=(day - _A_DAY, day + _A_DAY)
    )
    texts = SetAside.objects.filter(file__in=files).values_list("text", flat=True)
    set_aside = matching.numbers_in(texts.iterator())
    by_json = [file for file in files if file.interface == Interface.JSON]
    by_gateway = [file for file in files if file.interface != Interface.JSON]
    gateway, json = _whole_days(by_gateway), _days_of_all_parts(by_json)
    if not account.client_id:
        gateway = json = gateway | json
    return Shelves(
        Shelf(day=day, complete=gateway, set_aside=set_aside, now=now),
        Shelf(day=day, complete=json, set_aside=set_aside, now=now),
    )


def _whole_days(files: Iterable[StatementFile]) -> frozenset[date]:
    return frozenset(file.day for file in files if file.is_complete and file.day)


def _days_of_all_parts(files: Iterable[StatementFile]) -> frozenset[date]:
    """Days whose parts are all in, as far as their numbers show; the last one says not that it is.

    One that comes later explains what was called missing until then.
    """
    of_day: dict[date, list[StatementFile]] = defaultdict(list)
    for file in files:
        if file.day is not None:
            of_day[file.day].append(file)
    return frozenset(day for day, parts in of_day.items() if _are_all(parts))


def _are_all(files: Iterable[StatementFile]) -> bool:
    numbers: dict[str, set[int]] = defaultdict(set)
    for file in files:
        if not file.is_complete:
            return False
        named = read_name(file.name)
        if named.part is not None:
            numbers[named.series.lower()].add(named.part)
    return all(parts == set(range(len(parts))) for parts in numbers.values())
