"""How words stand together, in the reader's language."""

from collections.abc import Iterable

from django.utils.translation import pgettext


def listed(words: Iterable[object]) -> str:
    """Words one after the other, as the reader's language parts them."""
    return pgettext("between the words of a list", ", ").join(str(word) for word in words)
