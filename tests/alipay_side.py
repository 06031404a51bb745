"""Alipay's side of a test: the simulator's phone, switches and books, over HTTP."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx
from django.test import Client


@dataclass(frozen=True)
class AlipaySide:
    http: httpx.Client
    url: str

    @property
    def gateway_url(self) -> str:
        return f"{self.url}/gateway.do"

    def reset(self) -> None:
        self._post("/control/reset", {})
        self._post("/control/delivery", {"automatic": False, "ladder_scale": 1.0})

    def add_partner(self, **partner: object) -> dict[str, Any]:
        return self._post("/control/partners", partner)

    def add_client(self, **client: object) -> dict[str, Any]:
        """A client id of the JSON API; answers with Alipay's public key."""
        told: dict[str, Any] = self._post("/control/clients", client)
        return told

    def pay(self, code: str, amount: str, **more: object) -> dict[str, Any]:
        """A buyer scans a code, types an amount and pays."""
        return self._post("/phone/pay", {"code": code, "amount": amount, **more})

    def try_to_pay(self, code: str, amount: str) -> httpx.Response:
        return self.http.post("/phone/pay", json={"code": code, "amount": amount})

    def switch(self, name: str, value: object = True, **more: object) -> None:
        """Switch a mishap on: for ever, or ``times`` times."""
        self._post("/control/mishaps", {"name": name, "value": value, **more})

    def clear_mishaps(self) -> None:
        self.http.delete("/control/mishaps").raise_for_status()

    def move_trade(self, trade_no: str, status: str) -> None:
        self._post(f"/control/trades/{trade_no}", {"status": status})

    def refund_in_portal(self, trade_no: str, amount: str) -> None:
        self._post("/control/refunds", {"trade_no": trade_no, "amount": amount})

    def return_refund(self, number: str) -> None:
        """The buyer could not be paid: the money of a refund comes back to the merchant."""
        [refund] = [row for row in self.books("refunds") if row["out_biz_no"] == number]
        self._post(f"/control/refunds/{refund['refund_id']}/return", {})

    def set_review(self, **terms: object) -> None:
        """How reviews of stores end by themselves, and whether unapproved ones can be paid."""
        self._post("/control/review", terms)

    def decide_review(self, store_id: str, status: str, reason: str = "") -> None:
        """Alipay's reviewer decides about a store."""
        (row,) = [row for row in self.books("registrations") if row["store_id"] == store_id]
        self._post(
            f"/control/registrations/{row['registration_id']}",
            {"status": status, "reject_reason": reason},
        )

    def set_terms(self, partner_id: str, **terms: object) -> None:
        """What a contract says of fees and files."""
        self._post("/control/terms", {"partner_id": partner_id, **terms})

    def spoil_file(self, name: str, **more: object) -> None:
        """Switch a fault of the next nightly file on."""
        self._post("/control/file_faults", {"name": name, **more})

    def run_night(self, partner_id: str) -> list[dict[str, Any]]:
        """Close the day so far; answers which files were written."""
        written: list[dict[str, Any]] = self._post("/control/night", {"partner_id": partner_id})
        return written

    def file(self, partner_id: str, name: str) -> bytes:
        """The bytes of a nightly file."""
        return self.http.get(f"/files/{partner_id}/{name}").raise_for_status().content

    def advance(self, seconds: int) -> None:
        self._post("/control/clock", {"advance_seconds": seconds})

    def books(self, name: str) -> list[dict[str, Any]]:
        """Alipay's own truth: ``codes``, ``trades``, ``notices``, ``partners``."""
        answer = self.http.get(f"/books/{name}.json").raise_for_status().json()
        rows: list[dict[str, Any]] = answer[name] if isinstance(answer, dict) else answer
        return rows

    def due(self) -> list[dict[str, Any]]:
        answer = self.http.get("/outbox/due.json").raise_for_status().json()
        rows: list[dict[str, Any]] = answer["due"] if isinstance(answer, dict) else answer
        return rows

    def carry(self, notice: dict[str, Any], client: Client) -> str:
        """Post one notice with Django's client and tell Alipay what the portal said."""
        response = client.post(
            urlsplit(notice["url"]).path,
            data=notice["body"],
            content_type=notice["content_type"],
            headers=notice["headers"],
        )
        said = response.content.decode()
        self._post(
            f"/outbox/{notice['id']}/answered", {"status": response.status_code, "body": said}
        )
        return said

    def carry_due(self, client: Client) -> list[str]:
        return [self.carry(notice, client) for notice in self.due()]

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        answer = self.http.post(path, json=body)
        assert answer.is_success, f"{path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None
