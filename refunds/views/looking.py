"""The list of money going back, the inbox of what waits for a second person, and one of either."""

from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from merchant_portal import clock
from merchant_portal.access import ROLE_NAMES, Right, roles_with
from payments.models import Cancel
from payments.places import Places, visible_stores
from payments.states import CancelState
from payments.tiles import Tile, tile, without
from qrcodes.permissions import PortalRequest, Principal, needs
from refunds import listing
from refunds.forms import DeclineForm, GivingBackFilter, GivingBackFilterForm, Group
from refunds.models import Refund
from refunds.sentences import Giving, can_be_asked, progress, standing, whereabouts
from refunds.states import RefundState
from refunds.timeline import events_of

#: What belongs to one page of the list and not to the filter.
_PAGING = ("page",)
#: Seconds until an open page looks again, by how soon something can have happened.
_SOON, _LATER, _SELDOM = 2, 5, 30
_LOOKS_AGAIN: dict[str, int] = {
    RefundState.REQUESTED: _LATER,
    RefundState.APPROVED: _SOON,
    RefundState.SUBMITTED: _SOON,
    RefundState.UNKNOWN: _LATER,
    RefundState.ACCEPTED: _SELDOM,
}
#: Ends after which the money may be given back anew.
_TRY_ANEW = frozenset(
    {RefundState.FAILED, RefundState.RETURNED, CancelState.LAPSED, CancelState.REFUSED}
)


def find_refund(request: PortalRequest, pk: int, *, right: Right) -> Refund:
    """A refund one may see, and use this right at."""
    refund = get_object_or_404(listing.visible(request.principal).refunds, pk=pk)
    request.principal.require_at(right, refund.payment.store)
    return refund


def find_cancel(request: PortalRequest, pk: int, *, right: Right) -> Cancel:
    """A cancel one may see, and use this right at."""
    cancel = get_object_or_404(listing.visible(request.principal).cancels, pk=pk)
    request.principal.require_at(right, cancel.payment.store)
    return cancel


# ---- One refund, one cancel -------------------------------------------------------------------


@require_GET
@needs(Right.SEE_PAYMENTS)
def refund_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """How far a refund is, and everything that was said about it."""
    return render_giving(request, find_refund(request, pk, right=Right.SEE_PAYMENTS))


@require_GET
@needs(Right.SEE_PAYMENTS)
def cancel_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """How far a cancel is, and everything that was said about it."""
    return render_giving(request, find_cancel(request, pk, right=Right.SEE_PAYMENTS))


def render_giving(
    request: PortalRequest, giving: Giving, *, refused: DeclineForm | None = None
) -> HttpResponse:
    """The page of one; ``refused`` is a form that was filled in wrongly. An open page asks for
    its live part again by itself."""
    context = _context(request.principal, giving)
    context["decline_form"] = refused or context["decline_form"]
    template = "refunds/_giving.html" if request.htmx else "refunds/detail.html"
    return render(request, template, context, status=200 if refused is None else 400)


def _context(principal: Principal, giving: Giving) -> dict[str, object]:
    decisions = _decisions(principal, giving)
    is_deciding = any(decisions[way] for way in ("may_approve", "may_withdraw", "may_give_up"))
    may_ask = (
        principal.may_at(Right.ASK_ALIPAY, giving.payment.store)
        and can_be_asked(giving)
        # What is about to be sent needs nobody; what cannot be sent, somebody who has mended it.
        and (giving.may_have_left or bool(giving.question))
    )
    is_filling_in = is_deciding or (may_ask and not giving.may_have_left)
    return {
        "giving": giving,
        "payment": giving.payment,
        "is_refund": isinstance(giving, Refund),
        "standing": standing(giving),
        "whereabouts": whereabouts(giving),
        "progress": progress(giving),
        "events": events_of(giving),
        "now": clock.now(),
        # A form that somebody is filling in is not taken away under the hand.
        "looks_again_in": 0 if is_filling_in else _LOOKS_AGAIN.get(giving.state, 0),
        "decline_form": DeclineForm() if is_deciding else None,
        "may_ask": may_ask,
        "may_see_evidence": principal.may_at(Right.SEE_EVIDENCE, giving.payment.store),
        "may_try_anew": giving.state in _TRY_ANEW
        and principal.may_at(Right.GIVE_BACK, giving.payment.store),
        **decisions,
    }


def _decisions(principal: Principal, giving: Giving) -> dict[str, object]:
    """Who may decide here; one's own request is closed to oneself, and the page says why."""
    is_waiting = giving.state == RefundState.REQUESTED
    user = principal.actor.user
    is_own = user is not None and giving.requested_by_id == user.pk
    may_approve = principal.may_at(Right.APPROVE_GIVING_BACK, giving.payment.store)
    roles = roles_with(Right.APPROVE_GIVING_BACK)
    return {
        "is_own": is_own,
        "may_approve": is_waiting and may_approve and not is_own,
        "may_withdraw": is_waiting and is_own,
        "may_give_up": isinstance(giving, Refund) and giving.is_stuck and (is_own or may_approve),
        "who_may_approve": [ROLE_NAMES[role] for role in roles],
    }


# ---- The inbox ---------------------------------------------------------------------------------


@require_GET
@needs(Right.APPROVE_GIVING_BACK)
def approval_list(request: PortalRequest) -> HttpResponse:
    """What waits for a second person, who waits longest first."""
    principal = request.principal
    rows = listing.inbox(principal)
    context = {
        "cards": [{"giving": row} | _decisions(principal, row) for row in rows],
        "anew": listing.to_agree_anew(principal),
        "now": clock.now(),
        "is_full": len(rows) == listing.MOST_IN_INBOX,
    }
    return render(request, "refunds/approvals.html", context)


# ---- The list ----------------------------------------------------------------------------------


@require_GET
@needs(Right.SEE_PAYMENTS)
def giving_back_list(request: PortalRequest) -> HttpResponse:
    """Refunds and cancels in one list, newest first, narrowed by what was asked."""
    stores = visible_stores(request.principal)
    form = GivingBackFilterForm(request.GET, stores=stores, now=clock.now())
    context: dict[str, object] = {
        "form": form,
        "asked_more": _asked_more(request.GET),
        "sees_all": request.principal.holds_everywhere(Right.SEE_PAYMENTS),
    }
    if not form.is_valid():
        context["places"] = form.places
        return render(request, "refunds/list.html", context, status=400)
    context |= _list_context(request, form.read(), form.places)
    return render(request, "refunds/list.html", context)


def _list_context(
    request: PortalRequest, asked: GivingBackFilter, places: Places
) -> dict[str, object]:
    rows = listing.narrowed(listing.visible(request.principal), asked)
    chosen = rows.among(asked.group) if asked.group else rows
    return {
        "asked": asked,
        "places": places,
        "tiles": _tiles(request.GET, rows, asked),
        "summary": listing.summarise(chosen),
        "page": listing.read_page(chosen, cursor=asked.cursor),
        "query": without(request.GET, *_PAGING),
    }


def _tiles(asked_for: QueryDict, rows: listing.MoneyBack, asked: GivingBackFilter) -> list[Tile]:
    """A tile for all, and one for each group that holds something."""
    rest = without(asked_for, "state", *_PAGING)
    every = tile(rest, "", _("All"), rows.count(), is_on=asked.group is None)
    groups = [
        tile(
            rest,
            f"state={group}",
            str(group.label),
            rows.among(group).count(),
            is_on=asked.group is group,
        )
        for group in Group
    ]
    return [every, *(each for each in groups if each.is_on or each.count.number)]


def _asked_more(asked_for: QueryDict) -> bool:
    """Whether the folded part of the filter bar is in use, and so open."""
    folded = ("kind", "store", "days", "first", "last", "least", "most")
    return any(asked_for.get(name) for name in folded)
