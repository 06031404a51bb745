"""Notes that people write beside a payment."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from merchant_portal.access import Right
from payments import services
from payments.forms import NoteForm
from payments.views.looking import find_payment, render_payment
from qrcodes.permissions import PortalRequest, needs


@require_POST
@needs(Right.WRITE_NOTES)
def payment_note(request: PortalRequest, pk: int) -> HttpResponse:
    """Write a note."""
    payment = find_payment(request.principal, pk)
    request.principal.require_at(Right.WRITE_NOTES, payment.store)
    form = NoteForm(request.POST)
    if not form.is_valid():
        return render_payment(request, payment, refused=form)
    services.write_note(payment, actor=request.principal.actor, text=form.cleaned_data["text"])
    messages.success(request, _("The note stands with the payment."))
    return redirect(payment)
