"""What stands on a counter's screen: the newest payments, and a mark of whether they changed.

The mark is asked for more than once a second by every screen, so it is one walk of an index, by a
statement that is planned once; a device's screen is found by the same statement.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from functools import cache

from django.db import connection
from django.db.models import F, OuterRef, Q, Subquery
from django.http import QueryDict

from merchant_portal import rows
from payments.models import Payment, PaymentMove
from payments.places import business_day_start
from payments.states import PAYMENT_TAKEN
from qrcodes.models import Counter, Store

#: A payment that stayed pending while this many others came is not looked for on the screen.
_LOOKED_THROUGH = 50
#: Over the turn of the business day the screen keeps what came so recently.
_KEPT = timedelta(hours=2)
#: Later than this after it was paid, a payment is not called out as if it had just been made.
_LATE = timedelta(minutes=2)
_WALLETS = {"ALIPAYCN": "Alipay", "ALIPAYHK": "AlipayHK"}
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
_DEVICE_SEES = """
SELECT device.counter_id, device.shows_takings, store.time_zone,
    CAST(store.business_day_starts AS varchar(15)), ({seen})
FROM qrcodes_device AS device
JOIN qrcodes_counter AS counter ON counter.id = device.counter_id
JOIN qrcodes_store AS store ON store.id = counter.store_id
WHERE device.token_digest = %s AND device.revoked_at IS NULL AND device.last_seen_at > %s"""


@dataclass(frozen=True, slots=True)
class Arrival:
    """A payment as the screen shows and announces it."""

    payment: Payment
    #: When we learned that it is paid; the notification may have come late.
    taken_at: datetime
    is_today: bool

    @property
    def is_late(self) -> bool:
        return self.taken_at - self.payment.occurred_at > _LATE

    @property
    def wallet(self) -> str:
        """The wallet as people know it."""
        return _WALLETS.get(self.payment.wallet, self.payment.wallet)


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
    and only statement of a request; None: not paired, disconnected, or to be noted again."""
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
    newest = counter.payments.order_by("-pk").values("pk")[:_LOOKED_THROUGH]
    payments = (
        counter.payments.filter(pk__in=newest, state__in=PAYMENT_TAKEN)
        .annotate(taken_by=_move("pk"), taken_at=_move("at"))
        .filter(Q(occurred_at__gte=since) | Q(taken_at__gte=since))
        .order_by(F("taken_by").desc(nulls_last=True), "-pk")
    )
    return [_arrival(row, counter, day) for row in payments]


def _arrival(row: Payment, counter: Counter, day: datetime) -> Arrival:
    row.counter = counter  # known already: no query per row
    taken_at: datetime = row.taken_at or row.first_heard_at  # type: ignore[attr-defined]
    return Arrival(row, taken_at, is_today=row.occurred_at >= day)


def _move(field: str) -> Subquery:
    """Of the move by which a payment became paid."""
    became_taken = PaymentMove.objects.filter(payment=OuterRef("pk"), to_state__in=PAYMENT_TAKEN)
    return Subquery(became_taken.order_by("pk").values(field)[:1])
