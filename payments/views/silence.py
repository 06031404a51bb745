"""How long a counter may be silent."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from merchant_portal.access import Right
from payments import services
from payments.models import SilenceWatch
from qrcodes.models import Counter
from qrcodes.permissions import PortalRequest, needs

_SHORTEST, _LONGEST = 5, 1440


class SilenceForm(forms.Form):
    threshold_minutes = forms.IntegerField(
        label=gettext_lazy("Minutes without a payment"),
        min_value=_SHORTEST,
        max_value=_LONGEST,
        required=False,
        help_text=gettext_lazy("From 5 to 1440, longer than a usual pause. Empty: no alarm."),
    )


@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_STORES)
def counter_silence(request: PortalRequest, pk: int) -> HttpResponse:
    """Set how long a counter may be silent while its store is open."""
    scope = request.principal.scope(Right.SEE_STORES, store_path="store")
    counter = get_object_or_404(Counter.objects.filter(scope).select_related("store"), pk=pk)
    request.principal.require(Right.CHANGE_STORES, store=counter.store)
    watch = SilenceWatch.objects.filter(counter=counter).first()
    initial = {"threshold_minutes": watch.threshold_minutes} if watch else {}
    form = SilenceForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid():
        minutes = form.cleaned_data["threshold_minutes"]
        services.set_silence_threshold(counter, minutes, actor=request.principal.actor)
        messages.success(request, _("The silence alarm is kept."))
        return redirect(counter)
    context = {"form": form, "counter": counter, "store": counter.store}
    return render(request, "payments/silence.html", context, status=422 if form.errors else 200)
