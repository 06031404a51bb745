"""Measure, say `met` or `short` for each goal, and exit 1 if one is short."""

import argparse
import os
import sys
from collections.abc import Iterator

from bench import (
    exporting,
    intake,
    listing,
    people,
    posters,
    reconciling,
    screens,
    selling,
    verifying,
)
from bench.goals import CannotMeasure, Goal, Verdict, tell

_PARTS = (
    "verifying",
    "intake",
    "selling",
    "screens",
    "listing",
    "exporting",
    "reconciling",
    "posters",
    "people",
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="many more rounds")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(_PARTS)}")
    options = parser.parse_args()
    tell(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} when the run began")
    parts = options.parts or _PARTS
    met = [_is_met(part, times=5 if options.long else 1) for part in parts]
    return int(not all(met))


def _is_met(part: str, *, times: int) -> bool:
    """Whether a part was measured and met all its goals; the others are measured all the same."""
    goals: list[Goal] = []
    try:
        for goal in _measure(part, times=times):
            tell(goal)
            goals.append(goal)
    except CannotMeasure as missing:
        tell(f"{part}: NOT MEASURED. {missing}")
        return False
    return all(goal.verdict is Verdict.MET for goal in goals)


def _measure(part: str, *, times: int) -> Iterator[Goal]:
    measures = {
        "verifying": lambda: verifying.measure(rounds=9 * times),
        "intake": lambda: intake.measure(rounds=5 * times, requests=1500),
        "selling": lambda: selling.measure(rounds=150 * times),
        "screens": lambda: screens.measure(seconds=20 * times),
        "listing": lambda: listing.measure(rounds=25 * times),
        "exporting": lambda: exporting.measure(rounds=3 * times),
        "posters": lambda: posters.measure(rounds=3 * times),
        "reconciling": lambda: reconciling.measure(rounds=3 * times),
        "people": people.measure,
    }
    return measures[part]()


if __name__ == "__main__":
    sys.exit(main())
