"""What is always true of files, compared days and differences: named checks."""

from django.db.models import Count, Exists, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from merchant_portal.alipay.statements import Document
from merchant_portal.truths import (
    Check,
    Rows,
    last_move_to_state,
    permitted,
    repeated,
    telling,
    unchained,
)
from payments.models import EntryKind
from reconciliation.models import (
    Discrepancy,
    DiscrepancyMove,
    SetAside,
    StatementFile,
    StatementLine,
    Verdict,
)
from reconciliation.states import (
    DISCREPANCY_MACHINE,
    FILE_USABLE,
    VERDICT_QUIET,
    DiscrepancyState,
    Resolution,
    VerdictWord,
)

CHECKS: list[Check] = []
_always = telling(CHECKS)


@_always(_("Every stored line belongs to a file."))
def line_has_its_file() -> Rows:
    # The database does not hold this one (see StatementLine.file).
    return StatementLine.objects.filter(
        ~Exists(StatementFile.objects.filter(pk=OuterRef("file_id")))
    )


@_always(_("A file that is used has as many lines as it says were stored."))
def file_has_the_lines_it_says() -> Rows:
    return _with_other_count(StatementLine, "row_count")


@_always(_("A file that is used has as many lines set aside as it says."))
def file_has_the_lines_set_aside_it_says() -> Rows:
    return _with_other_count(SetAside, "set_aside_count")


@_always(_("A file that cannot be used, or was replaced, has no lines."))
def unusable_file_has_no_lines() -> Rows:
    lines = StatementLine.objects.filter(file=OuterRef("pk"))
    return StatementFile.objects.filter(Exists(lines)).exclude(state__in=FILE_USABLE)


def _with_other_count(model: type[StatementLine] | type[SetAside], column: str) -> Rows:
    """Usable files whose rows in a table are not as many as a column says."""
    per_file = model._default_manager.filter(file=OuterRef("pk")).order_by().values("file")
    stored = Subquery(per_file.annotate(number=Count("pk")).values("number"))
    usable = StatementFile.objects.filter(state__in=FILE_USABLE)
    return usable.annotate(stored=Coalesce(stored, 0)).exclude(**{column: F("stored")})


@_always(_("Every line of a transaction file that was compared has a verdict."))
def line_has_verdict() -> Rows:
    verdicts = Verdict.objects.filter(
        account=OuterRef("file__account"), day=OuterRef("file__day"), line=OuterRef("pk")
    )
    return StatementLine.objects.filter(
        ~Exists(verdicts),
        file__document=Document.TRANSACTION,
        file__state__in=FILE_USABLE,
        file__reconciled_at__isnull=False,
    )


@_always(_("A verdict is about a line of its own account and day."))
def verdict_is_of_its_day() -> Rows:
    strange = ~Q(line__file__account=F("account")) | ~Q(line__file__day=F("day"))
    return Verdict.objects.filter(strange, line__isnull=False)


@_always(_("No two lines are matched with one ledger entry."))
def entry_is_matched_once() -> Rows:
    matched = Verdict.objects.filter(word=VerdictWord.MATCHED, entry__isnull=False)
    return Verdict.objects.filter(pk__in=repeated(matched, "entry"))


@_always(_("A matched verdict links a line with an entry of the same kind and account."))
def match_links_line_and_entry() -> Rows:
    linked = Q(
        line__isnull=False,
        entry__kind=F("kind"),
        entry__account=F("account"),
        line__kind=F("kind"),
    )
    return Verdict.objects.filter(word=VerdictWord.MATCHED).exclude(linked)


@_always(_("Every problem that comparing found stands on the worklist, or was ended there."))
def problem_has_discrepancy() -> Rows:
    told = Discrepancy.objects.filter(
        account=OuterRef("account"), day=OuterRef("day"), word=OuterRef("word")
    ).exclude(state=DiscrepancyState.EXPLAINED)
    of_line = told.filter(line=OuterRef("line"))
    of_ours = told.filter(
        Q(refund=OuterRef("refund"), kind=EntryKind.REFUND)
        | Q(payment=OuterRef("payment"), kind=OuterRef("kind"))
    )
    problems = Verdict.objects.exclude(word__in=VERDICT_QUIET)
    return problems.filter(~Exists(of_line), ~Exists(of_ours))


@_always(_("A difference's state is where its last move led."))
def discrepancy_state_is_last_move() -> Rows:
    return Discrepancy.objects.filter(~Exists(last_move_to_state(DiscrepancyMove, "discrepancy")))


@_always(_("A difference's moves follow one another, each from where the one before led."))
def discrepancy_moves_are_chained() -> Rows:
    unlinked = unchained(DiscrepancyMove, "discrepancy").values("discrepancy")
    return Discrepancy.objects.filter(pk__in=unlinked)


@_always(_("A difference's moves stand in the table of moves."))
def discrepancy_moves_are_permitted() -> Rows:
    first = (DiscrepancyState.OPEN,)
    moves = DiscrepancyMove.objects.exclude(permitted(DISCREPANCY_MACHINE, first))
    return Discrepancy.objects.filter(pk__in=moves.values("discrepancy"))


@_always(_("A difference that was ended says how, when and by whom; an open one does not."))
def ended_discrepancy_is_complete() -> Rows:
    told = ~Q(resolution="") & Q(settled_at__isnull=False) & ~Q(settled_by_name="")
    untold = Q(resolution="", settled_at__isnull=True, settled_by_name="")
    is_open = Q(state=DiscrepancyState.OPEN)
    return Discrepancy.objects.exclude((is_open & untold) | (~is_open & told))


@_always(_("A difference that was ended by booking names its entry, of the same account."))
def booked_discrepancy_has_entry() -> Rows:
    quiet = ("", Resolution.NOTED, Resolution.EXPLAINED)
    booked = Discrepancy.objects.exclude(resolution__in=quiet)
    return booked.filter(Q(entry__isnull=True) | ~Q(entry__account=F("account")))
