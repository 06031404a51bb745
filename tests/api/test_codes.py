"""QR codes over the API: made, stopped and shown, with the small Alipay on the other side."""

from io import BytesIO

import pytest
import zxingcpp
from PIL import Image

from merchant_portal.accounts.models import Account
from qrcodes.models import Counter, QRCode
from qrcodes.states import CodeState
from tests.alipay_side import AlipaySide
from tests.api.conftest import Program


def test_a_code_is_made_at_a_counter(at_store: Program, counter: Counter, account: Account) -> None:
    answer = at_store.post("qrcodes/", counter=str(counter.pk), account=str(account.pk))
    assert answer.status_code == 201
    assert answer.json()["state"] == CodeState.ACTIVE


def test_a_second_code_is_a_conflict(at_store: Program, code: QRCode) -> None:
    answer = at_store.post("qrcodes/", enrolment=str(code.enrolment_id))
    assert (answer.status_code, answer.json()["status"]) == (409, 409)
    assert "live code" in answer.json()["detail"]


def test_a_code_for_no_place_is_refused(at_store: Program, counter: Counter) -> None:
    assert at_store.post("qrcodes/", counter=str(counter.pk)).status_code == 400


@pytest.mark.parametrize(
    ("first", "then", "state"),
    [
        ("stop", "", CodeState.STOPPED),
        ("stop", "restart", CodeState.ACTIVE),
        ("delete", "", CodeState.DELETED),
    ],
)
def test_a_code_is_stopped_restarted_and_deleted(
    at_store: Program, code: QRCode, first: str, then: str, state: CodeState
) -> None:
    for verb in filter(None, (first, then)):
        assert at_store.post(f"qrcodes/{code.pk}/{verb}/").status_code == 200
    code.refresh_from_db()
    assert code.state == state


def test_stopping_a_stopped_code_is_a_conflict(at_store: Program, code: QRCode) -> None:
    at_store.post(f"qrcodes/{code.pk}/stop/")
    assert at_store.post(f"qrcodes/{code.pk}/stop/").status_code == 409


def test_nothing_is_sent_again_where_nothing_is_owed(at_store: Program, code: QRCode) -> None:
    assert at_store.post(f"qrcodes/{code.pk}/send-again/").status_code == 409


def test_a_stop_that_alipay_did_not_answer_is_sent_again(
    at_store: Program, code: QRCode, alipay: AlipaySide
) -> None:
    alipay.switch("down", times=1)
    shown = at_store.post(f"qrcodes/{code.pk}/stop/").json()
    assert shown["next_call"] == "status"
    assert at_store.post(f"qrcodes/{code.pk}/send-again/").json()["state"] == CodeState.STOPPED


def test_others_see_and_change_no_code(stranger: Program, code: QRCode) -> None:
    assert stranger.get(f"qrcodes/{code.pk}/").status_code == 404
    assert stranger.post(f"qrcodes/{code.pk}/stop/").status_code == 404
    assert stranger.get("qrcodes/").json()["results"] == []


def test_the_picture_says_the_code(at_store: Program, code: QRCode) -> None:
    links = at_store.get(f"qrcodes/{code.pk}/").json()["images"]
    png = at_store.client.get(links["png"], headers=at_store.headers)
    read = zxingcpp.read_barcode(Image.open(BytesIO(png.content)).convert("L"))
    assert read is not None
    assert read.text == code.value


def test_a_stopped_code_has_no_picture_and_says_why(at_store: Program, code: QRCode) -> None:
    at_store.post(f"qrcodes/{code.pk}/stop/")
    answer = at_store.get(f"qrcodes/{code.pk}/image.svg/")
    assert answer.status_code == 409
    assert "Stopped" in answer.json()["detail"]


def test_the_scalable_picture_needs_a_key_too(at_store: Program, code: QRCode) -> None:
    path = f"qrcodes/{code.pk}/image.svg/"
    assert at_store.get(path)["Content-Type"] == "image/svg+xml"
    assert Program(at_store.client).get(path).status_code == 401
