"""The counter's screen and its feed, for people and for paired devices."""

from dataclasses import dataclass
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from merchant_portal import clock
from merchant_portal.access import Right
from payments.expected_form import ExpectedForm
from payments.expecting import judge
from payments.models import Payment
from payments.places import business_day_start
from payments.sale_standing import unfinished_sales
from payments.takings import add_up
from payments.tills import Till
from payments.watching import Arrival, etag_of, look_at, newest_arrivals
from qrcodes.device_door import needs_device, renew_cookie
from qrcodes.models import Counter, Device
from qrcodes.permissions import PortalRequest, needs

#: How many payments stand on the screen; the others of the feed are there to be announced.
_SHOWN = 10


@dataclass(frozen=True, slots=True)
class Screen:
    """A counter as somebody watches it."""

    counter: Counter
    url: str
    feed_url: str
    shows_takings: bool
    #: Where payments are taken; none where this person may not.
    till: Till | None
    device: Device | None = None

    def url_of(self, payment: Payment) -> str:
        """Where a sale of the counter stands."""
        return reverse("device_sale" if self.device else "payment_sale", args=[payment.pk])


@require_GET
@never_cache
@needs(Right.SEE_PAYMENTS)
def counter_screen(request: PortalRequest, pk: int) -> HttpResponse:
    """What a cashier watches: the newest payments of one counter, the last one large."""
    return _page(request, _screen_of_person(request, pk))


@require_GET
@never_cache
@needs(Right.SEE_PAYMENTS)
def counter_feed(request: PortalRequest, pk: int) -> HttpResponse:
    """The part of it that changes: nothing at all while nothing has."""
    return _feed(request, _screen_of_person(request, pk))


@require_GET
@never_cache
@needs_device
def device_screen(request: HttpRequest, device: Device) -> HttpResponse:
    """The screen of the counter a device is paired with."""
    if device.is_for_customers:
        return redirect("device_pay")
    response = _page(request, _screen_of_device(device))
    renew_cookie(request, response)
    return response


@require_GET
@never_cache
@needs_device
def device_feed(request: HttpRequest, device: Device) -> HttpResponse:
    """The part of a device's screen that changes; nothing for customers to see."""
    if device.is_for_customers:
        return HttpResponse(status=HTTPStatus.FORBIDDEN)
    return _feed(request, _screen_of_device(device))


def _screen_of_person(request: PortalRequest, pk: int) -> Screen:
    scope = request.principal.scope(Right.SEE_PAYMENTS, store_path="store")
    counter = get_object_or_404(Counter.objects.filter(scope).select_related("store"), pk=pk)
    may_sell = request.principal.may(Right.TAKE_PAYMENTS, store=counter.store)
    return Screen(
        counter,
        url=reverse("counter_screen", args=[pk]),
        feed_url=reverse("counter_feed", args=[pk]),
        shows_takings=True,
        till=Till.of_person(request, counter) if may_sell else None,
    )


def _screen_of_device(device: Device) -> Screen:
    return Screen(
        device.counter,
        url=reverse("device_screen"),
        feed_url=reverse("device_feed"),
        shows_takings=device.shows_takings,
        till=Till.of_device(device),
        device=device,
    )


def _page(request: HttpRequest, screen: Screen) -> HttpResponse:
    form = ExpectedForm(request.GET or None, counter=screen.counter)
    if form.is_valid() and form.lacks_start:
        # Without script the page reloads itself: from when on is looked must stay on its address.
        return redirect(f"{screen.url}?{form.address_from(clock.now())}")
    # The mark first: what comes in between only makes the first look bring it once more.
    marked = {"etag": _etag(request, screen)}
    return render(request, "payments/counter_screen.html", marked | _context(screen, form))


def _feed(request: HttpRequest, screen: Screen) -> HttpResponse:
    etag = _etag(request, screen)
    response = get_conditional_response(request, etag=etag)
    if response is None or response.status_code != HTTPStatus.NOT_MODIFIED:
        form = ExpectedForm(request.GET or None, counter=screen.counter)
        response = render(request, "payments/_counter_feed.html", _context(screen, form))
    response.headers["ETag"] = etag
    return response


def _etag(request: HttpRequest, screen: Screen) -> str:
    """The mark of what stands on the screen, for who looks again."""
    return etag_of(
        look_at(screen.counter),
        now=clock.now(),
        language=get_language() or "",
        shows_takings=screen.shows_takings,
        asked=request.GET,
    )


def _context(screen: Screen, form: ExpectedForm) -> dict[str, object]:
    now = clock.now()
    arrivals = newest_arrivals(screen.counter, now=now)
    context: dict[str, object] = {
        "screen": screen,
        "counter": screen.counter,
        "arrivals": arrivals[:_SHOWN],
        "more": arrivals[_SHOWN:],
        "unfinished": [
            (sale, screen.url_of(sale.payment)) for sale in unfinished_sales(screen.counter)
        ],
        "now": now,
        "form": form,
    }
    if screen.device is not None:
        context["paired_device"] = screen.device
    if screen.shows_takings:
        today = business_day_start(screen.counter.store, now=now)
        context["takings"] = add_up(screen.counter, since=today)
    return context | _expected(form, arrivals)


def _expected(form: ExpectedForm, arrivals: list[Arrival]) -> dict[str, object]:
    """What is said about the amount the cashier waits for, where there is one."""
    if not form.is_bound or not form.is_valid():
        return {}
    expectation = form.expectation(now=clock.now())
    judgement = judge(expectation, arrivals)
    return {
        "judgement": judgement,
        "address": form.address_of(expectation, judgement),
        "rest_address": form.address_of_rest(judgement),
        "before_address": form.address_of_one_before(judgement),
    }
