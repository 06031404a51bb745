"""Which file it is, by the names of its columns; columns are found by name, never by place.

Names vary in case, blanks and underscores, columns were added over the years and may move
(docs.antom.com/ac/globalbarcode/transaction_format and /settlement_format,
global.alipay.com/docs/ac/merchant_qr_code_hk/transfile and /settlemtfile).
"""

from collections.abc import Iterable
from dataclasses import dataclass

from merchant_portal.alipay.statements.words import Document, Family, Reason

SEPARATOR = "|"
COMMA = ","

_TRANSACTION = (
    *("partnertransactionid", "transactionid", "transactionamount", "chargeamount", "currency"),
    *("paymenttime", "transactiontype"),
)
_SETTLEMENT = (
    *("partnertransactionid", "transactionid", "amount", "fee", "settlement", "currency"),
    *("paymenttime", "settlementtime", "type", "status"),
)
_HK_ONLY = frozenset({"secondarymerchantid", "issue"})
_GLOBAL_SETTLEMENT_ONLY = frozenset({"rmbamount", "rmbsettlement", "rate"})
_DETAILS = (
    *("remark", "remarks", "secondarymerchantindustry", "secondarymerchantname", "operatorname"),
    *("orderscene", "transcurrency", "transamount", "transforexrate"),
)
_KNOWN = frozenset((*_TRANSACTION, *_SETTLEMENT, *_DETAILS)) | _HK_ONLY | _GLOBAL_SETTLEMENT_ONLY


@dataclass(frozen=True)
class Layout:
    """A file's columns: `names` as the file writes them, in its order."""

    family: Family
    document: Document
    names: tuple[str, ...]

    @property
    def separator(self) -> str:
        """What stands between two values."""
        return COMMA if self.family.is_json else SEPARATOR

    def place_of(self, *columns: str) -> int:
        """Where the first of these stands; -1 where the file has none of them."""
        written = [canonical(name) for name in self.names]
        return next((written.index(column) for column in columns if column in written), -1)

    def name_of(self, *columns: str) -> str:
        """The name of that column as the file writes it; empty where it has none of them."""
        place = self.place_of(*columns)
        return self.names[place] if place >= 0 else ""


class LayoutUnknown(Exception):
    """Not a column line of a file read here. `family` is known where another one was recognised."""

    def __init__(self, reason: Reason, *, shown: str, family: Family | None = None) -> None:
        super().__init__(f"{reason} ({shown})")
        self.reason = reason
        self.shown = shown
        self.family = family


def canonical(name: str) -> str:
    """A column's name without what varies: case, blanks, underscores."""
    return name.lower().replace("_", "").replace(" ", "").replace("\t", "")


def layout_of(line: str) -> Layout:
    """Read the column line of a file of family G or H; raises LayoutUnknown."""
    names = tuple(name.strip() for name in line.split(SEPARATOR))
    columns = [canonical(name) for name in names]
    if "distributeamount" in columns:
        raise LayoutUnknown(Reason.ANOTHER_LAYOUT, shown="cross-border online")
    document = _document_of(columns)
    refuse_twice(names, columns)
    return Layout(_family_of(document, set(columns)), document, names)


def _document_of(columns: list[str]) -> Document:
    for mark, required, document in (
        ("transactiontype", _TRANSACTION, Document.TRANSACTION),
        ("settlementtime", _SETTLEMENT, Document.SETTLEMENT),
    ):
        if mark in columns:
            missing = next((name for name in required if name not in columns), "")
            if missing:
                raise LayoutUnknown(Reason.COLUMN_MISSING, shown=missing)
            return document
    raise LayoutUnknown(Reason.UNKNOWN_COLUMNS, shown=SEPARATOR.join(columns)[:80])


def refuse_twice(names: Iterable[str], columns: list[str]) -> None:
    """Raise LayoutUnknown where a column stands there twice."""
    twice = next((name for name in names if columns.count(canonical(name)) > 1), None)
    if twice is not None:
        raise LayoutUnknown(Reason.COLUMN_TWICE, shown=twice[:80])


def _family_of(document: Document, columns: set[str]) -> Family:
    if columns & _GLOBAL_SETTLEMENT_ONLY:
        return Family.GLOBAL_IN_STORE
    if columns & _HK_ONLY:
        return Family.HK_IN_STORE
    if document is Document.SETTLEMENT:
        raise LayoutUnknown(Reason.COLUMN_MISSING, shown="Rmb_amount, Issue")
    return Family.GLOBAL_IN_STORE


def is_beginning_of_column_line(text: str) -> bool:
    """Whether a column line was cut off here."""
    *whole, cut = (canonical(name) for name in text.split(SEPARATOR))
    return set(whole) <= _KNOWN and any(name.startswith(cut) for name in _KNOWN)
