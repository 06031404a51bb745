"""Adding an account and changing its terms."""

from collections.abc import Mapping

from django.core.exceptions import NON_FIELD_ERRORS, ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from merchant_portal import audit, clock
from merchant_portal.accounts.errors import AccountExists, AccountRefused
from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from merchant_portal.money import AmountUnusable, Money

#: What may be said about an account; its partner id and region are who it is, and stay.
TERMS = (
    "name",
    "sign_type",
    "gateway_url",
    "spare_url",
    "settlement_currency",
    "refund_window_days",
    "cancel_grace_minutes",
    "approval_limit_minor",
    "fee_rate",
    "amount_source",
    "integration",
    "service_provider_id",
    "statement_folder",
    "client_id",
    "key_version",
    "json_url",
    "sends_agent_tokens",
)

#: Terms by which messages verify, or do not.
_VERIFIED_BY = {"sign_type", "client_id"}


@transaction.atomic
def add_account(
    *, partner_id: str, region: str, actor: Actor, terms: Mapping[str, object]
) -> Account:
    """Add an account that is not there yet; raises AccountExists and AccountRefused."""
    if _find(partner_id, region) is not None:
        raise AccountExists(_("There is an account with this partner id and region already."))
    return save_account(partner_id=partner_id, region=region, actor=actor, terms=terms)


@transaction.atomic
def save_account(
    *, partner_id: str, region: str, actor: Actor, terms: Mapping[str, object]
) -> Account:
    """Add an account, or change the terms of the one with this partner id and region.

    Terms that are not named stay as they are. Raises AccountRefused with every problem by field.
    """
    account = _find(partner_id, region) or Account(
        partner_id=partner_id, region=region, created_at=clock.now()
    )
    is_new = account.pk is None
    changed = _change(account, terms)
    if not (is_new or changed):
        return account
    if "settlement_currency" in changed and "approval_limit_minor" not in terms:
        _refuse_limit_of_another_currency(account)
    _refuse_unfit(account)
    if changed.keys() & _VERIFIED_BY:  # what did not verify before is verified again
        account.keys_changed_at = clock.now()
    account.save()
    audit.record(actor, "add_account" if is_new else "change_account", account, changed=changed)
    return account


def read_approval_limit(text: str, currency: str) -> int | None:
    """A limit in minor units of the settlement currency; empty: None. Raises AccountRefused.

    Nought is allowed: then a second person approves all money going back.
    """
    text = text.strip()
    if not text:
        return None
    if text in {"0", "0.00"}:
        return 0
    try:
        return Money.parse(text, currency).minor
    except AmountUnusable as unusable:
        sentence = _("Write an amount in %(currency)s, such as 500.") % {
            "currency": currency or "?"
        }
        raise AccountRefused(problems={"approval_limit": [sentence]}) from unusable


def _find(partner_id: str, region: str) -> Account | None:
    return Account.objects.select_for_update().filter(partner_id=partner_id, region=region).first()


def _change(account: Account, terms: Mapping[str, object]) -> dict[str, list[str]]:
    """Set the terms; answers what became different, as texts from and to."""
    changed = {}
    for name, value in terms.items():
        if name not in TERMS:
            raise AccountRefused(_("An account has no term named %(name)s.") % {"name": name})
        before = getattr(account, name)
        if before != value:
            setattr(account, name, value)
            changed[name] = [_text(before), _text(value)]
    return changed


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _refuse_limit_of_another_currency(account: Account) -> None:
    """500.00 dollars are no 50000 yen: a limit is said again in the new currency."""
    if account.approval_limit_minor:
        sentence = _("Say the approval limit again, in %(currency)s.")
        problem = sentence % {"currency": account.settlement_currency}
        raise AccountRefused(problems={"approval_limit": [problem]})


def _refuse_unfit(account: Account) -> None:
    try:
        account.full_clean()
    except ValidationError as invalid:
        problems = {
            "" if field == NON_FIELD_ERRORS else field: texts
            for field, texts in invalid.message_dict.items()
        }
        raise AccountRefused(problems=problems) from invalid
