"""Put every text of the code into the catalogs under locale/, and say how much is translated."""

from typing import Any

from django.core.management.base import BaseCommand

from merchant_portal.languages import update_catalogs


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        for each in update_catalogs():
            told = f"{each.name}: {each.translated} of {each.texts} texts ({each.per_cent} %)"
            self.stdout.write(told)
