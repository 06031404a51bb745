"""The one door to Alipay, at its gateway and its JSON API: makes a call, writes down what was said.

Calls are made outside transactions: mark, commit, call, record.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Generic, Protocol, TypeVar

import httpx
from django.conf import settings
from django.db import models, transaction

from merchant_portal import clock, rows
from merchant_portal.accounts.errors import AccountRefused
from merchant_portal.accounts.models import Account, CallOutcome, GatewayCall
from merchant_portal.accounts.services import contract_of, json_contract_of
from merchant_portal.alipay.client import Contract, GatewayClient, open_http
from merchant_portal.alipay.concealing import Secret
from merchant_portal.alipay.errors import (
    GatewayRefused,
    GatewayUnreachable,
    KeyUnusable,
    NoAnswer,
    RequestInvalid,
)
from merchant_portal.alipay.json_api.client import JSONClient
from merchant_portal.alipay.json_api.contract import JSONContract
from merchant_portal.alipay.json_api.kept_answers import headers_to_keep
from merchant_portal.alipay.messages import Exchange
from merchant_portal.vault import SealBroken

#: What keeps a call from leaving: a key is missing, unusable or sealed shut, or Alipay could not
#: take the request. Nothing was sent then.
NOTHING_SENT = (AccountRefused, KeyUnusable, RequestInvalid, SealBroken)


class _Told(Protocol):
    """Every answer of the protocol package carries how it was got."""

    @property
    def exchange(self) -> Exchange: ...


Answer = TypeVar("Answer", bound=_Told)
Client = TypeVar("Client", GatewayClient, JSONClient)
Terms = TypeVar("Terms", Contract, JSONContract)


@dataclass(frozen=True, slots=True)
class Answered(Generic[Answer]):
    """Alipay answered, signed."""

    answer: Answer
    call: GatewayCall


@dataclass(frozen=True, slots=True)
class Refused:
    """Alipay refused; an unsigned refusal proves nothing after an attempt without an answer.

    `may_retry` is Alipay's own word (a cancel's `retry_flag=Y`): it failed, but not for good.
    """

    code: str
    signed: bool
    call: GatewayCall
    may_retry: bool


@dataclass(frozen=True, slots=True)
class Unanswered:
    """No answer: what happened is not known, unless nothing ever left."""

    reason: NoAnswer
    never_sent: bool
    call: GatewayCall


def ask(
    account: Account,
    subject: models.Model,
    call: Callable[[GatewayClient], Answer],
    *,
    contract: Contract | None = None,
    within_seconds: float | None = None,
) -> Answered[Answer] | Refused | Unanswered:
    """Make one call for ``account`` about ``subject`` and record it.

    Who has the account's contract already gives it along. An answer that takes longer than
    ``within_seconds`` is none; without it the settings' time holds. Raises one of NOTHING_SENT
    before anything is sent.
    """
    contract = _in_time(contract or contract_of(account), within_seconds)
    return _made(account, subject, GatewayClient(contract, http=_http(), now=clock.now), call)


def ask_json(
    account: Account,
    subject: models.Model,
    call: Callable[[JSONClient], Answer],
    *,
    contract: JSONContract | None = None,
    agent_token: Secret | None = None,
    within_seconds: float | None = None,
) -> Answered[Answer] | Refused | Unanswered:
    """The same at the JSON API; a payment code or an agent token that is sent is not recorded.

    ``agent_token`` is the merchant's, where the account sends them; nothing leaves without it. A
    ``contract`` has it already.
    """
    contract = contract or json_contract_of(account, agent_token=agent_token)
    contract = _in_time(contract, within_seconds)
    return _made(account, subject, JSONClient(contract, http=_http(), now=clock.now), call)


def _in_time(contract: Terms, seconds: float | None) -> Terms:
    if seconds is None:
        return contract
    choices = replace(contract.choices, timeout_seconds=seconds, answer_within_seconds=seconds)
    return replace(contract, choices=choices)


def _made(
    account: Account, subject: models.Model, client: Client, call: Callable[[Client], Answer]
) -> Answered[Answer] | Refused | Unanswered:
    try:
        answer = call(client)
    except GatewayRefused as refused:
        row = _record(account, subject, refused.exchange, CallOutcome.REFUSED, refused.code)
        return Refused(refused.code, refused.signed, row, refused.may_retry)
    except GatewayUnreachable as silent:
        row = _record(account, subject, silent.exchange, CallOutcome.NO_ANSWER, silent.reason.value)
        return Unanswered(silent.reason, silent.never_sent, row)
    row = _record(account, subject, answer.exchange, CallOutcome.ANSWERED, "")
    return Answered(answer, row)


@lru_cache(maxsize=1)
def _http() -> httpx.Client:
    return open_http(timeout_seconds=settings.GATEWAY_TIMEOUT_SECONDS)


def _record(
    account: Account, subject: models.Model, exchange: Exchange, outcome: str, code: str
) -> GatewayCall:
    row = GatewayCall(
        account=account,
        service=exchange.service,
        subject_type=subject._meta.model_name or "",
        subject_id=subject.pk,
        url=exchange.url[:300],
        presign=exchange.presign,
        started_at=exchange.started_at,
        elapsed_ms=round(exchange.elapsed_seconds * 1000),
        http_status=exchange.http_status,
        content_type=exchange.content_type[:100],
        headers=headers_to_keep(exchange),
        body=exchange.body,
        outcome=outcome,
        code=code[:64],
    )
    with transaction.atomic(durable=True):
        rows.insert(row)
    return row
