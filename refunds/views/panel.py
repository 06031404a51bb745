"""Giving money back in three steps: how much, check, result. Each works without script.

One key stands for the panel from its first page on, whatever is pressed twice or gone back to:
once it has made a refund or a cancel, every way leads there.
"""

import re
import secrets
from dataclasses import dataclass
from http import HTTPStatus
from urllib.parse import urlencode

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from merchant_portal import clock, step_up
from merchant_portal.access import Right
from merchant_portal.money import Money
from merchant_portal.step_up import ConfirmationRefused
from payments import services as payments
from payments.errors import GiveBackRefused
from payments.filtering import read_row_number, tidy_number
from payments.models import Cancel, Payment
from payments.sentences import why_nothing_goes_back
from payments.services import giving_back
from payments.states import GiveBackReason
from payments.views.looking import visible_payments
from qrcodes.errors import KeyReused
from qrcodes.permissions import PortalRequest, needs
from qrcodes.services.idempotency import RequestKey, found
from refunds import services
from refunds.advice import Advice, Call, advise
from refunds.forms import GiveBackForm, HowMuch, read_amount
from refunds.listing import CAME_TO_NOTHING
from refunds.models import Refund
from refunds.sentences import Giving, advice_sentences, give_back_sentence
from refunds.tasks import nudge

_usable_key = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Panel:
    """One person giving back of one payment, once."""

    request: PortalRequest
    payment: Payment
    key: str
    instead_of: Cancel | None

    @property
    def owner(self) -> str:
        return f"person:{self.request.user.pk}"

    @property
    def left(self) -> Money:
        return giving_back.left_of(self.payment)

    def advise(self, amount: Money) -> Advice:
        return advise(self.payment, amount=amount, at=clock.now())


@sensitive_post_parameters(step_up.FIELD)
@require_http_methods(["GET", "HEAD", "POST"])
@needs(Right.GIVE_BACK)
def give_back(request: PortalRequest, pk: int) -> HttpResponse:
    """Give money of a payment back: choose, check, done."""
    payment = get_object_or_404(visible_payments(request.principal), pk=pk)
    request.principal.require_at(Right.GIVE_BACK, payment.store)
    instead_of = _cancel_before(request, payment)
    key = request.POST.get("key") or request.GET.get("key", "")
    if not _usable_key.fullmatch(key):
        return redirect(_address(payment, instead_of, amount=request.GET.get("amount", "")))
    panel = Panel(request, payment, key, instead_of)
    return _to_what_was_made(panel) or _answer(panel)


def _answer(panel: Panel) -> HttpResponse:
    if panel.request.htmx:
        return _advice_alone(panel)
    if panel.request.method != "POST":
        return _first_step(panel)
    response = _next_step(panel)
    if response.status_code < HTTPStatus.BAD_REQUEST:
        return response
    # The other click of a double one may have made it meanwhile, and left too little for this.
    return _to_what_was_made(panel) or response


def _cancel_before(request: PortalRequest, payment: Payment) -> Cancel | None:
    """The cancel of this payment that came to nothing, where the panel follows one."""
    pk = request.GET.get("instead_of", "")
    if not pk:
        return None
    failed = payment.cancels.filter(CAME_TO_NOTHING)
    return get_object_or_404(failed, pk=read_row_number(pk))


def _address(payment: Payment, instead_of: Cancel | None, *, amount: str) -> str:
    """The panel's own address, with a key that nobody has used."""
    query = {"key": secrets.token_urlsafe(24)}
    if instead_of is not None:
        query["instead_of"] = str(instead_of.pk)
    if amount:
        query["amount"] = amount
    return f"{reverse('give_back', args=[payment.pk])}?{urlencode(query)}"


def _to_what_was_made(panel: Panel) -> HttpResponse | None:
    """The way to what the panel's key has made already; None where it has made nothing."""
    made = _made_before(panel)
    if made is None:
        return None
    if panel.request.htmx:
        return HttpResponseClientRedirect(made.get_absolute_url())
    messages.info(panel.request, _("This was asked for already; here is what became of it."))
    return redirect(made)


def _made_before(panel: Panel) -> Giving | None:
    """What the panel's key has made already."""
    made = found(owner=panel.owner, key=panel.key)
    if made is None:
        return None
    noun = _NOUNS[made.target_type]
    return noun._default_manager.get(pk=made.target_id)


#: What a panel makes, by the name under which its key is kept.
_NOUNS: dict[str, type[Refund] | type[Cancel]] = {"refund": Refund, "cancel": Cancel}


# ---- How much ---------------------------------------------------------------------------------


def _first_step(panel: Panel) -> HttpResponse:
    initial = {"reason": "", "note": ""}
    if panel.instead_of is not None:
        initial = {"reason": panel.instead_of.reason, "note": panel.instead_of.note}
    if wanted := panel.request.GET.get("amount"):
        # The counter's screen knows by how much too much was paid.
        initial |= {
            "how_much": HowMuch.PART.value,
            "amount": wanted[:20],
            "reason": GiveBackReason.WRONG_AMOUNT.value,
        }
    return _how_much(panel, GiveBackForm(left=panel.left, initial=initial))


def _how_much(panel: Panel, form: GiveBackForm, *, status: int = 200) -> HttpResponse:
    amount = form.cleaned_data.get("money") if form.is_bound and form.is_valid() else None
    context = {"step": "how_much", "form": form, **_advised(panel, amount or panel.left)}
    return _page(panel, context, status=status)


def _advice_alone(panel: Panel) -> HttpResponse:
    """The advice for the amount in the form as it is being filled in."""
    return render(
        panel.request, "refunds/_advice.html", _advised(panel, _typed(panel) or panel.left)
    )


def _typed(panel: Panel) -> Money | None:
    asked = panel.request.GET
    if asked.get("how_much") != HowMuch.PART:
        return None
    try:
        return read_amount(tidy_number(asked.get("amount", "")), panel.left.currency)
    except ValidationError:
        return None


def _advised(panel: Panel, amount: Money) -> dict[str, object]:
    """The advice for an amount, or why it cannot go back."""
    try:
        advice = panel.advise(amount)
    except GiveBackRefused as refused:
        return {"objection": str(refused), "amount": amount, "payment": panel.payment}
    return {
        "advice": advice,
        "reasons": advice_sentences(advice),
        "amount": amount,
        "after": panel.left - amount,
        "payment": panel.payment,
        "now": clock.now(),
    }


# ---- Check ------------------------------------------------------------------------------------


def _next_step(panel: Panel) -> HttpResponse:
    """What was posted: to be checked, to be changed, or to be given."""
    posted = panel.request.POST
    form = GiveBackForm(posted, left=panel.left)
    if not form.is_valid():
        return _how_much(panel, form, status=400)
    step = posted.get("step", "check")
    if step == "change":
        return _how_much(panel, form)
    try:
        advice = panel.advise(form.cleaned_data["money"])
    except GiveBackRefused as refused:
        form.add_error(None, str(refused))
        return _how_much(panel, form, status=400)
    if step != "give":
        return _check(panel, form)
    if posted.get("call") != advice.call:
        return _check_again(panel, form)
    return _give_confirmed(panel, form, advice)


def _check(panel: Panel, form: GiveBackForm) -> HttpResponse:
    return _page(panel, _checked(panel, form), status=200)


def _check_again(panel: Panel, form: GiveBackForm) -> HttpResponse:
    """The day ended, or somebody else gave back, while this person read."""
    return _page(panel, _checked(panel, form) | {"is_changed": True}, status=409)


def _checked(panel: Panel, form: GiveBackForm) -> dict[str, object]:
    amount: Money = form.cleaned_data["money"]
    return {
        "step": "check",
        "form": form,
        "sentence": give_back_sentence(panel.payment, amount),
        "reason": GiveBackReason(form.cleaned_data["reason"]).label,
        "needs_approval": giving_back.needs_approval(panel.payment, amount),
        **_advised(panel, amount),
    }


def _page(panel: Panel, context: dict[str, object], *, status: int) -> HttpResponse:
    shared = {
        "key": panel.key,
        "left": panel.left,
        "instead_of": panel.instead_of,
        "closed": _why_closed(panel),
    }
    return render(panel.request, "refunds/give_back.html", shared | context, status=status)


def _why_closed(panel: Panel) -> str:
    """Why nothing of the payment can go back at all; empty where something can."""
    closed = why_nothing_goes_back(panel.payment)
    return closed or str(_advised(panel, panel.left).get("objection", ""))


# ---- Result -----------------------------------------------------------------------------------


def _give_confirmed(panel: Panel, form: GiveBackForm, advice: Advice) -> HttpResponse:
    """Give, once the person has typed their PIN or password; else the check says what is wrong."""
    typed = panel.request.POST.get(step_up.FIELD, "")
    try:
        step_up.confirm(panel.request.user, typed=typed, verb=advice.call, target=panel.payment)
    except ConfirmationRefused as refused:
        return _page(panel, _checked(panel, form) | {"unconfirmed": str(refused)}, status=400)
    return _give(panel, form, advice)


def _give(panel: Panel, form: GiveBackForm, advice: Advice) -> HttpResponse:
    """Ask for it, once; whatever was pressed twice leads to the same refund or cancel."""
    try:
        giving = _request(panel, form, advice)
    except KeyReused:
        made = _made_before(panel)
        if made is None:
            raise
        return redirect(made)
    except GiveBackRefused as refused:
        form.add_error(None, str(refused))
        return _how_much(panel, form, status=409)
    nudge(giving)
    return redirect(giving)


def _request(panel: Panel, form: GiveBackForm, advice: Advice) -> Giving:
    asked = form.cleaned_data
    actor = panel.request.principal.actor
    said = {"reason": asked["reason"], "note": asked["note"]}
    request = RequestKey.over(
        owner=panel.owner,
        key=panel.key,
        verb=advice.call,
        payment=panel.payment.pk,
        amount=str(asked["money"]),
        **said,
    )
    if advice.call is Call.CANCEL:
        return payments.request_cancel(panel.payment, actor=actor, request=request, **said)
    return services.request_refund(
        panel.payment,
        amount=asked["money"],
        actor=actor,
        instead_of=panel.instead_of,
        request=request,
        **said,
    )
