"""What stands between Django and the views."""

import logging
import time
from collections.abc import Callable
from urllib.parse import urlencode, urlsplit, urlunsplit
from uuid import uuid4

import structlog
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import Resolver404, resolve, reverse
from django.utils.translation import activate, check_for_language
from django_htmx.http import HttpResponseClientRedirect

from merchant_portal.access import RIGHT_NAMES, ROLE_NAMES, RightMissing, roles_with

_log = structlog.stdlib.get_logger("portal.requests")

#: Addresses asked for every few seconds, and Alipay's, whose arrivals are rows: said at DEBUG.
_QUIET = frozenset(
    {
        "alipay_notify",
        "alipay_json_notify",
        "counter_feed",
        "device_feed",
        "device_pay",
        "device_sale",
        "payment_sale",
        "pairing_standing",
        "healthz",
        "readyz",
        "metrics",
    }
)


class OwnLanguageMiddleware:
    """Who chose a language and signed in reads it on every device; else the browser decides."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        chosen = getattr(request.user, "language", "")
        if chosen and check_for_language(chosen):
            activate(chosen)
            request.LANGUAGE_CODE = chosen
        return self.get_response(request)


class RequestLogMiddleware:
    """One line per request: which address by name, who, how it ended. Never a body or a key.

    The path itself is not logged: Alipay's addresses carry a key, searches carry numbers.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request=uuid4().hex[:12])
        started = time.perf_counter()
        response = self.get_response(request)
        match = request.resolver_match
        name = (match.view_name if match else None) or "no such address"
        _log.log(
            _level_of(name, response.status_code),
            "request",
            method=request.method,
            address=name,
            status=response.status_code,
            milliseconds=round((time.perf_counter() - started) * 1000),
            user=_user_id(request),
        )
        return response


class AlipaysDoorMiddleware:
    """Alipay's posts go straight to their view, past what is there for people.

    Session, language, sign-in and content policy mean nothing to Alipay; they were a tenth of
    what a notification costs.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not request.path_info.startswith("/alipay/"):
            return self.get_response(request)
        try:
            match = resolve(request.path_info)
        except Resolver404:
            return self.get_response(request)
        request.resolver_match = match
        response: HttpResponse = match.func(request, *match.args, **match.kwargs)
        return response


def _level_of(name: str, status: int) -> int:
    if status >= 500:
        return logging.ERROR
    return logging.DEBUG if name in _QUIET and status < 400 else logging.INFO


def _user_id(request: HttpRequest) -> int | None:
    """Who signed in, where the view asked; asking here would cost a query on every request."""
    cached = getattr(request, "_cached_user", None)
    return cached.pk if cached else None


class SignInAgainMiddleware:
    """A live part of a page whose reader is signed out leads the whole page to the sign-in.

    Without it the sign-in form would be swapped into the middle of a counter's screen.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        is_live_part = request.headers.get("HX-Request") == "true"
        sign_in = reverse(settings.LOGIN_URL)
        if is_live_part and response.headers.get("Location", "").startswith(sign_in):
            address = urlsplit(request.headers.get("HX-Current-URL", ""))
            page = urlunsplit(("", "", address.path or "/", address.query, ""))
            return HttpResponseClientRedirect(f"{sign_in}?{urlencode({'next': page})}")
        return response


class RightMissingMiddleware:
    """A right that is missing becomes a page that names it, and who carries it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if not isinstance(error, RightMissing):
            return None
        context = {
            "right": RIGHT_NAMES[error.right],
            "roles": [ROLE_NAMES[role] for role in roles_with(error.right)],
        }
        return render(request, "403.html", context, status=403)
