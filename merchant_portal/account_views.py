"""Pages about Alipay accounts: terms, keys, and whether the connection works."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from merchant_portal import clock
from merchant_portal.access import Right
from merchant_portal.accounts import services
from merchant_portal.accounts.errors import AccountRefused
from merchant_portal.accounts.forms import AccountForm, GenerateForm, KeyForm
from merchant_portal.accounts.models import Account, AccountKey
from merchant_portal.accounts.services import KeyNeed
from merchant_portal.agent_token_views import shown_tokens
from merchant_portal.connection import check_connection
from merchant_portal.reaching import account_to_change, visible_accounts
from merchant_portal.vault import SealBroken
from qrcodes.permissions import PortalRequest, needs

_CALLS_SHOWN = 10


@dataclass(frozen=True, slots=True)
class ShownAccount:
    """An account in the list, and what it lacks."""

    row: Account
    missing: Sequence[KeyNeed]


@require_GET
@needs(Right.SEE_ACCOUNTS)
def account_list(request: PortalRequest) -> HttpResponse:
    now = clock.now()
    rows = visible_accounts(request.principal)
    accounts = [ShownAccount(row, services.missing_keys(row, at=now)) for row in rows]
    context = {"accounts": accounts, "may_change": _may_change(request)}
    return render(request, "accounts/list.html", context)


@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_ACCOUNTS)
def account_new(request: PortalRequest) -> HttpResponse:
    request.principal.require_everywhere(Right.CHANGE_ACCOUNTS)
    form = AccountForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            account = services.add_account(
                partner_id=form.cleaned_data["partner_id"],
                region=form.cleaned_data["region"],
                terms=form.terms(),
                actor=request.principal.actor,
            )
        except AccountRefused as refused:
            _show_refusal(form, refused)
        else:
            messages.success(request, _("The account is added. Now add its keys."))
            return redirect("account_key_new", account.pk)
    context = {"form": form, "account": None}
    return render(request, "accounts/form.html", context, status=_status(form))


@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_ACCOUNTS)
def account_edit(request: PortalRequest, pk: int) -> HttpResponse:
    account = account_to_change(request, pk)
    who = {"partner_id": account.partner_id, "region": account.region}
    form = AccountForm(request.POST or None, instance=account)
    if request.method == "POST" and form.is_valid():
        try:
            services.save_account(**who, terms=form.terms(), actor=request.principal.actor)
        except AccountRefused as refused:
            _show_refusal(form, refused)
        else:
            messages.success(request, _("The account is changed."))
            return redirect(account)
    context = {"form": form, "account": account}
    return render(request, "accounts/form.html", context, status=_status(form))


@dataclass(frozen=True, slots=True)
class ShownKey:
    """A key on the account's page: its standing, and the half that may be shown."""

    row: AccountKey
    is_live: bool
    is_last: bool
    public_half: str


@require_GET
@needs(Right.SEE_ACCOUNTS)
def account_detail(request: PortalRequest, pk: int) -> HttpResponse:
    account = get_object_or_404(visible_accounts(request.principal), pk=pk)
    now = clock.now()
    context = {
        "account": account,
        "keys": [_shown(key) for key in account.keys.order_by("retired_at", "-id")],
        "missing": services.missing_keys(account, at=now),
        "json_gap": services.json_gap(account),
        "unfit": services.unfit_keys(account, at=now),
        "agent_tokens": list(shown_tokens(request.principal, account))
        if account.sends_agent_tokens
        else [],
        "calls": account.calls.order_by("-id")[:_CALLS_SHOWN],
        "quarantined": account.quarantine.filter(notification__isnull=True).count(),
        "notify_url": settings.PUBLIC_URL + reverse("alipay_notify", args=[account.notify_key]),
        "json_notify_url": settings.PUBLIC_URL
        + reverse("alipay_json_notify", args=[account.notify_key]),
        "may_change": _may_change(request),
        "may_see_evidence": request.principal.holds_everywhere(Right.SEE_EVIDENCE),
    }
    return render(request, "accounts/detail.html", context)


def _shown(key: AccountKey) -> ShownKey:
    now = clock.now()
    public_half = ""
    if key.is_ours and key.retired_at is None:
        try:
            public_half = services.public_half(key)
        except SealBroken:
            public_half = _("The master key does not open this key.")
    return ShownKey(
        row=key,
        is_live=key.is_live(now),
        is_last=services.need_without(key, at=now) is not None,
        public_half=public_half,
    )


@require_POST
@needs(Right.CHANGE_ACCOUNTS)
def account_check(request: PortalRequest, pk: int) -> HttpResponse:
    """Ask Alipay a harmless question and say what its answer means."""
    account = account_to_change(request, pk)
    verdict = check_connection(account)
    say = messages.success if verdict.works else messages.error
    say(request, verdict.sentence)
    return redirect(account)


@require_http_methods(["GET", "POST"])
@needs(Right.CHANGE_ACCOUNTS)
def account_key_new(request: PortalRequest, pk: int) -> HttpResponse:
    """Add a key beside those in force, pasted or from a file."""
    account = account_to_change(request, pk)
    form = KeyForm(request.POST or None, request.FILES or None, account=account)
    if request.method == "POST" and form.is_valid():
        purpose, algorithm = form.purpose_and_algorithm
        try:
            services.add_key(
                account,
                purpose=purpose,
                algorithm=algorithm,
                text=form.cleaned_data["key_text"],
                actor=request.principal.actor,
            )
        except AccountRefused as refused:
            form.add_error("text", str(refused))
        else:
            messages.success(request, _("The key is in force, beside those that were."))
            return redirect(account)
    context = {"form": form, "account": account, "algorithms": services.own_algorithms(account)}
    return render(request, "accounts/key_new.html", context, status=_status(form))


@require_POST
@needs(Right.CHANGE_ACCOUNTS)
def account_key_made(request: PortalRequest, pk: int) -> HttpResponse:
    """Make a key pair of our own; its public half is shown for upload."""
    account = account_to_change(request, pk)
    form = GenerateForm(request.POST, account=account)
    if not form.is_valid():
        messages.error(request, " ".join(map(str, form.errors["algorithm"])))
        return redirect(account)
    services.generate_key_pair(
        account, algorithm=form.cleaned_data["algorithm"], actor=request.principal.actor
    )
    messages.success(
        request,
        _("The key pair is made. Upload its public half at Alipay, then put the key in force."),
    )
    return redirect(account)


@require_POST
@needs(Right.CHANGE_ACCOUNTS)
def account_key_activate(request: PortalRequest, pk: int, key: int) -> HttpResponse:
    """Alipay has the public half: from now on this key signs."""
    account = account_to_change(request, pk)
    row = get_object_or_404(account.keys, pk=key)
    try:
        services.activate_key(row, actor=request.principal.actor)
    except AccountRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("This key signs from now on. Check the connection."))
    return redirect(account)


@require_POST
@needs(Right.CHANGE_ACCOUNTS)
def account_key_retire(request: PortalRequest, pk: int, key: int) -> HttpResponse:
    """Retire a key; the last of its kind only where its fingerprint is typed."""
    account = account_to_change(request, pk)
    row = get_object_or_404(account.keys, pk=key)
    typed = request.POST.get("fingerprint", "").strip()
    try:
        services.retire_key(row, actor=request.principal.actor, confirmed_fingerprint=typed)
    except AccountRefused as refused:
        messages.error(request, str(refused))
    else:
        messages.success(request, _("The key is retired."))
    return redirect(account)


def _may_change(request: PortalRequest) -> bool:
    return request.principal.holds_everywhere(Right.CHANGE_ACCOUNTS)


def _status(form: Form | AccountForm) -> int:
    return 422 if form.errors else 200


def _show_refusal(form: AccountForm, refused: AccountRefused) -> None:
    if not refused.problems:
        form.add_error(None, str(refused))
    for field, texts in refused.problems.items():
        for text in texts:
            form.add_error(field if field in form.fields else None, text)
