"""Import nightly files: keep their bytes, read their lines, and say what is wrong with them.

Exit 0 where every file is accepted, also with another number of lines than it states.
"""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from merchant_portal.accounts.models import Account
from merchant_portal.audit import COMMAND_LINE
from merchant_portal.management.imported import Imported, Trouble, as_json, imported
from merchant_portal.management.options import find_account
from reconciliation import services
from reconciliation.errors import StatementRefused
from reconciliation.states import Source


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("files", nargs="+", type=Path, metavar="FILE")
        parser.add_argument(
            "--account",
            default="",
            help="partner id, or PARTNER/REGION: whose a file is that does not say so itself",
        )
        parser.add_argument("--json", action="store_true", help="print one JSON array")

    def handle(self, *args: Any, **options: Any) -> None:
        account = find_account(options["account"])
        paths: list[Path] = options["files"]
        for path in paths:
            _refuse_unreadable(path)
        results = [_import(path, account) for path in paths]
        lines = "\n".join(map(str, results))
        self.stdout.write(as_json(results) if options["json"] else lines)
        unusable = [result.name for result in results if not result.is_usable]
        if unusable:
            raise CommandError(f"Not to be used: {', '.join(unusable)}.")


def _refuse_unreadable(path: Path) -> None:
    """Before anything is imported."""
    try:
        path.open("rb").close()
    except OSError as error:
        why = (error.strerror or "unreadable").lower()
        raise CommandError(f"{path} cannot be read: {why}.") from error


def _import(path: Path, account: Account | None) -> Imported:
    try:
        receipt = services.take_in(
            path, name=path.name, source=Source.COMMAND, actor=COMMAND_LINE, account=account
        )
    except StatementRefused as refused:
        family = refused.family.value if refused.family else None
        trouble = Trouble(None, "", refused.state.value, str(refused))
        return Imported(path.name, family, refused.state, troubles=[trouble])
    file = services.read_file(receipt.file.pk)
    return imported(file, name=path.name, already_stored=receipt.already_stored)
