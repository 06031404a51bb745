"""What people decide about a payment: an open question, an unknown place."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from merchant_portal.access import Right
from payments import services
from payments.errors import PlaceRefused, QuestionRefused
from payments.forms import PlaceForm, SettleForm
from payments.views.looking import render_payment, visible_payments
from qrcodes.models import Counter
from qrcodes.permissions import PortalRequest, needs


@require_POST
@needs(Right.ANSWER_QUESTIONS)
def payment_settle(request: PortalRequest, pk: int) -> HttpResponse:
    """Settle the open question, with a note of what was decided."""
    payment = get_object_or_404(visible_payments(request.principal), pk=pk)
    request.principal.require_at(Right.ANSWER_QUESTIONS, payment.store)
    form = SettleForm(request.POST)
    if not form.is_valid():
        return render_payment(request, payment, refused=form)
    try:
        services.settle_question(
            payment, actor=request.principal.actor, note=form.cleaned_data["note"]
        )
    except QuestionRefused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _("The question is settled."))
    return redirect(payment)


@require_POST
@needs(Right.ANSWER_QUESTIONS)
def payment_place(request: PortalRequest, pk: int) -> HttpResponse:
    """Say at which counter an unplaced payment was made."""
    payment = get_object_or_404(visible_payments(request.principal), pk=pk)
    request.principal.require_everywhere(Right.ANSWER_QUESTIONS)
    form = PlaceForm(request.POST, counters=Counter.objects.select_related("store"))
    if not form.is_valid():
        return render_payment(request, payment, refused=form)
    counter = form.cleaned_data["counter"]
    try:
        services.place_payment(payment, counter=counter, actor=request.principal.actor)
    except PlaceRefused as refused:
        messages.warning(request, str(refused))
    else:
        messages.success(request, _("Placed at %(counter)s.") % {"counter": counter})
    return redirect(payment)
