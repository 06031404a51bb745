"""Alipay's nightly files, their lines, what comparing them found, and the worklist."""

from reconciliation.models.comparing import ComparedDay, Verdict
from reconciliation.models.discrepancies import Discrepancy, DiscrepancyMove
from reconciliation.models.files import (
    SetAside,
    StatementFile,
    StatementFileQuerySet,
    StatementLine,
)

__all__ = [
    "ComparedDay",
    "Discrepancy",
    "DiscrepancyMove",
    "SetAside",
    "StatementFile",
    "StatementFileQuerySet",
    "StatementLine",
    "Verdict",
]
