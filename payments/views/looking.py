"""The payments list and one payment."""

import re
from dataclasses import replace
from operator import attrgetter

from django.db.models import QuerySet
from django.http import HttpResponse, QueryDict
from django.shortcuts import get_object_or_404, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from merchant_portal import clock
from merchant_portal.access import ROLE_NAMES, Right, roles_with
from merchant_portal.keyset import read_page
from merchant_portal.money import Money
from payments import listing
from payments.forms import PaymentFilter, PaymentFilterForm, PlaceForm, SettleForm
from payments.models import GivingBack, Payment
from payments.places import Places, visible_stores
from payments.sentences import advice, why_nothing_goes_back
from payments.states import PaymentState
from payments.tiles import Tile, tile, without
from payments.timeline import events_of
from qrcodes.models import Counter
from qrcodes.permissions import PortalRequest, Principal, needs

#: States in which no money has come in.
_UNPAID = (PaymentState.PENDING, PaymentState.UNKNOWN, PaymentState.CLOSED)
#: What belongs to one page and not to the filter.
_PAGING = ("page", "seen")
_row_number = re.compile(r"[0-9]{1,18}", re.ASCII)
#: What the tiles choose; each tile keeps the rest of the filter.
_CHOSEN_BY_TILES = ("state", "question", "unplaced", *_PAGING)


def visible_payments(principal: Principal) -> QuerySet[Payment]:
    """The payments somebody may see; those of no store only where the right holds everywhere."""
    payments = Payment.objects.select_related("store", "counter", "account")
    if principal.holds_everywhere(Right.SEE_PAYMENTS):
        return payments
    # Named one by one: a join to the merchant keeps the database from walking the list's index
    # (5 s instead of 5 ms at 1,000,000 payments).
    return payments.filter(store__in=[store.pk for store in visible_stores(principal)])


@require_GET
@needs(Right.SEE_PAYMENTS)
def payment_list(request: PortalRequest) -> HttpResponse:
    """Payments newest first, narrowed by what was asked; an open list asks again by itself."""
    if request.htmx and not _has_newer(request.principal, seen=request.GET.get("seen", "")):
        return HttpResponse(status=204)
    sees_all = request.principal.holds_everywhere(Right.SEE_PAYMENTS)
    form = PaymentFilterForm(
        request.GET,
        stores=visible_stores(request.principal),
        unplaced=sees_all,
        now=clock.now(),
    )
    context = {"form": form, "sees_all": sees_all, "asked_more": _asked_more(request.GET)}
    if not form.is_valid():
        context["places"] = form.places
        return render(request, "payments/list.html", context, status=400)
    context |= _list_context(request, form.read(), form.places)
    return render(request, _list_template(request), context)


def _has_newer(principal: Principal, *, seen: str) -> bool:
    """Whether a payment came that somebody may see and a list has not ``seen`` (a primary key)."""
    if not _row_number.fullmatch(seen):
        return True
    newer = Payment.objects.filter(pk__gt=int(seen))
    return newer.exists() and visible_payments(principal).filter(pk__gt=int(seen)).exists()


def _list_template(request: PortalRequest) -> str:
    return "payments/_list.html" if request.htmx else "payments/list.html"


def _list_context(
    request: PortalRequest, asked: PaymentFilter, places: Places
) -> dict[str, object]:
    rows = listing.narrowed(visible_payments(request.principal), asked)
    chosen = asked.narrow_further(rows)
    summary = listing.summarise(rows)
    is_narrowed_further = asked != replace(asked, state="", with_question=False, unplaced=False)
    return {
        "asked": asked,
        "places": places,
        "page": read_page(
            listing.with_marks(chosen),
            time="occurred_at",
            cursor=asked.cursor,
            size=listing.PAGE_SIZE,
        ),
        "tiles": _tiles(request.GET, listing.count_tiles(rows, summary=summary), asked),
        "summary": listing.summarise(chosen) if is_narrowed_further else summary,
        "query": without(request.GET, *_PAGING),
        "seen": Payment.objects.order_by("-pk").values_list("pk", flat=True).first() or 0,
    }


def _tiles(asked_for: QueryDict, tiles: listing.Tiles, asked: PaymentFilter) -> list[Tile]:
    """A tile for all, and one for each choice that finds something."""
    rest = without(asked_for, *_CHOSEN_BY_TILES)
    is_all = not (asked.state or asked.with_question or asked.unplaced)
    states = [
        tile(
            rest,
            f"state={state}",
            str(state.label),
            tiles.states[state],
            is_on=asked.state == state,
        )
        for state in PaymentState
    ]
    questions = tile(
        rest, "question=on", _("Question open"), tiles.questions, is_on=asked.with_question
    )
    unplaced = tile(rest, "unplaced=on", _("Unplaced"), tiles.unplaced, is_on=asked.unplaced)
    return [
        tile(rest, "", _("All"), tiles.all, is_on=is_all),
        *(each for each in (*states, questions, unplaced) if each.is_on or each.count.number),
    ]


def _asked_more(asked_for: QueryDict) -> bool:
    """Whether the folded part of the filter bar is in use, and so open."""
    folded = ("store", "counter", "days", "first", "last", "hour", "least", "most")
    return any(asked_for.get(name) for name in folded)


@require_GET
@needs(Right.SEE_PAYMENTS)
def payment_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """Everything about one payment."""
    payment = get_object_or_404(
        visible_payments(request.principal).select_related(
            "store", "counter", "account", "code", "question_owner"
        ),
        pk=pk,
    )
    return render_payment(request, payment)


def render_payment(
    request: PortalRequest,
    payment: Payment,
    *,
    refused: PlaceForm | SettleForm | None = None,
) -> HttpResponse:
    """The page of one payment; ``refused`` is a form that was filled in wrongly."""
    context = _detail_context(request.principal, payment)
    if isinstance(refused, PlaceForm):
        context["place_form"] = refused
    if isinstance(refused, SettleForm):
        context["settle_form"] = refused
    status = 200 if refused is None else 400
    return render(request, "payments/detail.html", context, status=status)


def _detail_context(principal: Principal, payment: Payment) -> dict[str, object]:
    decides = principal.may_at(Right.ANSWER_QUESTIONS, payment.store)
    counters = Counter.objects.select_related("store")
    return {
        "settle_form": SettleForm() if decides and payment.question else None,
        "place_form": PlaceForm(counters=counters) if decides and payment.is_unplaced else None,
        "payment": payment,
        "advice": advice(payment),
        "events": events_of(payment),
        "givings": _givings(payment),
        "closed_to_giving_back": why_nothing_goes_back(payment),
        **_money_context(payment),
        **_rights_context(principal, payment),
    }


def _givings(payment: Payment) -> list[GivingBack]:
    """What went back of a payment or may, the newest first."""
    found: list[GivingBack] = [*payment.cancels.all(), *payment.refunds.all()]
    return sorted(found, key=attrgetter("requested_at"), reverse=True)


def _money_context(payment: Payment) -> dict[str, object]:
    """The parts that add up to the payment's amount."""
    parts = {
        name: Money(getattr(payment, f"{name}_minor"), payment.currency)
        for name in ("refunded", "cancelled", "reserved")
    }
    taken = payment.state not in _UNPAID
    full = payment.amount if taken else Money(0, payment.currency)
    remains = full - parts["refunded"] - parts["cancelled"] - parts["reserved"]
    return {**parts, "remains": remains, "taken": taken}


def _rights_context(principal: Principal, payment: Payment) -> dict[str, object]:
    """What may be done here, and where not, whose business it is."""
    rights = {
        "ask": Right.ASK_ALIPAY,
        "see_evidence": Right.SEE_EVIDENCE,
        "decide": Right.ANSWER_QUESTIONS,
        "give_back": Right.GIVE_BACK,
    }
    held = {f"may_{name}": principal.may_at(right, payment.store) for name, right in rights.items()}
    who = {
        f"who_may_{name}": [ROLE_NAMES[role] for role in roles_with(right)]
        for name, right in rights.items()
    }
    return {**held, **who}
