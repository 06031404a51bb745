"""The customer's own page of a sale, by the link on the slip: no sign-in, and nothing secret."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from payments.models import Sale
from payments.sale_standing import standing_of
from payments.states import CancelState

#: Of money going back, what a customer need not know: it was asked for and came to nothing yet.
_NOT_TOLD = (
    CancelState.REQUESTED,
    CancelState.DECLINED,
    CancelState.LAPSED,
    CancelState.CLOSED,
    "FAILED",
    CancelState.REFUSED,
)


@require_GET
@never_cache
def receipt(request: HttpRequest, key: str) -> HttpResponse:
    """What was paid, and what of it went or goes back."""
    sales = Sale.objects.select_related("payment__store__merchant", "payment__counter__store")
    sale = get_object_or_404(sales, receipt_key=key)
    payment = sale.payment
    givings = [
        *payment.refunds.exclude(state__in=_NOT_TOLD),
        *payment.cancels.exclude(state__in=_NOT_TOLD),
    ]
    context = {
        "standing": standing_of(sale),
        "sale": sale,
        "payment": payment,
        "givings": sorted(givings, key=lambda giving: giving.requested_at),
    }
    response = render(request, "payments/receipt.html", context)
    response.headers["X-Robots-Tag"] = "noindex"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
