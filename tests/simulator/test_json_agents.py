"""An integrator's client: each call bears the token of the merchant it is about, or is refused."""

import pytest

from .counter import post
from .json_shop import SALE, JSONShop, register
from .wire import Merchant

OWN, OTHERS = "agent-token-of-M0001", "agent-token-of-M0002"


@pytest.fixture
def agent(shop: Merchant, key_pair: tuple[str, str]) -> JSONShop:
    """A client with a token for each of two merchants; it calls for M0001."""
    tokens = {"M0001": OWN, "M0002": OTHERS}
    return register(shop, key_pair, agent_tokens=tokens).with_changes(agent_token=OWN)


def _calls(agent: JSONShop) -> dict[str, dict[str, object]]:
    """Every call about one paid payment and its refund."""
    sold = agent.sell()
    assert sold.code == "SUCCESS", sold
    amount = {"currency": "USD", "value": "100"}
    given = {"refundRequestId": "R1", "paymentId": sold.members["paymentId"]}
    given |= {"refundAmount": amount}
    assert agent.call("refund", given).code == "SUCCESS"
    return {
        "inquiryPayment": {"paymentRequestId": SALE},
        "refund": given,
        "inquiryRefund": {"refundRequestId": "R1"},
        "cancel": {"paymentRequestId": SALE},
    }


def test_each_call_about_a_merchants_payment_wants_its_token(agent: JSONShop) -> None:
    for name, members in _calls(agent).items():
        for token in (OTHERS, "agent-token-of-nobody", ""):
            said = agent.with_changes(agent_token=token).call(name, members)
            assert (name, said.code, said.verified) == (name, "ACCESS_DENIED", True)
    assert agent.call("inquiryPayment", {"paymentRequestId": SALE}).code == "SUCCESS"


@pytest.mark.parametrize("token", [OTHERS, "agent-token-of-nobody", ""])
def test_nothing_is_sold_under_another_token(agent: JSONShop, token: str) -> None:
    assert agent.with_changes(agent_token=token).sell().code == "ACCESS_DENIED"
    assert agent.call("inquiryPayment", {"paymentRequestId": SALE}).code == "ORDER_NOT_EXIST"


def test_what_is_not_known_is_asked_under_any_of_its_tokens(agent: JSONShop) -> None:
    other = agent.with_changes(agent_token=OTHERS)
    for name in ("inquiryPayment", "cancel"):
        assert other.call(name, {"paymentRequestId": SALE}).code == "ORDER_NOT_EXIST"


def test_a_token_is_changed_and_taken_away(agent: JSONShop) -> None:
    wish = {"client_id": agent.client_id, "agent_tokens": "M0001=agent-token-anew M0002="}
    told = post(agent.shop, "/control/clients", **wish).json()
    assert told["agent_tokens"] == {"M0001": "agent-token-anew"}
    assert agent.sell().code == "ACCESS_DENIED"
    assert agent.with_changes(agent_token="agent-token-anew").sell().code == "SUCCESS"


@pytest.mark.parametrize("wish", [["M0001"], {"M0002": OWN}])
def test_tokens_that_cannot_be_are_refused(agent: JSONShop, wish: object) -> None:
    answer = post(agent.shop, "/control/clients", client_id=agent.client_id, agent_tokens=wish)
    assert answer.status_code == 400


def test_a_client_without_tokens_is_no_integrator(
    shop: Merchant, key_pair: tuple[str, str]
) -> None:
    till = register(shop, key_pair)
    assert till.with_changes(agent_token=OWN).sell().code == "SUCCESS"
