"""Notices on the wire: what is posted, how answers are read, by itself and when told to."""

import socket
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from merchant_portal.simulator.server import Simulator

from .listener import Listener, eventually
from .wire import GLOBAL_PARTNER, MD5_KEY, Merchant, md5, signed_text


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as listening:
        yield listening


def delivered(shop: Merchant) -> list[dict[str, object]]:
    return shop.control("deliver").json()["delivered"]


def test_a_notice_is_posted_as_a_form_and_verifies(shop: Merchant, listener: Listener) -> None:
    shop.pay(shop.code(listener.url))
    assert [notice["state"] for notice in delivered(shop)] == ["ACKNOWLEDGED"]
    [notice], [headers] = listener.received, listener.headers
    assert headers["Content-Type"] == "application/x-www-form-urlencoded; charset=UTF-8"
    assert notice["sign"] == md5(signed_text(notice), shop.md5_key)


def test_what_is_not_due_is_not_sent(shop: Merchant) -> None:
    with Listener((200, b"fail")) as listener:
        shop.pay(shop.code(listener.url))
        assert len(delivered(shop)) == 1
        assert delivered(shop) == []


def test_the_outbox_keeps_every_sending_and_answer(shop: Merchant) -> None:
    with Listener((500, b"trouble"), (200, b"success")) as listener:
        shop.pay(shop.code(listener.url))
        delivered(shop)
        shop.control("clock", advance_seconds=121)
        delivered(shop)
    [notice] = shop.outbox()
    assert [sending["answer"] for sending in notice["sendings"]] == ["trouble", "success"]
    assert [sending["status"] for sending in notice["sendings"]] == [500, 200]
    assert notice["state"] == "ACKNOWLEDGED"


def test_a_redirect_is_not_followed(shop: Merchant) -> None:
    with Listener((302, b"success")) as listener:
        shop.pay(shop.code(listener.url))
        assert [notice["state"] for notice in delivered(shop)] == ["WAITING"]
        assert len(listener.received) == 1


def test_a_merchant_that_is_not_there_is_tried_again(shop: Merchant) -> None:
    shop.pay(shop.code("http://127.0.0.1:9/notify"))
    [notice] = delivered(shop)
    assert (notice["state"], notice["last_status"]) == ("WAITING", None)
    assert notice["last_answer"] == "no answer: ConnectionRefusedError"


def test_a_merchant_that_never_answers_is_tried_again(shop: Merchant) -> None:
    shop.control("delivery", timeout_seconds=0.05)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        shop.pay(shop.code(f"http://127.0.0.1:{silent.getsockname()[1]}/notify"))
        [notice] = delivered(shop)
    assert notice["last_answer"] == "no answer: TimeoutError"


def test_an_address_that_cannot_be_asked_for_is_no_answer(shop: Merchant) -> None:
    shop.pay(shop.code("http://127.0.0.1:9/付款"))
    [notice] = delivered(shop)
    assert notice["last_answer"] == "no answer: UnicodeEncodeError"


def test_notices_are_delivered_by_itself(listener: Listener) -> None:
    with Simulator() as simulator, httpx.Client() as http:
        shop = Merchant(simulator.url, http)
        shop.control("partners", partner_id=GLOBAL_PARTNER, md5_key=MD5_KEY)
        shop.pay(shop.code(listener.url))
        assert eventually(lambda: len(listener.received) == 1)


def test_a_compressed_ladder_is_climbed_by_itself() -> None:
    with Listener((200, b"fail")) as listener, Simulator() as simulator, httpx.Client() as http:
        shop = Merchant(simulator.url, http)
        shop.control("partners", partner_id=GLOBAL_PARTNER, md5_key=MD5_KEY)
        shop.control("delivery", ladder_scale=0.000001)
        shop.pay(shop.code(listener.url))
        assert eventually(lambda: len(listener.received) == 8)
        assert eventually(lambda: shop.outbox()[0]["state"] == "GIVEN_UP")


def test_the_books_outlive_the_program(tmp_path: Path) -> None:
    books = tmp_path / "var" / "simulator.sqlite3"
    with httpx.Client() as http:
        with Simulator(books, automatic_delivery=False) as simulator:
            shop = Merchant(simulator.url, http)
            shop.control("partners", partner_id=GLOBAL_PARTNER, md5_key=MD5_KEY)
            code = shop.code("http://127.0.0.1:9/notify")
        with Simulator(books, automatic_delivery=False) as simulator:
            again = shop.with_changes(url=simulator.url)
            assert again.pay(code).status_code == 200
            assert len(again.due()) == 1


def test_an_emptied_outbox_leaves_delivery_running(shop: Merchant, listener: Listener) -> None:
    shop.pay(shop.code(listener.url))
    shop.control("reset")
    assert delivered(shop) == []
    assert shop.outbox() == []
