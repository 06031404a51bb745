"""Revoke a program's key: from then on it opens nothing."""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db.models import Q

from merchant_portal.audit import COMMAND_LINE
from qrcodes import services
from qrcodes.models import ApiKey


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("key", help="the key's name, or the first eight signs of its text")

    def handle(self, *args: Any, **options: Any) -> None:
        key = _find_key(options["key"])
        services.revoke_api_key(key, actor=COMMAND_LINE)
        self.stdout.write(f"Revoked: {key}.")


def _find_key(wanted: str) -> ApiKey:
    """The one key in force of that name or prefix."""
    named = Q(name=wanted) | Q(prefix=wanted)
    found = list(ApiKey.objects.filter(named, revoked_at__isnull=True).order_by("pk"))
    if not found:
        raise CommandError(f"No key that is not revoked has the name or prefix {wanted}.")
    if len(found) > 1:
        prefixes = ", ".join(key.prefix for key in found)
        raise CommandError(
            f"Several keys are named {wanted}; revoke one by its prefix: {prefixes}."
        )
    return found[0]
