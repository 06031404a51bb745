"""Agent tokens: for which merchant an integrator calls, and whether the call is about that one.

Source: docs.antom.com/ac/ams/api_fund names the header Agent-Token and says no more of it. It
stands outside what is signed. That it belongs to one merchant, and which code refuses it, is our
choice.
"""

from . import json_payments, json_refunds, orders
from .agents import tokens_of
from .books import Books
from .json_door import JSONCall
from .json_reading import Declined
from .web import Request

REFUSED = "ACCESS_DENIED"


def refuse_agent(books: Books, request: Request, call: JSONCall) -> None:
    """Raise Declined for a missing or unknown token, and for that of another merchant."""
    sent = request.headers.get("agent-token", "")
    if call.client.agent_token and sent != call.client.agent_token:
        raise Declined(REFUSED, "Agent-Token")
    tokens = {each.token: each.merchant_id for each in tokens_of(books, call.client)}
    if not tokens:
        return
    if sent not in tokens:
        raise Declined(REFUSED, "Agent-Token")
    about = _merchant_of(books, call)
    if about and about != tokens[sent]:
        raise Declined(REFUSED, "the Agent-Token of another merchant")


def _merchant_of(books: Books, call: JSONCall) -> str:
    """The merchant a call is about; empty where it is about nothing that is known."""
    if call.name == "pay":
        merchant = call.members.inner("order").inner("merchant")
        return merchant.text("referenceMerchantId", longest=64)
    try:
        if call.name == "inquiryRefund":
            order = orders.of_trade(books, json_refunds.wanted(books, call).trade_no)
        else:
            order = json_payments.wanted(books, call)
    except Declined:
        return ""  # The call itself says what is wrong.
    return str(order.terms.get("secondary_merchant_id", "")) if order else ""
