"""A person's own page: the PIN that is asked where money goes back."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from merchant_portal import step_up
from merchant_portal.models import User
from merchant_portal.step_up import ConfirmationRefused, PinRefused


def _digits(autocomplete: str = "off") -> forms.PasswordInput:
    return forms.PasswordInput({"inputmode": "numeric", "autocomplete": autocomplete})


class PinForm(forms.Form):
    """The password, and a new PIN twice."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        max_length=128,
        strip=False,
        widget=forms.PasswordInput({"autocomplete": "current-password"}),
    )
    pin = forms.CharField(
        label=gettext_lazy("New PIN"),
        max_length=8,
        help_text=gettext_lazy("Four to eight digits without a pattern."),
        widget=_digits(),
    )
    again = forms.CharField(label=gettext_lazy("The PIN again"), max_length=8, widget=_digits())

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if "pin" in cleaned and "again" in cleaned and cleaned["pin"] != cleaned["again"]:
            self.add_error("again", _("The two are not the same."))
        return cleaned


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
@login_required
def own_pin(request: HttpRequest) -> HttpResponse:
    """Set one's PIN, or a new one where it was forgotten."""
    user = cast(User, request.user)
    form = PinForm(request.POST if request.method == "POST" else None)
    if form.is_valid() and _set(form, user):
        messages.success(request, _("Your PIN is set. It is asked where money goes back."))
        return redirect("own_pin")
    context = {"form": form, "step_up": getattr(user, "step_up", None)}
    return render(request, "own_pin.html", context, status=400 if form.errors else 200)


def _set(form: PinForm, user: User) -> bool:
    """Whether it was set; else the form says at its field why not."""
    try:
        step_up.set_pin(user, password=form.cleaned_data["password"], pin=form.cleaned_data["pin"])
    except PinRefused as refused:
        form.add_error("pin", str(refused))
    except ConfirmationRefused as refused:
        form.add_error("password", str(refused))
    return not form.errors
