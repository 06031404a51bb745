"""What on the home page may wait for a person: each a number, and the list behind it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import QuerySet
from django.urls import reverse
from django.utils.translation import gettext as _

from merchant_portal.access import Right
from merchant_portal.views.inspector import visible_notifications
from merchant_portal.views.unknown_rows import all_waiting
from payments.listing import Count, capped_counts
from payments.models import Payment, Quarantined, SilenceAlarm
from qrcodes.models import Print, QRCode, Registration
from qrcodes.permissions import Principal
from reconciliation.models import Discrepancy, StatementFile
from reconciliation.states import FileState
from refunds.forms import Group
from refunds.listing import MoneyBack
from refunds.listing import visible as visible_givings

#: Where the home page itself tells of them.
SILENT = "#silent"


@dataclass(frozen=True, slots=True)
class Concern:
    """Something that waits for a person, and where it is looked after."""

    label: str
    count: Count
    url: str
    icon: str
    #: Shown also where nothing waits, because one wants to see that.
    is_always_shown: bool

    @property
    def waits(self) -> bool:
        return self.count.number > 0


@dataclass(frozen=True, slots=True)
class _Asked:
    """A concern before it is counted."""

    label: str
    rows: Sequence[QuerySet[Any]]
    url: str
    icon: str
    is_always_shown: bool = False


def concerns_of(principal: Principal, payments: QuerySet[Payment]) -> list[Concern]:
    """What waits, all counted at once; what is always shown stands first."""
    asked = [*_always_shown(principal), *_shown_if_any(principal, payments)]
    counts = capped_counts({each.url: each.rows for each in asked})
    found = [
        Concern(each.label, counts[each.url], each.url, each.icon, each.is_always_shown)
        for each in asked
    ]
    return [each for each in found if each.is_always_shown or each.waits]


def _always_shown(principal: Principal) -> Iterator[_Asked]:
    yield _Asked(
        _("Unknown and waiting"),
        all_waiting(principal),
        reverse("unknown_desk"),
        "circle-question-mark",
        is_always_shown=True,
    )
    if principal.may(Right.APPROVE_GIVING_BACK):
        mine = visible_givings(principal, right=Right.APPROVE_GIVING_BACK).among(Group.WAITING)
        yield _Asked(
            _("Waiting for approval"),
            _both(mine),
            reverse("approval_list"),
            "user-round-check",
            is_always_shown=True,
        )
    if principal.holds_everywhere(Right.SEE_STATEMENTS):
        yield _Asked(
            _("Differences to Alipay's files"),
            [Discrepancy.objects.open()],
            reverse("discrepancy_list"),
            "scale",
            is_always_shown=True,
        )
        yield _Asked(
            _("Alipay's files that are due"),
            [StatementFile.objects.filter(state=FileState.EXPECTED)],
            f"{reverse('statement_list')}?state={FileState.EXPECTED.value}",
            "file-clock",
            is_always_shown=True,
        )


def _shown_if_any(principal: Principal, payments: QuerySet[Payment]) -> Iterator[_Asked]:
    yield _Asked(
        _("Questions to settle"),
        [payments.exclude(question="")],
        f"{reverse('payment_list')}?question=on",
        "message-circle-question-mark",
    )
    silent = principal.scope(Right.SEE_PAYMENTS, store_path="counter__store")
    alarms = SilenceAlarm.objects.open().filter(silent)
    yield _Asked(_("Counters that fell silent"), [alarms], SILENT, "bell-ring")
    yield from _giving_back(principal)
    if principal.holds_everywhere(Right.SEE_STATEMENTS):
        yield _Asked(
            _("Alipay's files that are late"),
            [StatementFile.objects.missed()],
            f"{reverse('statement_list')}?state={FileState.LATE.value}",
            "clock-alert",
        )
    if principal.may(Right.SEE_NOTIFICATIONS):
        yield from _notifications(principal)
    if principal.may(Right.SEE_STORES):
        yield from _codes(principal)


def _giving_back(principal: Principal) -> Iterator[_Asked]:
    rows, listed = visible_givings(principal), reverse("giving_back_list")
    for label, group, icon in (
        (_("Money back, outcome unknown"), Group.UNKNOWN, "circle-question-mark"),
        (_("Money on its way back"), Group.ON_ITS_WAY, "undo-2"),
        (_("Not cancelled: decide anew"), Group.AGREE_ANEW, "alarm-clock-off"),
    ):
        yield _Asked(label, _both(rows.among(group)), f"{listed}?state={group}", icon)


def _both(rows: MoneyBack) -> Sequence[QuerySet[Any]]:
    return [rows.refunds, rows.cancels]


def _notifications(principal: Principal) -> Iterator[_Asked]:
    waiting = visible_notifications(principal).waiting()
    yield _Asked(_("Notifications waiting"), [waiting], reverse("notification_list"), "hourglass")
    if principal.holds_everywhere(Right.SEE_NOTIFICATIONS):
        held = Quarantined.objects.held()
        yield _Asked(
            _("Messages in quarantine"), [held], reverse("quarantine_list"), "shield-alert"
        )


def _codes(principal: Principal) -> Iterator[_Asked]:
    scope = principal.scope(Right.SEE_STORES, store_path="enrolment__store")
    codes = QRCode.objects.filter(scope).exclude(question="")
    yield _Asked(_("Codes with a question"), [codes], reverse("store_list"), "qr-code")
    hanging = principal.scope(Right.SEE_STORES, store_path="code__enrolment__store")
    outdated = Print.objects.outdated().filter(hanging)
    listed = f"{reverse('store_list')}?outdated=on"
    yield _Asked(_("Outdated prints to take down"), [outdated], listed, "printer-x")
    reviews = Registration.objects.filter(scope).exclude(question="")
    listed = f"{reverse('registration_list')}?question=on"
    yield _Asked(_("Stores Alipay's review left open"), [reviews], listed, "stamp")
