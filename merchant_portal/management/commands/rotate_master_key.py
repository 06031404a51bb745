"""Seal everything again with the newest master key: run with MASTER_KEY=new,old, then drop old."""

import json
from argparse import ArgumentParser
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from merchant_portal.accounts import services as accounts
from merchant_portal.vault import SealBroken
from payments.services.resealing import reseal_quarantine
from qrcodes.services import reseal_agent_tokens

#: Every column that holds sealed bytes, and the verb that seals it again.
RESEALERS: Mapping[str, Callable[[], int]] = MappingProxyType(
    {
        "accounts.AccountKey.sealed": accounts.reseal_keys,
        "payments.Quarantined.sealed_body": reseal_quarantine,
        "qrcodes.AgentToken.sealed": reseal_agent_tokens,
    }
)


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="print the counts as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            with transaction.atomic():
                resealed = {column: reseal() for column, reseal in RESEALERS.items()}
        except SealBroken as broken:
            raise CommandError(
                "A sealed value does not open; nothing was changed."
                " MASTER_KEY must hold the new key, a comma, and every older one."
            ) from broken
        if options["json"]:
            self.stdout.write(json.dumps(resealed))
            return
        keys, bodies, tokens = resealed.values()
        self.stdout.write(
            f"Sealed again: {keys} keys, {bodies} quarantined messages, {tokens} agent tokens."
        )
