"""Live through a month in minutes: two shops, every mishap of files, and what comparing finds.

One process, one clock that leaps, and a database of its own, which is made for it and removed
again: the shop's data are neither read nor written. Shown are every fault that was seeded, what
comparing was to find and what it found; what nobody seeded; and both sides' books. Exit 1 if
anything is not as it should be.
"""

import json
import logging
from argparse import ArgumentParser
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from merchant_portal.management.simulating.nights import ImportOrder
from merchant_portal.management.simulating.reporting import as_object, lines_of
from merchant_portal.management.simulating.running import Outcome, Plan, simulate
from merchant_portal.management.simulating.scratch import Scratch, kept_apart

FEWEST_DAYS, MOST_DAYS = 8, 92
FEWEST_PAYMENTS, MOST_PAYMENTS = 3, 200


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--seed", type=int, default=1, help="another one, another month (1)")
        parser.add_argument("--days", type=int, default=30, help="how many days (30)")
        parser.add_argument(
            "--payments-per-day", type=int, default=8, help="of each of the two shops (8)"
        )
        parser.add_argument(
            "--import-order",
            choices=[each.value for each in ImportOrder],
            default=ImportOrder.ASCENDING.value,
            help="asc: each file as it comes; desc, shuffled: all when the month is over",
        )
        parser.add_argument(
            "--keep", action="store_true", help="leave database and files, and say where"
        )
        parser.add_argument("--json", action="store_true", help="print one object")

    def handle(self, *args: Any, **options: Any) -> None:
        plan = _plan(options)
        with kept_apart(keep=options["keep"]) as scratch, _quiet():
            if not options["json"]:
                self._announce(plan, scratch)
            outcome = simulate(plan, scratch.folder)
        self._tell(outcome, scratch, options)
        if not outcome.is_ok:
            raise CommandError(_("Not everything is as it should be."))

    def _announce(self, plan: Plan, scratch: Scratch) -> None:
        words = _(
            "%(days)d days with seed %(seed)d, in a database of its own (%(database)s)."
            " The shop's data are not touched."
        )
        self.stdout.write(
            words % {"days": plan.days, "seed": plan.seed, "database": scratch.database}
        )

    def _tell(self, outcome: Outcome, scratch: Scratch, options: dict[str, Any]) -> None:
        if options["json"]:
            kept = {"folder": str(scratch.folder), "database": scratch.database}
            told = as_object(outcome) | {"kept": kept if options["keep"] else None}
            self.stdout.write(json.dumps(told, ensure_ascii=False, indent=2))
            return
        for line in lines_of(outcome):
            self.stdout.write(line)
        if options["keep"]:
            kept_words = _("Kept: database %(database)s, files in %(folder)s.")
            self.stdout.write(kept_words % {"database": scratch.database, "folder": scratch.folder})


def _plan(options: dict[str, Any]) -> Plan:
    _refuse_outside(options["days"], "--days", FEWEST_DAYS, MOST_DAYS)
    _refuse_outside(
        options["payments_per_day"], "--payments-per-day", FEWEST_PAYMENTS, MOST_PAYMENTS
    )
    return Plan(
        seed=options["seed"],
        days=options["days"],
        payments_per_day=options["payments_per_day"],
        order=ImportOrder(options["import_order"]),
    )


def _refuse_outside(number: int, option: str, fewest: int, most: int) -> None:
    if not fewest <= number <= most:
        words = _("%(option)s is a number from %(fewest)d to %(most)d.")
        raise CommandError(words % {"option": option, "fewest": fewest, "most": most})


@contextmanager
def _quiet() -> Iterator[None]:
    """Mishaps are what it is about: the log of each would bury the table."""
    before = logging.root.manager.disable
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(before)
