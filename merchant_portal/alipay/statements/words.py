"""The words of a nightly file, and ours for what may be wrong with one."""

from enum import StrEnum


class Family(StrEnum):
    """Whose files they are. H-on, Hong Kong's online products, is recognised and refused."""

    GLOBAL_IN_STORE = "G"
    HK_IN_STORE = "H"
    HK_ONLINE = "H-on"
    AMS_FIRST = "A1"
    AMS_NEWEST = "A2"

    @property
    def is_json(self) -> bool:
        """Whether it tells of payments that were begun through the JSON API."""
        return self in {Family.AMS_FIRST, Family.AMS_NEWEST}


class Document(StrEnum):
    """What a file lists: what happened on a day, what was paid out, or the sums of that."""

    TRANSACTION = "transaction"
    SETTLEMENT = "settlement"
    SUMMARY = "summary"


class Kind(StrEnum):
    """What a line says happened, in our words.

    REFUND_REVERSAL is the JSON products' word for a refund that came back: the buyer could not be
    paid, and the merchant has the money again. OTHER and TOTAL stand in their settlements alone: a
    fee, a reserve, a dispute or a correction, and the sum of a summary's lines. The amounts of
    these two have their own sign.
    """

    PAYMENT = "PAYMENT"
    CANCEL = "CANCEL"
    REFUND = "REFUND"
    REFUND_REVERSAL = "REFUND_REVERSAL"
    OTHER = "OTHER"
    TOTAL = "TOTAL"

    @property
    def direction(self) -> int:
        """-1: money back to the buyer; +1: money to the merchant, or what has its own sign."""
        return -1 if self in {Kind.CANCEL, Kind.REFUND} else 1


class FileState(StrEnum):
    """What a file is good for, by its own bytes; UNIT_SUSPECT, by what the merchant knows too.

    ACCEPTED and COUNT_MISMATCH: its lines may be used, though with the second nothing may be
    called missing on Alipay's side. TRUNCATED and EMPTY_BYTES: nothing is final, fetch it again.
    The others: not a file to be used here at all.
    """

    ACCEPTED = "ACCEPTED"
    COUNT_MISMATCH = "COUNT_MISMATCH"
    TRUNCATED = "TRUNCATED"
    EMPTY_BYTES = "EMPTY_BYTES"
    WRONG_PARTNER = "WRONG_PARTNER"
    WRONG_DATE = "WRONG_DATE"
    UNKNOWN_LAYOUT = "UNKNOWN_LAYOUT"
    UNIT_SUSPECT = "UNIT_SUSPECT"


class RowCode(StrEnum):
    """Why one line of a sound file is set aside."""

    BAD_ROW = "BAD_ROW"
    BAD_AMOUNT = "BAD_AMOUNT"
    UNKNOWN_TYPE = "UNKNOWN_TYPE"


class Reason(StrEnum):
    """The same for a person, as a sentence; the sentences are fixed, so they translate."""

    EMPTY = "The file is empty."
    ENDS_EARLY = "The file ends in the middle of a line."
    COLUMN_LINE_MISSING = "The file ends before the line that names its columns."
    NEITHER_CHARSET = "These bytes are neither UTF-8 nor GB18030."
    LINE_TOO_LONG = "The line is longer than any line of such a file."
    ZIPPED = "This is a zip archive or a spreadsheet; the files of this product come as plain text."
    ENCRYPTED = "This file is encrypted; decrypt it first."
    UNKNOWN_COLUMNS = "These columns belong to no file that is read here."
    COLUMN_MISSING = "A column is missing."
    COLUMN_TWICE = "A column stands there twice."
    NO_FIRST_LINE = "The first line must name partner, day and number of lines."
    UNREADABLE_FIRST_LINE = "The first line cannot be read."
    ANOTHER_LAYOUT = "This file has a layout that is not read here."
    PARTNER_IN_NAME = "The file's name and its first line name different partners."
    ANOTHER_PARTNER = "The file belongs to another partner."
    DATE_IN_NAME = "The file's name and its first line name different days."
    OTHER_COUNT = "The first line states another number of lines."
    COLUMN_COUNT = "The row has not as many values as there are columns."
    CONTROL_CHARACTER = "The row holds a character that is no text."
    NUMBER_MISSING = "The row does not give Alipay's number."
    NUMBER_TOO_LONG = "The number is longer than 64 characters."
    NOT_A_TIME = "Not a time as in 2024-03-15 09:12:44."
    NOT_A_CURRENCY = "Not a currency of three capital letters."
    NOT_A_DECIMAL = "Not a plain decimal number."
    TOO_FINE = "More decimals than the currency has."
    UNKNOWN_WORD = "A word that is not known here."
    END_MISSING = "The file ends before its last line, <END>."
    BEHIND_END = "The row stands behind the end of the file."
    OPEN_QUOTE = "A quotation mark is not closed, or stands where none may."
    NOT_AN_INSTANT = "Not a time with its zone as in 2024-03-15T09:12:44+08:00."
    NOT_WHOLE = "Not a whole number of smallest units."
    SIGN = "The sign does not fit the type."
    OTHER_FEE_CURRENCY = "A fee is in another currency than the settlement."
    OTHER_MERCHANT = "The row belongs to another merchant than the first one."
    OTHER_TOTAL = "The lines do not add up to the total."
    UNITS = "Every amount is 100 times ours: the file writes smallest units."
