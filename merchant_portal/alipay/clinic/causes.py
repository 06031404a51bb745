"""The known ways in which a genuine notification stops verifying."""

from dataclasses import dataclass
from enum import StrEnum


class Cause(StrEnum):
    """Each is tried by undoing it: where the signature then holds, the cause is proven."""

    LISTS = "LISTS"  # values are lists, as Django's QueryDict gives them to dict()
    PLUS_LOST = "PLUS_LOST"  # a + became a blank
    CHARSET = "CHARSET"  # read or written in another charset than it was signed in
    DOUBLE_ENCODED = "DOUBLE_ENCODED"  # decoded once, encoded twice
    NOT_DECODED = "NOT_DECODED"  # values are still percent-encoded
    HTML_ESCAPED = "HTML_ESCAPED"  # &amp; for &, and what browsers make of &notify
    BLANKS = "BLANKS"  # line ends and blanks that were not there
    UNSORTED = "UNSORTED"  # fields not in the order of their names' bytes
    SIGN_TYPE_SIGNED = "SIGN_TYPE_SIGNED"  # sign_type is part of the signed string
    EMPTY_SIGNED = "EMPTY_SIGNED"  # empty fields are part of the signed string
    EXTRA_FIELD = "EXTRA_FIELD"  # a field that Alipay did not send
    MISSING_FIELD = "MISSING_FIELD"  # a field that Alipay sent is not there
    OTHER_SIGN_TYPE = "OTHER_SIGN_TYPE"  # signed with another algorithm than the account's
    OWN_KEY = "OWN_KEY"  # the key kept as Alipay's is the merchant's own
    SIGNED_BY_US = "SIGNED_BY_US"  # made with the merchant's own private key
    RETIRED_KEY = "RETIRED_KEY"
    OTHER_ACCOUNT = "OTHER_ACCOUNT"  # made with the key of another account
    NO_SIGNATURE = "NO_SIGNATURE"
    DAMAGED_SIGNATURE = "DAMAGED_SIGNATURE"  # no signature of any algorithm has this form


@dataclass(frozen=True)
class Finding:
    """A cause, and which field, charset or key it is about; empty where nothing more is known."""

    cause: Cause
    about: str = ""
