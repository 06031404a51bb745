"""The silence alarm: a counter without a payment for longer than it may be.

Time is counted from the last payment, or from when the store opened or the code came into force,
whichever is latest. An alarm rings once, and ends by the next payment or when the store closes.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Count, Max, QuerySet

from merchant_portal import audit, clock
from merchant_portal.audit import Actor
from merchant_portal.gateway import Answered, Refused
from payments.models import (
    GatewayHeard,
    Notification,
    Payment,
    SilenceAlarm,
    SilenceEnd,
    SilenceReason,
    SilenceWatch,
)
from payments.services.speaking import Unsent, ask_gateway
from payments.states import PAYMENT_TAKEN, PaymentState
from qrcodes.hours import Opening, opening_at
from qrcodes.models import Counter, QRCode, QRCodeMove
from qrcodes.services import hours_of
from qrcodes.states import CodeState

#: What shows that somebody paid, also where the money went back since.
_PAID = (*PAYMENT_TAKEN, PaymentState.CANCELLED)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a counter stands at an instant: silent since when, or why silence does not count."""

    silent_since: datetime | None
    last_paid_at: datetime | None
    excuse: SilenceEnd | None = None


@dataclass(frozen=True, slots=True)
class Neighbours:
    """What others say about a silence."""

    paid: int
    paid_at: datetime | None
    notified_at: datetime | None
    #: Of a payment elsewhere: the notice of this counter's last payment comes after it, too.
    others_notified_at: datetime | None
    gateway: GatewayHeard


@transaction.atomic
def set_silence_threshold(counter: Counter, minutes: int | None, *, actor: Actor) -> None:
    """From now on a counter may be silent for so long; for ever, where no minutes are given."""
    locked = Counter.objects.select_for_update().get(pk=counter.pk)
    watch = SilenceWatch.objects.filter(counter=locked).first()
    before = watch.threshold_minutes if watch else None
    if before == minutes:
        return
    if minutes is None:
        SilenceWatch.objects.filter(counter=locked).delete()
        _end(locked, SilenceEnd.CHANGED, at=clock.now())
    else:
        SilenceWatch.objects.update_or_create(
            counter=locked,
            defaults={
                "threshold_minutes": minutes,
                "next_attempt_at": clock.now(),
                "lease_until": None,
            },
        )
    audit.record(actor, "set_silence_threshold", locked, changed=[before, minutes])


def watch_counter(watch_id: int) -> None:
    """Look at a counter that was claimed: ring, keep ringing, or end."""
    watch = SilenceWatch.objects.select_related("counter__store").filter(pk=watch_id).first()
    if watch is None:  # The alarm was switched off meanwhile.
        return
    now = clock.now()
    standing = standing_of(watch.counter, at=now)
    rings = watch.counter.silence_alarms.open().exists()
    neighbours = None
    silent_since = _too_long_since(standing, watch, at=now)
    if not rings and silent_since is not None:
        neighbours = ask_neighbours(watch.counter, since=silent_since)
    _record(watch_id, neighbours)


def standing_of(counter: Counter, *, at: datetime) -> Standing:
    """Since when a counter is silent, at an instant."""
    store = counter.store
    opening = opening_at(hours_of(store), zone=store.time_zone, instant=at)
    paid_at = _paid(counter=counter).aggregate(last=Max("occurred_at"))["last"]
    codes = QRCode.objects.filter(enrolment__counter=counter, state=CodeState.ACTIVE)
    if opening is None:
        return Standing(None, paid_at, SilenceEnd.CLOSED)
    if not codes.exists():
        return Standing(None, paid_at, SilenceEnd.NO_CODE)
    return Standing(_silent_since(opening, paid_at, _in_force_since(codes)), paid_at)


def _silent_since(
    opening: Opening, paid_at: datetime | None, in_force_at: datetime | None
) -> datetime:
    return max(each for each in (opening.begins_at, paid_at, in_force_at) if each is not None)


def _in_force_since(codes: QuerySet[QRCode]) -> datetime | None:
    moves = QRCodeMove.objects.filter(code__in=codes, to_state=CodeState.ACTIVE)
    found: datetime | None = moves.aggregate(last=Max("at"))["last"]
    return found


def _paid(**place: object) -> QuerySet[Payment]:
    return Payment.objects.filter(state__in=_PAID, **place)


def _too_long_since(standing: Standing, watch: SilenceWatch, *, at: datetime) -> datetime | None:
    """Since when it is silent for longer than its alarm allows; None where it is not."""
    since = standing.silent_since
    threshold = timedelta(minutes=watch.threshold_minutes)
    return since if since is not None and at - since >= threshold else None


def ask_neighbours(counter: Counter, *, since: datetime) -> Neighbours:
    """What the store's other counters, the account's notifications and Alipay itself say."""
    paid = _paid(store=counter.store, occurred_at__gte=since).exclude(counter=counter)
    told = paid.aggregate(number=Count("pk"), last=Max("occurred_at"))
    accounts = counter.enrolments.values("account")
    notices = Notification.objects.filter(account__in=accounts)
    others = notices.exclude(payment__counter=counter)
    return Neighbours(
        paid=told["number"],
        paid_at=told["last"],
        notified_at=_newest(notices),
        others_notified_at=_newest(others),
        gateway=_gateway_heard(counter),
    )


def _newest(notices: QuerySet[Notification]) -> datetime | None:
    """When the newest came. By its number: there is no index of times, and none is worth it."""
    return notices.order_by("-pk").values_list("received_at", flat=True).first()


def _gateway_heard(counter: Counter) -> GatewayHeard:
    """Ask Alipay about the account's newest payment: not for the answer, but whether one comes."""
    accounts = counter.enrolments.values("account")
    rows = Payment.objects.filter(account__in=accounts).exclude(alipay_trans_id="")
    newest = rows.select_related("account").newest_first().first()
    if newest is None:
        return GatewayHeard.NOT_ASKED
    heard = ask_gateway(
        newest.account,
        newest,
        alipay_trans_id=newest.alipay_trans_id,
        partner_trans_id=newest.partner_trans_id,
    )
    match heard:
        case Answered() | Refused():
            return GatewayHeard.ANSWERS
        case Unsent():
            return GatewayHeard.NOT_ASKED
        case _:
            return GatewayHeard.SILENT


def likely(neighbours: Neighbours, *, since: datetime) -> SilenceReason:
    """What the neighbours make likely."""
    if neighbours.gateway == GatewayHeard.SILENT:
        return SilenceReason.NETWORK
    if neighbours.paid:
        return SilenceReason.STICKER
    if neighbours.others_notified_at is not None and neighbours.others_notified_at >= since:
        return SilenceReason.STORE
    if neighbours.gateway == GatewayHeard.ANSWERS:
        return SilenceReason.NOTIFICATIONS
    return SilenceReason.UNCLEAR


@transaction.atomic
def _record(watch_id: int, neighbours: Neighbours | None) -> None:
    """Ring or end, and when to look again. A payment that came meanwhile is seen here."""
    watch = SilenceWatch.objects.select_for_update(of=("self",)).filter(pk=watch_id).first()
    if watch is None:
        return
    now = clock.now()
    standing = standing_of(watch.counter, at=now)
    silent_since = _too_long_since(standing, watch, at=now)
    if silent_since is None:
        _end(watch.counter, standing.excuse or _why_over(watch.counter, standing), at=now)
    elif neighbours is not None:
        _ring(watch, silent_since, neighbours, at=now)
    watch.next_attempt_at = _next_look(watch, standing, at=now)
    watch.lease_until = None
    watch.attempts = 0
    watch.save()


def _why_over(counter: Counter, standing: Standing) -> SilenceEnd:
    alarm = counter.silence_alarms.open().first()
    is_paid = alarm and standing.last_paid_at and standing.last_paid_at > alarm.silent_since
    return SilenceEnd.PAID if is_paid else SilenceEnd.CHANGED


def _ring(watch: SilenceWatch, since: datetime, neighbours: Neighbours, *, at: datetime) -> None:
    if watch.counter.silence_alarms.open().exists():
        return
    SilenceAlarm.objects.create(
        counter=watch.counter,
        silent_since=since,
        noticed_at=at,
        threshold_minutes=watch.threshold_minutes,
        neighbours_paid=neighbours.paid,
        neighbours_paid_at=neighbours.paid_at,
        notified_at=neighbours.notified_at,
        gateway=neighbours.gateway,
        reason=likely(neighbours, since=since),
    )


def _end(counter: Counter, end: SilenceEnd, *, at: datetime) -> None:
    SilenceAlarm.objects.open().filter(counter=counter).update(ended_at=at, end=end)


def _next_look(watch: SilenceWatch, standing: Standing, *, at: datetime) -> datetime:
    """Soon while it rings; else when it would ring, but often enough to see changed hours."""
    if standing.silent_since is None:
        return at + timedelta(seconds=settings.SILENCE_LOOK_SECONDS)
    rings_at = standing.silent_since + timedelta(minutes=watch.threshold_minutes)
    if rings_at <= at:
        return at + timedelta(seconds=settings.SILENCE_RINGING_SECONDS)
    return min(rings_at, at + timedelta(seconds=settings.SILENCE_LOOK_SECONDS))
