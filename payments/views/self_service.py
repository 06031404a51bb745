"""A paired device towards customers: the code of the order that staff has begun, or, where it
lets them, of the amount they type themselves; then the result, then the start again."""

import secrets
from contextlib import suppress
from datetime import timedelta
from http import HTTPStatus

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from merchant_portal import clock
from payments import services
from payments.errors import SaleRefused
from payments.models import PaymentMove, Sale
from payments.sale_forms import SaleForm
from payments.sale_standing import Standing, standing_of
from payments.states import Product
from payments.tasks import nudge_sale
from payments.tills import Till, usable_key
from payments.views.sales import sale_context
from payments.views.selling import begin_sale
from qrcodes.device_door import needs_device, renew_cookie
from qrcodes.errors import KeyReused
from qrcodes.models import Device
from qrcodes.states import DeviceUse

#: So long a result stands before the start is shown again.
_SHOWN_AFTER_END = timedelta(seconds=20)


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@needs_device
def device_pay(request: HttpRequest, device: Device) -> HttpResponse:
    """What a customer sees; posting an amount makes an order, where the device permits it."""
    if not device.is_for_customers:
        return redirect("device_screen")
    till = Till.of_device(device)
    standing = _shown(device)
    if request.method == "POST" and standing is None and device.use == DeviceUse.SELF_SERVICE:
        return _order(request, till)
    response = _page(request, till, standing)
    renew_cookie(request, response)
    return response


@require_POST
@needs_device
def device_pay_end(request: HttpRequest, device: Device) -> HttpResponse:
    """The customer gives up what they began at this device themselves."""
    standing = _shown(device) if device.use == DeviceUse.SELF_SERVICE else None
    if standing is not None and standing.is_open:
        with suppress(SaleRefused):  # it was paid meanwhile: the page says so
            services.end_sale(standing.sale, actor=Till.of_device(device).actor)
    return redirect("device_pay")


def _shown(device: Device) -> Standing | None:
    """The order that the customer in front of it pays, or has just paid; None at the start."""
    orders = Sale.objects.filter(
        payment__counter=device.counter_id,
        payment__product=Product.ORDER_CODE,
        payment__occurred_at__gte=clock.now() - timedelta(hours=1),
    ).select_related("payment__store__merchant", "payment__counter__store", "payment__account")
    if device.use == DeviceUse.SELF_SERVICE:
        orders = orders.filter(device=device)
    else:  # What a customer began elsewhere is for that customer to pay.
        orders = orders.exclude(device__use=DeviceUse.SELF_SERVICE)
    newest = orders.order_by("-pk").first()
    if newest is None:
        return None
    standing = standing_of(newest)
    is_left = not standing.is_waited_for and _changed_long_ago(standing)
    return None if is_left else standing


def _changed_long_ago(standing: Standing) -> bool:
    """Whether the customer has had time to read how it ended, or whom to ask."""
    moves = PaymentMove.objects.filter(payment=standing.payment)
    moments = [*moves.values_list("at", flat=True), standing.sale.ending_at]
    last = max(moment for moment in moments if moment is not None)
    return clock.now() - last > _SHOWN_AFTER_END


def _page(request: HttpRequest, till: Till, standing: Standing | None) -> HttpResponse:
    if standing is not None:
        nudge_sale(standing.sale)
    version = standing.version if standing else "start"
    is_live = getattr(request, "htmx", False)
    if is_live and request.GET.get("seen") == version:
        return HttpResponse(status=HTTPStatus.NO_CONTENT)
    context = {**_context(till, standing), "version": version}
    template = "payments/_self_service.html" if is_live else "payments/self_service.html"
    return render(request, template, context)


def _context(till: Till, standing: Standing | None) -> dict[str, object]:
    types_amount = till.device is not None and till.device.use == DeviceUse.SELF_SERVICE
    if standing is not None:
        return sale_context(till, standing) | {"types_amount": types_amount}
    started = {"till": till, "counter": till.counter, "types_amount": types_amount}
    if types_amount:
        started |= {"form": SaleForm(till=till), "key": secrets.token_urlsafe(24)}
    return started


def _order(request: HttpRequest, till: Till) -> HttpResponse:
    form = SaleForm(request.POST, till=till)
    if usable_key.fullmatch(request.POST.get("key", "")) and form.is_valid():
        try:
            begin_sale(till, form, key=request.POST["key"])
        except SaleRefused as refused:
            form.add_error(None, str(refused))
        except KeyReused:
            return redirect("device_pay")  # The order it made stands there.
        else:
            return redirect("device_pay")
    context = {**_context(till, None), "version": "start", "form": form}
    return render(request, "payments/self_service.html", context, status=400)
