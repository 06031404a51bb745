"""Keep the agent token of a merchant under an integrator's own account, or forget it."""

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from merchant_portal.accounts.errors import AccountRefused
from merchant_portal.accounts.models import Account
from merchant_portal.audit import COMMAND_LINE
from merchant_portal.management.options import find_account, find_merchant, read_text
from qrcodes import services
from qrcodes.models import Merchant


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--account", required=True, help="PARTNER or PARTNER/REGION")
        parser.add_argument("--merchant", required=True, help="secondary merchant id")
        wish = parser.add_mutually_exclusive_group(required=True)
        wish.add_argument(
            "--token-file", type=Path, help="a file with the token, as Alipay gave it"
        )
        wish.add_argument("--forget", action="store_true", help="nothing is sold for it any more")

    def handle(self, *args: Any, **options: Any) -> None:
        account, merchant = find_account(options["account"]), find_merchant(options["merchant"])
        if account is None or merchant is None:
            raise CommandError("--account and --merchant name one each.")
        if options["forget"]:
            services.forget_agent_token(account, merchant, actor=COMMAND_LINE)
            self.stdout.write(f"No agent token is kept for {merchant} under {account}.")
            return
        text = read_text(options["token_file"], option="--token-file")
        self.stdout.write(_kept(account, merchant, text))


def _kept(account: Account, merchant: Merchant, text: str) -> str:
    try:
        token = services.keep_agent_token(account, merchant, text=text, actor=COMMAND_LINE)
    except AccountRefused as refused:
        raise CommandError(str(refused)) from refused
    return f"Agent token {token.fingerprint} is kept for {merchant} under {account}."
