"""Opening and closing shifts and days, and moving a payment between shifts.

Whoever writes locks the store's book first: numbers have no gaps, and two who close at once make
one report. What is paid locks no book, so nobody at a counter waits for a report.
"""

from datetime import date, datetime, timedelta

from django.db import transaction
from django.db.models import Max
from django.utils.translation import gettext as _

from merchant_portal import audit, clock
from merchant_portal.audit import Actor
from payments.attributing import Draft, draft_day, draft_shift, shift_of, undone
from payments.errors import ShiftRefused
from payments.models import (
    Payment,
    ReportBook,
    ReportKind,
    Shift,
    ShiftAssignment,
    ZFigure,
    ZLine,
    ZOpenPayment,
    ZPart,
    ZReport,
)
from payments.places import business_day, business_day_bounds, business_day_start
from qrcodes.models import Counter, Store


@transaction.atomic
def open_shift(counter: Counter, *, actor: Actor, note: str = "") -> Shift:
    """Somebody takes over a counter; raises ShiftRefused where it is in somebody's hands."""
    now = clock.now()
    book = _lock_book(counter.store, now=now)
    running = Shift.objects.filter(counter=counter, closed_at__isnull=True).first()
    if running is not None:
        raise ShiftRefused(
            _("%(shift)s is open already, in the hands of %(who)s.")
            % {"shift": running, "who": running.opened_by_name}
        )
    last = Shift.objects.filter(counter=counter).aggregate(
        number=Max("number"), closed_at=Max("closed_at")
    )
    shift = Shift.objects.create(
        counter=counter,
        number=(last["number"] or 0) + 1,
        business_day=_day_to_open(book, now=now),
        # Alipay tells whole seconds: what is paid in the second of opening belongs to the shift.
        opened_at=max(now.replace(microsecond=0), last["closed_at"] or book.began_at),
        opened_by=actor.user,
        opened_by_name=actor.name[:200],
        opening_note=note.strip()[:200],
    )
    audit.record(actor, "open_shift", shift, counter=str(counter))
    return shift


@transaction.atomic
def close_shift(shift: Shift, *, actor: Actor, note: str = "") -> ZReport:
    """The shift ends, and its figures are frozen; raises ShiftRefused where it had ended."""
    book = _lock_book(shift.counter.store, now=clock.now())
    locked = (
        Shift.objects.select_for_update(of=("self",))
        .select_related("counter__store")
        .get(pk=shift.pk)
    )
    if not locked.is_open:
        raise ShiftRefused(
            _("%(shift)s was closed already, by %(who)s: %(report)s.")
            % {"shift": locked, "who": locked.closed_by_name, "report": locked.z_report}
        )
    now = clock.now()
    draft = draft_shift(locked, book, until=now)
    locked.closed_at = now
    locked.closed_by, locked.closed_by_name = actor.user, actor.name[:200]
    locked.save(update_fields=["closed_at", "closed_by", "closed_by_name"])
    report = ZReport(
        kind=ReportKind.SHIFT,
        shift=locked,
        business_day=locked.business_day,
        starts_at=locked.opened_at,
        ends_at=now,
        note=note.strip()[:200],
    )
    _write(report, book, draft, actor=actor, now=now)
    audit.record(actor, "close_shift", locked, report=report.number)
    return report


@transaction.atomic
def close_day(store: Store, day: date, *, actor: Actor, note: str = "") -> ZReport:
    """All shifts of a business day are added up, with what fell outside; raises ShiftRefused."""
    now = clock.now()
    book = _lock_book(store, now=now)
    refuse_day(book, day, now=now)
    starts_at, ends_at = business_day_bounds(store, day)
    until = min(now, ends_at)
    draft = draft_day(book, since=starts_at, until=until)
    parts = [part for part in undone(store) if part.business_day <= day]
    report = ZReport(
        kind=ReportKind.DAY,
        business_day=day,
        starts_at=starts_at,
        ends_at=until,
        note=note.strip()[:200],
    )
    book.last_day = day
    _write(report, book, draft, actor=actor, now=now)
    ZPart.objects.bulk_create(ZPart(day=report, part=part) for part in parts)
    audit.record(actor, "close_day", store, day=day.isoformat(), report=report.number)
    return report


def refuse_day(book: ReportBook, day: date, *, now: datetime) -> None:
    """Raise ShiftRefused unless the day can be closed: begun, not closed, no shift of it open."""
    if book.last_day is not None and day <= book.last_day:
        raise ShiftRefused(_("This day is closed already."))
    if day > business_day(book.store, now=now):
        raise ShiftRefused(_("This day has not begun yet."))
    running = Shift.objects.filter(
        counter__store=book.store_id, closed_at__isnull=True, business_day__lte=day
    ).select_related("counter")
    if running:
        names = ", ".join(str(shift) for shift in running)
        raise ShiftRefused(_("Close these shifts first: %s.") % names)


def book_of(store: Store, *, now: datetime) -> ReportBook:
    """The store's book; one that is not begun yet begins today, and is not saved."""
    found = ReportBook.objects.filter(store=store).first()
    return found or ReportBook(store=store, began_at=business_day_start(store, now=now))


@transaction.atomic
def assign_payment(payment: Payment, *, shift: Shift, reason: str, actor: Actor) -> ShiftAssignment:
    """A person says to which shift of its counter a payment belongs; raises ShiftRefused."""
    _lock_book(shift.counter.store, now=clock.now())
    payment = Payment.objects.select_for_update(of=("self",)).get(pk=payment.pk)
    if payment.counter_id is None or payment.counter_id != shift.counter_id:
        raise ShiftRefused(_("A payment belongs to a shift of the counter where it was paid."))
    if not reason.strip():
        raise ShiftRefused(_("Say why it belongs to another shift."))
    before = shift_of(payment)
    if before is not None and before.pk == shift.pk:
        raise ShiftRefused(_("It belongs to this shift already."))
    assignment = ShiftAssignment.objects.create(
        payment=payment,
        shift=shift,
        reason=reason.strip()[:200],
        assigned_at=clock.now(),
        assigned_by_name=actor.name[:200],
    )
    audit.record(
        actor,
        "move_to_shift",
        payment,
        shift=str(shift),
        before=str(before) if before else "",
        reason=reason.strip(),
    )
    return assignment


def _lock_book(store: Store, *, now: datetime) -> ReportBook:
    begins = {"began_at": business_day_start(store, now=now)}
    ReportBook.objects.get_or_create(store=store, defaults=begins)
    locked = ReportBook.objects.select_for_update(of=("self",)).select_related("store")
    return locked.get(store=store)


def _day_to_open(book: ReportBook, *, now: datetime) -> date:
    """Today; the day after where today is closed already."""
    today = business_day(book.store, now=now)
    if book.last_day is None:
        return today
    return max(today, book.last_day + timedelta(days=1))


def _write(report: ZReport, book: ReportBook, draft: Draft, *, actor: Actor, now: datetime) -> None:
    """The report under the next number, with everything that stands in it."""
    book.last_number += 1
    book.save()
    report.store = book.store
    report.number = book.last_number
    report.made_at, report.made_by, report.made_by_name = now, actor.user, actor.name[:200]
    report.save()
    for line in draft.lines:
        line.report = report
    for figure in draft.figures:
        figure.report = report
    ZLine.objects.bulk_create(draft.lines, batch_size=500)
    ZFigure.objects.bulk_create(draft.figures)
    ZOpenPayment.objects.bulk_create(
        ZOpenPayment(report=report, payment=payment, state=payment.state, question=payment.question)
        for payment in draft.open_payments
    )
    _mark_told(report, draft)


def _mark_told(report: ZReport, draft: Draft) -> None:
    """The moves this report tells of, with the earlier ones of the same payments they replace."""
    for assignment in draft.told:
        ShiftAssignment.objects.filter(
            payment=assignment.payment_id, told_in__isnull=True, pk__lte=assignment.pk
        ).update(told_in=report)
