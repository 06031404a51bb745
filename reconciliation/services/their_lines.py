"""Stored lines of Alipay's transaction files, as they are compared."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q, QuerySet

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from merchant_portal.alipay.statements import Document, Kind
from merchant_portal.money import Money
from reconciliation.findings import Theirs
from reconciliation.models import StatementLine
from reconciliation.states import FILE_USABLE


def usable_lines(account: Account) -> QuerySet[StatementLine]:
    return StatementLine.objects.filter(
        file__account=account,
        file__document=Document.TRANSACTION,
        file__state__in=FILE_USABLE,
    )


def lines_with(account: Account, numbers: set[str]) -> Iterator[Theirs]:
    """Stored lines as they are compared; where a file names no pricing amount, the settled one."""
    lines = usable_lines(account).filter(
        Q(alipay_trans_id__among=numbers) | Q(partner_trans_id__among=numbers)
    )
    # Values, not objects: a line is known by some of its twenty columns.
    rows = lines.values_list(
        *("pk", "file_id", "line_number", "file__day", "kind"),
        *("alipay_trans_id", "partner_trans_id", "amount_minor", "currency"),
        *("pricing_amount_minor", "pricing_currency", "fee_minor", "occurred_at", "store_name"),
        "original_trans_id",
        named=True,
    )
    return map(_theirs, rows)


def _theirs(line: Any) -> Theirs:
    settled, priced = Money(line.amount_minor, line.currency), line.pricing_amount_minor
    return Theirs(
        line_id=line.pk,
        file_id=line.file_id,
        line_number=line.line_number,
        day=line.file__day or clock.transaction_day(line.occurred_at),
        kind=Kind(line.kind),
        alipay_trans_id=line.alipay_trans_id,
        partner_trans_id=line.partner_trans_id,
        amount=settled if priced is None else Money(priced, line.pricing_currency),
        settlement_amount=settled,
        fee_minor=line.fee_minor,
        occurred_at=line.occurred_at,
        store=line.store_name,
        original_trans_id=line.original_trans_id,
    )


def numbers_of_lines(lines: Iterable[Theirs]) -> set[str]:
    return {
        number
        for line in lines
        for number in (line.alipay_trans_id, line.partner_trans_id, line.original_trans_id)
    }
