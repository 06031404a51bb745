"""A process is killed in the middle of a sale: it is paid once, or not paid, or given back."""

import signal
from dataclasses import dataclass
from typing import Any

import httpx
import pytest

from tests.crashes.processes import House, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]


@dataclass(frozen=True)
class Till:
    """A till's software at one of the demo's counters, and its customer."""

    house: House
    currency: str
    pay: str

    def order(self, outcome: str) -> dict[str, Any]:
        """What the software posts once a customer has shown a code."""
        stores = [
            store["id"]
            for store in self.house.get("stores")
            if store["pricing_currency"] == self.currency
        ]
        counters = self.house.get("counters")
        counter = next(each for each in counters if each["store"] in stores)
        answer = self.house.alipay.http.post("/phone/codes", json={"outcome": outcome})
        wanted = {"counter": counter["id"], "amount": "12.50", "currency": self.currency}
        return {"product": "barcode", "code": answer.json()["code"]} | wanted

    def sell(self, order: dict[str, Any]) -> dict[str, Any]:
        """The same order under the same key is the same sale, however often it is posted."""
        made: dict[str, Any] = self.house.post("payments", order, key=order["code"]).json()
        return made

    def end(self, sale: dict[str, Any]) -> dict[str, Any]:
        answer = self.house.post(f"payments/{sale['id']}/end", {}, key="").raise_for_status()
        ended: dict[str, Any] = answer.json()
        return ended

    def stands(self, order: dict[str, Any]) -> str:
        return str(self.sell(order)["sale"]["outcome"])

    def money_at_alipay(self, order: dict[str, Any]) -> list[tuple[bool, str]]:
        """Of each trade of the sale whether it was paid, and what went back."""
        number = self.sell(order)["partner_trans_id"]
        trades = self.house.alipay.books("trades")
        mine = [trade for trade in trades if trade["out_trade_no"] == number]
        return [(trade["paid_at"] is not None, trade["refunded"]) for trade in mine]


@pytest.fixture(params=[("USD", "pay"), ("HKD", "alipay.acquire.overseas.spot.pay")])
def till(house: House, request: pytest.FixtureRequest) -> Till:
    """The demo sells in dollars through the JSON API, in Hong Kong through the gateway."""
    house.alipay.clear_mishaps()
    return Till(house, *request.param)


def _die_selling(till: Till, point: str, outcome: str) -> dict[str, Any]:
    """Somebody scans, and the process dies at the point; the order, to be posted again."""
    with till.house.web(crash_at=f"{point}:kill") as web:
        order = till.order(outcome)
        with pytest.raises(httpx.TransportError):
            till.sell(order)
        assert web.poll() in {None, -signal.SIGKILL}
    return order


@pytest.mark.parametrize("point", ["called", "recorded"])
def test_a_scan_that_left_a_dying_process_is_paid_once(till: Till, point: str) -> None:
    order = _die_selling(till, f"sale.{point}", "paid")
    with till.house.web(), till.house.jobs():
        wait_until(lambda: till.stands(order) == "PAID")
        assert till.money_at_alipay(order) == [(True, "0.00")]
    till.house.verify()


def test_a_scan_that_never_left_is_not_sent_later(till: Till) -> None:
    order = _die_selling(till, "sale.committed", "paid")
    with till.house.web(), till.house.jobs():
        till.end(till.sell(order))
        wait_until(lambda: till.stands(order) in {"NOT_PAID", "ENDING"})
        assert till.money_at_alipay(order) == []
    till.house.verify()


@pytest.mark.parametrize(
    ("point", "outcome"), [("marked", "paid"), ("called", "waiting"), ("recorded", "paid")]
)
def test_a_sale_given_up_in_a_dying_process_ends_once(till: Till, point: str, outcome: str) -> None:
    if outcome == "paid":
        till.house.alipay.switch("done_but_no_answer", times=1, service=till.pay)
    with till.house.web(crash_at=f"cancel.{point}:kill"):
        order = till.order(outcome)
        with pytest.raises(httpx.TransportError):
            till.end(till.sell(order))
    till.house.let_leases_end()
    said, back = ("GIVEN_BACK", "12.50") if outcome == "paid" else ("NOT_PAID", "0.00")
    with till.house.web(), till.house.jobs():
        wait_until(lambda: till.stands(order) == said)
        assert till.money_at_alipay(order) == [(outcome == "paid", back)]
    till.house.verify()
