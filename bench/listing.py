"""The payments list: its first and deepest page and the sums of a filter at two sizes, in turns;
what a page asks and weighs."""

import os
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import IO

from bench.databases import ROOT, migrate, scratch_database
from bench.goals import Goal, tell

FEW, MANY = 10_000, 1_000_000
MOST_QUESTIONS, MOST_KILOBYTES = 12, 120


def measure(*, rounds: int) -> Iterator[Goal]:
    """The goals about the list."""
    with ExitStack() as stack:
        few = stack.enter_context(_pages("portal_bench_few", FEW))
        many = stack.enter_context(_pages("portal_bench_many", MANY))
        wanted = {
            f"first page at {FEW:,}": (few, "first"),
            f"first page at {MANY:,}": (many, "first"),
            f"deepest page at {MANY:,}": (many, "deepest"),
            f"sums of a filter at {FEW:,}": (few, "sums"),
            f"sums of a filter at {MANY:,}": (many, "sums"),
        }
        taken: dict[str, list[float]] = {name: [] for name in wanted}
        for number in range(rounds + 3):
            for name, (pages, page) in wanted.items():
                milliseconds = pages.ask(page)
                if number >= 3:  # the first rounds fill caches
                    taken[name].append(milliseconds)
        weighed = list(_weigh(many))
    medians = {name: statistics.median(each) for name, each in taken.items()}
    for name, median in medians.items():
        tell(f"list {name}: {median:.1f} ms")
    base, first, deepest, base_of_sums, sums = medians
    for name, against in ((first, base), (deepest, base), (sums, base_of_sums)):
        yield Goal(f"list {name} / {against}", medians[name] / medians[against], at_most=1.5)
    yield from weighed


def _weigh(pages: "_Pages") -> Iterator[Goal]:
    """What a page asks of the database, and of the line to the shop."""
    for page, name in {"first": "the list's first page", "payment": "one payment's page"}.items():
        asked = pages.ask(f"{page} questions")
        yield Goal(f"questions of {name}", asked, at_most=MOST_QUESTIONS)
    kilobytes = pages.ask("first bytes") / 1000
    yield Goal("kB of the list's first page, compressed", kilobytes, at_most=MOST_KILOBYTES)


class _Pages:
    """A process that asks for pages of one database."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        if process.stdin is None or process.stdout is None:
            raise ValueError("The process must be started with pipes.")
        self._input: IO[str] = process.stdin
        self._output: IO[str] = process.stdout

    def ask(self, page: str) -> float:
        """Milliseconds of one request for a page, or what else is asked about it."""
        print(page, file=self._input, flush=True)
        return float(self._output.readline())


@contextmanager
def _pages(name: str, number: int) -> Iterator[_Pages]:
    with scratch_database(name) as url, tempfile.TemporaryDirectory() as var:
        environment = {
            "DATABASE_URL": url,
            "REDIS_URL": "",
            "DEBUG": "",
            "VAR_DIR": var,
            "ALLOWED_HOSTS": "testserver",
            "LOG_LEVEL": "WARNING",
        }
        migrate(environment)
        shop = [sys.executable, "-m", "bench.portal.shop", "payments", str(number)]
        subprocess.run(shop, cwd=ROOT, env=os.environ | environment, check=True)
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.portal.list_pages"],
            cwd=ROOT,
            env=os.environ | environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        try:
            yield _Pages(process)
        finally:
            process.communicate()
