"""Asking Alipay: about a payment, or for one that is lost."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from merchant_portal.access import Right
from merchant_portal.accounts.models import Account
from payments import services
from payments.errors import LookupRefused
from payments.forms import LookupForm
from payments.models import Lookup
from payments.sentences import advice, heard_sentence
from payments.views.looking import visible_payments
from qrcodes.models import Counter
from qrcodes.permissions import PortalRequest, needs
from qrcodes.views.returning import back_from


@require_POST
@needs(Right.ASK_ALIPAY)
def payment_ask(request: PortalRequest, pk: int) -> HttpResponse:
    """Ask Alipay now, whatever the state, and say what was answered."""
    payment = get_object_or_404(visible_payments(request.principal), pk=pk)
    request.principal.require_at(Right.ASK_ALIPAY, payment.store)
    heard = services.ask_payment(payment, actor=request.principal.actor)
    payment.refresh_from_db()
    level, sentence = heard_sentence(payment, heard)
    messages.add_message(request, level, sentence)
    return back_from(request, payment)


@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.ASK_ALIPAY)
def lookup_new(request: PortalRequest) -> HttpResponse:
    """Find a payment the customer says was made: ask Alipay for its number."""
    if request.method != "POST":
        form = _lookup_form(request, initial=_from_search(request.GET.get("number", "")))
        return render(request, "payments/lookup_new.html", {"form": form})
    form = _lookup_form(request, asked=request.POST)
    if form.is_valid():
        try:
            lookup = services.find_payment(**form.cleaned_data, actor=request.principal.actor)
            services.ask_lookup(lookup)
        except LookupRefused as refused:
            form.add_error(None, str(refused))
        else:
            return redirect("lookup_detail", lookup.pk)
    return render(request, "payments/lookup_new.html", {"form": form}, status=400)


def _lookup_form(
    request: PortalRequest, *, asked: QueryDict | None = None, initial: dict[str, str] | None = None
) -> LookupForm:
    """Who sees only some stores asks under the accounts those are paid through, and must name
    the counter, or could not see what is found."""
    at_store = request.principal.scope(Right.ASK_ALIPAY, store_path="store")
    enrolled = request.principal.scope(Right.ASK_ALIPAY, store_path="enrolments__store")
    return LookupForm(
        asked,
        accounts=Account.objects.filter(enrolled).distinct(),
        counters=Counter.objects.filter(at_store).select_related("store"),
        must_be_placed=not request.principal.holds_everywhere(Right.SEE_PAYMENTS),
        initial=initial,
    )


def _from_search(number: str) -> dict[str, str]:
    """Alipay's numbers are 28 digits that begin with the date; others are the merchant's."""
    is_alipays = number.isdecimal() and len(number) == 28
    return {"alipay_trans_id" if is_alipays else "partner_trans_id": number}


@require_GET
@needs(Right.ASK_ALIPAY)
def lookup_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """What became of the question; the page follows it."""
    lookup = get_object_or_404(_visible_lookups(request), pk=pk)
    context = {
        "lookup": lookup,
        "may_see": _may_see(request, lookup),
        "advice": advice(lookup.payment) if lookup.payment else "",
    }
    template = "payments/_lookup.html" if request.htmx else "payments/lookup_detail.html"
    return render(request, template, context)


@require_POST
@needs(Right.ASK_ALIPAY)
def lookup_ask(request: PortalRequest, pk: int) -> HttpResponse:
    """Ask once more, also after the question had come to its end."""
    lookup = get_object_or_404(_visible_lookups(request), pk=pk)
    services.ask_lookup_again(lookup, actor=request.principal.actor)
    return redirect("lookup_detail", pk)


def _visible_lookups(request: PortalRequest) -> QuerySet[Lookup]:
    """Questions at one's counters; those of no counter only where the right holds everywhere."""
    scope = request.principal.scope(Right.ASK_ALIPAY, store_path="counter__store")
    return Lookup.objects.filter(scope).select_related(
        "account", "counter__store", "payment__store"
    )


def _may_see(request: PortalRequest, lookup: Lookup) -> bool:
    """The payment that was found may belong to a store of somebody else."""
    if lookup.payment is None:
        return False
    return visible_payments(request.principal).filter(pk=lookup.payment.pk).exists()
