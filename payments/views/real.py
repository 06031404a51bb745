"""Is this payment real? What the customer's screen shows, held against the ledger, then Alipay."""

import zlib
from urllib.parse import urlencode

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from merchant_portal import clock
from merchant_portal.access import ROLE_NAMES, Right, roles_with
from payments import services
from payments.forms import CounterForm, ShownForm
from payments.recognising import (
    Asked,
    Match,
    Shown,
    Sign,
    accounts_at,
    asked_about,
    recognise,
)
from payments.sentences import heard_sentence
from qrcodes.models import Counter
from qrcodes.permissions import PortalRequest, Principal, needs


@require_GET
@never_cache
@needs(Right.SEE_PAYMENTS)
def payment_real(request: PortalRequest) -> HttpResponse:
    """At which counter the customer stands; who has only one is led there."""
    counters = _counters(request.principal)
    if counters.count() == 1:
        return redirect("counter_real", counters.get().pk)
    form = CounterForm(request.GET or None, counters=counters)
    if form.is_bound and form.is_valid():
        return redirect("counter_real", form.cleaned_data["counter"].pk)
    return render(request, "payments/real_where.html", {"form": form})


@require_GET
@never_cache
@needs(Right.SEE_PAYMENTS)
def counter_real(request: PortalRequest, pk: int) -> HttpResponse:
    """What is known here of what the customer shows; an open answer looks again by itself."""
    counter = get_object_or_404(_counters(request.principal), pk=pk)
    form = ShownForm(request.GET) if "number" in request.GET else ShownForm()
    context: dict[str, object] = {"counter": counter, "form": form}
    if not form.is_bound:
        return render(request, "payments/real.html", context)
    if not form.is_valid():
        return render(request, "payments/real.html", context, status=400)
    # The field is empty again: the next customer's number can be scanned right away.
    context |= {"form": ShownForm(), **_answer(request.principal, counter, form.read())}
    if request.htmx and request.GET.get("seen") == context["version"]:
        return HttpResponse(status=204)
    template = "payments/_real_answer.html" if request.htmx else "payments/real.html"
    return render(request, template, context)


@require_POST
@needs(Right.ASK_ALIPAY)
def counter_real_ask(request: PortalRequest, pk: int) -> HttpResponse:
    """Ask Alipay about what has not arrived, and show what is known then."""
    counter = get_object_or_404(_counters(request.principal), pk=pk)
    request.principal.require_at(Right.ASK_ALIPAY, counter.store)
    form = ShownForm(request.POST)
    if not form.is_valid():
        return render(request, "payments/real.html", {"counter": counter, "form": form}, status=400)
    _ask(request, counter, form.read())
    shown = urlencode({name: form.data.get(name, "") for name in ("number", "amount")})
    return redirect(f"{reverse('counter_real', args=[counter.pk])}?{shown}")


def _counters(principal: Principal) -> QuerySet[Counter]:
    scope = principal.scope(Right.SEE_PAYMENTS, store_path="store")
    return Counter.objects.filter(scope).select_related("store")


def _answer(principal: Principal, counter: Counter, shown: Shown) -> dict[str, object]:
    now = clock.now()
    matches = recognise(shown, counter, principal=principal, now=now)
    asked = None if matches else asked_about(shown, counter)
    may_ask = principal.may_at(Right.ASK_ALIPAY, counter.store)
    return {
        "shown": shown,
        "matches": matches,
        "asked": asked,
        "now": now,
        "is_open": not any(match.sign is not Sign.UNPAID for match in matches),
        "may_ask": may_ask,
        "who_may_ask": [ROLE_NAMES[role] for role in roles_with(Right.ASK_ALIPAY)],
        "can_be_asked": _can_be_asked(shown, matches),
        "version": _version(matches, asked),
    }


def _can_be_asked(shown: Shown, matches: list[Match]) -> bool:
    return shown.can_be_asked or any(match.payment is not None for match in matches)


def _ask(request: PortalRequest, counter: Counter, shown: Shown) -> None:
    """A payment that is known is asked about by itself, any other number under each account."""
    actor = request.principal.actor
    matches = recognise(shown, counter, principal=request.principal, now=clock.now())
    unpaid = [match.payment for match in matches if match.sign is Sign.UNPAID and match.payment]
    for payment in unpaid:
        heard = services.ask_payment(payment, actor=actor)
        payment.refresh_from_db()
        messages.add_message(request, *heard_sentence(payment, heard))
    if matches or not shown.can_be_asked:
        return
    name = "alipay_trans_id" if shown.is_alipays else "partner_trans_id"
    refusals = services.ask_about_number(
        counter, accounts=accounts_at(counter), actor=actor, **{name: shown.number}
    )
    for refusal in refusals:
        messages.warning(request, refusal)


def _version(matches: list[Match], asked: Asked | None) -> str:
    """What an open answer has seen, so that nothing is said twice."""
    seen = [
        f"{match.sign} {match.payment and match.payment.pk} {match.doubts}" for match in matches
    ]
    for lookup in asked.lookups if asked else ():
        seen.append(f"{lookup.pk} {lookup.state} {lookup.attempts} {lookup.last_answer}")
    return f"{zlib.crc32(' '.join(seen).encode()):08x}"
