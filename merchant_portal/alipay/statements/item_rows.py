"""One row of a file of the JSON products: read whole, passed over, or set aside.

PAYMENT, REFUND, CANCEL and REFUND_REVERSAL are events of a shop; the list of further words is open,
and in a settlement each of them is money all the same.
"""

from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from merchant_portal.alipay.fitting import ID_LENGTH
from merchant_portal.alipay.statements import comma_layouts as columns
from merchant_portal.alipay.statements.amounts import Units
from merchant_portal.alipay.statements.csv_rows import OpenQuote, values_of
from merchant_portal.alipay.statements.item_amounts import SHOP_KINDS, AmountReader, Amounts
from merchant_portal.alipay.statements.item_values import PICKED, Values
from merchant_portal.alipay.statements.layouts import Layout
from merchant_portal.alipay.statements.names import read_day
from merchant_portal.alipay.statements.records import SHOWN, Problem, Row, printable
from merchant_portal.alipay.statements.rows import Column, Unfit
from merchant_portal.alipay.statements.words import Document, Kind, Reason, RowCode
from merchant_portal.alipay.times import GMT8, parse_iso8601

_EVENTS = {kind.value: kind for kind in SHOP_KINDS}
_TOTAL = "TOTAL"
_LONGEST_TIME = 40
_LONGEST_COUNT = 12
# The newest transaction files list all of a day, also what never succeeded; no page lists their
# words, so one that is not known here is shown to people instead of passed over.
_SUCCESS = frozenset({"SUCCESS", "SUCCEEDED", "SUCCESSFUL"})
_NO_SUCCESS = frozenset(
    {"FAIL", "FAILED", "PROCESSING", "PENDING", "CANCELLED", "CANCELED", "CLOSED", "EXPIRED"}
)


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
        self._document = layout.document
        self._amounts = AmountReader(layout, units)
        self._pick = itemgetter(*(layout.place_of(*column) for column in PICKED))
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

    def values(self, text: str) -> tuple[Values, list[str]]:
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
        return Values(*self._pick(values)), values

    def _refuse_other_merchant(self, merchant: str) -> None:
        self._merchant = self._merchant or merchant
        if merchant not in {"", self._merchant}:
            raise Unfit(
                RowCode.BAD_ROW, Reason.OTHER_MERCHANT, column=columns.MERCHANT, shown=merchant
            )

    # ---- Rows ---------------------------------------------------------------------------------

    def _item(self, line_number: int, text: str, picked: Values, values: list[str]) -> Row:
        """One event of the shop, or in a settlement what belongs to none."""
        kind = _EVENTS.get(picked.word.upper(), Kind.OTHER)
        is_settlement = self._document is Document.SETTLEMENT
        if kind is not Kind.OTHER:
            _refuse_numbers(picked)
        elif not is_settlement:
            raise _unknown(columns.TYPE, picked.word)
        settled_at = _instant(picked.settled, columns.SETTLED) if is_settlement else None
        occurred = picked.occurred or picked.updated
        # What Alipay does by itself may give no time but that of the settlement.
        is_asked_for = kind not in {Kind.OTHER, Kind.REFUND_REVERSAL}
        occurred_at = None if occurred or is_asked_for else settled_at
        return self._row(
            line_number,
            text,
            picked,
            kind=kind,
            number=picked.number,
            amounts=self._amounts.read(picked, values, kind),
            occurred_at=occurred_at or _instant(occurred, columns.OCCURRED),
            settled_at=settled_at,
            remark=picked.word if kind is Kind.OTHER else picked.description,
        )

    def _sum(self, line_number: int, text: str, picked: Values, values: list[str]) -> Row:
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
            number=picked.batch,
            amounts=self._amounts.read(picked, values, kind),
            occurred_at=settled_at,
            settled_at=settled_at,
            remark=picked.word,
        )

    def _row(
        self,
        line_number: int,
        text: str,
        picked: Values,
        *,
        kind: Kind,
        number: str,
        amounts: Amounts,
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
            batch=_short(picked.batch, columns.BATCH),
            stated_count=_count_of(picked.line_count),
        )


def _is_success(status: str) -> bool:
    word = status.upper()
    if word in _SUCCESS:
        return True
    if word in _NO_SUCCESS:
        return False
    raise _unknown(columns.STATUS, status)


def _unknown(column: Column, word: str) -> Unfit:
    return Unfit(RowCode.UNKNOWN_TYPE, Reason.UNKNOWN_WORD, column=column, shown=word)


def _count_of(text: str) -> int | None:
    is_number = text.isascii() and text.isdecimal() and len(text) <= _LONGEST_COUNT
    return int(text) if is_number else None


def _refuse_numbers(picked: Values) -> None:
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
