"""What stands on a counter's screen: the newest payments, and a mark of whether they changed.

The mark is asked for more than once a second by every screen, so it is one walk of an index, by a
statement that is planned once; a device's screen is found by the same statement.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache
from typing import Any

from django.db import connection
from django.http import QueryDict

from merchant_portal import rows
from merchant_portal.money import Money
from payments.models import Payment
from payments.places import business_day_start
from payments.states import PAYMENT_TAKEN
from qrcodes.models import Counter, Store

#: A payment that stayed pending while this many others came is not looked for on the screen.
_LOOKED_THROUGH = 50
#: Over the turn of the business day the screen keeps what came so recently.
_KEPT = timedelta(hours=2)
#: Later than this after it was paid, a payment is not called out as if it had just been made.
_LATE = timedelta(minutes=2)
_IN_MARK = (
    "id",
    "state",
    "amount_minor",
    "refunded_minor",
    "cancelled_minor",
    "reserved_minor",
    "frozen",
    "question",
    "wallet",
    "buyer",
)
_SEEN = """
SELECT {joined}(newest.seen, ';') FROM (
    SELECT {columns} AS seen FROM payments_payment AS payment
    WHERE payment.counter_id = {counter} ORDER BY payment.id DESC LIMIT {looked_through}
) AS newest"""
_ARRIVED = """
SELECT {columns}, COALESCE(became.at, payment.first_heard_at) FROM (
    SELECT * FROM payments_payment WHERE counter_id = %s ORDER BY id DESC LIMIT {looked_through}
) AS payment LEFT JOIN payments_paymentmove AS became ON became.id = (
    SELECT move.id FROM payments_paymentmove AS move
    WHERE move.payment_id = payment.id AND move.to_state IN ({taken}) ORDER BY move.id LIMIT 1
)
WHERE payment.state IN ({taken}) AND (payment.occurred_at >= %s OR became.at >= %s)
ORDER BY became.id DESC NULLS LAST, payment.id DESC"""
_DEVICE_SEES = """
SELECT device.counter_id, device.shows_takings, store.time_zone,
    CAST(store.business_day_starts AS varchar(15)), ({seen})
FROM qrcodes_device AS device
JOIN qrcodes_counter AS counter ON counter.id = device.counter_id
JOIN qrcodes_store AS store ON store.id = counter.store_id
WHERE device.token_digest = %s AND device.revoked_at IS NULL AND device.last_seen_at > %s
    AND device.use = 'staff'"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """All that the screen shows and announces of a payment, so that equal ones look the same."""

    id: int
    state: str
    amount_minor: int
    currency: str
    refunded_minor: int
    cancelled_minor: int
    reserved_minor: int
    frozen: bool
    question: str
    wallet: str
    buyer: str
    alipay_trans_id: str
    occurred_at: datetime
    #: When we learned that it is paid; the notification may have come late.
    taken_at: datetime
    #: Where its times are shown.
    time_zone: str
    is_today: bool

    @property
    def payment(self) -> Payment:
        """The payment itself, of which only what is shown was read."""
        return Payment.from_db(
            connection.alias, _COLUMNS, [getattr(self, name) for name in _COLUMNS]
        )

    @property
    def amount(self) -> Money:
        return Money(self.amount_minor, self.currency)

    @property
    def is_late(self) -> bool:
        return self.taken_at - self.occurred_at > _LATE


#: What is read of a payment, in the order the model has it, as Django reads its rows.
_COLUMNS = tuple(
    field.attname
    for field in Payment._meta.concrete_fields
    if field.attname in Arrival.__annotations__
)


@dataclass(frozen=True, slots=True)
class Sight:
    """What a screen looks at: a counter of a store, and its newest payments as text."""

    counter_id: int
    store: Store
    seen: str


@dataclass(frozen=True, slots=True)
class DeviceSight(Sight):
    """What a paired device's screen depends on."""

    shows_takings: bool


def look_at(counter: Counter) -> Sight:
    """The counter's payments as they stand now."""
    ((seen,),) = rows.run(_seen("%s"), [counter.pk])
    return Sight(counter.pk, counter.store, seen or "")


def look_as_device(token_digest: str, *, seen_since: datetime) -> DeviceSight | None:
    """The counter's payments for a paired device that was noted as seen since then, in the first
    and only statement of a request; None: not paired, disconnected, towards
    customers, or to be noted again."""
    statement = _DEVICE_SEES.format(seen=_seen("device.counter_id"))
    found = rows.run_first(statement, [token_digest, seen_since])
    if not found:
        return None
    counter_id, shows_takings, time_zone, starts, seen = found[0]
    store = Store(time_zone=time_zone, business_day_starts=time.fromisoformat(starts))
    return DeviceSight(counter_id, store, seen or "", bool(shows_takings))


def etag_of(
    sight: Sight, *, now: datetime, language: str, shows_takings: bool, asked: QueryDict
) -> str:
    """Changes whenever what stands on the screen does, and each minute: not all screens at once."""
    day = business_day_start(sight.store, now=now)
    minute = (int(now.timestamp()) + sight.counter_id) // 60
    about = f"{sight.counter_id} {shows_takings} {language} {asked.urlencode()}"
    text = f"{about} {day.isoformat()} {minute} {sight.seen}"
    return f'"{hashlib.blake2b(text.encode(), digest_size=12).hexdigest()}"'


@cache
def _seen(counter: str) -> str:
    return _SEEN.format(
        joined="string_agg" if connection.vendor == "postgresql" else "group_concat",
        columns=" || ',' || ".join(f"payment.{name}" for name in _IN_MARK),
        counter=counter,
        looked_through=_LOOKED_THROUGH,
    )


def newest_arrivals(counter: Counter, *, now: datetime) -> list[Arrival]:
    """Today's paid payments, the last to become so first: a late notification stands on top too."""
    day = business_day_start(counter.store, now=now)
    since = min(day, now - _KEPT)
    found = rows.run(_arrived(), [counter.pk, since, since])
    return [_arrival(row, counter.store.time_zone, day) for row in found]


def _arrival(row: tuple[Any, ...], time_zone: str, day: datetime) -> Arrival:
    shown = dict(zip(_COLUMNS, row[:-1], strict=True))
    shown["occurred_at"] = rows.read_instant(shown["occurred_at"])
    shown["taken_at"] = rows.read_instant(row[-1])
    return Arrival(**shown, time_zone=time_zone, is_today=shown["occurred_at"] >= day)


@cache
def _arrived() -> str:
    return _ARRIVED.format(
        columns=", ".join(f"payment.{name}" for name in _COLUMNS),
        taken=", ".join(f"'{state.value}'" for state in PAYMENT_TAKEN),
        looked_through=_LOOKED_THROUGH,
    )
