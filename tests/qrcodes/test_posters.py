"""Posters of every size and language, read back from pixels by a reader that is not ours."""

import io
from pathlib import Path

import pypdfium2
import pytest
import zxingcpp
from django.conf import settings
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st
from PIL import Image, ImageFilter

from qrcodes import images, posters
from qrcodes.posters import Language, Poster, Size
from qrcodes.posters.reading import rasterise
from qrcodes.posters.sizes import SHEETS

FONTS = settings.POSTER_FONTS
VALUE = "https://qr.alipay.com/ocx07358e3pxwresfpqpzed"
OTHER = "https://qr.alipay.com/ocx00000000000000000other"
PRINT_DPI = 300


def _poster(**more: object) -> Poster:
    shown: dict[str, object] = {
        "shop": "海旁麵家 Pier 3",
        "counter": "Counter 3",
        "value": VALUE,
        "version": 4,
        "check_code": "K7QX4M-2",
    }
    return Poster(**(shown | more))  # type: ignore[arg-type]


def _pdf(size: Size = Size.A6, language: Language = Language.ENGLISH, **more: object) -> bytes:
    return posters.draw([_poster(**more)], size=size, language=language, fonts=FONTS)


def _picture(pdf: bytes, *, dpi: int = PRINT_DPI, page: int = 0) -> Image.Image:
    with pypdfium2.PdfDocument(pdf) as document:
        return rasterise(document[page], dpi=dpi)


def _read(picture: Image.Image) -> list[str]:
    return [each.text for each in zxingcpp.read_barcodes(picture)]


def _text(pdf: bytes) -> str:
    with pypdfium2.PdfDocument(pdf) as document:
        return "".join(page.get_textpage().get_text_range() for page in document)


@pytest.mark.parametrize("language", Language)
@pytest.mark.parametrize("size", Size)
@pytest.mark.parametrize("turned", [0, 5, -10])
def test_every_poster_reads_back_from_a_print(size: Size, language: Language, turned: int) -> None:
    picture = _picture(_pdf(size, language)).rotate(turned, fillcolor=255, expand=True)
    assert _read(picture) == [VALUE] * SHEETS[size].places


@pytest.mark.parametrize("size", Size)
def test_a_blurred_photo_of_a_poster_reads_back(size: Size) -> None:
    blurred = _picture(_pdf(size), dpi=200).filter(ImageFilter.GaussianBlur(1.5))
    assert set(_read(blurred)) == {VALUE}


@pytest.mark.parametrize("size", Size)
def test_the_paper_has_its_size(size: Size) -> None:
    with pypdfium2.PdfDocument(_pdf(size)) as document:
        points = document[0].get_size()
    sheet = SHEETS[size]
    assert points == pytest.approx((sheet.width / 25.4 * 72, sheet.height / 25.4 * 72), abs=0.1)


@pytest.mark.parametrize("language", Language)
def test_every_text_can_be_extracted(language: Language) -> None:
    words = posters.texts_of([_poster()], language)
    text = _text(_pdf(Size.A5, language)) + _text(_pdf(Size.STICKERS, language))
    shown = "".join(text.split())
    # The words of Hong Kong's wallets stand on its posters alone.
    assert [word for word in words[:-3] if "".join(word.split()) not in shown] == []
    assert "K7QX4M-2" in shown


def test_a_poster_in_hong_kong_names_its_wallet() -> None:
    assert "AlipayHK" in _text(_pdf(is_hong_kong=True))
    assert "AlipayHK" not in _text(_pdf())


@pytest.mark.parametrize("language", Language)
def test_every_font_is_embedded_and_only_the_signs_it_needs(language: Language) -> None:
    pdf = _pdf(Size.A4, language)
    with pypdfium2.PdfDocument(pdf) as document:
        texts = [each for each in document[0].get_objects() if hasattr(each, "get_font")]
        assert {text.get_font().is_embedded for text in texts} == {True}
    assert len(pdf) < 120_000


def test_the_code_is_drawn_as_lines_and_no_picture() -> None:
    with pypdfium2.PdfDocument(_pdf()) as document:
        kinds = {each.type for each in document[0].get_objects()}
    assert pypdfium2.raw.FPDF_PAGEOBJ_IMAGE not in kinds


def test_the_quiet_zone_is_white() -> None:
    picture = _picture(_pdf(Size.A5))
    (found,) = zxingcpp.read_barcodes(picture)
    corner, other = found.position.top_left, found.position.bottom_right
    modules = 33
    quiet = (other.x - corner.x) / modules * 3.6
    box = (corner.x - quiet, corner.y - quiet, other.x + quiet, corner.y - 3)
    assert picture.crop(tuple(round(each) for each in box)).getextrema() == (255, 255)  # type: ignore[arg-type]


def test_many_codes_stand_in_one_file_each_on_its_page() -> None:
    shown = [_poster(value=f"{VALUE}{number}") for number in range(3)]
    pdf = posters.draw(shown, size=Size.A6, language=Language.ENGLISH, fonts=FONTS)
    assert [_read(_picture(pdf, page=page)) for page in range(3)] == [
        [poster.value] for poster in shown
    ]


def test_stickers_of_many_codes_fill_sheet_after_sheet() -> None:
    shown = [_poster(value=f"{VALUE}{number}") for number in range(14)]
    pdf = posters.draw(shown, size=Size.STICKERS, language=Language.ENGLISH, fonts=FONTS)
    pages = posters.arrange(shown, Size.STICKERS)
    assert [len(page) for page in pages] == [12, 2]
    posters.read_back(pdf, [[poster.value for poster in page] for page in pages])


def test_cut_marks_stand_in_the_margin_of_stickers() -> None:
    marks = _picture(_pdf(Size.STICKERS)).crop((0, 900, 140, 3508))
    assert marks.getextrema()[0] < 128
    assert _picture(_pdf(Size.A4)).crop((0, 900, 140, 3508)).getextrema() == (255, 255)


def test_the_same_poster_is_the_same_file() -> None:
    assert _pdf() == _pdf()


def test_a_poster_of_another_code_is_seen() -> None:
    with pytest.raises(posters.PosterUnreadable):
        posters.read_back(_pdf(), [[OTHER]])


def test_a_page_too_many_is_seen() -> None:
    with pytest.raises(posters.PosterUnreadable):
        posters.read_back(_pdf(), [[VALUE], [VALUE]])


def test_a_second_code_on_the_page_is_seen() -> None:
    """A logo that is a code itself would lead customers elsewhere."""
    pdf = _pdf(Size.A4, logo=images.draw_png(OTHER, 600))
    with pytest.raises(posters.PosterUnreadable):
        posters.read_back(pdf, [[VALUE]])


def test_a_poster_without_chinese_needs_no_chinese_font() -> None:
    shown = [_poster(shop="Café Pier 3")]
    pdf = posters.draw(shown, size=Size.A6, language=Language.ENGLISH, fonts=[])
    assert "Café" in _text(pdf)


def test_where_no_font_has_chinese_it_is_said() -> None:
    with pytest.raises(posters.FontMissing):
        posters.draw([_poster()], size=Size.A6, language=Language.SIMPLIFIED, fonts=[Path("/no")])


def test_a_font_that_cannot_be_embedded_is_passed_over(tmp_path: Path) -> None:
    broken = tmp_path / "broken.ttf"
    broken.write_bytes(b"OTTO no outlines that could be embedded")
    fonts = [broken, *FONTS]
    assert posters.draw([_poster()], size=Size.A6, language=Language.TRADITIONAL, fonts=fonts)


def test_a_sign_in_no_font_is_named() -> None:
    with pytest.raises(posters.SignsMissing, match="𓀀"):
        _pdf(counter="𓀀")


@pytest.mark.parametrize("size", Size)
def test_the_longest_names_stay_on_the_paper(size: Size) -> None:
    pdf = _pdf(size, shop="W" * 64, counter="碼" * 64)
    picture = _picture(pdf, dpi=100)
    edge = picture.crop((0, picture.height // 4, 8, picture.height - 60))
    assert edge.getextrema() == (255, 255)
    posters.read_back(pdf, [[VALUE] * SHEETS[size].places])


@hypothesis(max_examples=25, deadline=None)
@given(
    st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=256),
    st.sampled_from(Size),
)
def test_any_text_of_a_code_reads_back_from_its_poster(value: str, size: Size) -> None:
    posters.read_back(_pdf(size, value=value), [[value] * SHEETS[size].places])


def test_a_picture_that_is_none_is_refused() -> None:
    for content in (b"", b"GIF89a", b"%PDF-1.4", _pdf()[:500]):
        with pytest.raises(posters.PictureUnusable):
            posters.read_picture(content)


def test_a_picture_of_endless_size_is_refused() -> None:
    bomb = io.BytesIO()
    Image.new("1", (10_000, 9_000)).save(bomb, "PNG")
    with pytest.raises(posters.PictureUnusable):
        posters.read_picture(bomb.getvalue())
