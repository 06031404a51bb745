"""The ledger's one writer: an entry moves one amount from one ledger account to another."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from merchant_portal import clock, rows
from merchant_portal.money import Money
from payments.models import EntryKind, LedgerAccount, LedgerEntry, Payment

#: kind -> (debit, credit). An ADJUSTMENT goes where a person says.
MOVES: Mapping[EntryKind, tuple[LedgerAccount, LedgerAccount]] = MappingProxyType(
    {
        EntryKind.PAYMENT: (LedgerAccount.RECEIVABLE, LedgerAccount.SALES),
        EntryKind.CANCEL: (LedgerAccount.CANCELS, LedgerAccount.RECEIVABLE),
        EntryKind.REFUND: (LedgerAccount.REFUNDS, LedgerAccount.RECEIVABLE),
        EntryKind.REFUND_REVERSAL: (LedgerAccount.RECEIVABLE, LedgerAccount.REFUNDS),
    }
)


def post_payment(payment: Payment, *, occurred_at: datetime) -> LedgerEntry:
    """Alipay owes us the payment's amount: receivable <- sales, once per Alipay number."""
    return _post(
        EntryKind.PAYMENT,
        payment,
        payment.amount,
        reference=payment.alipay_trans_id,
        occurred_at=occurred_at,
    )


def post_cancel(payment: Payment, *, occurred_at: datetime) -> LedgerEntry:
    """The whole payment went back on its day: cancels <- receivable, once per Alipay number."""
    return _post(
        EntryKind.CANCEL,
        payment,
        payment.amount,
        reference=payment.alipay_trans_id,
        occurred_at=occurred_at,
    )


def post_refund(
    payment: Payment, amount: Money, *, reference: str, occurred_at: datetime
) -> LedgerEntry:
    """The buyer has the money: refunds <- receivable, once per refund's number."""
    return _post(EntryKind.REFUND, payment, amount, reference=reference, occurred_at=occurred_at)


def post_refund_reversal(
    payment: Payment, amount: Money, *, reference: str, occurred_at: datetime
) -> LedgerEntry:
    """A refund came back: receivable <- refunds, under the refund's own number."""
    return _post(
        EntryKind.REFUND_REVERSAL, payment, amount, reference=reference, occurred_at=occurred_at
    )


def post_adjustment(
    payment: Payment,
    amount: Money,
    *,
    debit: LedgerAccount,
    credit: LedgerAccount,
    reference: str,
    occurred_at: datetime,
) -> LedgerEntry:
    """What a person decided, under the decision's number."""
    return _write(
        EntryKind.ADJUSTMENT,
        payment,
        amount,
        sides=(debit, credit),
        reference=reference,
        occurred_at=occurred_at,
    )


def _post(
    kind: EntryKind, payment: Payment, amount: Money, *, reference: str, occurred_at: datetime
) -> LedgerEntry:
    return _write(
        kind, payment, amount, sides=MOVES[kind], reference=reference, occurred_at=occurred_at
    )


def _write(
    kind: EntryKind,
    payment: Payment,
    amount: Money,
    *,
    sides: tuple[LedgerAccount, LedgerAccount],
    reference: str,
    occurred_at: datetime,
) -> LedgerEntry:
    debit, credit = sides
    entry = LedgerEntry(
        account_id=payment.account_id,
        payment=payment,
        kind=kind,
        reference=reference,
        debit=debit,
        credit=credit,
        amount_minor=amount.minor,
        currency=amount.currency,
        occurred_at=occurred_at,
        posted_at=clock.now(),
    )
    rows.insert(entry)
    return entry
