"""The charsets the gateway writes in, and how a message names its own."""

from collections.abc import Mapping
from email.message import Message
from functools import lru_cache

UTF8 = "UTF-8"

# GB2312 is read as its superset GBK: the gateway uses the two names for the same bytes.
_codecs: Mapping[str, str] = {
    "UTF-8": "utf-8",
    "UTF8": "utf-8",
    "GBK": "gbk",
    "GB2312": "gbk",
    "GB18030": "gb18030",
}


def codec_of(name: str) -> str | None:
    """Python's codec for a charset name in any case; None for one that is not in use here."""
    return _codecs.get(name.strip().upper())


@lru_cache(maxsize=64)
def media_type(content_type: str) -> tuple[str, str]:
    """The bare media type in lower case, and the charset it names (empty where it names none)."""
    header = Message()
    header["content-type"] = content_type.replace("\n", " ").replace("\r", " ")
    charset = header.get_param("charset", "")
    return content_type.partition(";")[0].strip().lower(), charset if type(charset) is str else ""
