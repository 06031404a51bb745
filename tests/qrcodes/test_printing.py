"""What was printed of a code, where it hangs, and the pages that say so."""

import io
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from django.conf import LazySettings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse
from PIL import Image

from merchant_portal.accounts.models import Account
from merchant_portal.models import AuditEntry, User
from qrcodes import images, posters
from qrcodes import services as codes
from qrcodes.check_codes import check_code_of, typed_check_code
from qrcodes.errors import PrintRefused
from qrcodes.models import Counter, MerchantLogo, Print, PrintRun, QRCode
from qrcodes.posters import Language, Size
from qrcodes.posters.reading import rasterise
from qrcodes.services import Order
from qrcodes.states import CodeState
from tests import factories
from tests.conftest import ACTOR

SignIn = Callable[[User], Client]
ORDER = Order(size=Size.A6, language=Language.ENGLISH)
WANTED = {"size": "A6", "language": "en", "where": "beside the till"}


@pytest.fixture
def second(code: QRCode, account: Account) -> QRCode:
    """A code of another counter of the same store."""
    counter = factories.counter(code.enrolment.store, number=2)
    enrolment = codes.enrol_counter(counter, account=account, actor=ACTOR)
    return codes.send_code(codes.make_code(enrolment, actor=ACTOR))


def _texts_read(pdf: bytes) -> list[str]:
    with pypdfium2.PdfDocument(pdf) as document:
        pages = [rasterise(page, dpi=200) for page in document]
    return [each.text for page in pages for each in zxingcpp.read_barcodes(page)]


def _ended(code: QRCode) -> QRCode:
    return codes.send_code(codes.want_state(code, CodeState.DELETED, actor=ACTOR))


def _picture(width: int = 300, height: int = 80, kind: str = "PNG", mode: str = "RGB") -> bytes:
    out = io.BytesIO()
    Image.new(mode, (width, height), "red").save(out, kind)
    return out.getvalue()


def _upload(content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile("logo.png", content)


def test_a_manager_prints_a_poster_and_gets_the_file(
    code: QRCode, manager: User, signed_in: SignIn
) -> None:
    client = signed_in(manager)
    page = client.post(reverse("code_print", args=[code.pk]), WANTED, follow=True)
    assert "read back by an independent reader" in page.content.decode()
    answer = client.get(reverse("print_run_pdf", args=[PrintRun.objects.get().pk]))
    assert answer["Content-Type"] == "application/pdf"
    assert _texts_read(answer.content) == [code.value]


def test_a_print_knows_its_number_and_where_it_hangs(
    code: QRCode, manager: User, signed_in: SignIn
) -> None:
    signed_in(manager).post(reverse("code_print", args=[code.pk]), WANTED)
    printed = Print.objects.get()
    assert (printed.number, printed.where) == (1, "beside the till")
    assert printed.check_code == check_code_of(code.value, number=1)
    assert printed.run.printed_by == manager
    assert AuditEntry.objects.filter(verb="print_code", target_id=code.pk).count() == 1


def test_printing_again_needs_a_reason(code: QRCode, manager: User, signed_in: SignIn) -> None:
    codes.print_codes([code], ORDER, actor=ACTOR)
    address, client = reverse("code_print", args=[code.pk]), signed_in(manager)
    refused = client.post(address, WANTED)
    assert refused.status_code == 422
    assert "say why it is printed again" in refused.content.decode()
    client.post(address, WANTED | {"reason": "faded"})
    assert list(Print.objects.values_list("number", "run__reason")) == [(2, "faded"), (1, "")]


def test_the_verb_itself_refuses_a_second_print_without_a_reason(code: QRCode) -> None:
    codes.print_codes([code], ORDER, actor=ACTOR)
    with pytest.raises(PrintRefused, match="say why"):
        codes.print_codes([code], ORDER, actor=ACTOR)


def test_a_stopped_code_is_not_printed(code: QRCode, manager: User, signed_in: SignIn) -> None:
    codes.send_code(codes.want_state(code, CodeState.STOPPED, actor=ACTOR))
    address = reverse("code_print", args=[code.pk])
    assert "Only an active code" in signed_in(manager).get(address).content.decode()
    assert signed_in(manager).post(address, WANTED).status_code == 422
    assert not PrintRun.objects.exists()


def test_all_counters_of_a_store_come_in_one_file(
    code: QRCode, second: QRCode, manager: User, signed_in: SignIn
) -> None:
    signed_in(manager).post(reverse("store_print", args=[code.enrolment.store_id]), WANTED)
    run = PrintRun.objects.get()
    assert run.pages == 2
    assert _texts_read(bytes(run.pdf)) == [code.value, second.value]


def test_only_the_codes_never_printed_are_printed_where_one_wishes(
    code: QRCode, second: QRCode, manager: User, signed_in: SignIn
) -> None:
    codes.print_codes([code], ORDER, actor=ACTOR)
    address = reverse("store_print", args=[code.enrolment.store_id])
    signed_in(manager).post(address, WANTED | {"which": "unprinted"})
    assert Print.objects.get(code=second).number == 1
    assert Print.objects.filter(code=code).count() == 1


def test_a_merchants_file_holds_only_the_stores_one_may_print(
    code: QRCode, account: Account, manager: User, signed_in: SignIn
) -> None:
    store = factories.store(code="FAR", merchant=code.enrolment.store.merchant)
    enrolment = codes.enrol_counter(factories.counter(store), account=account, actor=ACTOR)
    far = codes.send_code(codes.make_code(enrolment, actor=ACTOR))
    signed_in(manager).post(reverse("merchant_print", args=[store.merchant_id]), WANTED)
    assert [printed.code for printed in Print.objects.all()] == [code]
    assert far.value not in _texts_read(bytes(PrintRun.objects.get().pdf))


def test_too_many_codes_for_one_file_are_refused(
    code: QRCode, second: QRCode, settings: LazySettings
) -> None:
    settings.POSTERS_IN_ONE_FILE = 1
    with pytest.raises(PrintRefused, match="one file holds 1"):
        codes.print_codes([code, second], ORDER, actor=ACTOR)


def test_what_does_not_read_back_is_not_offered(
    code: QRCode, manager: User, signed_in: SignIn
) -> None:
    """A logo that is a code itself: the page would show two."""
    content = images.draw_png("https://example.org/elsewhere", 600)
    codes.save_logo(code.enrolment.store.merchant, content, actor=ACTOR)
    answer = signed_in(manager).post(reverse("code_print", args=[code.pk]), WANTED | {"size": "A4"})
    assert "does not read back as its code" in answer.content.decode()
    assert not PrintRun.objects.exists()


def test_where_no_font_has_chinese_the_page_says_what_to_install(
    code: QRCode, manager: User, signed_in: SignIn, settings: LazySettings, tmp_path: Path
) -> None:
    settings.POSTER_FONTS = (settings.VAR_DIR / "no-font.ttf",)
    client, address = signed_in(manager), reverse("code_print", args=[code.pk])
    assert "fonts-droid-fallback" in client.get(address).content.decode()
    answer = client.post(address, WANTED | {"language": "zh-hant"})
    assert (answer.status_code, PrintRun.objects.count()) == (422, 0)
    assert client.post(address, WANTED).status_code == 302


def test_the_counters_page_says_which_print_hangs_where(
    code: QRCode, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    codes.print_codes([code], Order(Size.A5, Language.ENGLISH, where="on the door"), actor=ACTOR)
    page = signed_in(cashier).get(counter.get_absolute_url()).content.decode()
    assert "on the door" in page
    assert check_code_of(code.value, number=1) in page
    assert reverse("print_take_down", args=[Print.objects.get().pk]) not in page


def test_an_old_version_that_still_hangs_is_to_be_taken_down(
    code: QRCode, counter: Counter, manager: User, signed_in: SignIn
) -> None:
    codes.print_codes([code], ORDER, actor=ACTOR)
    _ended(code)
    codes.send_code(codes.make_code(code.enrolment, actor=ACTOR))
    client, printed = signed_in(manager), Print.objects.get()
    for page in (counter.get_absolute_url(), counter.store.get_absolute_url()):
        assert f"ake down {printed.check_code}" in client.get(page).content.decode()
    client.post(reverse("print_take_down", args=[printed.pk]))
    shown = client.get(counter.get_absolute_url()).content.decode()
    assert f"ake down {printed.check_code}" not in shown
    assert "taken down" in shown


def test_home_leads_to_the_stores_where_outdated_prints_hang(
    code: QRCode, manager: User, signed_in: SignIn
) -> None:
    address, client = f"{reverse('store_list')}?outdated=on", signed_in(manager)
    assert not client.get(address).context["page"].object_list
    codes.print_codes([code], ORDER, actor=ACTOR)
    _ended(code)
    assert address in [each.url for each in client.get("/").context["concerns"]]
    assert [store.code for store in client.get(address).context["page"]] == ["PIER3"]


def test_a_print_is_taken_down_once(code: QRCode) -> None:
    codes.print_codes([code], ORDER, actor=ACTOR)
    codes.take_down(Print.objects.get(), actor=ACTOR)
    with pytest.raises(PrintRefused):
        codes.take_down(Print.objects.get(), actor=ACTOR)


def test_where_a_print_hangs_can_be_changed(code: QRCode, manager: User, signed_in: SignIn) -> None:
    codes.print_codes([code], ORDER, actor=ACTOR)
    address = reverse("print_where", args=[Print.objects.get().pk])
    signed_in(manager).post(address, {"where": "at the window\0"})
    assert Print.objects.get().where == "at the window"
    assert AuditEntry.objects.filter(verb="move_print").count() == 1


def test_a_number_is_given_to_one_print_alone(code: QRCode) -> None:
    run = codes.print_codes([code], ORDER, actor=ACTOR)
    with pytest.raises(IntegrityError):
        Print.objects.create(run=run, code=code, number=1, check_code="X")


@pytest.mark.parametrize("kind", ["PNG", "JPEG"])
def test_a_logo_is_written_anew_and_printed(
    code: QRCode, administrator: User, signed_in: SignIn, kind: str
) -> None:
    merchant = code.enrolment.store.merchant
    hidden = _picture(kind=kind) + b"<script>hidden</script>"
    client = signed_in(administrator)
    client.post(reverse("merchant_logo", args=[merchant.pk]), {"picture": _upload(hidden)})
    stored = bytes(MerchantLogo.objects.get().png)
    assert stored.startswith(b"\x89PNG")
    assert b"hidden" not in stored
    run = codes.print_codes([code], ORDER, actor=ACTOR)
    with pypdfium2.PdfDocument(bytes(run.pdf)) as document:
        kinds = [each.type for each in document[0].get_objects()]
    assert kinds.count(pypdfium2.raw.FPDF_PAGEOBJ_IMAGE) == 1


def test_a_logo_without_ground_stands_on_white(code: QRCode) -> None:
    out = io.BytesIO()
    Image.new("RGBA", (100, 100), (0, 0, 0, 0)).save(out, "PNG")
    logo = codes.save_logo(code.enrolment.store.merchant, out.getvalue(), actor=ACTOR)
    assert Image.open(io.BytesIO(bytes(logo.png))).getpixel((5, 5)) == (255, 255, 255)


@pytest.mark.parametrize(
    "content",
    [b"", b"<svg xmlns='http://www.w3.org/2000/svg'/>", b"GIF89a", _picture(kind="GIF"),
     _picture()[:100], _picture(10, 10), b"\x89PNG" + b"\0" * 2_000_001],
    ids=["empty", "svg", "gif head", "gif", "cut off", "tiny", "huge"],
)  # fmt: skip
def test_what_is_no_usable_picture_is_refused(
    code: QRCode, administrator: User, signed_in: SignIn, content: bytes
) -> None:
    address = reverse("merchant_logo", args=[code.enrolment.store.merchant_id])
    assert signed_in(administrator).post(address, {"picture": _upload(content)}).status_code == 422
    assert not MerchantLogo.objects.exists()


def test_a_removed_logo_is_gone(code: QRCode, administrator: User, signed_in: SignIn) -> None:
    merchant, client = code.enrolment.store.merchant, signed_in(administrator)
    codes.save_logo(merchant, _picture(), actor=ACTOR)
    picture = reverse("merchant_logo_png", args=[merchant.pk])
    assert client.get(picture)["Content-Type"] == "image/png"
    client.post(reverse("merchant_logo_remove", args=[merchant.pk]))
    assert client.get(picture).status_code == 404


def test_check_codes_differ_from_code_to_code() -> None:
    made = {check_code_of(f"https://qr.alipay.com/{number}", number=1) for number in range(500)}
    assert len(made) == 500


@pytest.mark.parametrize("typed", ["k7qx4m-2", " K7QX 4M - 2 ", "K7QX4M2", "K7QX4M-02"])
def test_a_check_code_is_understood_however_it_is_typed(typed: str) -> None:
    assert typed_check_code(typed) == "K7QX4M-2"


@pytest.mark.parametrize("typed", ["", "K7QX4M", "https://qr.alipay.com/x-1", "K7QX4M-", "码-1"])
def test_what_is_no_check_code_is_none(typed: str) -> None:
    assert typed_check_code(typed) is None


PAGES = ["code_print", "store_print", "merchant_print", "print_run", "print_run_pdf"]
BUTTONS = ["print_take_down", "print_where"]


@pytest.fixture
def address(code: QRCode) -> Callable[[str], str]:
    """The address of a door, where one print was made."""
    run = codes.print_codes([code], ORDER, actor=ACTOR)
    store = code.enrolment.store
    numbers = {"code": code.pk, "store": store.pk, "merchant": store.merchant_id}
    numbers |= {"print": Print.objects.get().pk, "print_run": run.pk, "print_run_pdf": run.pk}

    def of(name: str) -> str:
        return reverse(name, args=[numbers.get(name) or numbers[name.partition("_")[0]]])

    return of


@pytest.fixture
def people(manager: User, cashier: User, outsider: User) -> list[User]:
    return [manager, cashier, outsider]


@pytest.mark.parametrize("name", [*PAGES, "store_hours"])
def test_a_page_opens_to_the_manager_alone(
    address: Callable[[str], str],
    signed_in: SignIn,
    people: list[User],
    name: str,
) -> None:
    opened = [signed_in(user).get(address(name)).status_code for user in people]
    assert opened == [200, 403, 404]


@pytest.mark.parametrize("name", BUTTONS)
def test_a_button_works_for_the_manager_alone(
    address: Callable[[str], str],
    signed_in: SignIn,
    people: list[User],
    name: str,
) -> None:
    said = [signed_in(user).post(address(name)).status_code for user in people]
    assert said == [302, 403, 404]
    assert signed_in(people[0]).get(address(name)).status_code == 405


@pytest.mark.parametrize("name", [*PAGES, *BUTTONS, "store_hours", "merchant_logo"])
def test_signed_out_one_is_sent_to_the_sign_in(
    address: Callable[[str], str], client: Client, name: str
) -> None:
    response = client.post(address(name)) if name in BUTTONS else client.get(address(name))
    assert response.headers["Location"].startswith(reverse("account_login"))


def test_a_logo_is_changed_only_by_who_may_change_every_store(
    code: QRCode, signed_in: SignIn, manager: User, administrator: User, outsider: User
) -> None:
    door = reverse("merchant_logo", args=[code.enrolment.store.merchant_id])
    remove = reverse("merchant_logo_remove", args=[code.enrolment.store.merchant_id])
    assert signed_in(manager).get(door).status_code == 403
    assert signed_in(manager).post(remove).status_code == 403
    assert signed_in(outsider).get(door).status_code == 404
    assert signed_in(administrator).get(door).status_code == 200


def test_a_sheet_of_stickers_of_one_counter_is_full_of_it(code: QRCode) -> None:
    run = codes.print_codes([code], Order(Size.STICKERS, Language.SIMPLIFIED), actor=ACTOR)
    assert _texts_read(bytes(run.pdf)) == [code.value] * 12
    posters.read_back(bytes(run.pdf), [[code.value] * 12])
