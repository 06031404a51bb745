"""The panel of giving back, as somebody at a browser goes through it."""

from dataclasses import dataclass
from typing import Any

from django.test import Client
from django.urls import reverse

from payments.models import Payment
from tests.factories import PIN


@dataclass(frozen=True)
class PanelPage:
    """One panel: it keeps the address, and so the key, that the first page was given."""

    client: Client
    url: str

    @classmethod
    def open(cls, client: Client, payment: Payment, **query: object) -> "PanelPage":
        first = client.get(reverse("give_back", args=[payment.pk]), query)
        return cls(client, first.headers["Location"])

    def look(self) -> Any:
        return self.client.get(self.url)

    def post(self, step: str, **filled: str) -> Any:
        answers = {"how_much": "all", "reason": "returned", "note": ""} | filled
        return self.client.post(self.url, answers | {"step": step})

    def check(self, **filled: str) -> Any:
        return self.post("check", **filled)

    def give(self, amount: str, *, call: str = "refund", **filled: str) -> Any:
        """The button of the second step, which names the amount and the call that were shown, and
        the PIN of whoever presses it."""
        filled = {"confirmation": PIN} | filled
        return self.post("give", how_much="part", amount=amount, call=call, **filled)
