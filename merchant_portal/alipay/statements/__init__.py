"""Alipay's nightly files of the in-store products (docs/statements.md)."""

from merchant_portal.alipay.statements.amounts import Units
from merchant_portal.alipay.statements.lines import Charset
from merchant_portal.alipay.statements.names import WHOLE_DAY, NamedFile, read_day, read_name
from merchant_portal.alipay.statements.reading import (
    NotReadToItsEnd,
    Outcome,
    Reading,
    Source,
    Statement,
    read_statement,
)
from merchant_portal.alipay.statements.records import LineIdentity, Problem, Row
from merchant_portal.alipay.statements.words import (
    Document,
    Family,
    FileState,
    Kind,
    Reason,
    RowCode,
)

__all__ = [
    "WHOLE_DAY",
    "Charset",
    "Document",
    "Family",
    "FileState",
    "Kind",
    "LineIdentity",
    "NamedFile",
    "NotReadToItsEnd",
    "Outcome",
    "Problem",
    "Reading",
    "Reason",
    "Row",
    "RowCode",
    "Source",
    "Statement",
    "Units",
    "read_day",
    "read_name",
    "read_statement",
]
