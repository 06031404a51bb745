"""The signature clinic: paste a notification, learn why it does not verify. Nothing is kept."""

from django import forms
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters, sensitive_variables
from django.views.decorators.http import require_http_methods

from merchant_portal.access import Right
from merchant_portal.accounts.models import Account
from merchant_portal.alipay.clinic import PastedUnreadable
from merchant_portal.alipay.clinic.pasted import MOST_CHARACTERS
from merchant_portal.clinic import Chart, examine
from merchant_portal.message_clinic import MessageChart, examine_message
from qrcodes.permissions import PortalRequest, needs


class ClinicForm(forms.Form):
    """What was pasted, and under which account it should verify."""

    account = forms.ModelChoiceField(
        label=gettext_lazy("Account"),
        queryset=Account.objects.all(),
        empty_label=None,
        help_text=gettext_lazy("All its keys are tried, then those of the other accounts."),
    )
    pasted = forms.CharField(
        label=gettext_lazy("The notification"),
        max_length=MOST_CHARACTERS,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 10, "spellcheck": "false", "autocomplete": "off", "class": "mono"}
        ),
        help_text=gettext_lazy(
            "The raw body, a request with its headers, a log line, JSON, or what your program "
            "printed. It is examined, and neither stored nor logged."
        ),
    )
    own = forms.CharField(
        label=gettext_lazy("The string your own program signs"),
        required=False,
        max_length=MOST_CHARACTERS,
        strip=False,
        widget=forms.Textarea(
            attrs={"rows": 4, "spellcheck": "false", "autocomplete": "off", "class": "mono"}
        ),
        help_text=gettext_lazy(
            "If you have one that will not verify either: it is compared with the right one. "
            "Without the secret."
        ),
    )


@never_cache
@sensitive_post_parameters("pasted", "own")
@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_ACCOUNTS)
def clinic(request: PortalRequest) -> HttpResponse:
    """Why does this notification not verify?"""
    request.principal.require_everywhere(Right.CHANGE_ACCOUNTS)
    if request.method == "GET":
        form = ClinicForm(initial={"account": request.GET.get("account")})
        return render(request, "notifications/clinic.html", {"form": form})
    form = ClinicForm(request.POST)
    chart = _examined(form) if form.is_valid() else None
    kind = "_message" if isinstance(chart, MessageChart) else ""
    context = {
        "form": form,
        "chart": chart,
        "chart_page": f"notifications/{kind}_chart.html",
    }
    status = 200 if chart else 400
    return render(request, "notifications/clinic.html", context, status=status)


@sensitive_variables()
def _examined(form: ClinicForm) -> Chart | MessageChart | None:
    """The examination; what is no notification is an error of the form."""
    asked = form.cleaned_data
    message = examine_message(asked["pasted"], account=asked["account"])
    if message is not None:
        return message
    try:
        return examine(**asked)
    except PastedUnreadable:
        form.add_error(
            "pasted",
            _("No fields are found in it. Paste name=value pairs with their sign."),
        )
        return None
