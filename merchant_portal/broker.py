"""The broker of a small shop: message files in a folder, each of which appears whole.

Kombu's own file transport creates a message under its final name and then writes it; a worker that
looks at that moment takes the empty file and stops with an error, and all of ``make run`` with it.
"""

from pathlib import Path
from time import monotonic_ns
from typing import Any
from uuid import uuid4

from kombu.transport import TRANSPORT_ALIASES, filesystem
from kombu.utils.json import dumps

#: ``broker_url = "wholefile://"``
SCHEME = "wholefile"


class Channel(filesystem.Channel):
    """Writes a message beside its place and moves it there, which is one step for a reader."""

    def _put(self, queue: Any, payload: Any, **_more: Any) -> None:  # type: ignore[override]
        folder = Path(self.data_folder_out)
        draft = folder / f"{uuid4()}.draft"
        draft.write_text(dumps(payload))  # type: ignore[no-untyped-call]
        # Names sort by age, as the reader takes them.
        draft.replace(folder / f"{monotonic_ns() // 1_000_000}_{uuid4()}.{queue}.msg")


class Transport(filesystem.Transport):
    """Kombu's file transport with whole files."""

    Channel = Channel


def register() -> None:
    """Make the scheme known to Celery."""
    TRANSPORT_ALIASES[SCHEME] = f"{__name__}:Transport"
