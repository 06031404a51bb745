"""Write a report to a file: the same bytes that its page gives for the same filter.

Beside a CSV file stands its control sheet, NAME.control.csv; a workbook has its own inside.
"""

import json
from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.http import QueryDict
from django.utils import translation

from merchant_portal.access import Role
from merchant_portal.accounts.models import Account
from merchant_portal.audit import COMMAND_LINE
from merchant_portal.management.options import find_merchant, find_stores
from merchant_portal.reports import services
from merchant_portal.reports.catalogue import CATALOGUE, find_report
from merchant_portal.reports.control import ControlSheet
from merchant_portal.reports.definition import Report
from merchant_portal.reports.errors import FilterRefused, ReportRefused
from merchant_portal.reports.forms import ReportForm, refuse_unknown
from merchant_portal.reports.models import ReportJob
from merchant_portal.reports.naming import control_path
from merchant_portal.reports.services import Order
from merchant_portal.reports.states import FileFormat
from qrcodes.models import Counter, Store
from qrcodes.permissions import Grant, Principal

#: Filters whose text goes to the form as it is.
_PLAIN = ("from", "to", "wallet", "state", "currency", "least", "most", "number")


class Command(BaseCommand):
    help = __doc__ or ""

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", metavar="NAME", help=", ".join(CATALOGUE))
        parser.add_argument("--from", metavar="DAY", help="first day, 2026-03-01")
        parser.add_argument("--to", metavar="DAY", help="last day, included")
        parser.add_argument("--format", required=True, choices=FileFormat.values)
        parser.add_argument("--output", required=True, type=Path, metavar="FILE")
        parser.add_argument("--account", metavar="PARTNER_ID")
        parser.add_argument("--merchant", metavar="ID", help="secondary merchant id")
        parser.add_argument("--store", metavar="CODE", help="MERCHANT/CODE, or CODE")
        parser.add_argument("--counter", metavar="CODE", help="with --store")
        parser.add_argument("--wallet")
        parser.add_argument("--state", help="a state; in the ledger a kind of entry")
        parser.add_argument("--currency", help="HKD, with --least and --most")
        parser.add_argument("--least", help="smallest amount")
        parser.add_argument("--most", help="largest amount")
        parser.add_argument("--number", help="a number, or its last digits")
        parser.add_argument("--by", action="append", help="takings: store, counter, wallet, day")
        parser.add_argument("--language", default=settings.LANGUAGE_CODE)
        parser.add_argument("--json", action="store_true", help="print the control sheet as JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        path: Path = options["output"]
        with translation.override(_language(options["language"])):
            try:
                report = find_report(options["name"])
                order = _order(report, _said(options))
                job = services.write_file(order, path, file_format=FileFormat(options["format"]))
            except FilterRefused as refused:
                raise CommandError(_one_line(refused)) from refused
            except ReportRefused as refused:
                raise CommandError(str(refused)) from refused
            except OSError as error:
                raise CommandError(f"{path} cannot be written: {error.strerror}.") from error
            sheet = ControlSheet(**job.control)
            if job.file_format == FileFormat.CSV:
                control_path(path).write_bytes(sheet.csv())
        self.stdout.write(
            json.dumps(_shown(job, path), ensure_ascii=False)
            if options["json"]
            else f"{sheet.rows} rows in {path}, SHA-256 of the rows as CSV {sheet.sha256}."
        )


def _language(code: str) -> str:
    if code not in dict(settings.LANGUAGES):
        known = ", ".join(dict(settings.LANGUAGES))
        raise CommandError(f"--language: {code} is none of {known}.")
    return code


def _order(report: Report, said: QueryDict) -> Order:
    """What the command line asks for, with an auditor's rights everywhere: it reads all."""
    principal = Principal(
        actor=COMMAND_LINE, grants=[Grant(Role.AUDITOR, merchant_id=None, store_ids=frozenset())]
    )
    refuse_unknown(report, said)
    asked = ReportForm(said, report=report, principal=principal).read()
    return Order(report, asked, principal)


def _said(options: dict[str, Any]) -> QueryDict:
    """The options as a page's form would say them."""
    said = QueryDict(mutable=True)
    for name in _PLAIN:
        if options[name]:
            said[name] = options[name]
    said.setlist("by", options["by"] or [])
    for name, row in _nouns(options).items():
        said[name] = str(row.pk)
    return _without_empty(said)


def _nouns(options: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    merchant = find_merchant(options["merchant"] or "")
    if options["account"]:
        found["account"] = _find_account(options["account"])
    if merchant:
        found["merchant"] = merchant
    if options["store"]:
        found["store"] = find_stores([options["store"]], merchant=merchant)[0]
    if options["counter"]:
        found["counter"] = _find_counter(options["counter"], found.get("store"))
    return found


def _find_account(partner_id: str) -> Account:
    accounts = list(Account.objects.filter(partner_id=partner_id)[:2])
    if len(accounts) != 1:
        why = "There is no account" if not accounts else "Several accounts have the partner id"
        raise CommandError(f"{why} {partner_id}.")
    return accounts[0]


def _find_counter(code: str, store: Store | None) -> Counter:
    if store is None:
        raise CommandError("--counter needs --store: counters of several stores share codes.")
    counter = Counter.objects.filter(store=store, code=code).first()
    if counter is None:
        raise CommandError(f"{store} has no counter {code}.")
    return counter


def _without_empty(said: QueryDict) -> QueryDict:
    for name in [name for name, values in said.lists() if not any(values)]:
        del said[name]
    return said


def _one_line(refused: FilterRefused) -> str:
    return " ".join(
        f"--{name}: {' '.join(texts)}" if name != "__all__" else " ".join(texts)
        for name, texts in refused.problems.items()
    )


def _shown(job: ReportJob, path: Path) -> dict[str, object]:
    control = str(control_path(path)) if job.file_format == FileFormat.CSV else None
    return {
        "report": job.report,
        "format": job.file_format,
        "file": str(path),
        "control_file": control,
        "job": str(job.pk),
        **job.control,
    }
