"""One line of a file: read whole, or set aside with its place and a reason."""

from datetime import datetime
from functools import lru_cache
from operator import itemgetter

from merchant_portal.alipay.fitting import ID_LENGTH
from merchant_portal.alipay.statements.amounts import minor_units
from merchant_portal.alipay.statements.layouts import SEPARATOR, Layout
from merchant_portal.alipay.statements.records import SHOWN, Problem, Row, printable
from merchant_portal.alipay.statements.words import Document, Kind, Reason, RowCode
from merchant_portal.alipay.times import parse_text

NOTHING = frozenset({"", "-"})  # public importers met both for an amount that is not there
_TIME_LENGTH = 19


# REVERSAL is what the older spot.reverse leaves, as CANCEL what acquire.cancel leaves: both undo
# the whole payment. An older text writes REVERSE (global.alipay.com/doc/gr/in-store).
_TRANSACTION_KINDS = {
    "PAYMENT": Kind.PAYMENT,
    "REFUND": Kind.REFUND,
    "CANCEL": Kind.CANCEL,
    "REVERSAL": Kind.CANCEL,
    "REVERSE": Kind.CANCEL,
}
_SETTLEMENT_KINDS = {"P": Kind.PAYMENT, "R": Kind.REFUND}
_LIQUIDATED = "L"

Column = tuple[str, ...]
"""A column's canonical names; the first of them that a file has counts."""

_TYPE: Column = ("transactiontype", "type")
_PARTNER_NUMBER: Column = ("partnertransactionid",)
_ALIPAY_NUMBER: Column = ("transactionid",)
_CURRENCY: Column = ("currency",)
_AMOUNT: Column = ("transactionamount", "amount")
_FEE: Column = ("chargeamount", "fee")
_NET: Column = ("settlement",)
_PRICING_CURRENCY: Column = ("transcurrency",)
_PRICING_AMOUNT: Column = ("transamount",)
_OCCURRED: Column = ("paymenttime",)
_SETTLED: Column = ("settlementtime",)
_STATUS: Column = ("status",)
_DETAILS: tuple[Column, ...] = (
    ("remark", "remarks"),
    ("secondarymerchantindustry",),
    ("secondarymerchantname",),
    ("secondarymerchantid",),
    ("operatorname",),
    ("orderscene",),
    ("transforexrate",),
    ("issue",),
)
_PICKED = (
    *(_TYPE, _PARTNER_NUMBER, _ALIPAY_NUMBER, _CURRENCY, _AMOUNT, _FEE, _NET),
    *(_PRICING_CURRENCY, _PRICING_AMOUNT, _OCCURRED, _SETTLED, _STATUS),
    *_DETAILS,
)


class Unfit(Exception):
    """A value that sets its line aside; no column where the line as a whole is meant."""

    def __init__(
        self, code: RowCode, reason: Reason, *, column: Column = (), shown: str = ""
    ) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.column = column
        self.shown = shown


class RowReader:
    """Reads the lines below one column line."""

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self._pick = itemgetter(*(layout.place_of(*column) for column in _PICKED))
        self._is_settlement = layout.document is Document.SETTLEMENT

    def read(self, line_number: int, text: str) -> Row | Problem:
        """The line as a row; a Problem where it is not one."""
        try:
            return self._read(line_number, text)
        except Unfit as unfit:
            column = self.layout.name_of(*unfit.column)
            shown = printable(unfit.shown)[:SHOWN]
            return Problem(line_number, column, unfit.code, unfit.reason, shown, printable(text))

    def is_short(self, text: str) -> bool:
        """Whether the line has fewer values than there are columns, as one cut off has."""
        return text.count(SEPARATOR) + 1 < len(self.layout.names)

    def _read(self, line_number: int, text: str) -> Row:
        # One function of twenty names, because a file has a million lines.
        # fmt: off
        (
            word, partner_number, alipay_number, currency, amount, fee, net, pricing_currency,
            pricing_amount, occurred, settled, status, remark, industry, merchant, merchant_id,
            store_name, scene, rate, wallet,
        ) = self._values(text)
        # fmt: on
        pays_out = self._is_settlement
        if pays_out:
            # A cancelled payment has Alipay's number in both columns; a reversed one cannot be
            # told from a refund (docs.antom.com/ac/globalbarcode/settlement_format).
            kind = _settlement_kind(word, status, is_cancel=partner_number == alipay_number)
        else:
            kind = _transaction_kind(word)
        _refuse_numbers(partner_number, alipay_number)
        amount_minor = _amount(amount, currency, _AMOUNT)
        fee_minor = None if fee in NOTHING else _amount(fee, currency, _FEE)
        if pricing_amount == amount and pricing_currency == currency:
            pricing_minor: int | None = amount_minor  # nearly always
        else:
            pricing_minor = _pricing(pricing_amount, pricing_currency)
        return Row(
            line_number,
            kind,
            word,
            partner_number,
            alipay_number,
            currency,
            amount,
            amount_minor,
            fee,
            fee_minor,
            net,
            _amount(net, currency, _NET) if pays_out else None,
            pricing_currency,
            pricing_amount,
            pricing_minor,
            _instant(occurred, _OCCURRED),
            _instant(settled, _SETTLED) if pays_out else None,
            text,
            self.layout,
            remark,
            industry,
            merchant,
            merchant_id,
            store_name,
            scene,
            rate,
            wallet,
        )

    def _values(self, text: str) -> tuple[str, ...]:
        """The picked values, trimmed; a column the file has not is empty."""
        values = text.split(SEPARATOR)
        if len(values) != len(self.layout.names):
            shown = f"{len(values)}, {len(self.layout.names)}"
            raise Unfit(RowCode.BAD_ROW, Reason.COLUMN_COUNT, shown=shown)
        if "\x00" in text:
            raise Unfit(RowCode.BAD_ROW, Reason.CONTROL_CHARACTER)
        if _is_padded(text):
            values = [value.strip(" \t") for value in values]
        values.append("")  # what place -1 picks
        picked: tuple[str, ...] = self._pick(values)
        return picked


def _transaction_kind(word: str) -> Kind:
    try:
        return _TRANSACTION_KINDS[word.upper()]
    except KeyError:
        raise _unknown(_TYPE, word) from None


def _settlement_kind(word: str, status: str, *, is_cancel: bool) -> Kind:
    if status != _LIQUIDATED:
        raise _unknown(_STATUS, status)
    kind = _SETTLEMENT_KINDS.get(word.upper())
    if kind is None:
        raise _unknown(_TYPE, word)
    return Kind.CANCEL if kind is Kind.REFUND and is_cancel else kind


def _unknown(column: Column, word: str) -> Unfit:
    return Unfit(RowCode.UNKNOWN_TYPE, Reason.UNKNOWN_WORD, column=column, shown=word)


def _is_padded(text: str) -> bool:
    return " |" in text or "| " in text or "\t" in text or text[0] == " " or text[-1] == " "


def _refuse_numbers(partner_number: str, alipay_number: str) -> None:
    if not alipay_number:
        raise Unfit(RowCode.BAD_ROW, Reason.NUMBER_MISSING, column=_ALIPAY_NUMBER)
    if len(partner_number) > ID_LENGTH:
        raise _too_long(_PARTNER_NUMBER, partner_number)
    if len(alipay_number) > ID_LENGTH:
        raise _too_long(_ALIPAY_NUMBER, alipay_number)


def _too_long(column: Column, number: str) -> Unfit:
    return Unfit(RowCode.BAD_ROW, Reason.NUMBER_TOO_LONG, column=column, shown=number)


def _amount(text: str, currency: str, column: Column, currency_column: Column = _CURRENCY) -> int:
    minor = minor_units(text, currency)
    if isinstance(minor, int):
        return minor
    if minor is Reason.NOT_A_CURRENCY:
        raise Unfit(RowCode.BAD_AMOUNT, minor, column=currency_column, shown=currency)
    raise Unfit(RowCode.BAD_AMOUNT, minor, column=column, shown=text)


def _pricing(text: str, currency: str) -> int | None:
    if text in NOTHING:
        return None
    return _amount(text, currency, _PRICING_AMOUNT, _PRICING_CURRENCY)


def _instant(text: str, column: Column) -> datetime:
    instant = _instant_of(text) if len(text) == _TIME_LENGTH else None
    if instant is None:
        raise Unfit(RowCode.BAD_ROW, Reason.NOT_A_TIME, column=column, shown=text)
    return instant


@lru_cache(maxsize=4096)
def _instant_of(text: str) -> datetime | None:
    try:
        return parse_text(text)
    except ValueError:
        return None
