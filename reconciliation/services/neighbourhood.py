"""Every line that bears one of some numbers, and all of ours that those lines name.

Order: kind and partner number, then kind and Alipay's number, then a refund line that bears a
payment's number is a refund of that payment made at Alipay's portal. In files of the JSON products
a refund of ours may bear its payment's request number too: there Alipay's number of it decides.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from django.db.models import Q

from merchant_portal.accounts.models import Account
from merchant_portal.alipay.statements import Kind
from merchant_portal.money import Money
from payments.models import Cancel, EntryKind, LedgerEntry, Payment, Sale
from payments.states import CancelState, Interface
from reconciliation import matching
from reconciliation.findings import Finding, Ours, Standing, Theirs, Word, directed
from reconciliation.matching import Numbers
from reconciliation.services.bulk import FILED_KINDS
from reconciliation.services.their_lines import lines_with, numbers_of_lines, usable_lines
from reconciliation.states import LineKind
from refunds.models import Refund
from refunds.states import REFUND_SENT

#: Cancels that never left us: a line that cancels their payment was made elsewhere.
_NEVER_SENT = (CancelState.DECLINED, CancelState.LAPSED)
#: What is compared of a payment.
_OF_A_PAYMENT = (
    *("account", "store", "alipay_trans_id", "partner_trans_id", "amount_minor", "currency"),
    *("state", "paid_at"),
)

Target = tuple[str, ...]
"""What a line names; lines with the same target tell of the same event."""


@dataclass(frozen=True, slots=True)
class _Named:
    """A line with what it names."""

    theirs: Theirs
    target: Target
    ours: Ours | None = None
    payment: Payment | None = None


class Neighbourhood:
    """Every line that bears one of some numbers, and all of ours that those lines name."""

    def __init__(self, account: Account, numbers: set[str]) -> None:
        self._account = account
        #: Refunds that only a notice told of, by what the lines name that they answer for.
        self._told_of: dict[Target, Refund] = {}
        numbers = numbers - {""}
        self._lines = list(lines_with(account, numbers))
        self._read(numbers | (numbers_of_lines(self._lines) - {""}))

    def _read(self, numbers: set[str]) -> None:
        account = self._account
        named = Q(alipay_trans_id__among=numbers) | Q(partner_trans_id__among=numbers)
        # Some of forty columns, and stores that a thousand payments share.
        payments = account.payments.filter(named).only(*_OF_A_PAYMENT).prefetch_related("store")
        self._by_alipay = {each.alipay_trans_id: each for each in payments if each.alipay_trans_id}
        self._by_partner = {
            each.partner_trans_id: each for each in payments if each.partner_trans_id
        }
        elsewhere = [f"alipay:{number}" for number in numbers]
        refunds = account.refunds.filter(
            Q(partner_refund_id__among=[*numbers, *elsewhere])
            | Q(alipay_refund_id__among=numbers)
            | Q(payment__among=[payment.pk for payment in payments])
        ).select_related("payment__store")
        self._refunds = {refund.partner_refund_id: refund for refund in refunds}
        self._by_refund_id = {
            refund.alipay_refund_id: refund for refund in refunds if refund.alipay_refund_id
        }
        about = {payment.pk for payment in payments}
        about |= {refund.payment_id for refund in self._refunds.values()}
        self._cancels = _weightiest_cancels(about)
        self._by_json = _begun_by_json(account, about)
        self._entries = {
            (entry.kind, entry.reference): entry
            for entry in LedgerEntry.objects.filter(payment__among=about, kind__in=FILED_KINDS)
        }

    def findings(self) -> Iterator[Finding]:
        """Every word that every line here deserves."""
        by_target: dict[Target, list[_Named]] = defaultdict(list)
        for line in sorted(self._lines, key=lambda each: (each.occurred_at, each.place)):
            named = self.name(line)
            by_target[named.target].append(named)
        for twins in by_target.values():
            yield from self._judge(twins)

    def _judge(self, twins: Sequence[_Named]) -> Iterator[Finding]:
        """Lines with one target: the first counts, the others are there twice."""
        named = twins[0]
        rate = self._account.fee_rate
        lines = matching.in_order([each.theirs for each in twins], named.ours, fee_rate=rate)
        for nth, line in enumerate(lines, start=1):
            reference = self._reference(line, named.payment, nth)
            ours = named.ours if nth == 1 else self._booked(reference)
            if ours is not None:
                found = matching.compare(line, ours, fee_rate=rate)
            elif nth == 1:
                found = [self._unknown(line, named.payment)]
            else:
                found = [matching.judge_twin(line, lines[0], nth=nth)]
            payment_id = named.payment.pk if named.payment else None
            for finding in found:
                yield replace(finding, nth=nth, of_payment_id=payment_id, reference=reference)

    def _unknown(self, line: Theirs, payment: Payment | None) -> Finding:
        """Theirs alone: lost by us, or made at Alipay's portal; or with no payment anywhere."""
        is_orphan = (
            line.kind is not Kind.PAYMENT
            and payment is None
            and not self._has_line_of_payment(line)
        )
        word = Word.ORPHAN_REVERSAL if is_orphan else Word.MISSING_OURS
        return Finding(word, line, difference=directed(line.amount, line.kind))

    def _reference(self, line: Theirs, payment: Payment | None, nth: int) -> str:
        """Under which the ledger would know a refund made elsewhere; empty where it is none.

        Only a line that repeats its payment's numbers can be one of two in the same second.
        """
        if line.kind is not Kind.REFUND or payment is None:
            return ""
        if nth > 1 and matching.own_number(line, numbers_of(payment)):
            return ""
        return matching.external_reference(line, numbers_of(payment), nth=nth)

    # ---- Naming -------------------------------------------------------------------------------

    def name(self, line: Theirs) -> _Named:
        """What a line belongs to on our side, as far as numbers tell."""
        by_kind: dict[Kind, Callable[[Theirs], _Named]] = {
            Kind.PAYMENT: self._name_payment,
            Kind.CANCEL: self._name_cancel,
            Kind.REFUND: self._name_refund,
            Kind.REFUND_REVERSAL: self._name_return,
        }
        return by_kind[line.kind](line)

    def _name_payment(self, line: Theirs) -> _Named:
        payment = self.payment_of(line)
        if payment is None or payment.alipay_trans_id not in {"", line.alipay_trans_id}:
            # Our order number under another number of Alipay's is another trade.
            return _Named(line, _identity(line), payment=payment)
        target = (line.kind, str(payment.pk))
        return _Named(line, target, self.ours_of_payment(payment), payment)

    def _name_cancel(self, line: Theirs) -> _Named:
        payment = self.payment_of(line)
        if payment is None:
            return _Named(line, _identity(line))
        cancel = self._cancels.get(payment.pk)
        ours = self.ours_of_cancel(cancel, payment) if cancel else None
        return _Named(line, (line.kind, str(payment.pk)), ours, payment)

    def _name_refund(self, line: Theirs) -> _Named:
        payment = self.payment_of(line)
        refund = (
            self._refunds.get(line.partner_trans_id)
            or self._by_refund_id.get(line.alipay_trans_id)
            or self._own_numbered(line, payment)
        )
        if refund is not None:
            target = (line.kind, refund.partner_refund_id)
            return _Named(line, target, self.ours_of_refund(refund), refund.payment)
        if payment is None:
            return _Named(line, (*_identity(line), line.occurred_at.isoformat()))
        reference = matching.external_reference(line, numbers_of(payment))
        target = (line.kind, reference)
        ours = self._booked(reference) or self._heard(line, payment, target)
        return _Named(line, target, ours, payment)

    def _name_return(self, line: Theirs) -> _Named:
        """That a refund came back: of the refund, once it is booked, for that has to come first."""
        refund = self._returned(line)
        if refund is None:
            return _Named(line, _identity(line), payment=self.payment_of(line))
        target = (line.kind, refund.partner_refund_id)
        return _Named(line, target, self.ours_of_return(refund), refund.payment)

    def _returned(self, line: Theirs) -> Refund | None:
        """The refund that a line names by any number; else the only one of its payment and amount
        that may have come back. No page says which numbers stand in such a line.
        """
        for number in (line.partner_trans_id, line.alipay_trans_id, line.original_trans_id):
            refund = (
                self._refunds.get(number)
                or self._by_refund_id.get(number)
                or self._refunds.get(f"alipay:{number}")
            )
            if refund is not None:
                return refund
        payment = self.payment_of(line)
        if payment is None:
            return None
        booked = [
            refund
            for refund in self._refunds.values()
            if refund.payment_id == payment.pk
            and refund.amount == line.amount
            and refund.booked_at is not None
        ]
        known = [refund for refund in booked if refund.returned_at == line.occurred_at]
        able = known or [refund for refund in booked if refund.returned_at is None] or booked
        return able[0] if len(able) == 1 else None

    def _own_numbered(self, line: Theirs, payment: Payment | None) -> Refund | None:
        """A refund made elsewhere that is booked under a number of its own."""
        if payment is not None and not matching.own_number(line, numbers_of(payment)):
            return None
        of_payment = set() if payment is None else {*numbers_of(payment)}
        for number in (line.alipay_trans_id, line.partner_trans_id):
            refund = self._refunds.get(f"alipay:{number}")
            if refund is not None and number not in of_payment:
                return refund
        return None

    def payment_of(self, line: Theirs) -> Payment | None:
        """The payment whose number a line bears, or which it names as its original; Alipay's
        number decides between two.
        """
        return (
            self._by_alipay.get(line.alipay_trans_id)
            or self._by_partner.get(line.partner_trans_id)
            or self._by_alipay.get(line.original_trans_id)
            or self._by_partner.get(line.original_trans_id)
        )

    def _booked(self, reference: str) -> Ours | None:
        """The refund made elsewhere that carries a reference."""
        refund = self._refunds.get(reference)
        return self.ours_of_refund(refund) if refund else None

    def _heard(self, line: Theirs, payment: Payment, target: Target) -> Ours | None:
        """A refund of this payment and amount that Alipay told of, and nobody has booked; or one
        of ours that no line names.

        Of equal ones that which was told nearest in time; none answers for two lines.
        """
        if target not in self._told_of:
            untaken = [
                refund
                for refund in self._refunds.values()
                if refund.payment_id == payment.pk
                and refund.amount == line.amount
                and refund not in self._told_of.values()
                and (
                    self.ours_of_refund(refund).standing is Standing.HEARD
                    or self._is_unnamed(refund, line, payment)
                )
            ]
            if not untaken:
                return None
            self._told_of[target] = min(untaken, key=lambda refund: _apart(refund, line))
        return self.ours_of_refund(self._told_of[target])

    def _is_unnamed(self, refund: Refund, line: Theirs, payment: Payment) -> bool:
        """Whether a line that repeats its payment's request number may be of a refund of ours, of
        which Alipay never told us its own number.
        """
        repeats = line.original_trans_id and line.partner_trans_id == payment.partner_trans_id
        may_have_left = refund.booked_at is not None or refund.state in REFUND_SENT
        is_free = (
            not refund.alipay_refund_id and refund.partner_refund_id not in self._named_refunds
        )
        return bool(repeats) and refund.is_ours and may_have_left and is_free

    @cached_property
    def _named_refunds(self) -> set[str]:
        """The numbers of refunds here that a line gives, wherever it stands."""
        lines = usable_lines(self._account).filter(
            partner_trans_id__among={*self._refunds}, kind=LineKind.REFUND
        )
        return set(lines.values_list("partner_trans_id", flat=True))

    def _has_line_of_payment(self, line: Theirs) -> bool:
        """Whether their files know the payment that a line gives back."""
        numbers = numbers_of_lines([line]) - {""}
        return any(
            other.kind is Kind.PAYMENT and numbers & {other.alipay_trans_id, other.partner_trans_id}
            for other in self._lines
        )

    # ---- Ours ---------------------------------------------------------------------------------

    def ours_of_entry(self, entry: LedgerEntry) -> Ours:
        """The noun that an entry booked."""
        refund = self._refunds.get(entry.reference)
        if entry.kind == EntryKind.REFUND and refund is not None:
            return self.ours_of_refund(refund)
        if entry.kind == EntryKind.REFUND_REVERSAL and refund is not None:
            return self.ours_of_return(refund)
        payment = self._by_alipay[entry.reference]
        cancel = self._cancels.get(payment.pk)
        if entry.kind == EntryKind.CANCEL and cancel is not None:
            return self.ours_of_cancel(cancel, payment)
        return self.ours_of_payment(payment)

    def ours_of_payment(self, payment: Payment) -> Ours:
        ours = self._ours(Kind.PAYMENT, payment, payment.amount, reference=payment.alipay_trans_id)
        return replace(ours, state=payment.state, occurred_at=payment.paid_at)

    def ours_of_cancel(self, cancel: Cancel, payment: Payment) -> Ours:
        ours = self._ours(Kind.CANCEL, payment, cancel.amount, reference=payment.alipay_trans_id)
        return replace(ours, state=cancel.state, cancel_id=cancel.pk)

    def ours_of_refund(self, refund: Refund) -> Ours:
        number = refund.partner_refund_id
        ours = self._ours(Kind.REFUND, refund.payment, refund.amount, reference=number)
        is_heard = not refund.is_ours and refund.booked_at is None
        return replace(
            ours,
            state=refund.state,
            refund_id=refund.pk,
            partner_trans_id=number,
            standing=Standing.HEARD if is_heard else ours.standing,
            occurred_at=ours.occurred_at or refund.refunded_at,
        )

    def ours_of_return(self, refund: Refund) -> Ours:
        """That it came back; until that is booked only Alipay's line tells of it."""
        number = refund.partner_refund_id
        ours = self._ours(Kind.REFUND_REVERSAL, refund.payment, refund.amount, reference=number)
        is_booked = ours.standing is Standing.BOOKED
        return replace(
            ours,
            state=refund.state,
            refund_id=refund.pk,
            partner_trans_id=number,
            standing=Standing.BOOKED if is_booked else Standing.HEARD,
        )

    def _ours(self, kind: Kind, payment: Payment, amount: Money, *, reference: str) -> Ours:
        entry = self._entries.get((kind.value, reference))
        return Ours(
            kind=kind,
            alipay_trans_id=payment.alipay_trans_id,
            partner_trans_id=payment.partner_trans_id,
            amount=amount,
            standing=Standing.BOOKED if entry else Standing.NOT_BOOKED,
            occurred_at=entry.occurred_at if entry else None,
            store=payment.store.name if payment.store else "",
            payment_id=payment.pk,
            entry_id=entry.pk if entry else None,
            by_json=payment.pk in self._by_json,
        )


def _identity(line: Theirs) -> Target:
    return line.kind, "unknown", line.alipay_trans_id, line.partner_trans_id


def _apart(refund: Refund, line: Theirs) -> tuple[float, int]:
    """How long a refund was told to be from a line's time."""
    if refund.refunded_at is None:
        return float("inf"), refund.pk
    return abs((refund.refunded_at - line.occurred_at).total_seconds()), refund.pk


def _begun_by_json(account: Account, payment_ids: set[int]) -> set[int]:
    """Those of these payments that stand in the files of the JSON products."""
    if not account.client_id:
        return set()
    sales = Sale.objects.filter(payment__among=payment_ids, interface=Interface.JSON)
    return set(sales.values_list("payment", flat=True))


def _weightiest_cancels(payment_ids: set[int]) -> dict[int, Cancel]:
    """Of each payment the cancel that is done, else the last one that may have left."""
    cancels = Cancel.objects.filter(payment__among=payment_ids).exclude(state__in=_NEVER_SENT)
    found: dict[int, Cancel] = {}
    for cancel in cancels.order_by("pk"):
        known = found.get(cancel.payment_id)
        if known is None or known.state != CancelState.DONE:
            found[cancel.payment_id] = cancel
    return found


def numbers_of(payment: Payment) -> Numbers:
    return Numbers(payment.alipay_trans_id, payment.partner_trans_id)
