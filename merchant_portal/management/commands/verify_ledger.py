"""Check everything that is always true of payments, ledger, money going back and codes.

Exit 0 where all of it is true; else 1, and the first rows of each kind that break it are named.
"""

import json
from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils.translation import gettext as _

from merchant_portal.truths import Finding
from merchant_portal.verifying import find_all


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--json", action="store_true", help="one object instead of lines")
        parser.add_argument("--most", type=int, default=10, help="rows named per check (10)")

    def handle(self, *args: Any, **options: Any) -> None:
        findings = find_all(most_breaches=max(options["most"], 1))
        broken = [finding for finding in findings if finding.breaches]
        if options["json"]:
            self.stdout.write(json.dumps(_as_object(findings), ensure_ascii=False, indent=2))
        else:
            self._tell(broken)
        if broken:
            raise CommandError(
                _("%(broken)d of %(all)d checks are broken.")
                % {"broken": len(broken), "all": len(findings)}
            )
        if not options["json"]:
            self.stdout.write(_("%(all)d checks, nothing broken.") % {"all": len(findings)})

    def _tell(self, broken: list[Finding]) -> None:
        for finding in broken:
            self.stdout.write(f"{finding.check.name}: {finding.check.meaning}")
            for breach in finding.breaches:
                self.stdout.write(f"  {breach}")
            if finding.has_more:
                self.stdout.write(_("  and more"))


def _as_object(findings: list[Finding]) -> dict[str, Any]:
    return {
        "clean": not any(finding.breaches for finding in findings),
        "checks": [
            {
                "name": finding.check.name,
                "meaning": str(finding.check.meaning),
                "breaches": [
                    {"noun": breach.noun, "id": breach.pk, "text": breach.text}
                    for breach in finding.breaches
                ],
                "has_more": finding.has_more,
            }
            for finding in findings
        ],
    }
