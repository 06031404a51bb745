"""Every address the portal answers at, by its name."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from django.urls import URLPattern, URLResolver, get_resolver


@dataclass(frozen=True)
class Route:
    """One address: its name, its pattern, and the right its page declares, if it declares one."""

    name: str
    pattern: str
    right: str
    #: The method that changes something: POST, or what the API has in its place.
    writing_method: str = "POST"

    @property
    def is_api(self) -> bool:
        """The page that describes the API is a page."""
        return self.pattern.startswith("api/v1/") and self.name != "api-docs"


@cache
def all_routes() -> dict[str, Route]:
    """The addresses by name; the administrator's pages, which Django makes, count as one."""
    return {route.name: route for route in _walk(get_resolver(), "", "")}


def _walk(resolver: URLResolver, space: str, before: str) -> Iterator[Route]:
    for each in resolver.url_patterns:
        pattern = before + str(each.pattern)
        if isinstance(each, URLResolver):
            yield from _walk(each, each.namespace or space, pattern)
        elif space:
            yield Route(f"{space}:*", "admin/", "")
        else:
            yield _route(each, pattern)


def _route(each: URLPattern, pattern: str) -> Route:
    right = getattr(each.callback, "needed_right", "")
    methods = {method.upper() for method in getattr(each.callback, "actions", None) or ()}
    writing = methods & {"POST", "PUT", "PATCH"} or {"POST"}
    assert len(writing) == 1, f"{each.name} writes in two ways; the table knows one."
    return Route(
        each.name or f"without a name: {pattern}", pattern, str(right), writing_method=writing.pop()
    )
