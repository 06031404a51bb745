"""The verbs about nightly files: awaiting, fetching, receiving, reading, vouching, comparing."""

from reconciliation.services.booking import Offer, book_discrepancy, offer_of
from reconciliation.services.comparing import compare_due_day, reconcile_day
from reconciliation.services.days import make_due, note_changes
from reconciliation.services.expecting import expect_files
from reconciliation.services.fetching import Fetched, fetch_days, fetch_folders, recent_days
from reconciliation.services.keeping import open_bytes
from reconciliation.services.reading import BYTES_MISSING, read_file
from reconciliation.services.receiving import Receipt, receive_file, take_in
from reconciliation.services.vouching import vouch_for_file
from reconciliation.services.worklist import (
    alike,
    resolve_alike,
    resolve_discrepancy,
    take_discrepancy,
    undo_resolution,
)

__all__ = [
    "BYTES_MISSING",
    "Fetched",
    "Offer",
    "Receipt",
    "alike",
    "book_discrepancy",
    "compare_due_day",
    "expect_files",
    "fetch_days",
    "fetch_folders",
    "make_due",
    "note_changes",
    "offer_of",
    "open_bytes",
    "read_file",
    "receive_file",
    "recent_days",
    "reconcile_day",
    "resolve_alike",
    "resolve_discrepancy",
    "take_discrepancy",
    "take_in",
    "undo_resolution",
    "vouch_for_file",
]
