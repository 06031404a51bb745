"""Pictures of codes, read back by a reader that is not ours."""

import io
from collections.abc import Callable

import pytest
import zxingcpp
from django.test import Client
from django.urls import reverse
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from merchant_portal.models import User
from qrcodes import images
from qrcodes import services as codes
from qrcodes.models import QRCode
from qrcodes.states import CodeState
from tests.conftest import ACTOR

TEXT = "https://qr.alipay.com/ocx07358e3pxwresfpqpzed"
SignIn = Callable[[User], Client]


def _open(png: bytes) -> Image.Image:
    return Image.open(io.BytesIO(png)).convert("L")


def _rasterised(svg: bytes) -> Image.Image:
    """The drawing as pixels, read from its path: rows of dark runs on white."""
    text = svg.decode()
    side = int(text.split('viewBox="0 0 ')[1].split(" ")[0])
    picture = Image.new("L", (side, side), 255)
    for run in text.split(' d="')[1].split('"')[0].split("M")[1:]:
        x, y = run.split("h", maxsplit=1)[0].split(" ")
        length = int(run.split("h")[1].split("v")[0])
        picture.paste(0, (int(x), int(y), int(x) + length, int(y) + 1))
    return picture.resize((side * 8, side * 8), Image.Resampling.NEAREST)


@pytest.mark.parametrize("pixels", [120, 333, 480, 1200])
def test_a_png_reads_back_as_the_code(pixels: int) -> None:
    picture = _open(images.draw_png(TEXT, pixels))
    assert picture.size == (pixels, pixels)
    (read,) = zxingcpp.read_barcodes(picture)
    assert read.text == TEXT


def test_an_svg_reads_back_as_the_code() -> None:
    (read,) = zxingcpp.read_barcodes(_rasterised(images.draw_svg(TEXT, 480)))
    assert read.text == TEXT


def test_the_code_is_printed_with_level_m() -> None:
    (read,) = zxingcpp.read_barcodes(_open(images.draw_png(TEXT, 480)))
    assert read.ec_level == "M"


def test_a_quiet_zone_of_four_modules_is_kept_white() -> None:
    picture = _rasterised(images.draw_svg(TEXT, 480))
    edge = images.QUIET_ZONE_MODULES * 8
    width, height = picture.size
    for box in ((0, 0, width, edge), (0, 0, edge, height), (width - edge, 0, width, height)):
        assert picture.crop(box).getextrema() == (255, 255)
    assert picture.getpixel((edge, edge)) == 0


@settings(deadline=None)  # how long a drawing takes is the machine's matter
@given(st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=200))
def test_any_text_of_a_code_reads_back(text: str) -> None:
    (read,) = zxingcpp.read_barcodes(_open(images.draw_png(text, 900)))
    assert read.text == text


@pytest.mark.parametrize(
    ("wanted", "pixels"), [(None, 480), ("", 480), ("1", 120), ("999999", 2400), ("600", 600)]
)
def test_the_size_is_bounded(wanted: str | None, pixels: int) -> None:
    assert images.bounded_pixels(wanted) == pixels


@pytest.mark.parametrize("wanted", ["big", "-5", "1e3", "٣٠٠", "9" * 40])
def test_a_size_that_is_no_number_is_refused(wanted: str) -> None:
    with pytest.raises(ValueError, match="not a number"):
        images.bounded_pixels(wanted)


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_picture_that_has_not_changed_is_not_sent_again(
    code: QRCode, signed_in: SignIn, cashier: User, kind: str
) -> None:
    address = reverse(f"code_image_{kind}", args=[code.pk])
    client = signed_in(cashier)
    first = client.get(address)
    again = client.get(address, headers={"If-None-Match": first["ETag"]})
    assert (first.status_code, again.status_code) == (200, 304)
    other = client.get(f"{address}?size=600", headers={"If-None-Match": first["ETag"]})
    assert other.status_code == 200


def test_the_page_of_a_code_shows_that_very_code(
    code: QRCode, signed_in: SignIn, cashier: User
) -> None:
    answer = signed_in(cashier).get(reverse("code_image_png", args=[code.pk]), {"size": 600})
    (read,) = zxingcpp.read_barcodes(_open(answer.content))
    assert read.text == code.value


def test_a_stopped_code_is_not_offered_and_says_why(
    code: QRCode, signed_in: SignIn, cashier: User
) -> None:
    codes.send_code(codes.want_state(code, CodeState.STOPPED, actor=ACTOR))
    answer = signed_in(cashier).get(reverse("code_image_png", args=[code.pk]))
    assert answer.status_code == 409
    assert "Stopped" in answer.content.decode()


def test_a_size_that_is_nonsense_is_a_bad_request(
    code: QRCode, signed_in: SignIn, cashier: User
) -> None:
    address = reverse("code_image_svg", args=[code.pk])
    assert signed_in(cashier).get(address, {"size": "big"}).status_code == 400
