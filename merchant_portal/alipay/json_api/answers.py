"""Answers of the JSON API: verified over their raw bytes, then told apart by their result.

Pages: docs.antom.com/ac/ams/api_fund and /digital_signature.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from merchant_portal.alipay.answers import no_answer, refuse_http
from merchant_portal.alipay.charsets import media_type
from merchant_portal.alipay.errors import GatewayRefused, NoAnswer
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.json_api.amounts import MinorAmount
from merchant_portal.alipay.json_api.contract import JSONContract
from merchant_portal.alipay.json_api.signing import signed_bytes, verifying_key
from merchant_portal.alipay.json_api.words import ResultStatus
from merchant_portal.alipay.times import parse_iso8601

_unwritable = re.compile("[\x00\ud800-\udfff]")


class MembersUnreadable(ValueError):
    """Bytes, or a member of them, that cannot be read as what they should be."""


@dataclass(frozen=True)
class Result:
    """`result`: the call's own, not the payment's."""

    code: str
    status: ResultStatus
    message: str


@dataclass(frozen=True)
class Members:
    """The members of a message, read as they are needed; unknown ones are ignored."""

    raw: Mapping[str, object]

    def text(self, name: str) -> str:
        """A text; empty where it is absent or null. Numbers are not believed to be texts."""
        value = self.raw.get(name)
        if value is None:
            return ""
        if not isinstance(value, str):
            raise MembersUnreadable(f"{name} is not a text")
        if _unwritable.search(value):
            raise MembersUnreadable(f"{name} holds characters that cannot be written")
        return value

    def inner(self, name: str) -> "Members":
        """An object; one without members where it is absent or null."""
        value = self.raw.get(name)
        if value is None:
            return Members({})
        if not isinstance(value, dict):
            raise MembersUnreadable(f"{name} is not an object")
        return Members(value)

    def each(self, name: str) -> "tuple[Members, ...]":
        """The objects of a list; none where it is absent or null."""
        value = self.raw.get(name)
        if value is None:
            return ()
        if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
            raise MembersUnreadable(f"{name} is not a list of objects")
        return tuple(Members(each) for each in value)

    def amount(self, name: str) -> MinorAmount | None:
        """An amount; None where it is absent or null."""
        value = self.raw.get(name)
        try:
            return None if value is None else MinorAmount.read(value)
        except ValueError as error:
            raise MembersUnreadable(f"{name}: {error}") from error

    def time(self, name: str) -> datetime | None:
        """An instant; None where it is absent."""
        text = self.text(name)
        try:
            return parse_iso8601(text) if text else None
        except ValueError as error:
            raise MembersUnreadable(f"{name}: {error}") from error

    def result(self) -> Result:
        """The result; MembersUnreadable without one of S, F and U."""
        inner = self.inner("result")
        word = inner.text("resultStatus")
        if word not in list(ResultStatus) or not inner.text("resultCode"):
            raise MembersUnreadable("no result of S, F or U")
        return Result(inner.text("resultCode"), ResultStatus(word), inner.text("resultMessage"))


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise MembersUnreadable("a member is given twice")
    return members


def _never(_: str) -> NoReturn:
    raise MembersUnreadable("a number that is none")


def read_members(body: bytes) -> Members:
    """The one object these bytes write, in UTF-8; MembersUnreadable for anything else."""
    try:
        read = json.loads(body.decode("utf-8"), object_pairs_hook=_once, parse_constant=_never)
    except RecursionError:
        raise MembersUnreadable("nested too deeply") from None
    except MembersUnreadable:
        raise
    except ValueError as error:
        raise MembersUnreadable("not JSON in UTF-8") from error
    if not isinstance(read, dict):
        raise MembersUnreadable("not an object")
    return Members(read)


def read_answer(exchange: Exchange, contract: JSONContract, *, path: str) -> Members:
    """The members of an answer Alipay signed, whatever they say.

    Raises GatewayRefused for the refusals that come unsigned, else GatewayUnreachable.
    """
    refuse_http(exchange)
    if media_type(exchange.content_type)[0] == "text/html":
        no_answer(NoAnswer.UNREADABLE, exchange, "a page instead of an answer")
    try:
        members = read_members(exchange.received)
        if not _is_signed(exchange, contract, path):
            _refuse_unsigned(members, exchange, contract)
        members.result()
    except MembersUnreadable as error:
        no_answer(NoAnswer.UNREADABLE, exchange, str(error))
    return members


def _is_signed(exchange: Exchange, contract: JSONContract, path: str) -> bool:
    headers = exchange.headers
    if headers.get("client-id", contract.client_id) != contract.client_id:
        no_answer(NoAnswer.BAD_SIGNATURE, exchange, "an answer to another client")
    content = signed_bytes(
        "POST",
        path,
        client_id=contract.client_id,
        time=headers.get("response-time", ""),
        body=exchange.received,
    )
    signature = headers.get("signature", "")
    return verifying_key(content, signature, contract.verifying_keys) is not None


def _refuse_unsigned(members: Members, exchange: Exchange, contract: JSONContract) -> NoReturn:
    """A refusal of our signature carries none of theirs; everything else must."""
    if exchange.headers.get("signature"):
        no_answer(NoAnswer.BAD_SIGNATURE, exchange, "the signature does not verify")
    result = members.result()
    if result.status is ResultStatus.FAILED and result.code in contract.choices.unsigned_refusals:
        raise GatewayRefused(result.code, signed=False, exchange=exchange, text=result.message)
    no_answer(NoAnswer.BAD_SIGNATURE, exchange, f"no signature; it says {result.code[:48]}")


def refuse_failed(members: Members, exchange: Exchange, contract: JSONContract) -> Result:
    """The result of an answer that is not a refusal; GatewayRefused for one that is.

    A result F with a code that ends nothing, such as SYSTEM_ERROR, is no answer.
    """
    result = members.result()
    if result.status is not ResultStatus.FAILED:
        return result
    if result.code in contract.choices.doubtful_codes:
        no_answer(NoAnswer.SYSTEM_ERROR, exchange, f"F with {result.code[:48]}")
    raise GatewayRefused(result.code, signed=True, exchange=exchange, text=result.message)


def require_success(members: Members, exchange: Exchange, contract: JSONContract) -> Result:
    """The result S; a U is no answer."""
    result = refuse_failed(members, exchange, contract)
    if result.status is ResultStatus.UNKNOWN:
        no_answer(NoAnswer.UNKNOWN_RESULT, exchange, f"U with {result.code[:48]}")
    return result


def refuse_other(
    members: Members, asked: Mapping[str, str], *, required: tuple[str, ...] = ()
) -> None:
    """MembersUnreadable where an answer names another id than was asked about, or none."""
    for name, value in asked.items():
        found = members.text(name)
        if found and value and found != value:
            raise MembersUnreadable(f"the answer is about another {name}")
        if value and not found and name in required:
            raise MembersUnreadable(f"no {name}")


def refuse_other_amount(members: Members, name: str, asked: MinorAmount) -> None:
    """MembersUnreadable where an amount is named and is not the one that was asked for."""
    if members.amount(name) not in (None, asked):
        raise MembersUnreadable(f"the answer is about another {name}")
