"""Let somebody sign in, in a role: everywhere, at one merchant, or at some stores."""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.crypto import get_random_string

from merchant_portal.access import Role
from merchant_portal.audit import COMMAND_LINE
from merchant_portal.management.options import (
    add_place_options,
    find_merchant,
    find_stores,
    read_text,
)
from qrcodes import services
from qrcodes.errors import PersonRefused

#: Letters and digits that are not mistaken for one another when read aloud.
_PASSWORD_CHARS = "abcdefghjkmnpqrstuvwxyzACDEFGHJKLMNPQRTUVWXYZ2346789"  # noqa: S105


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--username", required=True)
        add_place_options(parser, stores=True)
        parser.add_argument(
            "--password-file", type=Path, help="none: a password is made and printed once"
        )
        parser.add_argument("--json", action="store_true", help="print the person as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        merchant = find_merchant(options["merchant"])
        stores = find_stores(options["store"], merchant=merchant)
        given = options["password_file"]
        password = (
            read_text(given, option="--password-file").strip("\r\n")
            if given
            else get_random_string(16, _PASSWORD_CHARS)
        )
        try:
            person = services.add_person(
                username=options["username"],
                password=password,
                role=Role(options["role"]),
                merchant=merchant,
                stores=stores,
                actor=COMMAND_LINE,
            )
        except PersonRefused as refused:
            raise CommandError(str(refused)) from refused
        shown = {"username": person.username, "role": options["role"]}
        if not given:
            shown["password"] = password
        self.stdout.write(json.dumps(shown) if options["json"] else _told(shown))


def _told(shown: dict[str, str]) -> str:
    line = f"{shown['username']} may sign in as {shown['role']}."
    if "password" not in shown:
        return line
    return f"{line}\nPassword (shown only now): {shown['password']}"
