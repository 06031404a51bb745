"""The guide's steps after the first payment: a question, files, people, the master key."""

from collections.abc import Sequence

from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext as _

from merchant_portal.access import Right, roles_with
from merchant_portal.accounts.models import Account, CallOutcome, GatewayCall
from merchant_portal.models import AuditEntry, User
from merchant_portal.views.setup_lights import (
    KEY_COPIED,
    Light,
    Step,
    master_key_fingerprint,
    step_of,
    time_text,
)
from payments.models import Payment
from reconciliation.models import StatementFile


def query_step() -> Step:
    title = _("First question about a payment, answered")
    asked = GatewayCall.objects.filter(
        subject_type__in=("payment", "lookup"), outcome=CallOutcome.ANSWERED
    )
    if asked.exists():
        return step_of("query", title, Light.DONE, _("Alipay answered, and it was verified."))
    newest = Payment.objects.order_by("-pk").first()
    text = _("Open a payment and press “Ask Alipay now”.")
    url = newest.get_absolute_url() if newest else ""
    return Step("query", title, Light.TO_DO, text, url, _("Open the payment") if url else "")


def file_source_step(known: Sequence[Account]) -> Step:
    title = _("Where Alipay's files come from")
    without = [account for account in known if not account.statement_folder]
    if known and not without:
        return step_of("file_source", title, Light.DONE, _("Each account has its folder."))
    if StatementFile.objects.received().exists():
        return step_of("file_source", title, Light.DONE, _("They are uploaded."), "statement_list")
    text = _("Name the folder on the account's page, or upload the files by hand.")
    url = reverse("account_edit", args=[without[0].pk]) if without else ""
    return Step("file_source", title, Light.TO_DO, text, url, _("Name the folder") if url else "")


def file_step() -> Step:
    title, last = _("First file"), StatementFile.objects.received().order_by("-pk").first()
    if last is None:
        text = _("It comes on the day after the first payment, about 10:00 GMT+8.")
        return step_of("file", title, Light.TO_DO, text, "statement_list")
    return Step("file", title, Light.DONE, last.name, last.get_absolute_url())


def second_person_step(known: Sequence[Account]) -> Step:
    """Nobody approves what they asked for themselves."""
    title = _("A second person, for approvals")
    if not any(account.approval_limit_minor is not None for account in known):
        text = _("Not needed: no account has an approval limit.")
        return step_of("second_person", title, Light.DONE, text)
    able = _people(Right.APPROVE_GIVING_BACK)
    askers = _people(Right.GIVE_BACK)
    if able and len(able | askers) > 1:
        text = _("%s people may approve money going back.") % len(able)
        return step_of("second_person", title, Light.DONE, text)
    text = _("Only one person could ask and approve, which is refused: run add_person.")
    return step_of("second_person", title, Light.TO_DO, text)


def _people(right: Right) -> set[int]:
    held = Q(is_active=True, memberships__role__in=[role.value for role in roles_with(right)])
    return set(User.objects.filter(held).values_list("pk", flat=True))


def master_key_step() -> Step:
    title = _("The master key has a copy elsewhere")
    said = AuditEntry.objects.filter(
        verb=KEY_COPIED, details__fingerprint=master_key_fingerprint()
    ).order_by("-id")
    last = said.first()
    if last is None:
        text = _(
            "Without it the sealed keys cannot be opened. Keep a copy apart from the database,"
            " and say so below."
        )
        return step_of("master_key", title, Light.TO_DO, text)
    text = _("%(who)s said so at %(at)s.") % {"who": last.actor_name, "at": time_text(last.at)}
    return step_of("master_key", title, Light.DONE, text)
