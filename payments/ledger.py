"""The ledger's one writer: an entry moves one amount from one ledger account to another."""

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType

from merchant_portal import clock, rows
from payments.models import EntryKind, LedgerAccount, LedgerEntry, Payment

#: kind -> (debit, credit)
MOVES: Mapping[EntryKind, tuple[LedgerAccount, LedgerAccount]] = MappingProxyType(
    {EntryKind.PAYMENT: (LedgerAccount.RECEIVABLE, LedgerAccount.SALES)}
)


def post_payment(payment: Payment, *, occurred_at: datetime) -> LedgerEntry:
    """Alipay owes us the payment's amount: receivable <- sales, once per Alipay number."""
    debit, credit = MOVES[EntryKind.PAYMENT]
    entry = LedgerEntry(
        account_id=payment.account_id,
        payment=payment,
        kind=EntryKind.PAYMENT,
        reference=payment.alipay_trans_id,
        debit=debit,
        credit=credit,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        occurred_at=occurred_at,
        posted_at=clock.now(),
    )
    rows.insert(entry)
    return entry
