"""One row of a file of the JSON products: read whole, passed over, or set aside.

Amounts come with a sign: money to the merchant is above zero, a fee below. What was settled is the
gross in settlement currency plus all fees, so the gross follows from the two
(docs.antom.com/ac/reconcile/rules). Only PAYMENT, REFUND and CANCEL are events of a shop; the list
of further words is open, and in a settlement each of them is money all the same.
"""

from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from merchant_portal.alipay.fitting import ID_LENGTH
from merchant_portal.alipay.statements import comma_layouts as columns
from merchant_portal.alipay.statements.amounts import Units, signed_minor
from merchant_portal.alipay.statements.csv_rows import OpenQuote, values_of
from merchant_portal.alipay.statements.layouts import Layout, canonical
from merchant_portal.alipay.statements.names import read_day
from merchant_portal.alipay.statements.records import SHOWN, Problem, Row, printable
from merchant_portal.alipay.statements.rows import NOTHING, Column, Unfit
from merchant_portal.alipay.statements.words import Document, Kind, Reason, RowCode
from merchant_portal.alipay.times import GMT8, parse_iso8601

_EVENTS = {"PAYMENT": Kind.PAYMENT, "REFUND": Kind.REFUND, "CANCEL": Kind.CANCEL}
_TOTAL = "TOTAL"
_LONGEST_TIME = 40
# The newest transaction files list all of a day, also what never succeeded; no page lists their
# words, so one that is not known here is shown to people instead of passed over.
_SUCCESS = frozenset({"SUCCESS", "SUCCEEDED", "SUCCESSFUL"})
_NO_SUCCESS = frozenset(
    {"FAIL", "FAILED", "PROCESSING", "PENDING", "CANCELLED", "CANCELED", "CLOSED", "EXPIRED"}
)
_DETAILS: tuple[Column, ...] = (
    ("orderdescription",),
    ("referencemerchantid",),
    ("referencestoreid",),
    ("productcode",),
    ("quoteprice",),
    ("wallet",),
    ("paymentmethodtype",),
)
_PICKED: tuple[Column, ...] = (
    *(columns.TYPE, columns.MERCHANT, columns.STATUS, columns.BATCH),
    *(columns.NUMBER, columns.REQUEST_NUMBER),
    *(columns.ORIGINAL_NUMBER, columns.ORIGINAL_REQUEST_NUMBER),
    *(columns.AMOUNT, columns.CURRENCY, columns.NET, columns.NET_CURRENCY),
    *(columns.OCCURRED, columns.UPDATED, columns.SETTLED),
    *_DETAILS,
)


class _Values(NamedTuple):
    """What is picked of a row, trimmed; empty where the file has no such column."""

    word: str
    merchant: str
    status: str
    batch: str
    number: str
    request_number: str
    original_number: str
    original_request_number: str
    amount: str
    currency: str
    net: str
    net_currency: str
    occurred: str
    updated: str
    settled: str
    description: str
    secondary_merchant_id: str
    store: str
    product: str
    rate: str
    wallet: str
    method: str


class _Amounts(NamedTuple):
    """A row's amounts in minor units; `fee` and `net` as `Row` has them."""

    currency: str
    text: str
    minor: int
    fee: int | None
    net: int | None
    priced: int | None


class Head(NamedTuple):
    """What the first row says of its file: whose it is, and of when."""

    merchant: str = ""
    occurred_at: datetime | None = None
    settled_at: datetime | None = None


def head_of(layout: Layout, text: str) -> Head:
    """What can be read of a file's first row."""
    try:
        picked, _values = ItemReader(layout, Units.MAJOR).values(text)
    except Unfit:
        return Head()
    merchant = picked.merchant if len(picked.merchant) <= ID_LENGTH else ""
    occurred_at = _instant_of(picked.occurred or picked.updated)
    return Head(merchant, occurred_at, _instant_of(picked.settled))


class ItemReader:
    """Reads the rows below one column line."""

    def __init__(self, layout: Layout, units: Units) -> None:
        self.layout = layout
        self._units = units
        self._document = layout.document
        self._pick = itemgetter(*(layout.place_of(*column) for column in _PICKED))
        self._fees = columns.fee_places(layout)
        has_status = layout.place_of(*columns.STATUS) >= 0
        self._tells_status = has_status and self._document is Document.TRANSACTION
        self._merchant = ""

    def read(self, line_number: int, text: str) -> Row | Problem | None:
        """The line as a row; a Problem where it is not one; None where it tells of no success."""
        try:
            picked, values = self.values(text)
            self._refuse_other_merchant(picked.merchant)
            if self._tells_status and not _is_success(picked.status):
                return None
            if self._document is Document.SUMMARY:
                return self._sum(line_number, text, picked, values)
            return self._item(line_number, text, picked, values)
        except Unfit as unfit:
            column = self.layout.name_of(*unfit.column)
            shown = printable(unfit.shown)[:SHOWN]
            return Problem(line_number, column, unfit.code, unfit.reason, shown, printable(text))

    def values(self, text: str) -> tuple[_Values, list[str]]:
        """The picked values and all of them, trimmed; a column the file has not is empty."""
        if "\x00" in text:
            raise Unfit(RowCode.BAD_ROW, Reason.CONTROL_CHARACTER)
        try:
            values = [value.strip() for value in values_of(text)]
        except OpenQuote:
            raise Unfit(RowCode.BAD_ROW, Reason.OPEN_QUOTE) from None
        wanted = len(self.layout.names)
        if len(values) == wanted + 1 and not values[-1]:
            del values[-1]  # a published row ends in a comma
        if len(values) != wanted:
            shown = f"{len(values)}, {wanted}"
            raise Unfit(RowCode.BAD_ROW, Reason.COLUMN_COUNT, shown=shown)
        values.append("")  # what place -1 picks
        return _Values(*self._pick(values)), values

    def _refuse_other_merchant(self, merchant: str) -> None:
        self._merchant = self._merchant or merchant
        if merchant not in {"", self._merchant}:
            raise Unfit(
                RowCode.BAD_ROW, Reason.OTHER_MERCHANT, column=columns.MERCHANT, shown=merchant
            )

    # ---- Rows ---------------------------------------------------------------------------------

    def _item(self, line_number: int, text: str, picked: _Values, values: list[str]) -> Row:
        """One event of the shop, or in a settlement what belongs to none."""
        kind = _EVENTS.get(picked.word.upper(), Kind.OTHER)
        is_settlement = self._document is Document.SETTLEMENT
        if kind is not Kind.OTHER:
            _refuse_numbers(picked)
        elif not is_settlement:
            raise _unknown(columns.TYPE, picked.word)
        settled_at = _instant(picked.settled, columns.SETTLED) if is_settlement else None
        occurred = picked.occurred or picked.updated
        occurred_at = settled_at if kind is Kind.OTHER and not occurred else None
        return self._row(
            line_number,
            text,
            picked,
            kind=kind,
            number=picked.number,
            amounts=self._amounts(picked, values, kind),
            occurred_at=occurred_at or _instant(occurred, columns.OCCURRED),
            settled_at=settled_at,
            remark=picked.word if kind is Kind.OTHER else picked.description,
        )

    def _sum(self, line_number: int, text: str, picked: _Values, values: list[str]) -> Row:
        """One line of a summary, under the number of its batch."""
        word = picked.word.upper()
        kind = Kind.TOTAL if word == _TOTAL else _EVENTS.get(word, Kind.OTHER)
        if not picked.batch:
            raise Unfit(RowCode.BAD_ROW, Reason.NUMBER_MISSING, column=columns.BATCH)
        settled_at = _instant(picked.settled, columns.SETTLED)
        return self._row(
            line_number,
            text,
            picked,
            kind=kind,
            number=_short(picked.batch, columns.BATCH),
            amounts=self._amounts(picked, values, kind),
            occurred_at=settled_at,
            settled_at=settled_at,
            remark=picked.word,
        )

    def _row(
        self,
        line_number: int,
        text: str,
        picked: _Values,
        *,
        kind: Kind,
        number: str,
        amounts: _Amounts,
        occurred_at: datetime,
        settled_at: datetime | None,
        remark: str,
    ) -> Row:
        return Row(
            line_number=line_number,
            kind=kind,
            type_word=picked.word,
            partner_trans_id=picked.request_number,
            alipay_trans_id=number,
            currency=amounts.currency,
            amount_text=amounts.text,
            amount_minor=amounts.minor,
            fee_text="",  # a row may have twenty of them: see `fields`
            fee_minor=amounts.fee,
            net_text=picked.net,
            net_minor=amounts.net,
            pricing_currency=picked.currency,
            pricing_amount_text=picked.amount,
            pricing_amount_minor=amounts.priced,
            occurred_at=occurred_at,
            settled_at=settled_at,
            text=text,
            layout=self.layout,
            remark=remark,
            industry="",
            secondary_merchant_name="",
            secondary_merchant_id=picked.secondary_merchant_id,
            store_name=picked.store,
            scene=picked.product,
            rate_text=picked.rate,
            wallet=picked.wallet or picked.method,
            original_trans_id=picked.original_number or picked.original_request_number,
        )

    # ---- Amounts ------------------------------------------------------------------------------

    def _amounts(self, picked: _Values, values: list[str], kind: Kind) -> _Amounts:
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
        return _Amounts(picked.currency, picked.amount, priced, None, None, priced)

    def _priced(self, picked: _Values, kind: Kind) -> int | None:
        """What the buyer paid or got back, as a magnitude: the type tells which."""
        if picked.amount in NOTHING:
            return None
        minor = self._minor(picked.amount, picked.currency, columns.AMOUNT, columns.CURRENCY)
        if kind is Kind.PAYMENT and minor < 0:
            raise Unfit(RowCode.BAD_AMOUNT, Reason.SIGN, column=columns.AMOUNT, shown=picked.amount)
        return abs(minor) if kind in _EVENTS.values() else minor

    def _settled(
        self, picked: _Values, values: list[str], kind: Kind, priced: int | None
    ) -> _Amounts:
        net = self._minor(picked.net, picked.net_currency, columns.NET, columns.NET_CURRENCY)
        fee = self._fee(values, picked.net_currency)
        gross = (net - (fee or 0)) * kind.direction
        if gross < 0 and kind in _EVENTS.values():
            raise Unfit(RowCode.BAD_AMOUNT, Reason.SIGN, column=columns.NET, shown=picked.net)
        fee_minor = None if fee is None else -fee * kind.direction
        net_minor = net * kind.direction
        return _Amounts(picked.net_currency, picked.net, gross, fee_minor, net_minor, priced)

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


def _is_success(status: str) -> bool:
    word = status.upper()
    if word in _SUCCESS:
        return True
    if word in _NO_SUCCESS:
        return False
    raise _unknown(columns.STATUS, status)


def _unknown(column: Column, word: str) -> Unfit:
    return Unfit(RowCode.UNKNOWN_TYPE, Reason.UNKNOWN_WORD, column=column, shown=word)


def _refuse_numbers(picked: _Values) -> None:
    if not picked.number:
        raise Unfit(RowCode.BAD_ROW, Reason.NUMBER_MISSING, column=columns.NUMBER)
    _short(picked.number, columns.NUMBER)
    _short(picked.request_number, columns.REQUEST_NUMBER)
    _short(picked.original_number, columns.ORIGINAL_NUMBER)
    _short(picked.original_request_number, columns.ORIGINAL_REQUEST_NUMBER)


def _short(number: str, column: Column) -> str:
    if len(number) > ID_LENGTH:
        raise Unfit(RowCode.BAD_ROW, Reason.NUMBER_TOO_LONG, column=column, shown=number)
    return number


def _instant(text: str, column: Column) -> datetime:
    instant = _instant_of(text)
    if instant is None:
        raise Unfit(RowCode.BAD_ROW, Reason.NOT_AN_INSTANT, column=column, shown=text)
    return instant


def _instant_of(text: str) -> datetime | None:
    return _again(text) if len(text) <= _LONGEST_TIME else None


@lru_cache(maxsize=4096)
def _again(text: str) -> datetime | None:
    """In GMT+8; of a day alone, as the newest settlements may say, its beginning."""
    if day := read_day(text):
        return datetime(day.year, day.month, day.day, tzinfo=GMT8)
    try:
        return parse_iso8601(text).astimezone(GMT8)
    except ValueError:
        return None
