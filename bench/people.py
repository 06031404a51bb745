"""What a rush hour is to people: the journey of it in a real browser, and the times it wrote down.

The journey starts the portal as ``make run`` does and writes JSON to the path in ``PEOPLE_TIMES``.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from bench.databases import LOCAL_POSTGRES, ROOT
from bench.goals import CannotMeasure, Goal

JOURNEY = Path("tests/journeys/test_rush_hour.py")
#: What the journey writes, what it is called here, and how much it may be at most.
_GOALS = {
    "payment_to_screen_p95_seconds": ("seconds from paying to the counter's screen, p95", 1.0),
    "press_to_screen_median_seconds": (
        "seconds from the buyer's press of the button to the counter's screen, median",
        2.0,
    ),
    "did_it_arrive_seconds": ("seconds to answer whether a payment arrived", 2.0),
    "proof_clicks": ("clicks to a payment's proof", 2.0),
}
_FAILED_WITHIN_LINES = 15


class JourneyFailed(CannotMeasure):
    """The journey did not come to its end, or did not write down what it took."""


def measure() -> Iterator[Goal]:
    """The goals about people; raises JourneyFailed, and CannotMeasure without a browser."""
    if not (shutil.which("chromium") or shutil.which("chromium-browser")):
        raise CannotMeasure("Chromium is not installed (Debian: apt-get install chromium).")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "times.json"
        said = _run(path)
        if not path.exists():
            raise JourneyFailed(f"{JOURNEY} wrote no times.\n{said}")
        yield from judge(json.loads(path.read_text()))


def judge(times: Mapping[str, float]) -> Iterator[Goal]:
    """A goal for each of the times; one that is missing is not passed over."""
    missing = _GOALS.keys() - times.keys()
    if missing:
        raise JourneyFailed(f"{JOURNEY} did not write {', '.join(sorted(missing))}.")
    for key, (name, most) in _GOALS.items():
        yield Goal(name, times[key], at_most=most)


def _run(path: Path) -> str:
    """What pytest said, at its end."""
    command = [sys.executable, "-m", "pytest", "-q", "-m", "journey", str(JOURNEY)]
    own = {
        "PEOPLE_TIMES": str(path),
        "DATABASE_URL": os.environ.get("DATABASE_URL") or LOCAL_POSTGRES,
    }
    finished = subprocess.run(
        command, cwd=ROOT, env=os.environ | own, capture_output=True, text=True, check=False
    )
    said = "\n".join(finished.stdout.splitlines()[-_FAILED_WITHIN_LINES:])
    if finished.returncode != 0:
        raise JourneyFailed(f"{JOURNEY} failed:\n{said}")
    return said
