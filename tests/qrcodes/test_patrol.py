"""The patrol: a sticker on the counter is told to be ours, or not."""

import io
from collections.abc import Callable

import pypdfium2
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse
from PIL import Image

from merchant_portal.accounts.models import Account
from merchant_portal.models import AuditEntry, User
from qrcodes import images
from qrcodes import services as codes
from qrcodes.models import Counter, Print, QRCode
from qrcodes.posters import Language, Size
from qrcodes.posters.reading import rasterise
from qrcodes.services import Order
from qrcodes.states import CodeState
from tests import factories
from tests.conftest import ACTOR

SignIn = Callable[[User], Client]
FOREIGN = "https://qr.alipay.com/ocx00000000000000000other"
PATROL = "/patrol/"


@pytest.fixture
def ask(cashier: User, signed_in: SignIn) -> Callable[..., str]:
    """What the patrol says to a cashier; the headline and the sentence."""

    def patrol(status: int = 200, **said: object) -> str:
        answer = signed_in(cashier).post(reverse("patrol"), said)
        assert answer.status_code == status
        told = [f"{each.headline} {each.sentence}" for each in answer.context["answers"]]
        return " | ".join(told) or str(answer.context["form"].errors)

    return patrol


def _photo(picture: bytes | Image.Image, kind: str = "JPEG") -> SimpleUploadedFile:
    if isinstance(picture, bytes):
        return SimpleUploadedFile("photo.jpg", picture)
    out = io.BytesIO()
    picture.save(out, kind)
    return SimpleUploadedFile("photo.jpg", out.getvalue())


def _sheet(code: QRCode) -> Image.Image:
    """A poster as a phone sees it: a little turned."""
    order = Order(Size.A5, Language.ENGLISH, reason="for a photo")
    run = codes.print_codes([code], order, actor=ACTOR)
    with pypdfium2.PdfDocument(bytes(run.pdf)) as document:
        return rasterise(document[0], dpi=150).rotate(7, fillcolor=200, expand=True)


def _drawn(text: str) -> Image.Image:
    return Image.open(io.BytesIO(images.draw_png(text, 500))).convert("L")


def test_the_text_of_a_code_in_force_is_recognised(code: QRCode, ask: Callable[..., str]) -> None:
    told = ask(text=f" {code.value} ")
    assert "Counter 1, version 1, in force" in told


def test_a_photo_of_a_print_is_recognised(code: QRCode, ask: Callable[..., str]) -> None:
    assert "Counter 1, version 1, in force" in ask(photo=_photo(_sheet(code)))


def test_a_foreign_code_is_not_yours(code: QRCode, ask: Callable[..., str]) -> None:
    assert "NOT YOUR CODE" in ask(text=FOREIGN)
    assert "NOT YOUR CODE" in ask(photo=_photo(_drawn(FOREIGN)))


def test_a_foreign_code_pasted_beside_ours_is_found(code: QRCode, ask: Callable[..., str]) -> None:
    both = Image.new("L", (1100, 500), 255)
    both.paste(_drawn(code.value), (0, 0))
    both.paste(_drawn(FOREIGN), (550, 0))
    told = ask(photo=_photo(both))
    assert "in force" in told
    assert "NOT YOUR CODE" in told


def test_a_code_of_another_counter_is_told_apart(
    code: QRCode, account: Account, ask: Callable[..., str]
) -> None:
    here = factories.counter(code.enrolment.store, number=2)
    assert "Yours, but not of this counter" in ask(text=code.value, counter=here.pk)
    assert "in force" in ask(text=code.value, counter=code.enrolment.counter_id)


def test_a_code_of_anothers_store_is_not_yours(
    code: QRCode, outsider: User, signed_in: SignIn
) -> None:
    answer = signed_in(outsider).post(reverse("patrol"), {"text": code.value})
    assert answer.context["answers"][0].headline == "NOT YOUR CODE"
    assert "PIER3" not in answer.content.decode()


def test_a_stopped_code_is_told(code: QRCode, ask: Callable[..., str]) -> None:
    codes.send_code(codes.want_state(code, CodeState.STOPPED, actor=ACTOR))
    assert "not in force" in ask(text=code.value)


def test_an_old_version_is_to_be_taken_down(code: QRCode, ask: Callable[..., str]) -> None:
    codes.send_code(codes.want_state(code, CodeState.DELETED, actor=ACTOR))
    new = codes.send_code(codes.make_code(code.enrolment, actor=ACTOR))
    assert "Take it down" in ask(text=code.value)
    assert "version 2, in force" in ask(text=new.value)


def test_a_check_code_names_its_print_and_does_not_vouch_for_the_code(
    code: QRCode, ask: Callable[..., str]
) -> None:
    codes.print_codes([code], Order(Size.A6, Language.ENGLISH), actor=ACTOR)
    told = ask(text=Print.objects.get().check_code.lower())
    assert "version 1, in force" in told
    assert "take a photo of the code to be sure" in told


def test_a_print_that_was_noted_as_taken_down_is_told(
    code: QRCode, ask: Callable[..., str]
) -> None:
    codes.print_codes([code], Order(Size.A6, Language.ENGLISH), actor=ACTOR)
    codes.take_down(Print.objects.get(), actor=ACTOR)
    assert "noted as taken down" in ask(text=Print.objects.get().check_code)


def test_a_check_code_of_nobody_is_told(code: QRCode, ask: Callable[..., str]) -> None:
    assert "No print of yours" in ask(text="ZZZZZZ-9")


def test_an_outsider_learns_nothing_from_a_check_code(
    code: QRCode, outsider: User, signed_in: SignIn
) -> None:
    codes.print_codes([code], Order(Size.A6, Language.ENGLISH), actor=ACTOR)
    said = {"text": Print.objects.get().check_code}
    (answer,) = signed_in(outsider).post(reverse("patrol"), said).context["answers"]
    assert answer.finding.code is None


def test_a_photo_without_a_code_asks_for_another(ask: Callable[..., str]) -> None:
    assert "No code can be read" in ask(422, photo=_photo(Image.new("L", (800, 600), 90)))


@pytest.mark.parametrize("content", [b"GIF89a", b"not a picture", b"\xff\xd8\xff\xe0cut"])
def test_a_file_that_is_no_picture_is_told(ask: Callable[..., str], content: bytes) -> None:
    assert "no PNG or JPEG" in ask(422, photo=_photo(content))


def test_nothing_said_is_asked_for(ask: Callable[..., str]) -> None:
    assert "Take a photo" in ask(422, text="  ")


def test_what_was_found_is_noted_with_code_and_counter(
    code: QRCode, counter: Counter, ask: Callable[..., str]
) -> None:
    ask(text=code.value)
    ask(text=FOREIGN, counter=counter.pk)
    noted = AuditEntry.objects.filter(verb="look_at_sticker").order_by("pk")
    assert [(entry.target_type, entry.details["found"]) for entry in noted] == [
        ("qrcode", "in_force"),
        ("counter", "not_ours"),
    ]


def test_a_counter_of_others_cannot_be_stood_at(
    code: QRCode, outsider: User, signed_in: SignIn
) -> None:
    said = {"text": FOREIGN, "counter": code.enrolment.counter_id}
    assert signed_in(outsider).post(reverse("patrol"), said).status_code == 422


def test_the_counters_page_leads_to_the_patrol_at_it(
    counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    client = signed_in(cashier)
    address = f"{PATROL}?counter={counter.pk}"
    assert address in client.get(counter.get_absolute_url()).content.decode()
    assert f'value="{counter.pk}" selected' in client.get(address).content.decode()


def test_signed_out_the_patrol_leads_to_the_sign_in(client: Client, db: None) -> None:
    assert client.get(PATROL).headers["Location"].startswith(reverse("account_login"))
    assert client.delete(PATROL).status_code == 405
