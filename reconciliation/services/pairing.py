"""The few lines and entries that did not agree at once: what each of them means."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date

from django.db.models import Q, QuerySet

from merchant_portal.accounts.models import Account
from merchant_portal.alipay.statements import Kind
from payments.models import Cancel, LedgerEntry
from payments.states import CANCEL_SENT
from reconciliation import matching
from reconciliation.findings import Finding, Ours
from reconciliation.matching import Shelves
from reconciliation.models import StatementLine, Verdict
from reconciliation.services.neighbourhood import (
    Neighbourhood,
    numbers_of,
)
from refunds.models import Refund
from refunds.states import REFUND_SENT, RefundOrigin, RefundState


def findings_of_lines(account: Account, line_ids: Sequence[int]) -> Iterator[Finding]:
    """Every word that these lines deserve."""
    wanted = frozenset(line_ids)
    lines = StatementLine.objects.filter(pk__among=line_ids)
    numbers = lines.values_list("alipay_trans_id", "partner_trans_id", "original_trans_id")
    family = Neighbourhood(account, {number for each in numbers for number in each})
    for finding in family.findings():
        if finding.theirs is not None and finding.theirs.line_id in wanted:
            yield finding


def findings_of_entries(
    account: Account, entry_ids: Sequence[int], shelves: Shelves
) -> Iterator[Finding]:
    """What it means for those of these entries that no line of their day names."""
    entries = list(_not_judged(account, entry_ids, shelves.day))
    family = Neighbourhood(account, {number for one in entries for number in _names_of(one)})
    ours = (family.ours_of_entry(entry) for entry in entries)
    yield from _unnamed(family, ours, shelves)


def _not_judged(account: Account, entry_ids: Sequence[int], day: date) -> Iterator[LedgerEntry]:
    entries = (
        LedgerEntry.objects.filter(pk__among=entry_ids)
        .select_related("payment")
        .only("kind", "reference", "payment__alipay_trans_id", "payment__partner_trans_id")
    )
    about = {entry.payment_id for entry in entries}
    verdicts = Verdict.objects.filter(account=account, day=day, payment__among=about)
    judged = set(verdicts.values_list("entry", flat=True))
    return (entry for entry in entries if entry.pk not in judged)


def findings_in_flight(account: Account, day: date, shelves: Shelves) -> Iterator[Finding]:
    """What left us on the day without an end yet, and refunds Alipay only told of."""
    refunds = list(_refunds_in_flight(account, day).select_related("payment__store"))
    cancels = list(_cancels_in_flight(account, day).select_related("payment__store"))
    numbers = {number for one in (*refunds, *cancels) for number in numbers_of(one.payment)}
    numbers |= {_bare(refund.partner_refund_id) for refund in refunds}
    family = Neighbourhood(account, numbers)
    ours = [
        *(family.ours_of_refund(refund) for refund in refunds),
        *(family.ours_of_cancel(cancel, cancel.payment) for cancel in cancels),
    ]
    yield from _unnamed(family, ours, shelves)


def _unnamed(family: "Neighbourhood", ours: Iterable[Ours], shelves: Shelves) -> Iterator[Finding]:
    """What no line of any day's file names: missing, or waiting."""
    named = {identity_of(each.ours) for each in family.findings() if each.ours is not None}
    for one in ours:
        if identity_of(one) not in named:
            yield matching.judge_absence(one, shelves.of(one))


def identity_of(ours: Ours) -> tuple[Kind, int]:
    """Which row of ours it is."""
    return ours.kind, ours.refund_id or ours.cancel_id or ours.payment_id or 0


def _names_of(entry: LedgerEntry) -> Iterator[str]:
    yield _bare(entry.reference)
    if entry.payment is not None:
        yield from numbers_of(entry.payment)


def _bare(reference: str) -> str:
    return reference.removeprefix("alipay:")


def _refunds_in_flight(account: Account, day: date) -> QuerySet[Refund]:
    begins, ends = matching.day_bounds(day)
    sent = Q(state__in=REFUND_SENT, first_sent_at__gte=begins, first_sent_at__lt=ends)
    heard = Q(origin=RefundOrigin.ELSEWHERE, state=RefundState.REFUNDED, booked_at__isnull=True)
    heard &= Q(refunded_at__gte=begins, refunded_at__lt=ends)
    return Refund.objects.filter(sent | heard, account=account)


def _cancels_in_flight(account: Account, day: date) -> QuerySet[Cancel]:
    begins, ends = matching.day_bounds(day)
    return Cancel.objects.filter(
        payment__account=account,
        state__in=CANCEL_SENT,
        first_sent_at__gte=begins,
        first_sent_at__lt=ends,
    )
