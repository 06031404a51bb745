"""Pages on which an integrator's agent token of one merchant is kept, replaced or forgotten."""

from collections.abc import Iterator
from dataclasses import dataclass

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from merchant_portal.access import Right
from merchant_portal.accounts.errors import AccountRefused
from merchant_portal.accounts.models import Account
from merchant_portal.reaching import account_to_change
from qrcodes import services
from qrcodes.models import AgentToken, Merchant
from qrcodes.permissions import PortalRequest, Principal, needs


class AgentTokenForm(forms.Form):
    """The token as Alipay gave it. It is sealed and never shown again."""

    token = forms.CharField(
        label=gettext_lazy("Agent token"),
        max_length=1100,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=gettext_lazy("As Alipay gave it for this merchant; no page shows it again."),
    )


@dataclass(frozen=True, slots=True)
class ShownToken:
    """A merchant on an account's page, and the token that is kept for it."""

    merchant: Merchant
    token: AgentToken | None


def shown_tokens(principal: Principal, account: Account) -> Iterator[ShownToken]:
    """The merchants somebody sees, each with its token under the account."""
    kept = {token.merchant_id: token for token in account.agent_tokens.all()}
    scope = principal.scope(Right.SEE_ACCOUNTS, store_path="stores")
    for merchant in Merchant.objects.filter(scope).distinct():
        yield ShownToken(merchant, kept.get(merchant.pk))


@sensitive_post_parameters("token")
@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_ACCOUNTS)
def agent_token_edit(request: PortalRequest, pk: int, merchant: int) -> HttpResponse:
    """Keep a merchant's token, in the place of an earlier one."""
    account, row = account_to_change(request, pk), get_object_or_404(Merchant, pk=merchant)
    form = AgentTokenForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        text, actor = form.cleaned_data["token"], request.principal.actor
        try:
            services.keep_agent_token(account, row, text=text, actor=actor)
        except AccountRefused as refused:
            form.add_error("token", str(refused))
        else:
            messages.success(request, _("The agent token is kept. Check the connection."))
            return redirect(account)
    kept = account.agent_tokens.filter(merchant=row).first()
    context = {"form": form, "account": account, "merchant": row, "kept": kept}
    return render(request, "accounts/agent_token.html", context, status=422 if form.errors else 200)


@require_POST
@needs(Right.CHANGE_ACCOUNTS)
def agent_token_forget(request: PortalRequest, pk: int, merchant: int) -> HttpResponse:
    """Nothing is sold for this merchant under the account from now on."""
    account, row = account_to_change(request, pk), get_object_or_404(Merchant, pk=merchant)
    services.forget_agent_token(account, row, actor=request.principal.actor)
    messages.success(request, _("The agent token is forgotten."))
    return redirect(account)
