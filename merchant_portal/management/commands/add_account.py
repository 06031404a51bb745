"""Add an Alipay account, or change the one with this partner id and region; keys join old ones."""

import json
from argparse import ArgumentParser, BooleanOptionalAction
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from merchant_portal import clock
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.errors import AccountRefused
from merchant_portal.accounts.models import (
    Account,
    AccountKey,
    AmountSource,
    Integration,
    KeyPurpose,
    Region,
    SignType,
)
from merchant_portal.audit import COMMAND_LINE
from merchant_portal.management.options import read_text

#: Options whose text is a term of the account under the same name.
_TERMS = (
    "name",
    "sign_type",
    "gateway_url",
    "spare_url",
    "settlement_currency",
    "fee_rate",
    "refund_window_days",
    "amount_source",
    "integration",
    "service_provider_id",
    "statement_folder",
    "client_id",
    "key_version",
    "json_url",
    "sends_agent_tokens",
)
_KEY_FILES = {
    "md5_key_file": KeyPurpose.SHARED,
    "private_key_file": KeyPurpose.OURS,
    "alipay_public_key_file": KeyPurpose.ALIPAY,
}
_USUAL_CURRENCY = {Region.HK: "HKD", Region.GLOBAL: "USD"}


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--partner-id", required=True)
        parser.add_argument("--region", required=True, choices=Region.values)
        parser.add_argument("--sign-type", required=True, choices=SignType.values)
        parser.add_argument("--gateway-url", required=True)
        parser.add_argument("--name", help="new: 'Alipay' and the partner id")
        parser.add_argument("--spare-url", help="asked only what changes nothing")
        parser.add_argument("--settlement-currency", help="new: HKD in hk, USD in global")
        parser.add_argument("--fee-rate", help="a fraction, 0.006 for 0.6 %%")
        parser.add_argument("--refund-window-days", type=int)
        parser.add_argument("--approval-limit", help="an amount in the settlement currency")
        parser.add_argument("--amount-source", choices=AmountSource.values)
        parser.add_argument("--integration", choices=Integration.values, help="new: direct")
        parser.add_argument("--service-provider-id", help="the system integrator's id")
        parser.add_argument("--statement-folder")
        parser.add_argument("--client-id", help="for the JSON products")
        parser.add_argument("--key-version", help="for the JSON products")
        parser.add_argument("--json-url", help="for the JSON products: an address without a path")
        parser.add_argument(
            "--sends-agent-tokens",
            action=BooleanOptionalAction,
            help="for the JSON products under an integrator's own client id; see keep_agent_token",
        )
        parser.add_argument("--md5-key-file", type=Path)
        parser.add_argument("--private-key-file", type=Path)
        parser.add_argument("--alipay-public-key-file", type=Path)
        parser.add_argument(
            "--key-algorithm",
            choices=[SignType.RSA2, SignType.RSA],
            help="of the RSA key files: the sign type, or RSA2 where only the JSON products sign",
        )
        parser.add_argument("--json", action="store_true", help="print what was saved as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        texts = _key_texts(options)
        try:
            with transaction.atomic():
                account, is_new = _save(options)
                keys = [
                    _add_key(account, purpose, text, options["key_algorithm"])
                    for purpose, text in texts.items()
                ]
        except AccountRefused as refused:
            raise CommandError(_one_line(refused)) from refused
        account.refresh_from_db()
        self.stdout.write(
            json.dumps(_shown(account, is_new, keys), ensure_ascii=False)
            if options["json"]
            else _told(account, is_new, keys)
        )


def _key_texts(options: dict[str, Any]) -> dict[KeyPurpose, str]:
    """The files are read before anything is saved."""
    return {
        purpose: read_text(options[name], option="--" + name.replace("_", "-"))
        for name, purpose in _KEY_FILES.items()
        if options[name] is not None
    }


def _save(options: dict[str, Any]) -> tuple[Account, bool]:
    who = {"partner_id": options["partner_id"], "region": options["region"]}
    before = Account.objects.filter(**who).first()
    terms = {name: options[name] for name in _TERMS if options[name] is not None}
    if before is None:
        terms = {
            "name": f"Alipay {options['partner_id']}",
            "settlement_currency": _USUAL_CURRENCY[Region(options["region"])],
        } | terms
    if options["approval_limit"] is not None:
        currency = terms.get("settlement_currency") or (
            before.settlement_currency if before else ""
        )
        terms["approval_limit_minor"] = accounts.read_approval_limit(
            options["approval_limit"], currency
        )
    return accounts.save_account(**who, terms=terms, actor=COMMAND_LINE), before is None


def _add_key(
    account: Account, purpose: KeyPurpose, text: str, named: SignType | None
) -> AccountKey:
    algorithm = SignType.MD5 if purpose == KeyPurpose.SHARED else _rsa_algorithm(account, named)
    return accounts.add_key(
        account, purpose=purpose, algorithm=algorithm, text=text, actor=COMMAND_LINE
    )


def _rsa_algorithm(account: Account, named: SignType | None) -> SignType:
    used = accounts.own_algorithms(account)
    if not used:
        raise AccountRefused(
            "The account signs with MD5; an RSA key needs --sign-type RSA2 or RSA, or --client-id."
        )
    if named is not None and named not in used:
        raise AccountRefused(f"--key-algorithm: the account does not sign with {named}.")
    return named or used[0]


def _one_line(refused: AccountRefused) -> str:
    if not refused.problems:
        return str(refused)
    return " ".join(
        f"{('--' + field.replace('_', '-') + ': ') if field else ''}{' '.join(texts)}"
        for field, texts in refused.problems.items()
    )


def _told(account: Account, is_new: bool, keys: list[AccountKey]) -> str:
    lines = [
        f"{'Added' if is_new else 'Saved'} {account} ({account.partner_id}, {account.region}),"
        f" settled in {account.settlement_currency}."
    ]
    lines += [f"Key in force: {key}." for key in keys]
    lines += [str(need.sentence) for need in accounts.missing_keys(account, at=clock.now())]
    lines += [gap] if (gap := str(accounts.json_gap(account))) else []
    return "\n".join(lines)


def _shown(account: Account, is_new: bool, keys: list[AccountKey]) -> dict[str, object]:
    missing = accounts.missing_keys(account, at=clock.now())
    return {
        "id": str(account.pk),
        "partner_id": account.partner_id,
        "region": account.region,
        "name": account.name,
        "added": is_new,
        "keys": [
            {
                "purpose": key.purpose,
                "algorithm": key.algorithm,
                "fingerprint": key.fingerprint,
            }
            for key in keys
        ],
        "missing_keys": [
            {"purpose": need.purpose.value, "algorithm": need.algorithm.value} for need in missing
        ],
    }
