"""What people do about a refund or a cancel: approve, decline, ask Alipay what became of it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_POST

from merchant_portal import step_up
from merchant_portal.access import Right
from merchant_portal.step_up import ConfirmationRefused
from payments import services as payments
from payments.errors import ApprovalRefused
from payments.models import Cancel
from payments.states import CancelState
from qrcodes.permissions import PortalRequest, needs
from qrcodes.views.returning import back_from
from refunds import services
from refunds.forms import DeclineForm
from refunds.models import Refund
from refunds.sentences import NOTHING_TO_ASK, Giving, can_be_asked, cancel_heard, refund_heard
from refunds.tasks import nudge
from refunds.views.looking import find_cancel, find_refund, render_giving


@sensitive_post_parameters(step_up.FIELD)
@require_POST
@needs(Right.APPROVE_GIVING_BACK)
def refund_approve(request: PortalRequest, pk: int) -> HttpResponse:
    """A second person agrees to a refund."""
    refund = find_refund(request, pk, right=Right.APPROVE_GIVING_BACK)
    actor = request.principal.actor
    return _approve(request, refund, lambda: services.approve_refund(refund, actor=actor))


@sensitive_post_parameters(step_up.FIELD)
@require_POST
@needs(Right.APPROVE_GIVING_BACK)
def cancel_approve(request: PortalRequest, pk: int) -> HttpResponse:
    """A second person agrees to a cancel; past its deadline it lapses, and they are told."""
    cancel = find_cancel(request, pk, right=Right.APPROVE_GIVING_BACK)
    actor = request.principal.actor
    return _approve(request, cancel, lambda: payments.approve_cancel(cancel, actor=actor))


def _approve(request: PortalRequest, giving: Giving, approve: Callable[[], Giving]) -> HttpResponse:
    try:
        _confirm(request, giving, verb="approve")
        approved = approve()
    except (ApprovalRefused, ConfirmationRefused) as refused:
        messages.warning(request, str(refused))
        return back_from(request, giving)
    if approved.state == CancelState.LAPSED:
        messages.warning(request, _("Too late for a cancel: Alipay's day is over. Nothing left."))
        return redirect(approved)
    nudge(approved)
    messages.success(request, _("Approved: %(amount)s goes back.") % {"amount": approved.amount})
    return back_from(request, approved)


def _confirm(request: PortalRequest, giving: Giving, *, verb: str) -> None:
    """Raise ConfirmationRefused unless the person typed their PIN or password."""
    typed = request.POST.get(step_up.FIELD, "")
    step_up.confirm(request.user, typed=typed, verb=verb, target=giving)


@require_POST
@needs(Right.GIVE_BACK)
def refund_decline(request: PortalRequest, pk: int) -> HttpResponse:
    """A second person declines a refund, or whoever asked for it takes it back."""
    refund = find_refund(request, pk, right=Right.GIVE_BACK)
    actor = request.principal.actor
    return _decline(
        request, refund, lambda note: services.decline_refund(refund, note=note, actor=actor)
    )


@require_POST
@needs(Right.GIVE_BACK)
def cancel_decline(request: PortalRequest, pk: int) -> HttpResponse:
    """A second person declines a cancel, or whoever asked for it takes it back."""
    cancel = find_cancel(request, pk, right=Right.GIVE_BACK)
    actor = request.principal.actor
    return _decline(
        request, cancel, lambda note: payments.decline_cancel(cancel, note=note, actor=actor)
    )


def _decline(
    request: PortalRequest, giving: Giving, decline: Callable[[str], Giving]
) -> HttpResponse:
    if giving.requested_by_id != request.user.pk:
        request.principal.require_at(Right.APPROVE_GIVING_BACK, giving.payment.store)
    form = DeclineForm(request.POST)
    if not form.is_valid():
        return render_giving(request, giving, refused=form)
    try:
        decline(form.cleaned_data["note"])
    except ApprovalRefused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _("Declined: nothing has left."))
    return back_from(request, giving)


@sensitive_post_parameters(step_up.FIELD)
@require_POST
@needs(Right.ASK_ALIPAY)
def refund_ask(request: PortalRequest, pk: int) -> HttpResponse:
    """Ask Alipay now what became of a refund, and say what it answered."""
    refund = find_refund(request, pk, right=Right.ASK_ALIPAY)
    actor = request.principal.actor
    if not can_be_asked(refund):
        return _nothing_to_ask(request, refund)
    if not refund.may_have_left:
        return _send_again(request, refund, lambda: services.ask_refund(refund, actor=actor))
    heard = services.ask_refund(refund, actor=actor)
    messages.info(request, refund_heard(Refund.objects.get(pk=pk), heard))
    return back_from(request, refund)


@sensitive_post_parameters(step_up.FIELD)
@require_POST
@needs(Right.ASK_ALIPAY)
def cancel_ask(request: PortalRequest, pk: int) -> HttpResponse:
    """Ask Alipay now about the payment a cancel undoes: it alone tells what became of it."""
    cancel = find_cancel(request, pk, right=Right.ASK_ALIPAY)
    actor = request.principal.actor
    if not can_be_asked(cancel):
        return _nothing_to_ask(request, cancel)
    if not cancel.may_have_left:
        return _send_again(request, cancel, lambda: payments.ask_cancel(cancel, actor=actor))
    heard = payments.ask_cancel(cancel, actor=actor)
    messages.info(request, cancel_heard(Cancel.objects.get(pk=pk), heard))
    return back_from(request, cancel)


def _nothing_to_ask(request: PortalRequest, giving: Giving) -> HttpResponse:
    messages.warning(request, str(NOTHING_TO_ASK))
    return redirect(giving)


def _send_again(request: PortalRequest, giving: Giving, send: Callable[[], object]) -> HttpResponse:
    """What could not be sent before is due again: somebody may have mended what was in the way."""
    try:
        _confirm(request, giving, verb="send_again")
    except ConfirmationRefused as refused:
        messages.warning(request, str(refused))
        return redirect(giving)
    send()
    nudge(giving)
    messages.info(request, _("Sending is tried again now."))
    return redirect(giving)
