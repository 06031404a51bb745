"""Pairing devices with a counter, seeing which there are, and taking them off."""

from http import HTTPStatus
from urllib.parse import urlencode

from allauth.account.adapter import get_adapter
from django.conf import settings
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from merchant_portal import clock
from merchant_portal.access import Right
from qrcodes import services
from qrcodes.device_door import give_cookie
from qrcodes.errors import PairingRefused, TooManyTries
from qrcodes.forms import DeviceForm, PairForm
from qrcodes.images import data_address
from qrcodes.models import Counter, Device, Pairing
from qrcodes.permissions import PortalRequest, needs
from qrcodes.views.scoping import visible_counters

_PICTURE_PIXELS = 240


@require_http_methods(["GET", "POST"])
@never_cache
@needs(Right.CHANGE_STORES)
def counter_devices(request: PortalRequest, pk: int) -> HttpResponse:
    """The devices of a counter; posting a name makes a code that pairs one more."""
    counter = _changeable_counter(request, pk)
    form = DeviceForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        actor = request.principal.actor
        try:
            offered = services.offer_pairing(
                counter, by=request.user, actor=actor, **form.cleaned_data
            )
        except PairingRefused as refused:
            form.add_error(None, str(refused))
        else:
            return render(request, "qrcodes/pairing.html", _offer_context(offered))
    return _devices_page(request, counter, form)


@require_GET
@never_cache
@needs(Right.CHANGE_STORES)
def pairing_standing(request: PortalRequest, pk: int) -> HttpResponse:
    """The live part of the page that shows a code: whether a device has used it."""
    pairing = get_object_or_404(Pairing.objects.select_related("counter__store"), pk=pk)
    _changeable_counter(request, pairing.counter_id)
    return render(request, "qrcodes/_pairing_standing.html", _standing_context(pairing))


@require_http_methods(["GET", "POST"])
@never_cache
@needs(Right.CHANGE_STORES)
def device_edit(request: PortalRequest, pk: int) -> HttpResponse:
    """Name a paired device anew, or let it serve others than before."""
    device = get_object_or_404(Device.objects.in_use().select_related("counter__store"), pk=pk)
    counter = _changeable_counter(request, device.counter_id)
    form = DeviceForm(request.POST or None, instance=device)
    if request.method == "POST" and form.is_valid():
        services.change_device(device, actor=request.principal.actor, **form.cleaned_data)
        messages.success(request, _("%s is changed.") % form.cleaned_data["name"])
        return redirect(device)
    context = {
        "title": _("Change a device"),
        "button": _("Change"),
        "form": form,
        "counter": counter,
        "store": counter.store,
    }
    status = 422 if form.errors else 200
    return render(request, "qrcodes/form.html", context, status=status)


@require_POST
@needs(Right.CHANGE_STORES)
def device_revoke(request: PortalRequest, pk: int) -> HttpResponse:
    """Disconnect a device: it shows nothing from its next look on."""
    device = get_object_or_404(Device.objects.select_related("counter__store"), pk=pk)
    _changeable_counter(request, device.counter_id)
    services.revoke_device(device, actor=request.principal.actor)
    messages.success(request, _("%s is disconnected.") % device.name)
    return redirect(device)


@require_http_methods(["GET", "POST"])
@never_cache
def device_pair(request: HttpRequest) -> HttpResponse:
    """On the device itself: a code is typed, or comes by the link, and is confirmed."""
    form = PairForm(request.POST or None, initial={"code": request.GET.get("code", "")[:9]})
    if request.method == "POST" and form.is_valid():
        address: str = get_adapter(request).get_client_ip(request)
        try:
            paired = services.pair_device(form.cleaned_data["code"], address=address)
        except PairingRefused as refused:
            form.add_error("code", str(refused))
            is_guessing = isinstance(refused, TooManyTries)
            return _pair_page(request, form, HTTPStatus.TOO_MANY_REQUESTS if is_guessing else 422)
        response = redirect("device_screen")
        give_cookie(response, paired.token)
        return response
    return _pair_page(request, form, 422 if form.errors else 200)


def _changeable_counter(request: PortalRequest, pk: int) -> Counter:
    counter = get_object_or_404(visible_counters(request.principal), pk=pk)
    request.principal.require(Right.CHANGE_STORES, store=counter.store)
    return counter


def _devices_page(request: PortalRequest, counter: Counter, form: DeviceForm) -> HttpResponse:
    devices = counter.devices.select_related("paired_by").order_by("-pk")
    now = clock.now()
    context = {
        "counter": counter,
        "form": form,
        "devices": [(device, device.is_live(now)) for device in devices if not device.is_revoked],
        "revoked": [device for device in devices if device.is_revoked],
    }
    return render(request, "qrcodes/devices.html", context, status=422 if form.errors else 200)


def _offer_context(offered: services.NewPairing) -> dict[str, object]:
    code = f"{offered.code[:4]}-{offered.code[4:]}"
    link = f"{settings.PUBLIC_URL}{reverse('device_pair')}?{urlencode({'code': code})}"
    picture = data_address(link, _PICTURE_PIXELS)
    context = {"code": code, "link": link, "picture": picture, "pixels": _PICTURE_PIXELS}
    context |= {"address": f"{settings.PUBLIC_URL}{reverse('device_pair')}"}
    return _standing_context(offered.pairing) | context


def _standing_context(pairing: Pairing) -> dict[str, object]:
    return {
        "pairing": pairing,
        "counter": pairing.counter,
        "is_old": pairing.expires_at <= clock.now(),
        "is_spoilt": pairing.wrong_tries >= services.TRIES_PER_CODE,
    }


def _pair_page(request: HttpRequest, form: PairForm, status: int) -> HttpResponse:
    return render(request, "qrcodes/pair.html", {"form": form}, status=status)
