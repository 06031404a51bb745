"""The payments list, page by page, and its tiles."""

import re
from functools import partial

from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from merchant_portal import clock
from merchant_portal.access import Right
from merchant_portal.keyset import read_page
from merchant_portal.patience import TookTooLong, answered_within
from payments import listing
from payments.chips import chips
from payments.columns import Column, chosen_columns
from payments.models import Payment
from payments.narrowing import PaymentFilter, PaymentFilterForm
from payments.places import visible_stores
from payments.searching import Found
from payments.states import PaymentState
from payments.tiles import Tile, tile, without
from payments.views.looking import visible_payments
from qrcodes.models import Counter
from qrcodes.permissions import PortalRequest, Principal, needs

#: What belongs to one page and not to the filter.
PAGING = ("page", "seen")
#: What the tiles choose; each tile keeps the rest of the filter.
_CHOSEN_BY_TILES = ("state", "question", "unplaced", *PAGING)
#: What stands in the folded part of the filter bar.
_FOLDED = (
    *("store", "counter", "days", "first", "last", "hour", "since", "until", "least", "most"),
    *("wallet", "product", "refunded", "unreconciled"),
)
#: Seconds until a filter that no index serves is given up.
_PATIENCE = 5.0
_row_number = re.compile(r"[0-9]{1,18}", re.ASCII)


@require_GET
@needs(Right.SEE_PAYMENTS)
def payment_list(request: PortalRequest) -> HttpResponse:
    """Payments newest first, narrowed by what was asked; an open list asks again by itself."""
    seen = request.GET.get("seen", "")
    if request.htmx and not _has_newer(request.principal, seen=seen):
        return HttpResponse(status=204)
    form = filter_form(request)
    if not form.is_valid():
        context = {"form": form, "places": form.places, "asked_more": True}
        return render(request, "payments/list.html", context, status=400)
    asked = form.read()
    found = listing.narrowed(visible_payments(request.principal, stores=form.stores), asked)
    only = None if request.htmx else found.only()
    if only is not None:
        return redirect(only)
    context = _list_context(request, form, asked, found)
    context["new_above"] = int(seen) if request.htmx and _is_number(seen) else None
    context["outside"] = _outside(request.principal, form, found)
    return _answer(request, context)


def _outside(principal: Principal, form: PaymentFilterForm, found: Found) -> Payment | None:
    """A payment that the whole number names, where the rest of the filter hides it."""
    if not found.named_whole:
        return None
    named = visible_payments(principal, stores=form.stores).filter(pk__in=found.named_whole)
    return named.first()


def _answer(request: PortalRequest, context: dict[str, object]) -> HttpResponse:
    if not request.htmx:
        return render(request, "payments/list.html", context)
    answer = render(request, "payments/_list.html", context)
    answer["HX-Trigger"] = "payments-changed"
    return answer


def filter_form(request: PortalRequest) -> PaymentFilterForm:
    """The filter as it was asked for, with what this person may choose."""
    stores = visible_stores(request.principal)
    keys = [store.pk for store in stores]
    return PaymentFilterForm(
        request.GET,
        stores=stores,
        counters=Counter.objects.filter(store__in=keys).select_related("store"),
        wallets=listing.known_wallets(),
        unplaced=request.principal.holds_everywhere(Right.SEE_PAYMENTS),
        now=clock.now(),
    )


def _is_number(seen: str) -> bool:
    return _row_number.fullmatch(seen) is not None


def _has_newer(principal: Principal, *, seen: str) -> bool:
    """Whether a payment came that somebody may see and a list has not ``seen`` (a primary key)."""
    if not _is_number(seen):
        return True
    newer = Payment.objects.filter(pk__gt=int(seen))
    return newer.exists() and visible_payments(principal).filter(pk__gt=int(seen)).exists()


def _list_context(
    request: PortalRequest, form: PaymentFilterForm, asked: PaymentFilter, found: Found
) -> dict[str, object]:
    context: dict[str, object] = {
        "form": form,
        "asked": asked,
        "places": form.places,
        "asked_more": any(request.GET.get(name) for name in _FOLDED),
        "chips": chips(form, request.GET, paging=PAGING),
        "query": without(request.GET, *PAGING),
        "all_columns": Column.choices,
        "columns": chosen_columns(request),
    }
    read = partial(_read, request.GET, asked, found)
    if not asked.is_costly:
        return context | read()
    try:
        with answered_within(_PATIENCE):
            return context | read()
    except TookTooLong:
        return context | {"took_too_long": True}


def _read(asked_for: QueryDict, asked: PaymentFilter, found: Found) -> dict[str, object]:
    """What is asked of the rows."""
    page = read_page(
        listing.with_marks(asked.narrow_further(found.rows)),
        time="occurred_at",
        cursor=asked.cursor,
        size=listing.PAGE_SIZE,
    )
    return {
        "page": page,
        "tiles": _tiles(asked_for, found, asked),
        "seen": Payment.objects.order_by("-pk").values_list("pk", flat=True).first() or 0,
        "is_live": not (page.newer or asked.number or asked.is_costly),
    }


def _tiles(asked_for: QueryDict, found: Found, asked: PaymentFilter) -> list[Tile]:
    """A tile for all, and one for each choice that finds something."""
    rest = without(asked_for, *_CHOSEN_BY_TILES)
    rows = found.rows
    choices = {"": rows} | {f"state={state}": rows.filter(state=state) for state in PaymentState}
    choices["question=on"] = rows.exclude(question="")
    choices["unplaced=on"] = rows.filter(store__isnull=True)
    counts = listing.capped_counts({choice: [rows] for choice, rows in choices.items()})
    labels = {f"state={state}": str(state.label) for state in PaymentState}
    labels |= {"": _("All"), "question=on": _("Question open"), "unplaced=on": _("Unplaced")}
    tiles = [
        tile(rest, choice, labels[choice], count, is_on=choice in _choices_on(asked))
        for choice, count in counts.items()
    ]
    return [each for each in tiles if each.is_on or each.count.number]


def _choices_on(asked: PaymentFilter) -> set[str]:
    """The choices of tiles that are in force; the empty one is all."""
    chosen = {
        f"state={asked.state}": bool(asked.state),
        "question=on": asked.with_question,
        "unplaced=on": asked.unplaced,
    }
    return {choice for choice, is_on in chosen.items() if is_on} or {""}
