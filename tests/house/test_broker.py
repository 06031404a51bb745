"""The file broker: what is written while somebody reads arrives whole, every time."""

from pathlib import Path
from queue import Empty
from threading import Thread

import pytest
from kombu import Connection

from merchant_portal import broker

_MESSAGES = 60
_BODY = {"body": "x" * 200_000}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("messages", "processed", "control"):
        (tmp_path / name).mkdir()
    return tmp_path


def _connection(folder: Path) -> Connection:
    broker.register()
    return Connection(
        f"{broker.SCHEME}://",
        transport_options={
            "data_folder_in": str(folder / "messages"),
            "data_folder_out": str(folder / "messages"),
            "processed_folder": str(folder / "processed"),
            "control_folder": str(folder / "control"),
        },
    )


def _write(folder: Path) -> None:
    with _connection(folder) as connection, connection.channel() as channel:
        for _ in range(_MESSAGES):
            channel._put("work", _BODY)


def _read(folder: Path, writer: Thread) -> int:
    """Take messages as fast as possible until the writer is done and nothing is left."""
    taken = 0
    with _connection(folder) as connection, connection.channel() as channel:
        while True:
            is_writing = writer.is_alive()
            try:
                assert channel._get("work") == _BODY
                taken += 1
            except Empty:
                if not is_writing:
                    return taken


def test_a_reader_never_sees_half_a_message(folder: Path) -> None:
    writer = Thread(target=_write, args=[folder])
    writer.start()
    assert _read(folder, writer) == _MESSAGES
    writer.join()
