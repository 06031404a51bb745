"""The door of paired devices: a cookie instead of a person, for one counter's screen alone."""

from collections.abc import Callable
from functools import wraps
from http import HTTPStatus
from typing import Concatenate, ParamSpec, cast

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from qrcodes import services
from qrcodes.models import Device

_COOKIE = "counter_device"
#: The cookie goes to the screen's own addresses and to no other.
_PATH = "/screen/"
_LIVES_SECONDS = 400 * 24 * 3600  # the longest a browser keeps one

P = ParamSpec("P")
DeviceView = Callable[Concatenate[HttpRequest, Device, P], HttpResponse]


def give_cookie(response: HttpResponse, token: str) -> None:
    """Let the device that gets this answer look as the device of the token."""
    response.set_cookie(
        _COOKIE,
        token,
        max_age=_LIVES_SECONDS,
        path=_PATH,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def renew_cookie(request: HttpRequest, response: HttpResponse) -> None:
    """Whoever still looks is not forgotten by its browser."""
    give_cookie(response, request.COOKIES[_COOKIE])


def digest_of_cookie(request: HttpRequest) -> str:
    """Of the token that the device shows; empty where it shows none."""
    token = request.COOKIES.get(_COOKIE, "")
    return Device.digest_of(token) if token else ""


def needs_device(
    view: DeviceView[P],
) -> Callable[Concatenate[HttpRequest, P], HttpResponse]:
    """Let a page be seen only by a paired device; one that was disconnected is told so."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        device = services.find_device(request.COOKIES.get(_COOKIE, ""))
        if device is None:
            return _closed(request, None, HTTPStatus.FORBIDDEN)
        if device.is_revoked:
            return _closed(request, device, HTTPStatus.GONE)
        services.note_seen(device)
        return view(request, device, *args, **kwargs)

    return cast("Callable[Concatenate[HttpRequest, P], HttpResponse]", guarded)


def _closed(request: HttpRequest, device: Device | None, status: HTTPStatus) -> HttpResponse:
    return render(request, "qrcodes/device_closed.html", {"device": device}, status=status)
