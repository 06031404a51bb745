"""From Alipay's post to the counter's screen: many paired screens look, many payments come."""

import json
import math
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime

from bench.databases import ROOT, migrate, scratch_database
from bench.goals import Goal, percentile, tell
from bench.notices import CONTENT_TYPE, TestKeys, signed_notice
from bench.servers import granian
from bench.watchers import Post, Watch, Watched

SCREENS = 200
NOTICES_PER_SECOND = 50
#: What each counter took before: its screen is full, as on a busy day.
_TAKEN_BEFORE = 60
_WARMING_SECONDS = 6
#: Alipay repeats itself: so many notices are posted once more, this much later.
_ONE_REPEATED_OF, _REPEATED_AFTER = 10, 0.3


@dataclass(frozen=True)
class _Payment:
    """A payment that is made in the run: at which counter, and when its notice is due."""

    number: str
    place: int
    due: float


def measure(*, seconds: int) -> Iterator[Goal]:
    """The goals about screens."""
    keys = TestKeys.make()
    with ExitStack() as stack:
        environment = _environment(stack, keys)
        migrate(environment)
        counters = _make_counters(environment)
        server = stack.enter_context(granian("merchant_portal.wsgi:application", environment))
        payments, posts = _plan(keys, [each["notify_path"] for each in counters], seconds)
        watch = Watch(
            port=server.port,
            content_type=CONTENT_TYPE,
            tokens=[each["token"] for each in counters],
            posts=posts,
            numbers=frozenset(each.number for each in payments),
        )
        watched = _watch(watch)
    _show(payments, watched)
    yield from _judge(payments, watched)


def _environment(stack: ExitStack, keys: TestKeys) -> dict[str, str]:
    return {
        "DATABASE_URL": stack.enter_context(scratch_database("portal_bench_screens")),
        "REDIS_URL": "",
        "DEBUG": "",
        "VAR_DIR": stack.enter_context(tempfile.TemporaryDirectory()),
        "LOG_LEVEL": "WARNING",
        "BENCH_PUBLIC_PEM": keys.public_pem,
    }


def _make_counters(environment: dict[str, str]) -> list[dict[str, str]]:
    made = subprocess.run(
        [sys.executable, "-m", "bench.portal.screens", str(SCREENS), str(_TAKEN_BEFORE)],
        cwd=ROOT,
        env=os.environ | environment,
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    counters: list[dict[str, str]] = json.loads(made.stdout.splitlines()[-1])
    return counters


def _plan(keys: TestKeys, paths: Sequence[str], seconds: int) -> tuple[list[_Payment], list[Post]]:
    """The payments, evenly over time and over counters that do not stand beside each other."""
    payments, posts = [], []
    for number in range((_WARMING_SECONDS + seconds) * NOTICES_PER_SECOND):
        notice = signed_notice(keys.signer, number=number, paid_at=datetime.now(UTC))
        place, due = number * 77 % len(paths), number / NOTICES_PER_SECOND
        payments.append(_Payment(notice.trade_no, place, due))
        posts.append(Post(due, paths[place], notice.body))
        if number % _ONE_REPEATED_OF == 0:
            posts.append(Post(due + _REPEATED_AFTER, paths[place], notice.body))
    return payments, sorted(posts, key=lambda post: post.due)


def _watch(watch: Watch) -> Watched:
    finished = subprocess.run(
        [sys.executable, "-c", "from bench.watchers import main; main()"],
        cwd=ROOT,
        input=pickle.dumps(watch),
        stdout=subprocess.PIPE,
        check=True,
    )
    watched: Watched = pickle.loads(finished.stdout)
    return watched


@dataclass(frozen=True)
class _Wrong:
    """What must not be: each payment comes to its own counter, once, and nothing else anywhere."""

    missed: int
    doubled: int
    misplaced: int

    @classmethod
    def of(cls, payments: Sequence[_Payment], watched: Watched) -> "_Wrong":
        wanted: list[set[str]] = [set() for _ in watched.screens]
        for payment in payments:
            wanted[payment.place].add(payment.number)
        pairs = list(zip(wanted, (shown.at.keys() for shown in watched.screens), strict=True))
        return cls(
            missed=sum(len(want - shown) for want, shown in pairs),
            doubled=sum(shown.again for shown in watched.screens),
            misplaced=sum(len(shown - want) for want, shown in pairs),
        )


def _show(payments: Sequence[_Payment], watched: Watched) -> None:
    odd = {code: number for code, number in watched.statuses.items() if code not in (200, 304)}
    tell(
        f"screens: {SCREENS} of them, {_rate(payments, watched):.1f} new notices/s (one of "
        f"{_ONE_REPEATED_OF} repeated), {len(watched.polls) / watched.seconds:.0f} polls/s, a poll "
        f"p50 {percentile(watched.polls, 0.5) * 1000:.0f} ms, "
        f"p99 {percentile(watched.polls, 0.99) * 1000:.0f} ms, {watched.given_up} given up, "
        f"answers other than 200 and 304: {odd or 'none'}; "
        f"all this asking took {watched.cpu:.0%} of a processor"
    )


def _judge(payments: Sequence[_Payment], watched: Watched) -> Iterator[Goal]:
    """From the moment a post is due, so not after it is begun, to the poll's whole answer; a
    payment that never came to its screen took for ever."""
    wrong = _Wrong.of(payments, watched)
    counted = [each for each in payments if each.due >= _WARMING_SECONDS]
    taken = [
        watched.screens[each.place].at.get(each.number, math.inf) - each.due for each in counted
    ]
    failed = sum(number for status, number in watched.statuses.items() if status >= 500)
    tell(
        f"screens: {len(counted):,} payments shown after p50 {percentile(taken, 0.5):.2f} s, "
        f"p99 {percentile(taken, 0.99):.2f} s, the last {max(taken):.2f} s"
    )
    yield Goal("seconds from post to screen, p99", percentile(taken, 0.99), at_most=2)
    yield Goal("new notices per second beside the screens", _rate(payments, watched), at_least=49)
    yield Goal("5xx answers to screens and notices", failed, at_most=0)
    yield Goal("notices not answered success", watched.refused, at_most=0)
    yield Goal("payments that came to no screen", wrong.missed, at_most=0)
    yield Goal("payments shown twice", wrong.doubled, at_most=0)
    yield Goal("payments shown at another counter", wrong.misplaced, at_most=0)


def _rate(payments: Sequence[_Payment], watched: Watched) -> float:
    return len(payments) / watched.posting_seconds
