"""Compared days: a month at a glance, and one day with both sides beside each other."""

import re
from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import F
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.http import require_GET

from merchant_portal import clock
from merchant_portal.access import Right
from merchant_portal.accounts.models import Account
from merchant_portal.alipay.statements import Document
from qrcodes.permissions import PortalRequest, needs
from reconciliation.models import ComparedDay, Discrepancy, StatementFile, Verdict
from reconciliation.standing import (
    DayStanding,
    Figures,
    figures_of,
    month_of,
    standing_of,
    with_standing,
)
from reconciliation.states import VerdictWord

_SHOWN = 50
_OPEN_FIRST = F("settled_at").desc(nulls_first=True)
_written_day = re.compile(r"2[01][0-9]{2}-[0-9]{2}-[0-9]{2}", re.ASCII)
_month = re.compile(r"(20[0-9]{2})-(0[1-9]|1[0-2])", re.ASCII)


@dataclass(frozen=True, slots=True)
class DayRow:
    """A day with how it stands."""

    day: ComparedDay
    standing: DayStanding
    figures: list[Figures]


@require_GET
@needs(Right.SEE_STATEMENTS)
def day_list(request: PortalRequest) -> HttpResponse:
    """The compared days of a month, newest first."""
    request.principal.require_everywhere(Right.SEE_STATEMENTS)
    begins, ends = month_of(_asked_month(request.GET.get("month", "")))
    days = ComparedDay.objects.filter(day__gte=begins, day__lt=ends).order_by("-day", "account")
    this_month, _next = month_of(clock.transaction_day(clock.now()))
    context = {
        "rows": [DayRow(day, standing_of(day), figures_of(day)) for day in with_standing(days)],
        "month": begins,
        "earlier": begins - timedelta(days=1),
        "later": ends if ends <= this_month else None,
    }
    return render(request, "reconciliation/day_list.html", context)


def _asked_month(text: str) -> date:
    """The month of the address, else this one at Alipay."""
    named = _month.fullmatch(text)
    if named is None:
        return clock.transaction_day(clock.now())
    return date(int(named[1]), int(named[2]), 1)


@require_GET
@needs(Right.SEE_STATEMENTS)
def day_detail(request: PortalRequest, account_pk: int, day: str) -> HttpResponse:
    """One day of an account: ours, their file, and what differs."""
    request.principal.require_everywhere(Right.SEE_STATEMENTS)
    account = get_object_or_404(Account, pk=account_pk)
    asked = _day(day)
    compared = with_standing(ComparedDay.objects.filter(account=account, day=asked)).first()
    found = Discrepancy.objects.filter(account=account, day=asked)
    verdicts = Verdict.objects.filter(account=account, day=asked)
    waiting = verdicts.filter(word=VerdictWord.AWAITING).select_related("payment", "refund")
    files = StatementFile.objects.of_day(account, Document.TRANSACTION, asked)
    context = {
        "account": account,
        "day": asked,
        "before": asked - timedelta(days=1),
        "after": asked + timedelta(days=1),
        "compared": compared,
        "standing": standing_of(compared) if compared else None,
        "figures": figures_of(compared) if compared else [],
        "files": files.order_by("-received_at", "-pk"),
        "differences": found.select_related("owner").order_by(_OPEN_FIRST, "pk")[:_SHOWN],
        "waiting": waiting.order_by("pk")[:_SHOWN] if compared else [],
    }
    return render(request, "reconciliation/day_detail.html", context)


def _day(text: str) -> date:
    """The day of the address; raises Http404 where it is none."""
    try:
        return date.fromisoformat(text if _written_day.fullmatch(text) else "")
    except ValueError as error:
        raise Http404 from error
