"""One call to the gateway, kept as it was: the evidence behind an answer or its absence."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Exchange:
    """What was sent and what came back.

    `fields` are the pairs as sent, signature included; `presign` is the signed text (empty where
    the call is not signed). `http_status` is None where no answer began. `body` holds at most the
    permitted size of an answer.
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
