"""One size of the payments list, in a process of its own: answers how long a page takes.

Reads `first`, `deepest`, `payment` or `sums` from its standard input, writes the milliseconds of
one request; with `questions` behind it how often it asks the database, with `bytes` what it weighs.
"""

import gzip
import sys
import time
from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from merchant_portal.keyset import Cursor, Way
from merchant_portal.models import User
from payments.models import Payment

_ROWS_BEFORE_THE_END = 60


def main() -> None:
    """Answer until the input ends."""
    client = Client()
    client.force_login(User.objects.get(username="finance"))
    addresses = {
        "first": reverse("payment_list"),
        "deepest": _deepest(),
        "payment": Payment.objects.newest_first()[0].get_absolute_url(),
        "sums": f"{reverse('payment_sums')}?state=PAID",
    }
    measures = {"": _milliseconds, "questions": _questions, "bytes": _bytes}
    for line in sys.stdin:
        page, _, what = line.strip().partition(" ")
        print(measures[what](client, addresses[page]), flush=True)


def _deepest() -> str:
    oldest = Payment.objects.order_by("occurred_at", "pk")
    row = oldest[_ROWS_BEFORE_THE_END]
    cursor = Cursor(Way.OLDER, row.occurred_at, row.pk)
    return f"{reverse('payment_list')}?page={cursor.text}"


def _milliseconds(client: Client, address: str) -> float:
    started = time.perf_counter()
    answer = client.get(address)
    taken = (time.perf_counter() - started) * 1000
    _must_show_payments(address, answer)
    return taken


def _questions(client: Client, address: str) -> float:
    with CaptureQueriesContext(connection) as asked:
        _must_show_payments(address, client.get(address))
    return len(asked)


def _bytes(client: Client, address: str) -> float:
    answer = client.get(address)
    _must_show_payments(address, answer)
    return len(gzip.compress(answer.content))


def _must_show_payments(address: str, answer: Any) -> None:
    shown = b"USD" if "/sums/" in address else b"2026112022"
    if answer.status_code != 200 or shown not in answer.content:
        raise RuntimeError(f"{address} showed no payments: {answer.status_code}")


if __name__ == "__main__":
    main()
