"""System checks of the accounts that are stored: `manage.py check --database default`."""

from collections.abc import Iterator, Sequence
from typing import Any

from django.core.checks import CheckMessage, Tags, Warning, register
from django.db import OperationalError, ProgrammingError

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from merchant_portal.accounts.services import json_gap, missing_keys, unfit_keys


@register(Tags.database)
def check_accounts(
    app_configs: Sequence[Any] | None, databases: Sequence[str] | None = None, **kwargs: Any
) -> list[CheckMessage]:
    """Each account has the keys and the address it needs, and the master key opens the keys."""
    if "default" not in (databases or ()):
        return []
    try:
        return [warning for account in Account.objects.all() for warning in _warnings(account)]
    except (OperationalError, ProgrammingError):
        return []  # before `migrate`, which runs these checks first, there are no accounts


def _warnings(account: Account) -> Iterator[CheckMessage]:
    now = clock.now()
    for need in missing_keys(account, at=now):
        yield Warning(
            f"{account}: {need.sentence}",
            hint="Add the key on the account's page, or with add_account.",
            id="portal.W010",
        )
    if json_gap(account):
        yield Warning(
            f"{account}: {json_gap(account)}",
            hint="Give both on the account's page, or with add_account --client-id --json-url.",
            id="portal.W015",
        )
    for key in unfit_keys(account, at=now):
        yield Warning(
            f"{account}: the master key does not open the key {key.fingerprint}.",
            hint="MASTER_KEY must name the key it was sealed with, after the newest one.",
            id="portal.W011",
        )
