"""Run the small Alipay: gateway, buyer's phone, switches and books."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from merchant_portal.simulator.books import OtherVersion
from merchant_portal.simulator.server import Simulator


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--host", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8001)
        parser.add_argument("--database", type=Path, default=settings.VAR_DIR / "simulator.sqlite3")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            simulator = Simulator(options["database"], host=options["host"], port=options["port"])
        except OtherVersion as refused:
            raise CommandError(str(refused)) from refused
        self.stdout.write(
            f"The small Alipay listens on http://{options['host']}:{options['port']}/"
        )
        simulator.serve_forever()
