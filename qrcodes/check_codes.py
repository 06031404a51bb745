"""The short check code on every print: six signs of the code's text, and the number of the print.

It says which sticker this claims to be, and can be read out on the telephone. It proves nothing
about the squares beside it: only scanning them does.
"""

import hashlib
import re

#: No I, L, O and U, as in Crockford's base 32: nothing that is misread or spells a word.
_SIGNS = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_LENGTH = 6
_FORM = re.compile(rf"([0-9A-Z]{{{_LENGTH}}})-?([0-9]{{1,5}})\Z")
_MISREAD = str.maketrans("ILO", "110")


def check_code_of(value: str, *, number: int) -> str:
    """What stands on the ``number``th print of the code with this text."""
    rest = int.from_bytes(hashlib.sha256(value.encode()).digest()[:8])
    signs = ""
    for _each in range(_LENGTH):
        rest, sign = divmod(rest, len(_SIGNS))
        signs += _SIGNS[sign]
    return f"{signs}-{number}"


def typed_check_code(text: str) -> str | None:
    """A check code as somebody typed it, in its one spelling; None for what is none."""
    found = _FORM.match("".join(text.split()).upper().translate(_MISREAD))
    return f"{found[1]}-{int(found[2])}" if found else None
