"""When a store is open."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from merchant_portal.access import Right
from qrcodes import services
from qrcodes.models import Store
from qrcodes.permissions import PortalRequest, needs
from qrcodes.poster_forms import OpeningHoursForm
from qrcodes.views.scoping import visible_stores


@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_STORES)
def store_hours(request: PortalRequest, pk: int) -> HttpResponse:
    """A store's opening hours, for the silence alarm."""
    store = get_object_or_404(visible_stores(request.principal), pk=pk)
    request.principal.require(Right.CHANGE_STORES, store=store)
    form = OpeningHoursForm(request.POST or None, initial=_as_they_are(store))
    if request.method == "POST" and form.is_valid():
        services.change_opening_hours(store, form.hours(), actor=request.principal.actor)
        messages.success(request, _("The opening hours are kept."))
        return redirect(store)
    context = {"form": form, "store": store}
    return render(request, "qrcodes/hours.html", context, status=422 if form.errors else 200)


def _as_they_are(store: Store) -> dict[str, object]:
    rows = list(store.opening_hours.all())
    opens: dict[str, object] = {f"opens_{row.weekday}": row.opens for row in rows}
    return opens | {f"closes_{row.weekday}": row.closes for row in rows}
