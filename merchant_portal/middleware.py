"""What stands between Django and the views."""

from collections.abc import Callable

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from merchant_portal.access import RIGHT_NAMES, ROLE_NAMES, RightMissing, roles_with


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
