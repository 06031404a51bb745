"""Several hands that begin at the same instant."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from django.db import connection

Act = Callable[[], object]


def at_once(*acts: Act) -> list[Any]:
    """Each act in a thread and on a connection of its own, all begun at the same instant."""
    barrier = Barrier(len(acts))

    def run(act: Act) -> object:
        barrier.wait()
        try:
            return act()
        finally:
            connection.close()

    with ThreadPoolExecutor(len(acts)) as pool:
        return list(pool.map(run, acts))
