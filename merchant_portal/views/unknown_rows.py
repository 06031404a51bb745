"""What is unknown or waits for Alipay, of every kind, read for one person."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Max, QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from merchant_portal.access import ROLE_NAMES, Right, roles_with
from merchant_portal.accounts.models import GatewayCall
from merchant_portal.due import DueWork
from merchant_portal.money import Money
from merchant_portal.views.unknown_advice import State, advice_for
from payments.models import Cancel, Lookup, Payment
from payments.sale_standing import standing_of
from payments.sentences import call_words, said
from payments.states import (
    CANCEL_SENT,
    PAYMENT_UNSETTLED,
    CancelState,
    GiveBackReason,
    LookupState,
    PaymentState,
)
from payments.views.looking import visible_payments
from qrcodes.models import Counter, QRCode, QRCodeQuerySet, Store
from qrcodes.permissions import Principal
from qrcodes.states import CODE_UNSETTLED, CodeState
from refunds.listing import visible as visible_givings
from refunds.models import Refund
from refunds.states import REFUND_SENT, RefundState

#: So many of each kind at most, who waits longest first; the others move up.
MOST_SHOWN = 100
_ANSWERS_SHOWN = 3

Noun = Payment | Refund | Cancel | Lookup | QRCode


@dataclass(frozen=True, slots=True)
class Answer:
    """What one call to Alipay came to."""

    at: datetime
    text: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """One thing that waits: how long, what was tried, who looks after it, what to do meanwhile."""

    noun: Noun
    url: str
    number: str
    amount: Money | None
    place: str
    #: Whose clock its times are told by.
    zone: Payment | Store | None
    since: datetime
    answers: Sequence[Answer]
    advice: str
    #: Who must look; empty while the portal asks by itself.
    responsible: str
    #: The button's address; empty where one may not ask.
    ask_url: str


@dataclass(frozen=True, slots=True)
class Section:
    """Everything of one kind."""

    title: str
    rows: Sequence[Waiting]

    @property
    def is_full(self) -> bool:
        return len(self.rows) == MOST_SHOWN


# ---- Which ----------------------------------------------------------------------------------


def waiting_payments(principal: Principal) -> QuerySet[Payment]:
    """Payments of which it is not known yet what they are."""
    return visible_payments(principal).filter(state__in=PAYMENT_UNSETTLED)


def waiting_refunds(principal: Principal) -> QuerySet[Refund]:
    """Refunds that may have left and have no end yet."""
    return visible_givings(principal).refunds.filter(state__in=REFUND_SENT)


def waiting_cancels(principal: Principal) -> QuerySet[Cancel]:
    """Cancels that may have left and have no end yet."""
    return visible_givings(principal).cancels.filter(state__in=CANCEL_SENT)


def waiting_lookups(principal: Principal) -> QuerySet[Lookup]:
    """Questions about a number that have no answer."""
    scope = principal.scope(Right.ASK_ALIPAY, store_path="counter__store")
    if not principal.may(Right.ASK_ALIPAY):
        return Lookup.objects.none()
    return Lookup.objects.filter(scope, state__in=(LookupState.ASKING, LookupState.UNANSWERED))


def waiting_codes(principal: Principal) -> QRCodeQuerySet:
    """Codes about which a call is still owed."""
    if not principal.may(Right.SEE_STORES):
        return QRCode.objects.none()
    scope = principal.scope(Right.SEE_STORES, store_path="enrolment__store")
    return QRCode.objects.filter(scope, state__in=CODE_UNSETTLED)


def all_waiting(principal: Principal) -> list[QuerySet[Any]]:
    """Everything that stands on the desk, to be counted."""
    return [
        waiting_payments(principal),
        waiting_refunds(principal),
        waiting_cancels(principal),
        waiting_lookups(principal),
        waiting_codes(principal),
    ]


# ---- Read -----------------------------------------------------------------------------------


def sections(principal: Principal) -> list[Section]:
    """The desk: each kind of which something waits."""
    found = [
        Section(_("Payments"), _payments(principal)),
        Section(_("Money on its way back"), _givings(principal)),
        Section(_("Questions about a payment"), _lookups(principal)),
        Section(_("QR codes"), _codes(principal)),
    ]
    return [section for section in found if section.rows]


def _payments(principal: Principal) -> list[Waiting]:
    related = ("store", "counter", "account", "question_owner")
    rows = waiting_payments(principal).select_related(*related).order_by("first_heard_at")
    shown = list(rows[:MOST_SHOWN])
    said = _answers("payment", shown)
    return [_payment(principal, row, said[row.pk]) for row in shown]


def _payment(principal: Principal, row: Payment, answers: Sequence[Answer]) -> Waiting:
    owner = str(row.question_owner) if row.question_owner else ""
    return Waiting(
        noun=row,
        url=row.get_absolute_url(),
        number=row.alipay_trans_id or row.partner_trans_id,
        amount=row.amount,
        place=_place(row.store, row.counter),
        zone=row,
        since=row.first_heard_at,
        answers=answers,
        advice=_advice_on(row) or advice_for(PaymentState(row.state)),
        responsible=_responsible(row, row.question, Right.ANSWER_QUESTIONS, owner=owner),
        ask_url=_ask_url(principal, "payment_ask", row, row.store),
    )


def _givings(principal: Principal) -> list[Waiting]:
    refunds = list(waiting_refunds(principal).order_by("first_sent_at")[:MOST_SHOWN])
    cancels = list(waiting_cancels(principal).order_by("first_sent_at")[:MOST_SHOWN])
    of_refunds = _answers("refund", refunds)
    of_cancels = _answers("cancel", cancels)
    found = [
        *(_giving(principal, row, of_refunds[row.pk], "refund_ask") for row in refunds),
        *(_giving(principal, row, of_cancels[row.pk], "cancel_ask") for row in cancels),
    ]
    return sorted(found, key=lambda waiting: waiting.since)[:MOST_SHOWN]


def _giving(
    principal: Principal, row: Refund | Cancel, answers: Sequence[Answer], ask: str
) -> Waiting:
    payment = row.payment
    state: State = RefundState(row.state) if isinstance(row, Refund) else CancelState(row.state)
    return Waiting(
        noun=row,
        url=row.get_absolute_url(),
        number=payment.alipay_trans_id or payment.partner_trans_id,
        amount=row.amount,
        place=_place(payment.store, payment.counter),
        zone=payment,
        since=row.first_sent_at or row.requested_at,
        answers=answers,
        advice=_advice_on_ending(row) or advice_for(state),
        responsible=_responsible(row, row.question, Right.APPROVE_GIVING_BACK),
        ask_url=_ask_url(principal, ask, row, payment.store),
    )


def _lookups(principal: Principal) -> list[Waiting]:
    rows = waiting_lookups(principal).select_related("counter__store", "account")
    shown = list(rows.order_by("asked_at")[:MOST_SHOWN])
    said = _answers("lookup", shown)
    return [_lookup(row, said[row.pk]) for row in shown]


def _lookup(row: Lookup, answers: Sequence[Answer]) -> Waiting:
    store = row.counter.store if row.counter else None
    return Waiting(
        noun=row,
        url=reverse("lookup_detail", args=[row.pk]),
        number=str(row),
        amount=None,
        place=_place(store, row.counter),
        zone=store,
        since=row.asked_at,
        answers=answers,
        advice=advice_for(LookupState(row.state)),
        responsible=_responsible(row, row.state, Right.ASK_ALIPAY, owner=row.asked_by),
        ask_url=reverse("lookup_ask", args=[row.pk]),
    )


def _codes(principal: Principal) -> list[Waiting]:
    rows = waiting_codes(principal).with_place().annotate(moved_at=Max("moves__at"))
    shown = list(rows.order_by("created_at")[:MOST_SHOWN])
    said = _answers("qrcode", shown)
    return [_code(principal, row, said[row.pk]) for row in shown]


def _code(principal: Principal, row: Any, answers: Sequence[Answer]) -> Waiting:
    store = row.enrolment.store
    may_change = principal.may(Right.CHANGE_CODES, store=store)
    return Waiting(
        noun=row,
        url=row.get_absolute_url(),
        number=str(row),
        amount=None,
        place=_place(store, row.enrolment.counter),
        zone=store,
        since=row.moved_at or row.created_at,
        answers=answers,
        advice=advice_for(CodeState(row.state)),
        responsible=_responsible(row, row.question, Right.CHANGE_CODES),
        ask_url=reverse("code_send_again", args=[row.pk]) if may_change else "",
    )


# ---- What they share ------------------------------------------------------------------------


def _advice_on(payment: Payment) -> str:
    """What to do about a payment that the shop began; empty of one that the customer did."""
    if not payment.is_begun_here:
        return ""
    words = standing_of(payment.sale).words
    said = {"standing": words.headline, "advice": words.what_to_do}
    return _("%(standing)s. %(advice)s") % said


def _advice_on_ending(giving: Refund | Cancel) -> str:
    """The same of a cancel that ends a sale: nobody knows whether anything was paid."""
    is_ending = isinstance(giving, Cancel) and giving.reason == GiveBackReason.SALE_ENDED
    return _advice_on(giving.payment) if is_ending else ""


def _place(store: Store | None, counter: Counter | None) -> str:
    return " / ".join(part.name for part in (store, counter) if part is not None)


def _responsible(row: DueWork, question: str, right: Right, *, owner: str = "") -> str:
    """Who must look, once the portal does not ask by itself any more."""
    if row.next_attempt_at is not None or not question:
        return ""
    if owner:
        return owner
    return ", ".join(str(ROLE_NAMES[role]) for role in roles_with(right))


def _ask_url(
    principal: Principal, name: str, row: Payment | Refund | Cancel, store: Store | None
) -> str:
    may_ask = principal.may_at(Right.ASK_ALIPAY, store)
    return reverse(name, args=[row.pk]) if may_ask else ""


def _answers(subject_type: str, rows: Sequence[Noun]) -> defaultdict[int, list[Answer]]:
    """The latest answers by the key of what was asked about."""
    products = {row.pk: row.product for row in rows if isinstance(row, Payment)}
    pks = [row.pk for row in rows]
    calls = GatewayCall.objects.filter(subject_type=subject_type, subject_id__in=pks)
    found: defaultdict[int, list[Answer]] = defaultdict(list)
    for call in calls.defer("body", "presign").order_by("-id"):
        if len(found[call.subject_id]) < _ANSWERS_SHOWN:
            words = call_words(call.service, products.get(call.subject_id, ""))
            found[call.subject_id].append(Answer(call.started_at, _text(call, words)))
    return found


def _text(call: GatewayCall, words: str) -> str:
    outcome = said(words, call.get_outcome_display().lower())
    within = _("%(outcome)s (%(code)s)") % {"outcome": outcome, "code": call.code}
    return within if call.code else outcome
