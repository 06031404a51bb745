"""One call to the gateway, kept as it was: the evidence behind an answer or its absence."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from merchant_portal.alipay.concealing import Secret, concealed


@dataclass(frozen=True)
class Exchange:
    """What was sent and what came back.

    `fields` are the pairs as sent, signature included; `presign` is the signed text (empty where
    the call is not signed). `http_status` is None where no answer began. `body` holds at most the
    permitted size of an answer. Where something secret was sent, all of them show only its ends;
    `received` is then the body as it came, to be verified and not to be kept. `headers` are the
    answer's, their names in small letters.
    """

    service: str
    url: str
    fields: tuple[tuple[str, str], ...]
    presign: str
    started_at: datetime
    elapsed_seconds: float
    http_status: int | None
    content_type: str
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[Secret, ...] = field(default=(), repr=False)
    unconcealed: bytes | None = field(default=None, repr=False, compare=False)

    @property
    def received(self) -> bytes:
        """The body as it came."""
        return self.body if self.unconcealed is None else self.unconcealed

    def seen(self, text: str) -> str:
        """A text of the answer as it may be shown."""
        return concealed(text, self.secrets)
