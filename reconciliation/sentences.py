"""What is wrong with a file or a line, in the reader's language.

The protocol package and the services speak fixed sentences; rows keep them as they are.
"""

from django.utils.translation import gettext, gettext_lazy, gettext_noop
from django_stubs_ext import StrOrPromise

from merchant_portal.alipay.statements import Document, RowCode
from reconciliation.states import FileState

DOCUMENTS: dict[str, StrOrPromise] = {
    Document.TRANSACTION.value: gettext_lazy("Transactions"),
    Document.SETTLEMENT.value: gettext_lazy("Settlement"),
    Document.SUMMARY.value: gettext_lazy("Settlement sums"),
    "": gettext_lazy("Unknown"),
}
ROW_CODES: dict[str, StrOrPromise] = {
    RowCode.BAD_ROW.value: gettext_lazy("Unreadable line"),
    RowCode.BAD_AMOUNT.value: gettext_lazy("Unreadable amount"),
    RowCode.UNKNOWN_TYPE.value: gettext_lazy("Unknown word"),
}
#: The sentences of ``merchant_portal.alipay.statements.Reason``, so that they are translated.
REASONS = (
    gettext_noop("The file is empty."),
    gettext_noop("The file ends in the middle of a line."),
    gettext_noop("The file ends before the line that names its columns."),
    gettext_noop("These bytes are neither UTF-8 nor GB18030."),
    gettext_noop("The line is longer than any line of such a file."),
    gettext_noop(
        "This is a zip archive or a spreadsheet; the files of this product come as plain text."
    ),
    gettext_noop("This file is encrypted; decrypt it first."),
    gettext_noop("These columns belong to no file that is read here."),
    gettext_noop("A column is missing."),
    gettext_noop("A column stands there twice."),
    gettext_noop("The first line must name partner, day and number of lines."),
    gettext_noop("The first line cannot be read."),
    gettext_noop("This file has a layout that is not read here."),
    gettext_noop("The file's name and its first line name different partners."),
    gettext_noop("The file belongs to another partner."),
    gettext_noop("The file's name and its first line name different days."),
    gettext_noop("The first line states another number of lines."),
    gettext_noop("The row has not as many values as there are columns."),
    gettext_noop("The row holds a character that is no text."),
    gettext_noop("The row does not give Alipay's number."),
    gettext_noop("The number is longer than 64 characters."),
    gettext_noop("Not a time as in 2024-03-15 09:12:44."),
    gettext_noop("Not a currency of three capital letters."),
    gettext_noop("Not a plain decimal number."),
    gettext_noop("More decimals than the currency has."),
    gettext_noop("A word that is not known here."),
    gettext_noop("The file ends before its last line, <END>."),
    gettext_noop("The row stands behind the end of the file."),
    gettext_noop("A quotation mark is not closed, or stands where none may."),
    gettext_noop("Not a time with its zone as in 2024-03-15T09:12:44+08:00."),
    gettext_noop("Not a whole number of smallest units."),
    gettext_noop("The sign does not fit the type."),
    gettext_noop("A fee is in another currency than the settlement."),
    gettext_noop("The row belongs to another merchant than the first one."),
    gettext_noop("The lines do not add up to the total."),
    gettext_noop("Every amount is 100 times ours: the file writes smallest units."),
)
_WHAT_TO_DO: dict[str, StrOrPromise] = {
    FileState.EXPECTED: gettext_lazy(
        "This day had payments or money going back, so Alipay makes a file of it."
        " It comes by itself, or you upload it."
    ),
    FileState.LATE: gettext_lazy(
        "It should have come by now. Look whether the folder is still filled, or download the file"
        " in Alipay's portal and upload it here."
    ),
    FileState.RECEIVED: gettext_lazy("Its lines are being read. Look again in a moment."),
    FileState.COUNT_MISMATCH: gettext_lazy(
        "Its lines are compared, but nothing is called missing at Alipay because of it. Fetch the"
        " file again; or, if you know it to be complete, say so."
    ),
    FileState.TRUNCATED: gettext_lazy("None of its lines is used. Fetch the file again."),
    FileState.EMPTY_BYTES: gettext_lazy("There is nothing in it. Fetch the file again."),
    FileState.WRONG_PARTNER: gettext_lazy(
        "None of its lines is used. If the partner is yours, add the account, then upload the file"
        " again."
    ),
    FileState.WRONG_DATE: gettext_lazy(
        "None of its lines is used. Give the file the name it has at Alipay and upload it again."
    ),
    FileState.UNKNOWN_LAYOUT: gettext_lazy(
        "None of its lines is used. Its bytes are kept, should this layout be read one day."
    ),
    FileState.UNIT_SUSPECT: gettext_lazy(
        "None of its lines is used. If Alipay writes this merchant's files in smallest units, say"
        " so in STATEMENT_SMALLEST_UNITS, then bring the same file once more. One that still lies"
        " in the account's folder is read again by itself."
    ),
    FileState.SUPERSEDED: gettext_lazy("A later delivery of the file has taken its place."),
}


def what_to_do(state: str) -> StrOrPromise:
    """What a state asks of people; nothing where all is well."""
    return _WHAT_TO_DO.get(state, "")


def translated(sentence: str) -> str:
    """A sentence that a row keeps, in the reader's language."""
    return gettext(sentence) if sentence else ""
