"""The clinic names why a message of the JSON API does not verify."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.accounts.models import Account
from merchant_portal.models import User
from payments.models import Quarantined
from tests.accounts.key_texts import rsa_pair
from tests.intake.json_wire import JSONPostman, make_json_account, message

BODY = json.dumps(message(), separators=(",", ":")).encode()
Examine = Callable[[str], Any]


@pytest.fixture
def postman(client: Client, account: Account) -> JSONPostman:
    return JSONPostman(client, make_json_account(account).notify_key)


@pytest.fixture
def examine(client: Client, account: Account, administrator: User) -> Examine:
    """What the clinic's page says of something pasted."""
    client.force_login(administrator)

    def ask(pasted: str) -> Any:
        answer = client.post(reverse("clinic"), {"account": account.pk, "pasted": pasted})
        assert answer.status_code == 200
        assert "The string that was signed" in answer.content.decode()
        return answer.context["chart"]

    return ask


def pasted(postman: JSONPostman, body: bytes = BODY, *, path: str = "", **headers: str) -> str:
    """A request as somebody copies it, signed by the postman over the usual body."""
    lines = [f"{name}: {text}" for name, text in (postman.headers(BODY) | headers).items() if text]
    return "\n".join([f"POST {path or postman.path} HTTP/1.1", *lines, "", body.decode()])


def titles(chart: Any) -> list[str]:
    return [str(cause.title) for cause in chart.causes]


def test_an_honest_message_holds(examine: Examine, postman: JSONPostman) -> None:
    chart = examine(pasted(postman))
    assert (chart.verdict, titles(chart)) == ("holds", [])


def test_the_path_of_another_address_is_named(examine: Examine, postman: JSONPostman) -> None:
    elsewhere = postman.as_if(key="0" * 32)
    assert titles(examine(pasted(elsewhere))) == ["Signed for another address"]


def test_a_body_that_was_written_again_is_named(examine: Examine, postman: JSONPostman) -> None:
    again = json.dumps(json.loads(BODY), indent=4).encode()
    assert titles(examine(pasted(postman, again))) == ["The JSON was written again"]


def test_line_ends_are_named(examine: Examine, postman: JSONPostman) -> None:
    assert titles(examine(pasted(postman, BODY + b"\n\n"))) == ["Blanks or line ends too many"]


def test_another_client_id_is_named(examine: Examine, postman: JSONPostman) -> None:
    other = postman.as_if(client_id="211000000000000000002")
    assert titles(examine(pasted(other))) == ["Another client id"]


def test_a_missing_header_is_named_and_not_taken_for_proof(
    examine: Examine, postman: JSONPostman
) -> None:
    chart = examine(pasted(postman, **{"Request-Time": ""}))
    assert (chart.verdict, titles(chart)) == ("unknown", ["Headers are missing"])


def test_our_own_signature_is_named(examine: Examine, postman: JSONPostman) -> None:
    assert titles(examine(pasted(postman.as_if(key_number=9)))) == ["You signed this yourself"]


def test_a_key_nobody_knows_is_not_guessed(examine: Examine, postman: JSONPostman) -> None:
    chart = examine(pasted(postman.as_if(key_number=7)))
    assert (chart.verdict, titles(chart)) == ("unknown", [])
    assert "No key here made this signature" in chart.advice


def test_what_is_held_is_examined_as_it_came(
    examine: Examine, postman: JSONPostman, account: Account, administrator: User
) -> None:
    wrong = postman.as_if(client_id="211000000000000000002")
    postman.send(BODY, wrong.headers(BODY))
    postman.client.force_login(administrator)
    held = Quarantined.objects.get()
    page = postman.client.get(reverse("quarantined_detail", args=[held.pk]))
    assert titles(examine(page.context["for_clinic"])) == ["Another client id"]


def test_no_private_key_is_shown(examine: Examine, postman: JSONPostman) -> None:
    chart = examine(pasted(postman))
    assert rsa_pair(9)[0].splitlines()[1] not in str([chart.signed, chart.tried])
