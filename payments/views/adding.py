"""What a filter of the payments list adds up to, and the columns one wants to see."""

from datetime import timedelta

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_POST

from merchant_portal import clock
from merchant_portal.access import Right
from merchant_portal.patience import TookTooLong
from payments import listing, sums
from payments.chips import chips
from payments.columns import USUAL, Column, keep_columns
from payments.narrowing import PaymentFilter, PaymentFilterForm
from payments.tiles import without
from payments.views.listing import PAGING, filter_form
from payments.views.looking import visible_payments, visible_sums
from qrcodes.models import Store
from qrcodes.permissions import PortalRequest, Principal, needs

_MOMENT = timedelta(microseconds=1)
#: What the report of transactions is narrowed by under the same name.
_SHARED_NOUNS, _SHARED_WORDS = ("store", "counter"), ("state", "wallet", "product", "least", "most")


@require_GET
@needs(Right.SEE_PAYMENTS)
def payment_sums(request: PortalRequest) -> HttpResponse:
    """What the whole filter amounts to, per currency: a part of the list, or a page of its own."""
    form = filter_form(request)
    template = "payments/_summary.html" if request.htmx else "payments/sums.html"
    context: dict[str, object] = {"form": form, "places": form.places, "now": clock.now()}
    if not form.is_valid():
        return render(request, template, context, status=400)
    context |= {
        "places": form.places,
        "query": without(request.GET, *PAGING),
        "chips": chips(form, request.GET, paging=PAGING),
        "report": _report_query(form),
        "most_added": sums.MOST_ADDED,
        **_added_up(request, form),
    }
    return render(request, template, context)


def _added_up(request: PortalRequest, form: PaymentFilterForm) -> dict[str, object]:
    """The sums, or why there are none."""
    asked = form.read()
    try:
        return {"sums": _sums(request.principal, asked, form.stores)}
    except sums.TooManyToAdd:
        return {"is_too_many": True}
    except TookTooLong:
        return {"took_too_long": True}


def _sums(principal: Principal, asked: PaymentFilter, stores: tuple[Store, ...]) -> sums.Sums:
    """Of whole days what they were added up to; the rest, or all, payment by payment."""
    payments = visible_payments(principal, stores=stores)
    days = sums.whole_days(asked.since, asked.until)
    if days is None or not asked.is_known_to_day_sums:
        return sums.add_up(asked.narrow_further(listing.narrowed(payments, asked).rows))
    return sums.add_up_by_days(
        asked.narrow_further(asked.without_days.narrow(payments)),
        asked.narrow_sums(visible_sums(principal, stores=stores)),
        days,
    )


def _report_query(form: PaymentFilterForm) -> str:
    """The filter as the report of transactions takes it: whole days, and what both know."""
    asked, zone = form.cleaned_data, form.places.zone
    since, until = form.bounds()
    shared = {"number": asked["q"]}
    if since is not None:
        shared["from"] = since.astimezone(zone).date().isoformat()
    if until is not None:
        shared["to"] = (until - _MOMENT).astimezone(zone).date().isoformat()
    shared |= {name: str(asked[name].pk) for name in _SHARED_NOUNS if asked[name] is not None}
    shared |= {name: str(asked[name]) for name in _SHARED_WORDS if asked[name] is not None}
    query = QueryDict(mutable=True)
    query.update({name: value for name, value in shared.items() if value})
    return query.urlencode()


@require_POST
@needs(Right.SEE_PAYMENTS)
def payment_columns(request: PortalRequest) -> HttpResponse:
    """Keep the columns this person wants, and go back to the list as it was filtered."""
    query = QueryDict(request.POST.get("query", "")).urlencode()
    answer = redirect(f"{reverse('payment_list')}{'?' if query else ''}{query}")
    asked = USUAL if "usual" in request.POST else request.POST.getlist("column")
    keep_columns(request, answer, [each.value for each in Column if each in asked])
    return answer
