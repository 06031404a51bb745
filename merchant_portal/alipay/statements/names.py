"""What the name of a file says (global.alipay.com/docs/ac/barcode_hk/sftp)."""

import re
from dataclasses import dataclass
from datetime import date, datetime

from merchant_portal.alipay.statements.words import Document, Family

_in_store = re.compile(r"(\d{16})_(transaction|settlement)_(\d{8})(?!\d).*\.txt", re.I | re.A)
_hk_online = re.compile(
    r"\d{16}_(?:fptrade_\d{8}\.csv|\d{8}\.zip|settlebatch_\d{8}\.csv)", re.I | re.A
)


@dataclass(frozen=True)
class NamedFile:
    """What a name says; None and empty where it says nothing.

    `day` is the day of the transactions, or the one a settlement's name carries: which day that
    is no page says, so nobody should decide by it.
    """

    partner_id: str = ""
    document: Document | None = None
    day: date | None = None
    family: Family | None = None


def read_name(name: str) -> NamedFile:
    """Read a file's name, with or without folders; any name is permitted."""
    base = re.split(r"[/\\]", name)[-1].strip()
    if match := _in_store.fullmatch(base):
        partner_id, document, day = match.groups()
        return NamedFile(partner_id, Document(document.lower()), read_day(day))
    if _hk_online.fullmatch(base):
        return NamedFile(base[:16], family=Family.HK_ONLINE)
    return NamedFile()


def read_day(text: str) -> date | None:
    """A day as `yyyyMMdd` or `yyyy-MM-dd`; None for anything else."""
    form = "%Y-%m-%d" if "-" in text else "%Y%m%d"
    try:
        day = datetime.strptime(text, form).date()  # noqa: DTZ007 - a day has no zone
    except ValueError:
        return None
    return day if day.strftime(form) == text else None
