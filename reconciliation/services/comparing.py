"""Comparing a transaction day with Alipay's file of it."""

from collections.abc import Iterator, Sequence
from datetime import date

from django.db import transaction
from django.db.models import BigIntegerField, Case, Count, F, Max, Sum, When
from django.db.models.functions import Coalesce

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from merchant_portal.alipay.statements import Kind
from payments.models import LedgerEntry
from payments.states import Interface, Question
from reconciliation import matching
from reconciliation.findings import Field, Finding, Ours, Standing, Word
from reconciliation.models import (
    ComparedDay,
    Discrepancy,
    StatementFile,
    StatementLine,
    Verdict,
)
from reconciliation.services import bulk, days, pairing, shelving
from reconciliation.services.recording import BATCH, Recorder
from reconciliation.states import VERDICT_QUIET, VerdictWord


def reconcile_day(account: Account, day: date) -> None:
    """Compare a day because something about it is new; what it explains nearby is due too."""
    compare_day(account, day)
    days.make_neighbours_due([(account.pk, day)], now=clock.now())


def compare_due_day(day_id: int) -> None:
    """Compare a day that was claimed by the clock."""
    due_day = ComparedDay.objects.select_related("account").get(pk=day_id)
    compare_day(due_day.account, due_day.day)


@transaction.atomic
def compare_day(account: Account, day: date) -> None:
    """Write the day's verdicts anew, and bring the worklist up to date with them."""
    # One comparison of an account at a time; notifications are not held up by this lock.
    Account.objects.select_for_update(no_key=True).get(pk=account.pk)
    now = clock.now()
    files = bulk.files_of(account, day)
    recorder = Recorder(account, day, now)
    bulk.clear(account, day)
    theirs = list(_tally_of_theirs(files))
    kinds = {str(row["kind"]) for row in theirs}
    equals = bulk.match_equal(account, day, files, kinds=kinds)
    recorder.matched = equals.matched
    _judge_lines(recorder, equals.line_ids)
    _judge_ours(recorder, equals.entry_ids)
    recorder.explain_gone()
    StatementFile.objects.filter(pk__in=[file.pk for file in files]).update(reconciled_at=now)
    _remember_day(recorder, files, theirs)


def _judge_lines(recorder: Recorder, line_ids: Sequence[int]) -> None:
    """The lines that did not agree at once, in parts that fit into memory however many."""
    for part in _parts(line_ids):
        recorder.record(pairing.findings_of_lines(recorder.account, part))


def _judge_ours(recorder: Recorder, entry_ids: Sequence[int]) -> None:
    """What of ours no line names: it waits, or is missing in their file."""
    account, day = recorder.account, recorder.day
    shelves = shelving.shelves_of(account, day, recorder.now)
    recorder.record(_amount_questions(account, day))
    recorder.record(pairing.findings_in_flight(account, day, shelves))
    lacks_gateway = day not in shelves.gateway.complete
    lacks_json = day not in shelves.json.complete
    if lacks_gateway and lacks_json:
        bulk.await_entries(account, day)
        return
    if lacks_gateway or lacks_json:
        lacking = Interface.GATEWAY if lacks_gateway else Interface.JSON
        bulk.await_entries(account, day, begun_by=lacking)
    for part in _parts(entry_ids):
        recorder.record(pairing.findings_of_entries(account, part, shelves))


def _parts(keys: Sequence[int]) -> Iterator[list[int]]:
    for start in range(0, len(keys), BATCH):
        yield list(keys[start : start + BATCH])


def _amount_questions(account: Account, day: date) -> Iterator[Finding]:
    """Payments for which notification and query named different amounts."""
    begins, ends = matching.day_bounds(day)
    asked = account.payments.filter(
        question=Question.AMOUNT_DIFFERS, occurred_at__gte=begins, occurred_at__lt=ends
    ).select_related("store")
    for payment in asked:
        ours = Ours(
            kind=Kind.PAYMENT,
            alipay_trans_id=payment.alipay_trans_id,
            partner_trans_id=payment.partner_trans_id,
            amount=payment.amount,
            standing=Standing.NOT_BOOKED,
            state=payment.state,
            occurred_at=payment.occurred_at,
            store=payment.store.name if payment.store else "",
            payment_id=payment.pk,
        )
        yield Finding(Word.AMOUNT_QUESTION, ours=ours, differing=(Field.AMOUNT,))


# ---- What is kept of a comparison -------------------------------------------------------------


def _remember_day(
    recorder: Recorder, files: list[StatementFile], theirs: list[dict[str, object]]
) -> None:
    """The day's counts and sums, and when to look again."""
    account, day = recorder.account, recorder.day
    counts = _counts_of_others(account, day)
    open_ones = Discrepancy.objects.open().filter(account=account, day=day).exists()
    is_complete = any(file.is_complete for file in files)
    is_settled = is_complete and not open_ones and not counts.get(VerdictWord.AWAITING)
    ComparedDay.objects.update_or_create(
        account=account,
        day=day,
        defaults={
            "compared_at": recorder.now,
            "matched_count": recorder.matched,
            "awaiting_count": counts.get(VerdictWord.AWAITING, 0),
            "problem_count": sum(
                number for word, number in counts.items() if word not in VERDICT_QUIET
            ),
            "drift_count": recorder.drifted,
            "tally": [*_tally_of_ours(account, day), *theirs],
            "next_attempt_at": None if is_settled else days.next_look(day, recorder.now),
            "lease_until": None,
            "last_entry": LedgerEntry.objects.aggregate(Max("pk"))["pk__max"] or 0,
        },
    )


def _counts_of_others(account: Account, day: date) -> dict[str, int]:
    """Of the words that do not agree; those that do are too many to count again."""
    others = Verdict.objects.filter(account=account, day=day).exclude(word=VerdictWord.MATCHED)
    words = others.values_list("word")
    return dict(words.annotate(Count("pk")).order_by())


def _tally_of_ours(account: Account, day: date) -> Iterator[dict[str, object]]:
    rows = bulk.entries_of(account, day).order_by().values_list("kind", "currency")
    for kind, currency, count, minor in rows.annotate(Count("pk"), Sum("amount_minor")):
        yield _tally_row("ours", kind, currency, count, minor)


def _tally_of_theirs(files: list[StatementFile]) -> Iterator[dict[str, object]]:
    """In pricing currency, as ours; where a file names none, in settlement currency."""
    priced = When(pricing_amount_minor__isnull=False, then=F("pricing_currency"))
    lines = StatementLine.objects.filter(file__in=files).annotate(
        counted_in=Case(priced, default=F("currency")),
        minor=Coalesce("pricing_amount_minor", "amount_minor", output_field=BigIntegerField()),
    )
    rows = lines.order_by().values_list("kind", "counted_in")
    for kind, currency, count, minor in rows.annotate(Count("pk"), Sum("minor")):
        yield _tally_row("theirs", kind, currency, count, minor)


def _tally_row(side: str, kind: str, currency: str, count: int, minor: int) -> dict[str, object]:
    return {
        "side": side,
        "kind": kind,
        "currency": currency,
        "count": count,
        "minor": int(minor),
    }
