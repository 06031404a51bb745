"""Book that a refund's money came back: a settlement names it with the word REFUND_REVERSAL.

No page of Alipay's says by which of its numbers such a line names the refund, so a person finds the
refund and writes down its number and its whole amount.
"""

from argparse import ArgumentParser
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from merchant_portal import clock
from merchant_portal.audit import COMMAND_LINE
from merchant_portal.management.options import find_account, read_instant
from merchant_portal.money import AmountUnusable, Money
from payments.errors import GiveBackRefused
from refunds import services
from refunds.models import Refund


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("refund", help="the refund number, as its page shows it")
        parser.add_argument(
            "--account", default="", help="partner id, or PARTNER/REGION, where two have the number"
        )
        parser.add_argument(
            "--amount", required=True, help="what came back, in the refund's currency: all of it"
        )
        parser.add_argument(
            "--returned-at",
            type=read_instant,
            required=True,
            help="when, with its zone, such as 2024-03-15T10:00:00+08:00",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        refund = _find_refund(options["refund"], options["account"])
        _refuse_other_amount(refund, options["amount"])
        returned_at: datetime = options["returned_at"]
        if returned_at > clock.now():
            raise CommandError(f"--returned-at: {returned_at.isoformat()} is in the future.")
        try:
            services.record_return(refund, returned_at=returned_at, actor=COMMAND_LINE)
        except GiveBackRefused as refused:
            raise CommandError(str(refused)) from refused
        told = f"{refund.amount} of refund {refund.partner_refund_id} came back, and is booked."
        self.stdout.write(told)


def _find_refund(number: str, account_number: str) -> Refund:
    refunds = Refund.objects.filter(partner_refund_id=number)
    account = find_account(account_number)
    found = list(refunds.filter(account=account) if account else refunds)
    if not found:
        raise CommandError(f"There is no refund {number}.")
    if len(found) > 1:
        raise CommandError(f"Several accounts have a refund {number}; name one with --account.")
    return found[0]


def _refuse_other_amount(refund: Refund, text: str) -> None:
    try:
        amount = Money.parse(text, refund.currency)
    except AmountUnusable as unusable:
        raise CommandError(f"--amount: {unusable}") from unusable
    if amount != refund.amount:
        raise CommandError(f"The refund is {refund.amount}; another amount is not booked.")
