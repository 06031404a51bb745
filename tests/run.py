"""Run everything this machine can run, and say plainly what was left out and why.

The suite runs on SQLite, and again on PostgreSQL and Redis where they answer (``DATABASE_URL`` and
``REDIS_URL``, else the usual local addresses); each time followed by the journeys, which drive real
processes and a real Chromium. ``REQUIRE_SERVICES=1`` makes whatever is missing a failure.
"""

import argparse
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
LOCAL_POSTGRES = "postgres://postgres@127.0.0.1:5432/portal"
LOCAL_REDIS = "redis://127.0.0.1:6379/9"
_ANSWERS_WITHIN_SECONDS = 3
#: Two files at a time: each makes the databases and processes it needs for itself.
_SIDE_BY_SIDE = ("--numprocesses=2", "--dist=loadfile")


@dataclass(frozen=True)
class Service:
    """A database or broker: where it was looked for, and whether it answered."""

    name: str
    url: str
    answers: bool

    @property
    def address(self) -> str:
        parts = urlsplit(self.url)
        return f"{parts.hostname}:{parts.port}"


@dataclass(frozen=True)
class Outcome:
    """One run of pytest, as its own report tells it."""

    name: str
    exit_code: int
    seconds: float
    counts: Counter[str] = field(default_factory=Counter)
    skipped: Counter[str] = field(default_factory=Counter)

    @property
    def line(self) -> str:
        words = ", ".join(f"{number} {word}" for word, number in self.counts.items() if number)
        verdict = "" if self.exit_code == 0 else "  FAILED"
        return f"  {self.name:<28} {words or 'nothing ran'} in {self.seconds:.0f} s{verdict}"


def main() -> int:
    """Run the parts; unknown arguments go to pytest. Returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--suite-only", action="store_true", help="no journeys")
    options, arguments = parser.parse_known_args()
    postgres = _look_for("PostgreSQL", "DATABASE_URL", LOCAL_POSTGRES, _postgres_answers)
    redis = _look_for("Redis", "REDIS_URL", LOCAL_REDIS, _redis_answers)
    has_browser = _has_browser()
    left_out = list(_left_out(postgres, redis, has_browser))
    if left_out and os.environ.get("REQUIRE_SERVICES") == "1":
        print("REQUIRE_SERVICES=1, and this is missing:", *left_out, sep="\n  ")
        return 1
    if options.suite_only:
        left_out.append("the journeys: --suite-only was asked for")
    places = {"SQLite": {"DATABASE_URL": "", "REDIS_URL": ""}}
    if postgres.answers:
        name = "PostgreSQL, Redis" if redis.answers else "PostgreSQL"
        places[name] = {
            "DATABASE_URL": postgres.url,
            "REDIS_URL": redis.url if redis.answers else "",
        }
    outcomes = list(_run_parts(places, arguments, journeys=has_browser and not options.suite_only))
    _print_summary(outcomes, left_out)
    return max(outcome.exit_code for outcome in outcomes)


def _run_parts(
    places: Mapping[str, dict[str, str]], arguments: Sequence[str], *, journeys: bool
) -> Iterator[Outcome]:
    for name, environment in places.items():
        suite = ["-m", "not journey", *_SIDE_BY_SIDE, *arguments]
        yield _run(name, suite, environment)
        if journeys:
            travels = ["-m", "journey", *_SIDE_BY_SIDE, *arguments]
            yield _run(f"{name}: journeys", travels, environment)


def _run(name: str, arguments: Sequence[str], environment: dict[str, str]) -> Outcome:
    print(f"\n==== {name}", flush=True)
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        report = Path(folder) / "report.xml"
        command = [sys.executable, "-m", "pytest", "--quiet", f"--junit-xml={report}", *arguments]
        finished = subprocess.run(command, cwd=ROOT, env=os.environ | environment, check=False)
        counts, skipped = _read_report(report)
    return Outcome(name, finished.returncode, time.monotonic() - started, counts, skipped)


def _read_report(report: Path) -> tuple[Counter[str], Counter[str]]:
    """How many tests passed, failed and were skipped; and why they were skipped."""
    counts, skipped = Counter(passed=0, failed=0, skipped=0), Counter[str]()
    if not report.exists():
        return counts, skipped
    for case in ElementTree.parse(report).iter("testcase"):
        skip = case.find("skipped")
        if skip is not None:
            counts["skipped"] += 1
            skipped[skip.get("message", "")] += 1
        elif case.find("failure") is not None or case.find("error") is not None:
            counts["failed"] += 1
        else:
            counts["passed"] += 1
    return counts, skipped


def _print_summary(outcomes: Sequence[Outcome], left_out: Sequence[str]) -> None:
    print("\nRan:", *(outcome.line for outcome in outcomes), sep="\n")
    reasons = [
        f"{outcome.name}: {number} skipped, {why}"
        for outcome in outcomes
        for why, number in outcome.skipped.items()
    ]
    print("Left out:", *(f"  {line}" for line in [*left_out, *reasons] or ["nothing"]), sep="\n")


def _left_out(postgres: Service, redis: Service, has_browser: bool) -> Iterator[str]:
    if not postgres.answers:
        yield f"the suite on PostgreSQL: nothing answers at {postgres.address} (DATABASE_URL)"
    if not redis.answers:
        yield f"Redis: nothing answers at {redis.address} (REDIS_URL)"
    if not has_browser:
        yield "the journeys: no Chromium was found (install the package chromium)"


def _look_for(name: str, variable: str, local: str, answers: Callable[[str], bool]) -> Service:
    given = os.environ.get(variable, "")
    url = given if given and not given.startswith("sqlite") else local
    if variable == "DATABASE_URL":
        url = _own_database(url)
    return Service(name, url, answers(url))


def _own_database(url: str) -> str:
    """The address with a database name of this run, so that two runs do not meet."""
    parts = urlsplit(url)
    return urlunsplit(parts._replace(path=f"{parts.path}_{os.getpid()}"))


def _postgres_answers(url: str) -> bool:
    import psycopg

    try:
        admin = urlunsplit(urlsplit(url)._replace(path="/postgres"))
        psycopg.connect(admin, connect_timeout=_ANSWERS_WITHIN_SECONDS).close()
    except psycopg.OperationalError as refused:
        print(f"PostgreSQL: {refused}")
        return False
    return True


def _redis_answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        address = (parts.hostname or "127.0.0.1", parts.port or 6379)
        socket.create_connection(address, timeout=_ANSWERS_WITHIN_SECONDS).close()
    except OSError:
        return False
    return True


def _has_browser() -> bool:
    return bool(shutil.which("chromium") or shutil.which("chromium-browser"))


if __name__ == "__main__":
    sys.exit(main())
