"""The desk of what is unknown: everything that waits for Alipay or for a person, in one list."""

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from merchant_portal import clock
from merchant_portal.access import Right
from merchant_portal.views.unknown_rows import sections
from qrcodes.permissions import PortalRequest, needs


@require_GET
@never_cache
@needs(Right.SEE_PAYMENTS)
def unknown_desk(request: PortalRequest) -> HttpResponse:
    """How long each waits, what was tried, and what to do with goods and cash meanwhile."""
    context = {"sections": sections(request.principal), "now": clock.now()}
    template = "unknown/_list.html" if request.htmx else "unknown/desk.html"
    return render(request, template, context)
