"""Whether a file of the JSON products writes smallest units where major ones are agreed.

The pages' tables and their samples contradict one another: a file that is read in the wrong units
has every amount a hundred times too large (docs/statements.md).
"""

from django.db.models import BigIntegerField, Count, F, OuterRef, Q, Subquery

from merchant_portal.alipay.statements import Document
from merchant_portal.money import CURRENCIES
from payments.models import Payment
from payments.states import Interface
from reconciliation.models import StatementFile, StatementLine
from reconciliation.states import LineKind

#: So many payments of a file tell enough.
_LOOKED_AT = 1_000
_TIMES = 100
_WITH_CENTS = [currency for currency, decimals in CURRENCIES.items() if decimals == 2]


def is_suspect(file: StatementFile) -> bool:
    """Whether every payment of the file that we know is exactly a hundred times ours."""
    if file.interface != Interface.JSON or file.document != Document.TRANSACTION:
        return False
    ours = Payment.objects.filter(
        account=file.account_id,
        alipay_trans_id=OuterRef("alipay_trans_id"),
        currency=OuterRef("pricing_currency"),
    )
    lines = StatementLine.objects.filter(
        file=file, kind=LineKind.PAYMENT, pricing_currency__in=_WITH_CENTS
    )
    told = lines.annotate(
        ours=Subquery(ours.values("amount_minor")[:1], output_field=BigIntegerField())
    ).order_by("line_number")[:_LOOKED_AT]
    counts = told.aggregate(
        known=Count("ours"),
        too_large=Count("pk", filter=Q(pricing_amount_minor=F("ours") * _TIMES)),
    )
    known, too_large = int(counts["known"]), int(counts["too_large"])
    return 0 < known == too_large
