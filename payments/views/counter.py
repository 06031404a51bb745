"""The counter's screen and its feed."""

import re
import zlib

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from merchant_portal import clock
from merchant_portal.access import Right
from payments.models import Payment, PaymentMove
from payments.places import business_day_start
from payments.states import PAYMENT_TAKEN
from payments.takings import add_up
from qrcodes.models import Counter
from qrcodes.permissions import PortalRequest, needs

_SHOWN = 10
_newest_move = re.compile(r"([0-9]{1,18})-", re.ASCII)
#: A payment that stayed pending while this many others came is not looked for on the screen.
_LOOKED_THROUGH = 50


@require_GET
@never_cache
@needs(Right.SEE_PAYMENTS)
def counter_screen(request: PortalRequest, pk: int) -> HttpResponse:
    """What a cashier watches: today's payments of one counter, the newest large."""
    context = _feed_context(_counter(request, pk), seen="")
    return render(request, "payments/counter_screen.html", context)


@require_GET
@never_cache
@needs(Right.SEE_PAYMENTS)
def counter_feed(request: PortalRequest, pk: int) -> HttpResponse:
    """The same for a screen that has ``seen`` something: nothing at all while nothing is new."""
    counter, seen = _counter(request, pk), request.GET.get("seen", "")
    rows = list(_newest_taken(counter))
    if seen == _version(rows):
        return HttpResponse(status=204)
    return render(request, "payments/_counter_feed.html", _feed_context(counter, seen=seen))


def _counter(request: PortalRequest, pk: int) -> Counter:
    scope = request.principal.scope(Right.SEE_PAYMENTS, store_path="store")
    return get_object_or_404(Counter.objects.filter(scope).select_related("store"), pk=pk)


def _feed_context(counter: Counter, *, seen: str) -> dict[str, object]:
    rows = list(_newest_taken(counter))
    newest = _newest_move.match(seen)
    newest_seen = int(newest[1]) if newest else None
    for row in rows:
        row.is_new = newest_seen is not None and row.taken_by > newest_seen  # type: ignore[attr-defined]
    return {
        "counter": counter,
        "payments": rows,
        "takings": add_up(_today(counter)),
        "version": _version(rows),
        "now": clock.now(),
    }


def _today(counter: Counter) -> QuerySet[Payment]:
    start = business_day_start(counter.store, now=clock.now())
    return counter.payments.filter(occurred_at__gte=start)


def _newest_taken(counter: Counter) -> QuerySet[Payment]:
    """Today's paid payments, the last to become so first: a late notification stands on top too."""
    newest = counter.payments.order_by("-pk").values("pk")[:_LOOKED_THROUGH]
    became_taken = PaymentMove.objects.filter(payment=OuterRef("pk"), to_state__in=PAYMENT_TAKEN)
    return (
        _today(counter)
        .filter(pk__in=newest, state__in=PAYMENT_TAKEN)
        .annotate(taken_by=Subquery(became_taken.order_by("pk").values("pk")[:1]))
        .order_by(F("taken_by").desc(nulls_last=True), "-pk")[:_SHOWN]
    )


def _version(rows: list[Payment]) -> str:
    """What a screen has seen: the newest move, and a sum over all that is shown."""
    shown = ",".join(
        f"{row.pk} {row.state} {row.amount_minor} {row.refunded_minor} {row.reserved_minor}"
        for row in rows
    )
    newest = max((row.taken_by or 0 for row in rows), default=0)  # type: ignore[attr-defined]
    return f"{newest}-{zlib.crc32(shown.encode()):08x}"
