"""A sale until it has its end: the page nobody leaves by accident, giving it up, and the slip."""

from http import HTTPStatus

from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from merchant_portal.access import Right
from payments import services
from payments.errors import SaleRefused
from payments.models import Sale
from payments.sale_standing import Standing, standing_of
from payments.slips import slip_context
from payments.tasks import nudge_sale
from payments.tills import Till
from qrcodes.device_door import needs_device
from qrcodes.images import data_address
from qrcodes.models import Device
from qrcodes.permissions import PortalRequest, needs

#: The width of an order's code; the page shows it at least three centimetres wide.
CODE_PIXELS = 360


@require_GET
@never_cache
@needs(Right.SEE_PAYMENTS)
def payment_sale(request: PortalRequest, pk: int) -> HttpResponse:
    """How a sale goes on, for somebody who signed in."""
    sale = _sale_of_person(request, pk)
    return _show(request, Till.of_person(request, sale.counter), sale)


@require_POST
@needs(Right.TAKE_PAYMENTS)
def payment_sale_end(request: PortalRequest, pk: int) -> HttpResponse:
    """Give a sale up."""
    sale = _sale_of_person(request, pk)
    request.principal.require_at(Right.TAKE_PAYMENTS, sale.payment.store)
    return _end(request, Till.of_person(request, sale.counter), sale)


@require_GET
@never_cache
@needs(Right.SEE_PAYMENTS)
def payment_slip(request: PortalRequest, pk: int) -> HttpResponse:
    """The slip of a sale that was paid, for the printer."""
    return _slip(request, _sale_of_person(request, pk))


@require_GET
@never_cache
@needs_device
def device_sale(request: HttpRequest, device: Device, pk: int) -> HttpResponse:
    """How a sale of the counter goes on, on a paired device."""
    return _show(request, Till.of_device(device), _sale_of_device(device, pk))


@require_POST
@needs_device
def device_sale_end(request: HttpRequest, device: Device, pk: int) -> HttpResponse:
    """Give a sale of the counter up, on a paired device."""
    return _end(request, Till.of_device(device), _sale_of_device(device, pk))


@require_GET
@never_cache
@needs_device
def device_slip(request: HttpRequest, device: Device, pk: int) -> HttpResponse:
    """The slip, on a paired device."""
    return _slip(request, _sale_of_device(device, pk))


def _sales() -> QuerySet[Sale]:
    return Sale.objects.select_related(
        "payment__store__merchant", "payment__counter__store", "payment__account"
    )


def _sale_of_person(request: PortalRequest, pk: int) -> Sale:
    scope = request.principal.scope(Right.SEE_PAYMENTS, store_path="payment__store")
    return get_object_or_404(_sales().filter(scope), payment=pk)


def _sale_of_device(device: Device, pk: int) -> Sale:
    """A sale of its counter; what customers stand in front of shows those of its own page alone."""
    if device.is_for_customers:
        raise Http404
    return get_object_or_404(_sales(), payment=pk, payment__counter=device.counter_id)


def _show(request: HttpRequest, till: Till, sale: Sale) -> HttpResponse:
    """The page of a sale; of a live page only what has changed."""
    standing = standing_of(sale)
    nudge_sale(sale)
    is_live = getattr(request, "htmx", False)
    if is_live and request.GET.get("seen") == standing.version:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    context = sale_context(till, standing) | {"may_end": till.may_sell and standing.is_open}
    return render(request, "payments/_sale.html" if is_live else "payments/sale.html", context)


def sale_context(till: Till, standing: Standing) -> dict[str, object]:
    """What a page needs to say how a sale stands."""
    payment = standing.payment
    context: dict[str, object] = {
        "till": till,
        "counter": till.counter,
        "standing": standing,
        "sale": standing.sale,
        "payment": payment,
        "url": till.url_of(payment),
        "end_url": till.end_url_of(payment),
        "slip_url": till.slip_url_of(payment),
    }
    if standing.order_code:
        context["picture"] = data_address(standing.order_code, CODE_PIXELS)
    return context


def _end(request: HttpRequest, till: Till, sale: Sale) -> HttpResponse:
    try:
        services.end_sale(sale, actor=till.actor)
    except SaleRefused:
        # It was paid meanwhile, or has its end: its page says so.
        return redirect(till.url_of(sale.payment))
    # A new code is a new sale of the same amount.
    again = f"{till.url}?again={sale.payment.pk}"
    return redirect(again if "again" in request.POST else till.url_of(sale.payment))


def _slip(request: HttpRequest, sale: Sale) -> HttpResponse:
    standing = standing_of(sale)
    if not standing.is_paid:
        raise Http404
    return render(request, "payments/slip.html", slip_context(request.GET, standing))
