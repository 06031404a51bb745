"""What Alipay posts, read and judged by lines of our own."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PAID_WORDS = frozenset({"TRADE_SUCCESS", "TRADE_FINISHED", "TRADE_PENDING"})


@dataclass(frozen=True)
class Letter:
    """A body as it is posted, and what it says to whoever reads it."""

    path: str
    content_type: str
    body: str

    @property
    def fields(self) -> dict[str, str]:
        return dict(parse_qsl(self.body, encoding=self.charset, keep_blank_values=True))

    @property
    def charset(self) -> str:
        return self.content_type.partition("charset=")[2] or "utf-8"

    @property
    def says_paid(self) -> bool:
        """Money was taken; a notice of a refund says something else."""
        said = self.fields
        closed_after = said.get("trade_status") == "TRADE_CLOSED" and "gmt_payment" in said
        return not self.is_refund and (said.get("trade_status") in PAID_WORDS or closed_after)

    @property
    def is_refund(self) -> bool:
        return "refund_fee" in self.fields

    def is_signed_with(self, md5_key: str) -> bool:
        """Whether the MD5 signature is the one this key makes (docs.antom.com/ac/ref/md5)."""
        said = self.fields
        signed = {name: text for name, text in said.items() if text and name[:4] != "sign"}
        joined = "&".join(f"{name}={text}" for name, text in sorted(signed.items()))
        right = hashlib.md5((joined + md5_key).encode(self.charset)).hexdigest()
        return said.get("sign") == right

    def with_amount(self, amount: str) -> "Letter":
        """The same letter after somebody changed the amount on the way."""
        changed = re.sub(r"(^|&)total_fee=[^&]*", rf"\1total_fee={amount}", self.body)
        return Letter(self.path, self.content_type, changed)


def letter_of(notice: dict[str, Any]) -> Letter:
    """A notice of the outbox as the letter it is posted as."""
    return Letter(urlsplit(notice["url"]).path, notice["content_type"], notice["body"])
