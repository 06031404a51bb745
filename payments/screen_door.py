"""A paired screen's look that brings nothing, answered before all that is there for people.

Each screen looks more than once a second, nearly always in vain. What such a look must know is one
statement; session, language, sign-in and content policy cost several times as much.
"""

from collections.abc import Callable
from functools import cache
from http import HTTPStatus

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.urls import ResolverMatch, resolve, reverse
from django.utils.cache import add_never_cache_headers
from django.utils.translation import get_language_from_request

from merchant_portal import clock
from payments.watching import etag_of, look_as_device
from qrcodes.device_door import digest_of_cookie
from qrcodes.services import SEEN_EVERY


class NothingNewMiddleware:
    """304 to a device whose screen shows what there is; every other request goes on its way.

    So does the look of a device that is to be noted as seen, or in whose browser somebody has
    signed in: their language is the session's to tell.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        known = request.headers.get("If-None-Match", "")
        if not known or request.path_info != _address() or not _shows_it_all(request, known):
            return self.get_response(request)
        request.resolver_match = _match()
        response = HttpResponse(status=HTTPStatus.NOT_MODIFIED, headers={"ETag": known})
        add_never_cache_headers(response)
        return response


def _shows_it_all(request: HttpRequest, known: str) -> bool:
    """Whether the answer a device has is still the one it would get."""
    digest = digest_of_cookie(request)
    if request.method != "GET" or not digest or settings.SESSION_COOKIE_NAME in request.COOKIES:
        return False
    now = clock.now()
    sight = look_as_device(digest, seen_since=now - SEEN_EVERY)
    if sight is None:
        return False
    language = get_language_from_request(request)
    return known == etag_of(
        sight, now=now, language=language, shows_takings=sight.shows_takings, asked=request.GET
    )


@cache
def _address() -> str:
    return reverse("device_feed")


@cache
def _match() -> ResolverMatch:
    """So that the log names the address."""
    return resolve(_address())
