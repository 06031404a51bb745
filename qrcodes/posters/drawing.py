"""Posters as PDF: vectors and embedded fonts, so that they print sharp at any size.

A page's own unit is the millimetre. The poster of every paper is the same drawing: its lengths
are shares of the width, as A4, A5 and A6 have one shape.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reportlab.lib.units import mm
from reportlab.lib.utils import ImageReader
from reportlab.pdfgen.canvas import Canvas

from qrcodes.posters.fonts import fonts_for
from qrcodes.posters.sizes import SHEETS, Sheet, Size
from qrcodes.posters.symbol import dark_runs, matrix_of
from qrcodes.posters.texts import Pen, Style
from qrcodes.posters.words import WORDS, Language, Poster, Words

_INK = (0.09, 0.1, 0.13)
_SOFT = (0.35, 0.37, 0.42)
_BAND = (0.07, 0.22, 0.5)
_PAPER = (1, 1, 1)
_HAIRLINE = 0.1
_CUT_MARK = 5.0


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one poster stands on its page, and its unit: a hundredth of its width."""

    x: float
    y: float
    width: float
    height: float

    @property
    def unit(self) -> float:
        return self.width / 100

    @property
    def middle(self) -> float:
        return self.x + self.width / 2

    def below(self, units: float) -> float:
        """A height, counted from the upper edge."""
        return self.y + self.height - units * self.unit


def arrange(posters: Sequence[Poster], size: Size) -> list[list[Poster]]:
    """What stands on each page. A sheet of stickers for one counter is full of that one."""
    places = SHEETS[size].places
    if len(posters) == 1:
        return [list(posters) * places]
    return [list(posters[first : first + places]) for first in range(0, len(posters), places)]


def texts_of(posters: Sequence[Poster], language: Language) -> list[str]:
    """Every text that posters show."""
    words = WORDS[language]
    fixed = [
        words.heading,
        words.scan,
        words.type_amount,
        words.show,
        words.hint,
        words.version,
        words.check,
        words.wallets,
        words.hong_kong_wallets,
    ]
    return [*fixed, *(text for each in posters for text in (each.shop, each.counter))]


def draw(
    posters: Sequence[Poster], *, size: Size, language: Language, fonts: Sequence[Path]
) -> bytes:
    """The PDF; raises FontMissing and SignsMissing. ``fonts`` are files that may have Chinese."""
    faces = fonts_for(texts_of(posters, language), candidates=fonts)
    sheet, words = SHEETS[size], WORDS[language]
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(sheet.width * mm, sheet.height * mm), invariant=1)
    _describe(canvas, posters, words)
    logos = {each.logo: ImageReader(io.BytesIO(each.logo)) for each in posters if each.logo}
    draw_one = _draw_sticker if size is Size.STICKERS else _draw_poster
    for page in arrange(posters, size):
        canvas.scale(mm, mm)
        for number, poster in enumerate(page):
            place = _Place(*sheet.corner(number), *sheet.cell)
            draw_one(Pen(canvas, faces), place, poster, words, logos.get(poster.logo))
        _mark_cuts(canvas, sheet)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _describe(canvas: Canvas, posters: Sequence[Poster], words: Words) -> None:
    shops = {poster.shop for poster in posters}
    canvas.setTitle(f"{words.heading}: {shops.pop()}" if len(shops) == 1 else words.heading)
    # A printer that fits the page to its own edges would make the code smaller than planned.
    canvas.setViewerPreference("PrintScaling", "None")


def _draw_poster(
    pen: Pen, place: _Place, poster: Poster, words: Words, logo: ImageReader | None
) -> None:
    unit, room = place.unit, place.width * 0.88
    pen.canvas.setFillColorRGB(*_BAND)
    pen.canvas.rect(place.x, place.below(29), place.width, 29 * unit, stroke=0, fill=1)
    _ink(pen, _PAPER)
    _centre(pen, place, words.heading, top=5, style=Style(10 * unit, is_bold=True), room=room)
    _centre(pen, place, _wallets(poster, words), top=19, style=Style(4.4 * unit), room=room)
    _ink(pen, _INK)
    top = 33.0
    if logo is not None:
        _draw_logo(pen.canvas, logo, place, top=top, height=9)
        top += 10
    style = Style((5 if logo else 7) * unit, is_bold=True)
    _centre(pen, place, poster.shop, top=top, style=style, room=room)
    draw_code(
        pen.canvas, poster.value, x=place.middle - 31 * unit, y=place.below(113), side=62 * unit
    )
    _centre(pen, place, poster.counter, top=113, style=Style(6 * unit, is_bold=True), room=room)
    _draw_steps(pen, place, words)
    _ink(pen, _SOFT)
    _centre(pen, place, _marks(poster, words), top=136.4, style=Style(2.7 * unit), room=room)


def _draw_steps(pen: Pen, place: _Place, words: Words) -> None:
    """What a customer does, in three columns."""
    unit, third = place.unit, place.width * 0.3
    for number, text in enumerate((words.scan, words.type_amount, words.show), start=1):
        x = place.middle + (number - 2) * third
        pen.canvas.setFillColorRGB(*_BAND)
        pen.canvas.circle(x, place.below(125.4), 2.6 * unit, stroke=0, fill=1)
        _ink(pen, _PAPER)
        style = Style(3.4 * unit, is_bold=True)
        pen.centred(str(number), x=x, top=place.below(123.2), width=third, style=style)
        _ink(pen, _INK)
        style = Style(3.2 * unit, is_bold=number == 2)
        pen.centred(text, x=x, top=place.below(128.8), width=third * 0.94, style=style)


def _draw_sticker(
    pen: Pen, place: _Place, poster: Poster, words: Words, logo: ImageReader | None
) -> None:
    unit, room = place.unit, place.width * 0.88
    _ink(pen, _INK)
    if logo is not None:
        _draw_logo(pen.canvas, logo, place, top=2.6, height=6)
    style = Style((3.8 if logo else 6) * unit, is_bold=True)
    _centre(pen, place, poster.shop, top=9.4 if logo else 4.5, style=style, room=room)
    draw_code(
        pen.canvas, poster.value, x=place.middle - 34 * unit, y=place.below(81), side=68 * unit
    )
    _centre(pen, place, poster.counter, top=80, style=Style(6 * unit, is_bold=True), room=room)
    _centre(pen, place, words.hint, top=89, style=Style(5 * unit), room=room)
    _centre(pen, place, _wallets(poster, words), top=96, style=Style(4 * unit), room=room)
    _ink(pen, _SOFT)
    _centre(pen, place, _marks(poster, words), top=102.4, style=Style(3.4 * unit), room=room)


def draw_code(canvas: Canvas, value: str, *, x: float, y: float, side: float) -> None:
    """The code with its quiet zone, black on white, as one path."""
    matrix = matrix_of(value)
    canvas.saveState()
    canvas.translate(x, y)
    canvas.scale(side / len(matrix), side / len(matrix))
    canvas.setFillColorRGB(*_PAPER)
    canvas.rect(0, 0, len(matrix), len(matrix), stroke=0, fill=1)
    path = canvas.beginPath()
    for row, modules in enumerate(reversed(matrix)):
        for first, length in dark_runs(modules):
            path.rect(first, row, length, 1)
    canvas.setFillColorRGB(0, 0, 0)
    canvas.drawPath(path, stroke=0, fill=1)
    canvas.restoreState()


def _draw_logo(
    canvas: Canvas, logo: ImageReader, place: _Place, *, top: float, height: float
) -> None:
    """The merchant's picture in a box as wide as most of the poster, keeping its shape."""
    width = 60 * place.unit
    canvas.drawImage(
        logo,
        place.middle - width / 2,
        place.below(top + height),
        width,
        height * place.unit,
        preserveAspectRatio=True,
        anchor="c",
        mask="auto",
    )


def _centre(pen: Pen, place: _Place, text: str, *, top: float, style: Style, room: float) -> None:
    pen.centred(text, x=place.middle, top=place.below(top), width=room, style=style)


def _ink(pen: Pen, colour: tuple[float, float, float]) -> None:
    pen.canvas.setFillColorRGB(*colour)
    pen.canvas.setStrokeColorRGB(*colour)


def _wallets(poster: Poster, words: Words) -> str:
    return words.hong_kong_wallets if poster.is_hong_kong else words.wallets


def _marks(poster: Poster, words: Words) -> str:
    return f"{words.version} {poster.version} · {words.check} {poster.check_code}"


def _mark_cuts(canvas: Canvas, sheet: Sheet) -> None:
    """Lines in the margin where the sheet is cut, and a small cross where cuts meet."""
    if sheet.places == 1:
        return
    canvas.setStrokeColorRGB(*_INK)
    canvas.setLineWidth(_HAIRLINE)
    width, height = sheet.cell
    across = [sheet.margin + width * number for number in range(sheet.columns + 1)]
    down = [sheet.margin + height * number for number in range(sheet.rows + 1)]
    near, reach = sheet.margin - _CUT_MARK - 1, _CUT_MARK
    for x in across:
        canvas.line(x, near, x, near + reach)
        canvas.line(x, sheet.height - near, x, sheet.height - near - reach)
    for y in down:
        canvas.line(near, y, near + reach, y)
        canvas.line(sheet.width - near, y, sheet.width - near - reach, y)
    for x in across[1:-1]:
        for y in down[1:-1]:
            canvas.line(x - 1, y, x + 1, y)
            canvas.line(x, y - 1, x, y + 1)
