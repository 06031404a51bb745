"""One payment: its page, and its summary beside the list."""

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from merchant_portal.access import ROLE_NAMES, Right, roles_with
from merchant_portal.money import Money
from payments.attributing import shift_of
from payments.forms import NoteForm, PlaceForm, SettleForm
from payments.models import DaySum, Payment, Shift
from payments.places import visible_stores
from payments.sentences import advice, why_nothing_goes_back
from payments.states import PaymentState
from payments.timeline import story_of
from qrcodes.models import Counter, Store
from qrcodes.permissions import PortalRequest, Principal, needs

#: States in which no money has come in.
_UNPAID = (PaymentState.PENDING, PaymentState.UNKNOWN, PaymentState.CLOSED)


def visible_payments(
    principal: Principal, *, stores: tuple[Store, ...] | None = None
) -> QuerySet[Payment]:
    """The payments somebody may see; those of no store only where the right holds everywhere.

    ``stores`` are those of ``visible_stores``, where they have been read already.
    """
    payments = Payment.objects.select_related("store", "counter", "account")
    return payments.filter(_within_reach(principal, stores))


def visible_sums(principal: Principal, *, stores: tuple[Store, ...]) -> QuerySet[DaySum]:
    """The sums of days of the payments somebody may see."""
    return DaySum.objects.filter(_within_reach(principal, stores))


def _within_reach(principal: Principal, stores: tuple[Store, ...] | None) -> Q:
    if principal.holds_everywhere(Right.SEE_PAYMENTS):
        return Q()
    # Named one by one: a join to the merchant keeps the database from walking the list's index
    # (5 s instead of 5 ms at 1,000,000 payments).
    reached = visible_stores(principal) if stores is None else stores
    return Q(store__in=[store.pk for store in reached])


@require_GET
@needs(Right.SEE_PAYMENTS)
def payment_detail(request: PortalRequest, pk: int) -> HttpResponse:
    """Everything about one payment."""
    return render_payment(request, find_payment(request.principal, pk))


def find_payment(principal: Principal, pk: int) -> Payment:
    """One payment that somebody may see, with what its page shows."""
    rows = Payment.objects.select_related("store", "counter", "account", "code", "question_owner")
    has_shifts = Exists(Shift.objects.filter(counter=OuterRef("counter")))
    payment = get_object_or_404(rows.annotate(has_shifts=has_shifts), pk=pk)
    if not principal.may_at(Right.SEE_PAYMENTS, payment.store):
        raise Http404
    return payment


@require_GET
@needs(Right.SEE_PAYMENTS)
def payment_panel(request: PortalRequest, pk: int) -> HttpResponse:
    """What matters about a payment, beside the list; opened by itself it is the whole page."""
    payment = find_payment(request.principal, pk)
    if not request.htmx:
        return redirect(payment)
    context = {
        "payment": payment,
        "advice": advice(payment),
        "closed_to_giving_back": why_nothing_goes_back(payment),
        **_money_context(payment),
        **_rights_context(request.principal, payment),
    }
    return render(request, "payments/_panel.html", context)


def render_payment(
    request: PortalRequest,
    payment: Payment,
    *,
    refused: NoteForm | PlaceForm | SettleForm | None = None,
) -> HttpResponse:
    """The page of one payment; ``refused`` is a form that was filled in wrongly."""
    context = _detail_context(request.principal, payment)
    if isinstance(refused, PlaceForm):
        context["place_form"] = refused
    if isinstance(refused, SettleForm):
        context["settle_form"] = refused
    if isinstance(refused, NoteForm):
        context["note_form"] = refused
    status = 200 if refused is None else 400
    return render(request, "payments/detail.html", context, status=status)


def _detail_context(principal: Principal, payment: Payment) -> dict[str, object]:
    decides = principal.may_at(Right.ANSWER_QUESTIONS, payment.store)
    writes = principal.may_at(Right.WRITE_NOTES, payment.store)
    counters = Counter.objects.select_related("store")
    story, closed = story_of(payment), why_nothing_goes_back(payment)
    return {
        "note_form": NoteForm() if writes else None,
        "settle_form": SettleForm() if decides and payment.question else None,
        "place_form": PlaceForm(counters=counters) if decides and payment.is_unplaced else None,
        "payment": payment,
        "advice": advice(payment),
        "events": story.events,
        "givings": story.givings,
        "closed_to_giving_back": closed,
        # What helps now: to hear how it stands, or to give of it back.
        "asks_first": payment.is_unsettled or bool(closed),
        **_money_context(payment),
        **_rights_context(principal, payment),
        **_shift_context(principal, payment),
    }


def _shift_context(principal: Principal, payment: Payment) -> dict[str, object]:
    """The shift a payment belongs to, where its counter has shifts at all."""
    if payment.counter_id is None or not getattr(payment, "has_shifts", True):
        return {"shift": None, "may_move": False}
    may_move = principal.may_at(Right.MOVE_PAYMENTS, payment.store)
    return {"shift": shift_of(payment), "may_move": may_move}


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
