"""Texts that are sent but may not be seen: not in a repr, a log line, a row or an error.

A payment code spends its owner's money for a minute, so it is a secret of that minute.
"""

from collections.abc import Iterable
from typing import NoReturn


class Secret:
    """A text that shows only its ends; `reveal` is for the wire alone.

    It cannot be pickled, so it reaches no queue, cache or other process.
    """

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def reveal(self) -> str:
        """The text itself; whoever calls this answers for where it goes."""
        return self._text

    @property
    def shown(self) -> str:
        """What people and rows may see."""
        return "*" * 6

    def __str__(self) -> str:
        return self.shown

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.shown})"

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def __copy__(self) -> "Secret":
        return self

    def __deepcopy__(self, memo: object) -> "Secret":
        return self

    def __reduce__(self) -> NoReturn:
        raise TypeError("a secret is not written down")


def concealed(text: str, secrets: Iterable[Secret]) -> str:
    """The text with every secret in it replaced by what may be seen of it."""
    for secret in secrets:
        text = text.replace(secret.reveal(), secret.shown)
    return text


def concealed_bytes(body: bytes, secrets: Iterable[Secret]) -> bytes:
    """The same for bytes, in which secrets stand as ASCII."""
    for secret in secrets:
        body = body.replace(secret.reveal().encode(), secret.shown.encode())
    return body
