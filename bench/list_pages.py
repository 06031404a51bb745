"""One size of the payments list, in a process of its own: answers how long a page takes.

Reads `first` or `deepest` from its standard input, writes the milliseconds of one request.
"""

import os
import sys
import time

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "merchant_portal.settings")
django.setup()

from django.test import Client  # noqa: E402  (models need django.setup)
from django.urls import reverse  # noqa: E402

from merchant_portal.keyset import Cursor, Way  # noqa: E402
from merchant_portal.models import User  # noqa: E402
from payments.models import Payment  # noqa: E402

_ROWS_BEFORE_THE_END = 60


def main() -> None:
    """Answer until the input ends."""
    client = Client()
    client.force_login(User.objects.get(username="finance"))
    addresses = {"first": reverse("payment_list"), "deepest": _deepest()}
    for line in sys.stdin:
        print(_milliseconds(client, addresses[line.strip()]), flush=True)


def _deepest() -> str:
    oldest = Payment.objects.order_by("occurred_at", "pk")
    row = oldest[_ROWS_BEFORE_THE_END]
    cursor = Cursor(Way.OLDER, row.occurred_at, row.pk)
    return f"{reverse('payment_list')}?page={cursor.text}"


def _milliseconds(client: Client, address: str) -> float:
    started = time.perf_counter()
    answer = client.get(address)
    taken = (time.perf_counter() - started) * 1000
    if answer.status_code != 200 or b"2026112022" not in answer.content:
        raise RuntimeError(f"{address} showed no payments: {answer.status_code}")
    return taken


if __name__ == "__main__":
    main()
