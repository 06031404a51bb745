"""Where the string that somebody's own program signs departs from the right one."""

import html
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, quote_plus

from merchant_portal.alipay.clinic.causes import Cause, Finding
from merchant_portal.alipay.clinic.pasted import Field

_LEFT_OUT = frozenset({"sign", "sign_type"})
_AROUND = 24

_Pair = tuple[str, str]


@dataclass(frozen=True)
class Comparison:
    """Causes, and where the first difference is: what stands there, and what should."""

    is_same: bool
    findings: tuple[Finding, ...] = ()
    at: int = 0
    own: str = ""
    right: str = ""


def compare(own: str, *, right: bytes, fields: Sequence[Field]) -> Comparison:
    """`fields` are those whose canonical string `right` is, in the order in which they came."""
    wanted = right.decode("utf-8", "backslashreplace")
    if own == wanted:
        return Comparison(is_same=True)
    pairs = [(name.decode("utf-8", "backslashreplace"), _text(value)) for name, value in fields]
    at = next((at for at, (a, b) in enumerate(zip(own, wanted, strict=False)) if a != b), None)
    at = min(len(own), len(wanted)) if at is None else at
    return Comparison(
        is_same=False,
        findings=tuple(_findings(own, wanted, pairs)),
        at=at,
        own=_excerpt(own, at),
        right=_excerpt(wanted, at),
    )


def _text(value: bytes) -> str:
    return value.decode("utf-8", "backslashreplace")


def _excerpt(text: str, at: int) -> str:
    return text[max(at - _AROUND, 0) : at + _AROUND]


def _findings(own: str, right: str, pairs: Sequence[_Pair]) -> Iterator[Finding]:
    """The known mistake that gives exactly this string; else what is too much or too little."""
    known = next((each for string, each in _mistakes(right, pairs) if string == own), None)
    if known is not None:
        yield known
        return
    theirs, ours = _parts(own), _parts(right)
    names = {part.partition("=")[0] for part in ours}
    extra = [part.partition("=")[0] for part in theirs if part not in ours]
    missing = [part.partition("=")[0] for part in ours if part not in theirs]
    for cause, found in (
        (Cause.SIGN_TYPE_SIGNED, [name for name in extra if name in _LEFT_OUT]),
        (Cause.EXTRA_FIELD, [name for name in extra if name not in names | _LEFT_OUT]),
        (Cause.MISSING_FIELD, [name for name in missing if name not in extra]),
    ):
        if found:
            yield Finding(cause, ", ".join(found[:5]))
    if not extra and not missing:
        yield Finding(Cause.UNSORTED)


def _parts(string: str) -> list[str]:
    return [part for part in string.split("&") if part]


def _mistakes(right: str, pairs: Sequence[_Pair]) -> Iterator[tuple[str, Finding]]:
    """What each known mistake makes of the same fields."""
    kept = [(name, value) for name, value in pairs if value and name not in _LEFT_OUT]
    typed = [(name, value) for name, value in pairs if value and name != "sign"]
    everything = [(name, value) for name, value in pairs if name not in _LEFT_OUT]
    yield _joined(kept), Finding(Cause.UNSORTED)
    yield _joined(sorted(kept, key=lambda pair: pair[0].lower())), Finding(Cause.UNSORTED)
    yield _joined(sorted(typed)), Finding(Cause.SIGN_TYPE_SIGNED, "sign_type")
    yield _joined(sorted(p for p in pairs if p[1])), Finding(Cause.SIGN_TYPE_SIGNED, "sign")
    yield _joined(sorted(everything)), Finding(Cause.EMPTY_SIGNED)
    for write in (quote, quote_plus):
        encoded = [(name, write(value, safe="")) for name, value in kept]
        yield _joined(sorted(encoded)), Finding(Cause.NOT_DECODED)
    yield _joined(sorted((name, str([value])) for name, value in kept)), Finding(Cause.LISTS)
    yield right.replace("+", " "), Finding(Cause.PLUS_LOST)
    yield right.replace("&", "&amp;"), Finding(Cause.HTML_ESCAPED)
    yield html.escape(right), Finding(Cause.HTML_ESCAPED)
    for end in ("\n", "\r\n", " ", "&"):
        yield right + end, Finding(Cause.BLANKS)


def _joined(pairs: Iterable[_Pair]) -> str:
    return "&".join(f"{name}={value}" for name, value in pairs)
