"""Look through every account's folder for nightly files, and import what is new.

Exit 0 where all of it can be used, also where nothing is new.
"""

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from merchant_portal import clock
from merchant_portal.audit import COMMAND_LINE
from merchant_portal.management.imported import Imported, as_json, imported
from merchant_portal.management.options import read_day
from reconciliation import services


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument(
            "--day", type=read_day, help="files of this day only; else of today and the last days"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON array")

    def handle(self, *args: Any, **options: Any) -> None:
        now = clock.now()
        days = [options["day"]] if options["day"] else services.recent_days(now)
        fetched = services.fetch_days(days, actor=COMMAND_LINE)
        results = [_read(file.pk) for file in fetched.files]
        services.expect_files(now)
        lines = "\n".join(map(str, results)) or "Nothing is new."
        self.stdout.write(as_json(results) if options["json"] else lines)
        unusable = [result.name for result in results if not result.is_usable]
        if unusable:
            fetched.troubles.append(f"Not to be used: {', '.join(unusable)}.")
        if fetched.troubles:
            raise CommandError(" ".join(fetched.troubles))


def _read(file_id: int) -> Imported:
    file = services.read_file(file_id)
    return imported(file, name=file.name, already_stored=False)
