"""Agent tokens as they are given to an integrator over HTTP: one for each of its merchants."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from .books import Books
from .counter_records import AgentToken, Client
from .web import BadRequest


def tokens_of(books: Books, client: Client) -> list[AgentToken]:
    """The tokens given to a client for its merchants; none: it is no integrator."""
    return books.select(AgentToken, "client_id = ?", client.client_id)


def keep_tokens(books: Books, client: Client, wish: Any) -> None:
    """Keep a token for each merchant that is named, in an object or as words MERCHANT=TOKEN; an
    empty one is taken away."""
    if isinstance(wish, str):
        wish = dict(word.partition("=")[::2] for word in wish.split())
    if not isinstance(wish, Mapping):
        raise BadRequest("agent_tokens names merchants with their tokens")
    for merchant_id, token in wish.items():
        _keep(books, AgentToken(None, client.client_id, str(merchant_id), str(token or "").strip()))


def _keep(books: Books, wish: AgentToken) -> None:
    where = "client_id = ? AND merchant_id = ?"
    known = books.first(AgentToken, where, wish.client_id, wish.merchant_id)
    holder = books.first(AgentToken, "client_id = ? AND token = ?", wish.client_id, wish.token)
    if holder is not None and holder.merchant_id != wish.merchant_id:
        raise BadRequest("this agent token belongs to another merchant")
    if known is None:
        if wish.token:
            books.add(wish)
    elif wish.token:
        books.save(replace(known, token=wish.token))
    else:
        books.remove(known)
