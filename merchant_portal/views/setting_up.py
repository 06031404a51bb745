"""The set-up guide: each step with its light, the question to Alipay, and the go-live list."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from merchant_portal import audit, clock
from merchant_portal.access import Right
from merchant_portal.accounts.models import Account
from merchant_portal.connection import check_connection
from merchant_portal.views.setup_lights import CHECKED, KEY_COPIED, master_key_fingerprint
from merchant_portal.views.setup_map import go_live_steps, read_map
from merchant_portal.views.setup_steps import read_steps
from payments.sentences import said
from qrcodes.permissions import PortalRequest, needs


@require_GET
@needs(Right.SEE_ACCOUNTS)
def setup_guide(request: PortalRequest) -> HttpResponse:
    """From an empty portal to the first payment, and on to the first file."""
    request.principal.require_everywhere(Right.SEE_ACCOUNTS)
    steps = read_steps()
    context = {
        "steps": steps,
        "done": sum(step.is_done for step in steps),
        "next_step": next((step for step in steps if not step.is_done), None),
        "map": read_map(),
        "may_change": request.principal.holds_everywhere(Right.CHANGE_ACCOUNTS),
        "may_confirm_key": any(s.name == "master_key" and not s.is_done for s in steps),
    }
    return render(request, "setup/guide.html", context)


@require_GET
@needs(Right.SEE_ACCOUNTS)
def go_live_list(request: PortalRequest) -> HttpResponse:
    """Everything that must hold before real money moves, to print and sign."""
    request.principal.require_everywhere(Right.SEE_ACCOUNTS)
    steps = [*go_live_steps(), *read_steps()]
    context = {
        "now": clock.now(),
        "steps": steps,
        "open_number": sum(not step.is_done for step in steps),
    }
    return render(request, "setup/go_live.html", context)


@require_POST
@needs(Right.CHANGE_ACCOUNTS)
def setup_check(request: PortalRequest) -> HttpResponse:
    """Ask Alipay a harmless question under each account, and keep what it said."""
    request.principal.require_everywhere(Right.CHANGE_ACCOUNTS)
    for account in Account.objects.all():
        verdict = check_connection(account)
        audit.record(
            request.principal.actor,
            CHECKED,
            account,
            works=verdict.works,
            sentence=verdict.sentence,
            gateway=account.gateway_url,
        )
        say = messages.success if verdict.works else messages.error
        say(request, said(account, verdict.sentence))
    return redirect("setup_guide")


@require_POST
@needs(Right.CHANGE_ACCOUNTS)
def setup_key_copied(request: PortalRequest) -> HttpResponse:
    """Somebody says that the master key has a copy elsewhere; nobody can look for them."""
    request.principal.require_everywhere(Right.CHANGE_ACCOUNTS)
    audit.record(
        request.principal.actor, KEY_COPIED, request.user, fingerprint=master_key_fingerprint()
    )
    messages.success(request, _("It is written down who said so, and when."))
    return redirect("setup_guide")
