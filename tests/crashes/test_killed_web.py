"""The web process is killed in the middle of a post: nothing is lost, nothing counts twice."""

from typing import Any

import httpx
import pytest

from tests.crashes.processes import House

pytestmark = [pytest.mark.journey, pytest.mark.timeout(240)]


def order_of(house: House, trade: str) -> dict[str, Any]:
    (payment,) = house.get("payments", alipay_trans_id=trade)
    asked = {"payment": payment["id"], "amount": "5.00", "currency": "USD"}
    return {**asked, "reason": "returned", "note": ""}


@pytest.mark.parametrize(("point", "received"), [("applied", 1), ("kept", 2)])
def test_a_notification_in_a_dying_process_is_sent_again_and_counts_once(
    house: House, point: str, received: int
) -> None:
    with house.web(crash_at=f"notification.{point}:kill"):
        number = house.pay("3.00")
        house.deliver()
    assert house.alipay.books("notices")[-1]["state"] == "WAITING"
    house.alipay.advance(300)
    with house.web():
        house.deliver()
        (payment,) = house.get("payments", alipay_trans_id=number)
        (notice,) = house.get("notifications", alipay_trans_id=number)
    assert (payment["state"], notice["received_count"]) == ("PAID", received)
    house.verify()


@pytest.mark.parametrize(("point", "left"), [("refund.requested", 0), ("give_back.kept", 1)])
def test_a_refund_asked_of_a_dying_process_is_one_when_asked_again(
    house: House, trade: str, point: str, left: int
) -> None:
    with house.web(crash_at=f"{point}:kill"):
        order = order_of(house, trade)
        with pytest.raises(httpx.TransportError):
            house.post("refunds", order, key=trade)
    with house.web():
        assert len(house.get("refunds", payment=order["payment"])) == left
        again = house.post("refunds", order, key=trade)
        (refund,) = house.get("refunds", payment=order["payment"])
    assert (again.status_code, again.json()["id"]) == (200 if left else 201, refund["id"])
