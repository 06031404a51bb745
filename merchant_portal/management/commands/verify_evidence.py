"""Check a payment's evidence file, on any machine: nothing of this portal's is asked.

Exit 0 where every member is unchanged and Alipay's own signed words bear out number and amount;
else 1, with a line for each thing that is wrong or cannot be proven.
"""

import json
from argparse import ArgumentParser
from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from merchant_portal.alipay.errors import KeyUnusable
from merchant_portal.alipay.signing import MD5Key, RSAPublicKey, load_public_key_text
from merchant_portal.evidence.archive import MOST_BYTES
from merchant_portal.evidence.checking import Judgement, Keys, Outcome, check_evidence
from merchant_portal.evidence.signatures import in_every_way


class Command(BaseCommand):
    help = __doc__ or ""
    requires_system_checks = []

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("file", type=Path, help="the ZIP, as a payment's page gives it")
        parser.add_argument("--json", action="store_true", help="one object instead of lines")
        parser.add_argument(
            "--md5-key-file",
            type=Path,
            action="append",
            default=[],
            help="a file with the MD5 secret of the account, for what is signed with it",
        )
        parser.add_argument(
            "--alipay-public-key-file",
            type=Path,
            action="append",
            default=[],
            help="Alipay's public key from a source you trust: every key in the ZIP must be it",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        keys = Keys(
            md5=[_md5_key(path) for path in options["md5_key_file"]],
            pinned=[_public_key(path) for path in options["alipay_public_key_file"]],
        )
        judgement = check_evidence(_read(options["file"], MOST_BYTES + 1), keys=keys)
        if options["json"]:
            self.stdout.write(json.dumps(asdict(judgement), ensure_ascii=False, indent=2))
        else:
            self._tell(judgement)
        if judgement.outcome is not Outcome.VERIFIED:
            raise CommandError(_summary(judgement))
        if not options["json"]:
            self.stdout.write(_summary(judgement))

    def _tell(self, judgement: Judgement) -> None:
        facts = judgement.facts
        if facts is not None:
            number = facts.alipay_trans_id or facts.partner_trans_id
            self.stdout.write(f"Payment {number}: {facts.currency} {facts.amount}, {facts.state}.")
        self.stdout.write(f"SHA-256 of the file: {judgement.sha256}")
        for line in judgement.proven:
            self.stdout.write(f"  holds: {line}")
        for line in judgement.remarks:
            self.stdout.write(f"  note: {line}")
        for line in judgement.refusals:
            self.stdout.write(f"  refused: {line}")


def _summary(judgement: Judgement) -> str:
    if judgement.outcome is Outcome.VERIFIED:
        return "VERIFIED: unchanged, and borne out by what Alipay signed."
    if judgement.outcome is Outcome.UNPROVEN:
        return "NOT PROVEN: unchanged and without contradiction, but nothing shows it is Alipay's."
    return f"REFUSED: {judgement.refusals[0]}"


def _read(path: Path, most_bytes: int) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(most_bytes)
    except OSError as error:
        raise CommandError(f"{path} cannot be read: {error.strerror}.") from error


def _md5_key(path: Path) -> MD5Key:
    try:
        return MD5Key(_read(path, 10_000).decode("utf-8", "replace").strip())
    except KeyUnusable as error:
        raise CommandError(f"{path} holds no MD5 secret: {error}") from error


def _public_key(path: Path) -> RSAPublicKey:
    try:
        pem = load_public_key_text(_read(path, 10_000).decode("utf-8", "replace"))
        return next(in_every_way(pem))
    except KeyUnusable as error:
        raise CommandError(f"{path} holds no public key: {error}") from error
