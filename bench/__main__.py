"""Measure, say `met` or `short` for each goal, and exit 1 if one is short."""

import argparse
import os
import sys
from collections.abc import Iterator
from itertools import chain

from bench import exporting, intake, listing, posters, reconciling, verifying
from bench.databases import ServerMissing
from bench.goals import Goal, Verdict, tell

_PARTS = ("verifying", "intake", "listing", "exporting", "reconciling", "posters")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--long", action="store_true", help="many more rounds")
    parser.add_argument("parts", nargs="*", metavar="PART", help=f"of {', '.join(_PARTS)}")
    options = parser.parse_args()
    tell(f"{os.cpu_count()} processors, load {os.getloadavg()[0]:.1f} when the run began")
    goals: list[Goal] = []
    try:
        for goal in _measure(options.parts or _PARTS, times=5 if options.long else 1):
            tell(goal)
            goals.append(goal)
    except ServerMissing as missing:
        tell(missing)
        return 1
    return int(any(goal.verdict is Verdict.SHORT for goal in goals))


def _measure(parts: list[str] | tuple[str, ...], *, times: int) -> Iterator[Goal]:
    measures = {
        "verifying": lambda: verifying.measure(rounds=9 * times),
        "intake": lambda: intake.measure(rounds=5 * times, requests=1500),
        "listing": lambda: listing.measure(rounds=25 * times),
        "exporting": lambda: exporting.measure(rounds=3 * times),
        "posters": lambda: posters.measure(rounds=3 * times),
        "reconciling": lambda: reconciling.measure(rounds=3 * times),
    }
    return chain.from_iterable(measures[part]() for part in parts)


if __name__ == "__main__":
    sys.exit(main())
