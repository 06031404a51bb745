"""What every answer of the API shares: problems as RFC 9457 describes them."""

from typing import Any

from rest_framework.response import Response
from rest_framework.views import exception_handler


def problem_response(error: Exception, context: dict[str, Any]) -> Response | None:
    """An error as ``application/problem+json``."""
    response = exception_handler(error, context)
    if response is None:
        return None
    response.data = {"type": "about:blank", "status": response.status_code, "detail": response.data}
    response.content_type = "application/problem+json"
    return response
