"""Alipay's door stands apart from the doors for people."""

from django.test import Client

from qrcodes.models import QRCode
from tests.alipay_side import AlipaySide


def test_the_answer_to_a_notice_is_seven_letters_and_nothing_for_people(
    code: QRCode, alipay: AlipaySide, client: Client
) -> None:
    alipay.pay(code.value, "12.50")
    (notice,) = alipay.due()
    answer = client.post(code.notify_path, data=notice["body"], content_type=notice["content_type"])
    assert (answer.content, answer.headers["Content-Length"]) == (b"success", "7")
    assert not answer.cookies
    assert "Content-Security-Policy" not in answer.headers


def test_an_address_beside_the_door_is_no_such_address(client: Client) -> None:
    answer = client.post("/alipay/elsewhere/", data=b"a=b", content_type="text/plain")
    assert answer.status_code == 404
