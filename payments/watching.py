"""What stands on a counter's screen: the newest payments, and a mark of whether they changed.

The mark is asked for more than once a second by every screen, so it is one walk of an index.
"""

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import F, OuterRef, Q, Subquery

from payments.models import Payment, PaymentMove
from payments.places import business_day_start
from payments.speech import sayings
from payments.states import PAYMENT_TAKEN
from qrcodes.models import Counter

#: A payment that stayed pending while this many others came is not looked for on the screen.
_LOOKED_THROUGH = 50
#: Over the turn of the business day the screen keeps what came so recently.
_KEPT = timedelta(hours=2)
#: Later than this after it was paid, a payment is not called out as if it had just been made.
_LATE = timedelta(minutes=2)
_WALLETS = {"ALIPAYCN": "Alipay", "ALIPAYHK": "AlipayHK"}
_IN_MARK = (
    "pk",
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

    @property
    def spoken(self) -> list[tuple[str, str]]:
        """What a voice says about it, per language."""
        return [(tongue.value, words) for tongue, words in sayings(self.payment.amount).items()]


def mark_of(counter: Counter, *, now: datetime, about: str) -> str:
    """Changes whenever what stands on the screen does, and each minute; ``about`` is what else
    the screen depends on."""
    day = business_day_start(counter.store, now=now)
    rows = counter.payments.order_by("-pk").values_list(*_IN_MARK)[:_LOOKED_THROUGH]
    seen = (list(rows), day.isoformat(), int(now.timestamp()) // 60, about)
    return hashlib.blake2b(repr(seen).encode(), digest_size=12).hexdigest()


def newest_arrivals(counter: Counter, *, now: datetime) -> list[Arrival]:
    """Today's paid payments, the last to become so first: a late notification stands on top too."""
    day = business_day_start(counter.store, now=now)
    since = min(day, now - _KEPT)
    newest = counter.payments.order_by("-pk").values("pk")[:_LOOKED_THROUGH]
    rows = (
        counter.payments.filter(pk__in=newest, state__in=PAYMENT_TAKEN)
        .annotate(taken_by=_move("pk"), taken_at=_move("at"))
        .filter(Q(occurred_at__gte=since) | Q(taken_at__gte=since))
        .order_by(F("taken_by").desc(nulls_last=True), "-pk")
    )
    return [_arrival(row, counter, day) for row in rows]


def _arrival(row: Payment, counter: Counter, day: datetime) -> Arrival:
    row.counter = counter  # known already: no query per row
    taken_at: datetime = row.taken_at or row.first_heard_at  # type: ignore[attr-defined]
    return Arrival(row, taken_at, is_today=row.occurred_at >= day)


def _move(field: str) -> Subquery:
    """Of the move by which a payment became paid."""
    became_taken = PaymentMove.objects.filter(payment=OuterRef("pk"), to_state__in=PAYMENT_TAKEN)
    return Subquery(became_taken.order_by("pk").values(field)[:1])
