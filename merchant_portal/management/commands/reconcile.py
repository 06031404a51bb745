"""Compare a transaction day (GMT+8) with Alipay's file of it, and say what differs.

Exit 0 where all agrees or waits, 1 where something that differs is open.
"""

import json
from argparse import ArgumentParser
from datetime import date
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from merchant_portal.accounts.models import Account
from merchant_portal.management.options import find_account, read_day
from reconciliation import services
from reconciliation.models import ComparedDay, Discrepancy
from reconciliation.standing import DayStanding, standing_of, with_standing


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--day", type=read_day, required=True, help="such as 2024-03-15")
        parser.add_argument(
            "--account", default="", help="partner id, or PARTNER/REGION; else every account"
        )
        parser.add_argument("--json", action="store_true", help="print one JSON array")

    def handle(self, *args: Any, **options: Any) -> None:
        day: date = options["day"]
        chosen = find_account(options["account"])
        accounts = [chosen] if chosen else list(Account.objects.all())
        results = [_compare(account, day) for account in accounts]
        lines = "\n".join(_line(result) for result in results) or "There is no account."
        self.stdout.write(json.dumps(results) if options["json"] else lines)
        if any(result["open"] for result in results):
            raise CommandError("Something differs and is open.")


def _compare(account: Account, day: date) -> dict[str, Any]:
    services.reconcile_day(account, day)
    compared = with_standing(ComparedDay.objects.filter(account=account, day=day)).get()
    found = Discrepancy.objects.open().filter(account=account, day=day).order_by("pk")
    return {
        "account": f"{account.partner_id}/{account.region}",
        "day": day.isoformat(),
        "standing": standing_of(compared).value,
        "matched": compared.matched_count,
        "awaiting": compared.awaiting_count,
        "open": [
            {
                "id": one.pk,
                "word": one.word,
                "kind": one.kind,
                "ours": one.ours,
                "theirs": one.theirs,
                "differing": one.differing,
            }
            for one in found
        ],
    }


def _line(result: dict[str, Any]) -> str:
    standing = DayStanding(result["standing"]).label
    head = (
        f"{result['account']} {result['day']}: {standing}."
        f" {result['matched']} agree, {result['awaiting']} wait, {len(result['open'])} open."
    )
    return "\n".join([head, *(_open_line(one) for one in result["open"])])


def _open_line(one: dict[str, Any]) -> str:
    side = one["theirs"] or one["ours"]
    amounts = f"ours {one['ours'].get('amount', '-')}, theirs {one['theirs'].get('amount', '-')}"
    number = side.get("partner_trans_id") or side.get("alipay_trans_id", "")
    return f"  {one['word']} {one['kind']} {number}: {amounts}"
