"""What the name of a file says (global.alipay.com/docs/ac/barcode_hk/sftp).

Of the JSON products (docs.antom.com/ac/reconcile/transaction_details and
global.alipay.com/docs/ac/cashierpayment/reports): `transactionItems_20181225_000.csv`,
`settlementItems_KaKaoPay_USD_<batch>_000.csv`, and from the portal
`TRANSACTION_DETAIL_<number>_20260428.csv`. Wallet and currency may stand before the rest.
"""

import re
from dataclasses import dataclass
from datetime import date, datetime

from merchant_portal.alipay.statements.words import Document, Family

_in_store = re.compile(r"(\d{16})_(transaction|settlement)_(\d{8})(?!\d).*\.txt", re.I | re.A)
_hk_online = re.compile(
    r"\d{16}_(?:fptrade_\d{8}\.csv|\d{8}\.zip|settlebatch_\d{8}\.csv)", re.I | re.A
)
_items = re.compile(
    r"(?:[A-Za-z0-9]+_)?((transactionItems|settlementItems|settlementSummary)(?:_[A-Za-z0-9+-]+)*?_(\d{8,32}))"
    r"_(\d{3})(?!\d).*\.csv",
    re.I | re.A,
)
_portal = re.compile(
    r"(TRANSACTION_DETAIL|SETTLEMENT_DETAIL|SETTLEMENT_SUMMARY)S?_\d+_(\d{8})(?!\d).*\.csv",
    re.I | re.A,
)
WHOLE_DAY = "TRANSACTION_DETAIL"
"""How the name of a transaction file from the portal begins."""
_ITEMS = {
    "transactionitems": Document.TRANSACTION,
    "settlementitems": Document.SETTLEMENT,
    "settlementsummary": Document.SUMMARY,
    "transaction_detail": Document.TRANSACTION,
    "settlement_detail": Document.SETTLEMENT,
    "settlement_summary": Document.SUMMARY,
}


@dataclass(frozen=True)
class NamedFile:
    """What a name says; None and empty where it says nothing.

    `day` is the day of the transactions, or the one a settlement's name carries: which day that
    is no page says, so nobody should decide by it. Of the JSON products a day may come in several
    files: `series` is what their names have in common, `part` counts them from 0; a name from the
    portal has no part, for it is all of the day.
    """

    partner_id: str = ""
    document: Document | None = None
    day: date | None = None
    family: Family | None = None
    is_json: bool = False
    series: str = ""
    part: int | None = None

    @property
    def is_whole_day(self) -> bool:
        """Of the JSON products: whether no other file of its kind tells of the same day."""
        return self.is_json and self.part is None


def read_name(name: str) -> NamedFile:
    """Read a file's name, with or without folders; any name is permitted."""
    base = re.split(r"[/\\]", name)[-1].strip()
    if match := _in_store.fullmatch(base):
        partner_id, document, day = match.groups()
        return NamedFile(partner_id, Document(document.lower()), read_day(day))
    if _hk_online.fullmatch(base):
        return NamedFile(base[:16], family=Family.HK_ONLINE)
    if match := _items.fullmatch(base):
        series, word, number, part = match.groups()
        document = _ITEMS[word.lower()]
        # A settlement carries the number of its batch instead.
        day = read_day(number) if document is Document.TRANSACTION else None
        return NamedFile("", document, day, None, True, series, int(part))
    if match := _portal.fullmatch(base):
        word, number = match.groups()
        return NamedFile("", _ITEMS[word.lower()], read_day(number), None, True)
    return NamedFile()


def read_day(text: str) -> date | None:
    """A day as `yyyyMMdd` or `yyyy-MM-dd`; None for anything else."""
    form = "%Y-%m-%d" if "-" in text else "%Y%m%d"
    try:
        day = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
    return day if day.strftime(form) == text else None
