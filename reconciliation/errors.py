"""Named refusals of the verbs about nightly files."""

from merchant_portal.alipay.statements import Family
from reconciliation.states import FileState


class StatementRefused(Exception):
    """A file was not taken, and nothing of it is kept; the text says why, for people.

    ``state`` and ``family`` are what its bytes say, as far as they were looked at.
    """

    def __init__(self, text: str, *, state: FileState, family: Family | None = None) -> None:
        super().__init__(text)
        self.state = state
        self.family = family


class VouchRefused(Exception):
    """Only a file that states another number of lines can be held to be complete."""


class ResolutionRefused(Exception):
    """A difference cannot be ended, taken or booked so; the text says why, for people."""
