"""How commands read what they are given: files, roles, merchants and stores, in clear refusals."""

from argparse import ArgumentParser, ArgumentTypeError
from datetime import date, datetime
from pathlib import Path

from django.core.management.base import CommandError

from merchant_portal.access import Role
from merchant_portal.accounts.models import Account, Region
from qrcodes.models import Merchant, Store

LONGEST_FILE_BYTES = 65_536


def add_place_options(parser: ArgumentParser, *, stores: bool) -> None:
    """``--role``, ``--merchant``, and ``--store`` (once, or as often as wanted)."""
    parser.add_argument("--role", required=True, choices=[role.value for role in Role])
    parser.add_argument("--merchant", default="", help="secondary merchant id; none: every one")
    parser.add_argument(
        "--store",
        default=[],
        action="append",
        help="MERCHANT/CODE, or CODE where one store has it" + ("; may be repeated" * stores),
    )


def read_text(path: Path, *, option: str) -> str:
    """The text of a file named by an option."""
    try:
        content = path.read_bytes()
    except OSError as error:
        why = (error.strerror or "unreadable").lower()
        raise CommandError(f"{option} names {path}, which cannot be read: {why}.") from error
    if len(content) > LONGEST_FILE_BYTES:
        raise CommandError(f"{option} names {path}, which is too large for a key.")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise CommandError(f"{option} names {path}, which is not a text.") from error


def read_day(text: str) -> date:
    """A day as people write it for a command."""
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(f"{text} is not a day such as 2024-03-15") from error


def read_instant(text: str) -> datetime:
    """An instant with its zone, as a command is given it."""
    try:
        instant = datetime.fromisoformat(text)
    except ValueError as error:
        raise ArgumentTypeError(
            f"{text} is not a time such as 2024-03-15T10:00:00+08:00"
        ) from error
    if instant.tzinfo is None:
        raise ArgumentTypeError(f"{text} has no zone; write 2024-03-15T10:00:00+08:00")
    return instant


def find_account(number: str) -> Account | None:
    """The account of ``PARTNER`` or ``PARTNER/REGION``; None where none is named."""
    if not number:
        return None
    partner_id, _, region = number.partition("/")
    accounts = Account.objects.filter(partner_id=partner_id)
    found = list(accounts.filter(region=region) if region else accounts)
    if not found:
        raise CommandError(f"There is no account {number}.")
    if len(found) > 1:
        regions = " or ".join(f"{partner_id}/{each}" for each in Region.values)
        raise CommandError(f"{number} has an account in two regions; write {regions}.")
    return found[0]


def find_merchant(number: str) -> Merchant | None:
    """The merchant of a secondary merchant id; None where none is named."""
    if not number:
        return None
    merchant = Merchant.objects.filter(secondary_merchant_id=number).first()
    if merchant is None:
        raise CommandError(f"There is no merchant {number}.")
    return merchant


def find_stores(names: list[str], *, merchant: Merchant | None) -> list[Store]:
    """The stores named as ``MERCHANT/CODE`` or ``CODE``."""
    return [_find_store(name, merchant) for name in names]


def _find_store(name: str, merchant: Merchant | None) -> Store:
    number, _, code = name.rpartition("/")
    stores = Store.objects.filter(code=code)
    owner = find_merchant(number) or merchant
    if owner is not None:
        stores = stores.filter(merchant=owner)
    found = list(stores[:2])
    if not found:
        raise CommandError(f"There is no store {name}.")
    if len(found) > 1:
        raise CommandError(f"Several merchants have a store {name}; write MERCHANT/{name}.")
    return found[0]
