"""Pages about payments: the list, one payment, and the counter's screen."""

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from merchant_portal.access import Right
from payments.models import Payment
from payments.states import PAYMENT_TAKEN
from qrcodes.models import Counter
from qrcodes.permissions import PortalRequest, Principal, needs


def visible_payments(principal: Principal) -> QuerySet[Payment]:
    """The payments somebody may see; those of no store only where the right holds everywhere."""
    scope = principal.scope(Right.SEE_PAYMENTS, store_path="store")
    return Payment.objects.filter(scope).select_related("store", "counter", "account")


@require_GET
@needs(Right.SEE_PAYMENTS)
def payment_list(request: PortalRequest) -> HttpResponse:
    rows = visible_payments(request.principal).order_by("-occurred_at", "-id")[:50]
    return render(request, "payments/list.html", {"payments": rows})


@require_GET
@needs(Right.SEE_PAYMENTS)
def payment_detail(request: PortalRequest, pk: int) -> HttpResponse:
    payment = get_object_or_404(visible_payments(request.principal), pk=pk)
    return render(request, "payments/detail.html", {"payment": payment})


@require_GET
@needs(Right.SEE_PAYMENTS)
def counter_screen(request: PortalRequest, pk: int) -> HttpResponse:
    return render(request, "payments/counter_screen.html", _counter_context(request, pk))


@require_GET
@needs(Right.SEE_PAYMENTS)
def counter_feed(request: PortalRequest, pk: int) -> HttpResponse:
    return render(request, "payments/_counter_feed.html", _counter_context(request, pk))


def _counter_context(request: PortalRequest, pk: int) -> dict[str, object]:
    scope = request.principal.scope(Right.SEE_PAYMENTS, store_path="store")
    counter = get_object_or_404(Counter.objects.filter(scope).select_related("store"), pk=pk)
    rows = counter.payments.filter(state__in=PAYMENT_TAKEN).order_by("-id")[:10]
    return {"counter": counter, "payments": rows}
