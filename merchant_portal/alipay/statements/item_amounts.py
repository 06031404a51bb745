"""The amounts of a row of the JSON products' files.

They come with a sign: money to the merchant is above zero, a fee below. What was settled is the
gross in settlement currency plus all fees, so the gross follows from the two
(docs.antom.com/ac/reconcile/rules).
"""

from typing import NamedTuple

from merchant_portal.alipay.statements import comma_layouts as columns
from merchant_portal.alipay.statements.amounts import Units, signed_minor
from merchant_portal.alipay.statements.item_values import Values
from merchant_portal.alipay.statements.layouts import Layout, canonical
from merchant_portal.alipay.statements.rows import NOTHING, Column, Unfit
from merchant_portal.alipay.statements.words import Document, Kind, Reason, RowCode

SHOP_KINDS = frozenset({Kind.PAYMENT, Kind.CANCEL, Kind.REFUND, Kind.REFUND_REVERSAL})
"""What happens to a shop's payments: the type alone gives the direction of the money."""
_INWARD = frozenset({Kind.PAYMENT, Kind.REFUND_REVERSAL})


class Amounts(NamedTuple):
    """A row's amounts in minor units; `fee` and `net` as `Row` has them."""

    currency: str
    text: str
    minor: int
    fee: int | None
    net: int | None
    priced: int | None


class AmountReader:
    """Reads the amounts of the rows below one column line; raises Unfit."""

    def __init__(self, layout: Layout, units: Units) -> None:
        self.layout = layout
        self._units = units
        self._document = layout.document
        self._fees = columns.fee_places(layout)

    def read(self, picked: Values, values: list[str], kind: Kind) -> Amounts:
        priced = self._priced(picked, kind)
        if self._document is not Document.TRANSACTION:
            return self._settled(picked, values, kind, priced)
        if priced is None:
            raise Unfit(RowCode.BAD_AMOUNT, Reason.NOT_A_DECIMAL, column=columns.AMOUNT)
        if picked.net not in NOTHING:
            try:
                return self._settled(picked, values, kind, priced)._replace(net=None)
            except _FeeInOtherCurrency:
                pass  # what the buyer paid is told all the same
        return Amounts(picked.currency, picked.amount, priced, None, None, priced)

    def _priced(self, picked: Values, kind: Kind) -> int | None:
        """What the buyer paid or got back, as a magnitude: the type tells which."""
        if picked.amount in NOTHING:
            return None
        minor = self._minor(picked.amount, picked.currency, columns.AMOUNT, columns.CURRENCY)
        if kind in _INWARD and minor < 0:
            raise Unfit(RowCode.BAD_AMOUNT, Reason.SIGN, column=columns.AMOUNT, shown=picked.amount)
        return abs(minor) if kind in SHOP_KINDS else minor

    def _settled(
        self, picked: Values, values: list[str], kind: Kind, priced: int | None
    ) -> Amounts:
        net = self._minor(picked.net, picked.net_currency, columns.NET, columns.NET_CURRENCY)
        fee = self._fee(values, picked.net_currency)
        gross = (net - (fee or 0)) * kind.direction
        if gross < 0 and kind in SHOP_KINDS:
            raise Unfit(RowCode.BAD_AMOUNT, Reason.SIGN, column=columns.NET, shown=picked.net)
        fee_minor = None if fee is None else -fee * kind.direction
        net_minor = net * kind.direction
        return Amounts(picked.net_currency, picked.net, gross, fee_minor, net_minor, priced)

    def _fee(self, values: list[str], currency: str) -> int | None:
        """The sum of all fees with its sign; None where the row gives none."""
        given = [(fee, at) for fee, at in self._fees if values[fee] not in NOTHING]
        return sum(self._one_fee(values, fee, at, currency) for fee, at in given) if given else None

    def _one_fee(self, values: list[str], fee: int, at: int, currency: str) -> int:
        column = (canonical(self.layout.names[fee]),)
        minor = self._minor(values[fee], values[at] or currency, column, column)
        if minor and values[at] not in {"", currency}:
            raise _FeeInOtherCurrency(column, values[at])
        return minor

    def _minor(self, text: str, currency: str, column: Column, currency_column: Column) -> int:
        minor = signed_minor(text, currency, self._units)
        if isinstance(minor, int):
            return minor
        if minor is Reason.NOT_A_CURRENCY:
            raise Unfit(RowCode.BAD_AMOUNT, minor, column=currency_column, shown=currency)
        raise Unfit(RowCode.BAD_AMOUNT, minor, column=column, shown=text)


class _FeeInOtherCurrency(Unfit):
    """What it is in the currency of the settlement no column says."""

    def __init__(self, column: Column, currency: str) -> None:
        reason = Reason.OTHER_FEE_CURRENCY
        super().__init__(RowCode.BAD_AMOUNT, reason, column=column, shown=currency)
