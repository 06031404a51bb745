"""Make a key for a program that speaks to the API; its text is printed once."""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from merchant_portal.access import Role
from merchant_portal.audit import COMMAND_LINE
from merchant_portal.management.options import add_place_options, find_merchant, find_stores
from qrcodes import services
from qrcodes.errors import PersonRefused
from qrcodes.services import IssuedKey


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--name", required=True, help="the program the key is for")
        add_place_options(parser, stores=False)
        parser.add_argument("--expires-days", type=int)
        parser.add_argument("--json", action="store_true", help="print the key as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        if len(options["store"]) > 1:
            raise CommandError("A key is for one store; make one key for each.")
        merchant = find_merchant(options["merchant"])
        stores = find_stores(options["store"], merchant=merchant)
        try:
            issued = services.issue_api_key(
                name=options["name"],
                role=Role(options["role"]),
                merchant=merchant,
                store=stores[0] if stores else None,
                expires_days=options["expires_days"],
                actor=COMMAND_LINE,
            )
        except PersonRefused as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(json.dumps(_shown(issued)) if options["json"] else issued.text)
        if not options["json"]:
            self.stderr.write("Keep this key now: it cannot be shown again.")


def _shown(issued: IssuedKey) -> dict[str, str | None]:
    key = issued.key
    return {
        "id": str(key.pk),
        "name": key.name,
        "key": issued.text,
        "role": key.role,
        "merchant": key.merchant.secondary_merchant_id if key.merchant else None,
        "store": key.store.code if key.store else None,
        "expires_at": key.expires_at.isoformat() if key.expires_at else None,
    }
