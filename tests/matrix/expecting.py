"""What a row of the table says somebody is answered."""

from enum import StrEnum
from typing import Any

from merchant_portal.access import Role
from tests.matrix.table import Cell
from tests.matrix.world import Caller

LETTERS = {
    Role.CASHIER: "c",
    Role.MANAGER: "m",
    Role.FINANCE: "f",
    Role.ADMINISTRATOR: "a",
    Role.AUDITOR: "u",
}


class Answer(StrEnum):
    """The classes of answers that differ in who gets what."""

    OPEN = "open"
    SIGN_IN = "led to the sign-in"
    NO_KEY = "401"
    CLOSED = "403"
    NOT_THERE = "404"
    NO_SUCH_METHOD = "405"
    OTHER = "something else"


#: Inside, and refused by a rule about what was sent: nothing was sent.
_INSIDE = frozenset({400, 409, 422})
_SIGN_INS = ("/auth/login/", "/admin/login/")


def answer_of(response: Any) -> Answer:
    """Which class of answer this is."""
    status: int = response.status_code
    if 300 <= status < 400 and response.headers.get("Location", "").startswith(_SIGN_INS):
        return Answer.SIGN_IN
    if 200 <= status < 400 or status in _INSIDE:
        return Answer.OPEN
    return Answer(str(status)) if str(status) in set(Answer) else Answer.OTHER


def expected(cell: Cell, caller: Caller, *, is_foreign: bool, is_api: bool) -> Answer:
    """What somebody is answered; ``is_foreign``: the thing belongs to a shop that is not theirs."""
    if cell.says_to_all:
        return Answer(cell.says_to_all)
    if cell.is_for_devices:
        is_out_of_reach = is_foreign and cell.reach == "shop"
        there = Answer.NOT_THERE if is_out_of_reach else Answer.OPEN
        return there if caller.is_device else Answer.CLOSED
    if not caller.is_signed_in or (caller.is_program and not is_api):
        return _of_the_signed_out(cell, is_api=is_api)
    if cell.says_to_signed_in:
        return Answer(cell.says_to_signed_in)
    letter = LETTERS[caller.role] if caller.role else "?"
    is_shut_out = caller.is_program and cell.is_for_people
    if letter not in cell.lets_look or is_shut_out:
        return Answer.CLOSED
    beyond = Answer.OPEN if caller.is_everywhere else _beyond(cell, is_foreign=is_foreign)
    return Answer.CLOSED if beyond is Answer.OPEN and letter not in cell.lets_in else beyond


def _of_the_signed_out(cell: Cell, *, is_api: bool) -> Answer:
    """A page says first which methods it takes, the API first that it wants a key."""
    if is_api:
        return Answer.NO_KEY
    if not cell.is_there:
        return Answer.NO_SUCH_METHOD
    return Answer.SIGN_IN


def _beyond(cell: Cell, *, is_foreign: bool) -> Answer:
    """How far the right of one shop reaches."""
    match cell.reach:
        case "any":
            return Answer.OPEN
        case "shop":
            return Answer.NOT_THERE if is_foreign else Answer.OPEN
        case "all":
            return Answer.CLOSED
        case "shop,all":
            return Answer.NOT_THERE if is_foreign else Answer.CLOSED
        case "hidden":
            return Answer.NOT_THERE
    raise ValueError(f"No such reach: {cell.reach}")
