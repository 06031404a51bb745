"""A worker is killed while money goes back: it goes back all the same, and once."""

import signal
from typing import Any

import pytest

from tests.crashes.processes import House, kill, wait_until

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]
REFUND = "alipay.acquire.overseas.spot.refund"


def ask_for(house: House, noun: str, trade: str, **more: str) -> None:
    (payment,) = house.get("payments", alipay_trans_id=trade)
    order = {"payment": payment["id"], "reason": "returned", **more}
    house.post(noun, order, key=trade).raise_for_status()


def the_only(house: House, noun: str, trade: str) -> dict[str, Any]:
    (payment,) = house.get("payments", alipay_trans_id=trade)
    (row,) = house.get(noun, payment=payment["id"])
    return row


def at_alipay(house: House, book: str, trade: str) -> list[str]:
    return [row["amount"] for row in house.alipay.books(book) if row["trade_no"] == trade]


@pytest.mark.parametrize(("point", "gone"), [("marked", []), ("called", ["5.00"])])
def test_a_refund_outlives_its_worker(
    house: House, trade: str, point: str, gone: list[str]
) -> None:
    with house.web():
        ask_for(house, "refunds", trade, amount="5.00", currency="USD")
        with house.jobs(crash_at=f"refund.{point}:kill") as worker:
            assert worker.wait(timeout=60) == -signal.SIGKILL
        assert the_only(house, "refunds", trade)["state"] == "SUBMITTED"
        assert at_alipay(house, "refunds", trade) == gone
        house.let_leases_end()
        with house.jobs():
            wait_until(lambda: the_only(house, "refunds", trade)["state"] == "REFUNDED")
    assert at_alipay(house, "refunds", trade) == ["5.00"]


def test_a_cancel_outlives_its_worker(house: House, trade: str) -> None:
    with house.web():
        ask_for(house, "cancels", trade)
        with house.jobs(crash_at="cancel.called:kill") as worker:
            assert worker.wait(timeout=60) == -signal.SIGKILL
        assert the_only(house, "cancels", trade)["state"] == "SUBMITTED"
        house.let_leases_end()
        with house.jobs():
            wait_until(lambda: the_only(house, "cancels", trade)["state"] == "DONE")
    assert at_alipay(house, "cancels", trade) == ["12.50"]


def test_a_worker_killed_while_alipay_thinks_is_followed_by_one_that_asks(
    house: House, trade: str
) -> None:
    house.alipay.switch("slow", "3", times=1, service=REFUND)
    with house.web():
        ask_for(house, "refunds", trade, amount="5.00", currency="USD")
        with house.jobs() as worker:
            wait_until(lambda: at_alipay(house, "refunds", trade))
            kill(worker)
        assert the_only(house, "refunds", trade)["state"] == "SUBMITTED"
        house.let_leases_end()
        with house.jobs():
            wait_until(lambda: the_only(house, "refunds", trade)["state"] == "REFUNDED")
    assert at_alipay(house, "refunds", trade) == ["5.00"]
