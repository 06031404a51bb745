"""The page on which the API is described and tried out, and how its problems are described."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from drf_spectacular.views import SpectacularSwaggerSplitView


class DocsView(SpectacularSwaggerSplitView):
    """Swagger UI from our own static files; its script is a file of its own."""

    template_name = "api/docs.html"


#: RFC 9457; `errors` is our own member: what is wrong, by field.
PROBLEM: Mapping[str, Any] = MappingProxyType(
    {
        "type": "object",
        "required": ["type", "title", "status", "detail"],
        "properties": {
            "type": {"type": "string"},
            "title": {"type": "string"},
            "status": {"type": "integer"},
            "detail": {"type": "string"},
            "errors": {"type": "object", "additionalProperties": True},
        },
    }
)


def describe_problems(result: dict[str, Any], **_more: object) -> dict[str, Any]:
    """Every operation may answer with a problem."""
    result["components"]["schemas"]["Problem"] = dict(PROBLEM)
    reference = {"schema": {"$ref": "#/components/schemas/Problem"}}
    for operations in result["paths"].values():
        for operation in operations.values():
            operation["responses"]["default"] = {
                "description": "A problem.",
                "content": {"application/problem+json": reference},
            }
    return result
