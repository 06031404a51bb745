"""One line per measurement; one with a goal says whether it was met."""

import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum


class CannotMeasure(Exception):
    """Why a part of the run could not be measured, and what it needs: no goal of it is met."""


class Verdict(StrEnum):
    MET = "met"
    SHORT = "short"


@dataclass(frozen=True)
class Goal:
    """A ratio to reach: at least, or at most."""

    name: str
    ratio: float
    at_least: float | None = None
    at_most: float | None = None

    @property
    def verdict(self) -> Verdict:
        enough = self.at_least is None or self.ratio >= self.at_least
        little = self.at_most is None or self.ratio <= self.at_most
        return Verdict.MET if enough and little else Verdict.SHORT

    def __str__(self) -> str:
        wanted = f">= {self.at_least}" if self.at_least is not None else f"<= {self.at_most}"
        return f"{self.name}: {self.ratio:.2f} (goal {wanted}) {self.verdict.value}"


def tell(text: object) -> None:
    """Print at once: a run takes minutes."""
    print(text, flush=True)


def seconds_per_call(act: Callable[[], object], *, for_seconds: float) -> float:
    """The mean seconds of one call, calling for about ``for_seconds``."""
    calls, end = 0, time.perf_counter() + for_seconds
    started = time.perf_counter()
    while time.perf_counter() < end:
        for _ in range(20):
            act()
        calls += 20
    return (time.perf_counter() - started) / calls


def interleaved(
    acts: dict[str, Callable[[], object]], *, rounds: int, for_seconds: float
) -> dict[str, float]:
    """The median seconds per call of each act; the acts take turns in every round."""
    taken: dict[str, list[float]] = {name: [] for name in acts}
    for _ in range(rounds):
        for name, act in acts.items():
            taken[name].append(seconds_per_call(act, for_seconds=for_seconds))
    return {name: statistics.median(each) for name, each in taken.items()}


def percentile(values: Sequence[float], share: float) -> float:
    """The value that ``share`` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
