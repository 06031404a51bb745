"""The counter's screen and its feed, for people and for paired devices."""

from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.cache import get_conditional_response
from django.utils.translation import get_language
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from merchant_portal import clock
from merchant_portal.access import Right
from payments.expected_form import ExpectedForm
from payments.expecting import judge
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


@require_GET
@never_cache
@needs(Right.SEE_PAYMENTS)
def counter_screen(request: PortalRequest, pk: int) -> HttpResponse:
    """What a cashier watches: the newest payments of one counter, the last one large."""
    return _page(request, _till_of_person(request, pk))


@require_GET
@never_cache
@needs(Right.SEE_PAYMENTS)
def counter_feed(request: PortalRequest, pk: int) -> HttpResponse:
    """The part of it that changes: nothing at all while nothing has."""
    return _feed(request, _till_of_person(request, pk))


@require_GET
@never_cache
@needs_device
def device_screen(request: HttpRequest, device: Device) -> HttpResponse:
    """The screen of the counter a device is paired with."""
    if device.is_for_customers:
        return redirect("device_pay")
    response = _page(request, Till.of_device(device))
    renew_cookie(request, response)
    return response


@require_GET
@never_cache
@needs_device
def device_feed(request: HttpRequest, device: Device) -> HttpResponse:
    """The part of a device's screen that changes; nothing for customers to see."""
    if device.is_for_customers:
        return HttpResponse(status=HTTPStatus.FORBIDDEN)
    return _feed(request, Till.of_device(device))


def _till_of_person(request: PortalRequest, pk: int) -> Till:
    scope = request.principal.scope(Right.SEE_PAYMENTS, store_path="store")
    counter = get_object_or_404(Counter.objects.filter(scope).select_related("store"), pk=pk)
    return Till.of_person(request, counter)


def _page(request: HttpRequest, till: Till) -> HttpResponse:
    form = ExpectedForm(request.GET or None, counter=till.counter)
    if form.is_valid() and form.lacks_start:
        # Without script the page reloads itself: from when on is looked must stay on its address.
        return redirect(f"{till.screen_url}?{form.address_from(clock.now())}")
    # The mark first: what comes in between only makes the first look bring it once more.
    marked = {"etag": _etag(request, till)}
    return render(request, "payments/counter_screen.html", marked | _context(till, form))


def _feed(request: HttpRequest, till: Till) -> HttpResponse:
    etag = _etag(request, till)
    response = get_conditional_response(request, etag=etag)
    if response is None or response.status_code != HTTPStatus.NOT_MODIFIED:
        form = ExpectedForm(request.GET or None, counter=till.counter)
        response = render(request, "payments/_counter_feed.html", _context(till, form))
    response.headers["ETag"] = etag
    return response


def _etag(request: HttpRequest, till: Till) -> str:
    """The mark of what stands on the screen, for who looks again."""
    return etag_of(
        look_at(till.counter),
        now=clock.now(),
        language=get_language() or "",
        shows_takings=till.shows_takings,
        asked=request.GET,
    )


def _context(till: Till, form: ExpectedForm) -> dict[str, object]:
    now = clock.now()
    arrivals = newest_arrivals(till.counter, now=now)
    context: dict[str, object] = {
        "till": till,
        "counter": till.counter,
        "arrivals": arrivals[:_SHOWN],
        "more": arrivals[_SHOWN:],
        "unfinished": [
            (sale, till.url_of(sale.payment)) for sale in unfinished_sales(till.counter)
        ],
        "now": now,
        "form": form,
    }
    if till.shows_takings:
        today = business_day_start(till.counter.store, now=now)
        context["takings"] = add_up(till.counter, since=today)
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
