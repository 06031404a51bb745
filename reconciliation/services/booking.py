"""Booking what a difference names, by one confirmed action of a person.

Where Alipay can be asked it is asked first, outside any transaction: its answer books a payment or
ends a refund in the normal way. What a file's row alone can tell is booked from the row.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from types import MappingProxyType
from typing import NoReturn

from django.db import transaction
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from merchant_portal.alipay.statements import Kind
from merchant_portal.audit import Actor
from merchant_portal.gateway import Answered, Refused
from merchant_portal.money import Money
from payments import ledger
from payments import services as payment_services
from payments.errors import GiveBackRefused, LookupRefused
from payments.models import LedgerAccount, LedgerEntry, Payment
from payments.states import LookupState
from reconciliation import findings
from reconciliation.errors import ResolutionRefused
from reconciliation.models import Discrepancy
from reconciliation.services import comparing, worklist
from reconciliation.states import Resolution, VerdictWord
from refunds import services as refund_services
from refunds.models import Refund
from refunds.states import RefundOrigin

_TWICE = (VerdictWord.DUPLICATE_ROW, VerdictWord.CONFLICTING_DUPLICATE)
_NOT_THERE = "TRADE_NOT_EXIST"


@dataclass(frozen=True, slots=True)
class Booked:
    """What a booking came to."""

    resolution: Resolution
    entry: LedgerEntry | None


@dataclass(frozen=True, slots=True)
class Offer:
    """What a person may have booked: the question they are asked, and how it is done.

    ``ask`` speaks with Alipay; ``book`` runs in the transaction that ends the difference.
    """

    question: Promise
    book: Callable[[Discrepancy, Actor], Booked]
    ask: Callable[[Discrepancy, Actor], None] | None = None


def offer_of(discrepancy: Discrepancy) -> Offer | None:
    """What can be booked about an open difference; None where only a note can end it."""
    if not discrepancy.is_open:
        return None
    if discrepancy.word in _TWICE:
        is_second_refund = bool(discrepancy.theirs.get(findings.REFERENCE))
        return _BOOK_SECOND if is_second_refund else None
    offer = _OFFERS.get((VerdictWord(discrepancy.word), discrepancy.kind))
    if offer is _BOOK_RETURN and discrepancy.refund_id is None:
        return None
    needs_payment = offer is not _FIND_PAYMENT
    return None if needs_payment and discrepancy.payment_id is None else offer


def book_discrepancy(discrepancy: Discrepancy, *, note: str, actor: Actor) -> Discrepancy:
    """Book what the difference names, and compare its day again. Raises ResolutionRefused."""
    offer = offer_of(discrepancy)
    if offer is None:
        raise ResolutionRefused(_("There is nothing to book about this difference."))
    try:
        if offer.ask is not None:
            offer.ask(discrepancy, actor)
        locked = _book(discrepancy, offer, note=note, actor=actor)
    except (GiveBackRefused, LookupRefused) as refused:
        raise ResolutionRefused(str(refused)) from refused
    comparing.reconcile_day(locked.account, locked.day)
    return locked


@transaction.atomic
def _book(discrepancy: Discrepancy, offer: Offer, *, note: str, actor: Actor) -> Discrepancy:
    locked = worklist.lock(discrepancy)
    worklist.refuse_ended(locked)
    booked = offer.book(locked, actor)
    return worklist.resolve(
        locked,
        resolution=booked.resolution,
        note=note.strip()[:300],
        actor=actor,
        entry=booked.entry,
    )


# ---- Money that went back at Alipay's portal --------------------------------------------------


def _book_refund(discrepancy: Discrepancy, actor: Actor) -> Booked:
    """Under its own number or the payment's and the second; a notice's reservation is taken."""
    payment, heard = _payment_of(discrepancy), discrepancy.refund
    is_heard = heard is not None and heard.origin == RefundOrigin.ELSEWHERE
    refund = refund_services.book_refund_made_elsewhere(
        payment,
        amount=_amount_of(discrepancy),
        reference=discrepancy.theirs[findings.REFERENCE],
        refunded_at=_time_of(discrepancy),
        actor=actor,
        heard=heard if is_heard else None,
    )
    return Booked(Resolution.REFUND_BOOKED, _entry_of(refund))


def _book_return(discrepancy: Discrepancy, actor: Actor) -> Booked:
    """The refund's whole amount, or nothing: no page tells of one that came back in part."""
    refund = discrepancy.refund
    if refund is None:
        raise ResolutionRefused(_("Which refund came back the file does not tell."))
    if refund.amount != _amount_of(discrepancy):
        raise ResolutionRefused(
            _("Alipay's file names another amount than the refund's; nothing was booked.")
        )
    entry = refund_services.record_return(refund, returned_at=_time_of(discrepancy), actor=actor)
    return Booked(Resolution.RETURN_BOOKED, entry)


def _book_cancel(discrepancy: Discrepancy, actor: Actor) -> Booked:
    payment = _payment_of(discrepancy)
    cancelled_at = _time_of(discrepancy)
    payment_services.book_cancel_made_elsewhere(payment, cancelled_at=cancelled_at, actor=actor)
    return Booked(Resolution.CANCEL_BOOKED, _entry(payment, Kind.CANCEL))


# ---- What Alipay is asked about ---------------------------------------------------------------


def _find_payment(discrepancy: Discrepancy, actor: Actor) -> None:
    """Lost by us: Alipay's answer creates and books it, as any answer does."""
    lookup = payment_services.find_payment(
        discrepancy.account,
        actor=actor,
        alipay_trans_id=discrepancy.theirs[findings.Field.ALIPAY_NUMBER],
        partner_trans_id=discrepancy.theirs[findings.Field.PARTNER_NUMBER],
    )
    lookup = payment_services.ask_lookup(lookup)
    if lookup.state != LookupState.FOUND:
        _refuse_unconfirmed(lookup.last_answer or lookup.get_state_display())


def _ask(discrepancy: Discrepancy, actor: Actor) -> None:
    """Their file calls it a success: what Alipay answers ends ours in the normal way."""
    if discrepancy.refund is not None:
        refund_services.ask_refund(discrepancy.refund, actor=actor)
    elif discrepancy.cancel is not None:
        payment_services.ask_cancel(discrepancy.cancel, actor=actor)
    else:
        payment_services.ask_payment(_payment_of(discrepancy), actor=actor)


def _note_payment(discrepancy: Discrepancy, _actor: Actor) -> Booked:
    """Alipay's answer has booked it; the row's own numbers name it."""
    number = discrepancy.theirs[findings.Field.ALIPAY_NUMBER]
    payment = discrepancy.account.payments.filter(alipay_trans_id=number).first()
    entry = _entry(payment, Kind.PAYMENT) if payment else None
    if entry is None:
        _refuse_unconfirmed(payment.last_answer if payment else number)
    return Booked(Resolution.PAYMENT_BOOKED, entry)


def _note_refund(discrepancy: Discrepancy, _actor: Actor) -> Booked:
    refund = discrepancy.refund
    entry = _entry_of(refund) if refund else None
    if entry is None:
        _refuse_unconfirmed(refund.last_answer if refund else "")
    return Booked(Resolution.REFUND_BOOKED, entry)


def _note_cancel(discrepancy: Discrepancy, _actor: Actor) -> Booked:
    cancel = discrepancy.cancel
    entry = _entry(cancel.payment, Kind.CANCEL) if cancel else None
    if entry is None:
        _refuse_unconfirmed(cancel.last_answer if cancel else "")
    return Booked(Resolution.CANCEL_BOOKED, entry)


def _refuse_unconfirmed(answer: str) -> NoReturn:
    raise ResolutionRefused(
        _("Alipay was asked and does not confirm it (%s); nothing was booked.") % (answer or "-")
    )


# ---- What only we have ------------------------------------------------------------------------


def _ask_whether_unknown(discrepancy: Discrepancy, actor: Actor) -> None:
    """Not in their file, and not known when asked: then Alipay does not owe it either."""
    heard = payment_services.ask_payment(_payment_of(discrepancy), actor=actor)
    if isinstance(heard, Answered):
        raise ResolutionRefused(
            _("Alipay knows this payment (%s): wait for a new file, or ask Alipay for one.")
            % payment_services.told(heard)
        )
    if not (isinstance(heard, Refused) and heard.code == _NOT_THERE):
        _refuse_unconfirmed(payment_services.told(heard))


def _adjust(discrepancy: Discrepancy, _actor: Actor) -> Booked:
    payment = _payment_of(discrepancy)
    entry = ledger.post_adjustment(
        payment,
        payment.amount,
        debit=LedgerAccount.ADJUSTMENTS,
        credit=LedgerAccount.RECEIVABLE,
        reference=f"difference:{discrepancy.pk}",
        occurred_at=payment.occurred_at,
    )
    return Booked(Resolution.ADJUSTED, entry)


# ---- Reading a difference ---------------------------------------------------------------------


def _payment_of(discrepancy: Discrepancy) -> Payment:
    if discrepancy.payment is None:
        raise ResolutionRefused(_("Its payment is not known here; book the payment first."))
    return discrepancy.payment


def _time_of(discrepancy: Discrepancy) -> datetime:
    return datetime.fromisoformat(discrepancy.theirs[findings.Field.TIME])


def _amount_of(discrepancy: Discrepancy) -> Money:
    currency, number = discrepancy.theirs[findings.Field.AMOUNT].split(" ", 1)
    return Money.parse(number, currency)


def _entry(payment: Payment, kind: Kind) -> LedgerEntry | None:
    return payment.ledger_entries.filter(kind=kind.value).first()


def _entry_of(refund: Refund) -> LedgerEntry | None:
    entries = refund.payment.ledger_entries.filter(kind=Kind.REFUND.value)
    return entries.filter(reference=refund.partner_refund_id).first()


# ---- What is offered for which difference -----------------------------------------------------

_ASK_TEXT = gettext_lazy("Ask Alipay what became of it, and book what it confirms?")
_FIND_PAYMENT = Offer(
    gettext_lazy("Ask Alipay about this payment, and book it if Alipay confirms it?"),
    book=_note_payment,
    ask=_find_payment,
)
_BOOK_SECOND = Offer(
    gettext_lazy("Were there two refunds in the same second? Book this one too?"),
    book=_book_refund,
)
_BOOK_RETURN = Offer(
    gettext_lazy("Book that this refund came back? The customer does not have the money."),
    book=_book_return,
)
_OFFERS: Mapping[tuple[VerdictWord, str], Offer] = MappingProxyType(
    {
        (VerdictWord.MISSING_OURS, Kind.PAYMENT.value): _FIND_PAYMENT,
        (VerdictWord.MISSING_OURS, Kind.REFUND.value): Offer(
            gettext_lazy("Book this refund, made at Alipay's portal?"), book=_book_refund
        ),
        (VerdictWord.MISSING_OURS, Kind.REFUND_REVERSAL.value): _BOOK_RETURN,
        (VerdictWord.MISSING_OURS, Kind.CANCEL.value): Offer(
            gettext_lazy("Book that this payment was cancelled at Alipay's portal?"),
            book=_book_cancel,
        ),
        (VerdictWord.STATUS_MISMATCH, Kind.PAYMENT.value): Offer(
            _ASK_TEXT, book=_note_payment, ask=_ask
        ),
        (VerdictWord.STATUS_MISMATCH, Kind.REFUND.value): Offer(
            _ASK_TEXT, book=_note_refund, ask=_ask
        ),
        (VerdictWord.STATUS_MISMATCH, Kind.CANCEL.value): Offer(
            _ASK_TEXT, book=_note_cancel, ask=_ask
        ),
        (VerdictWord.MISSING_THEIRS, Kind.PAYMENT.value): Offer(
            gettext_lazy(
                "Ask Alipay once more, and take it off what Alipay owes if it does not know it?"
            ),
            book=_adjust,
            ask=_ask_whether_unknown,
        ),
    }
)
