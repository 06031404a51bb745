"""Typefaces that are embedded in posters, and how a text is divided among them.

Latin signs come from the typeface that reportlab's package carries. Chinese ones need a font with
TrueType outlines on the machine: reportlab cannot embed the other kind (OpenType CFF), which is
what most packages of Noto and Source Han hold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import reportlab
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFError, TTFont

_PACKAGED = Path(reportlab.__file__).parent / "fonts"
_LATIN = {False: "Vera.ttf", True: "VeraBd.ttf"}
#: Signs that decide whether a font is of use: simplified, traditional, punctuation.
_CHINESE = "码碼额額，"


class FontMissing(Exception):
    """No font with Chinese signs can be embedded."""


class SignsMissing(Exception):
    """Signs that no font at hand has."""

    def __init__(self, signs: str) -> None:
        super().__init__(signs)
        self.signs = signs


@dataclass(frozen=True, slots=True)
class Run:
    """A piece of text in one typeface."""

    text: str
    font: str


@dataclass(frozen=True, slots=True)
class Fonts:
    """The typefaces of a poster; ``chinese`` is empty where no poster needs it."""

    latin: str
    bold: str
    chinese: str

    def runs(self, text: str, *, weight: str) -> list[Run]:
        """The text in pieces, each in the typeface that has its signs."""
        pieces: list[Run] = []
        for sign in text:
            font = weight if _has(weight, sign) or not self.chinese else self.chinese
            if pieces and pieces[-1].font == font:
                pieces[-1] = Run(pieces[-1].text + sign, font)
            else:
                pieces.append(Run(sign, font))
        return pieces

    def width(self, text: str, *, weight: str, size: float) -> float:
        runs = self.runs(text, weight=weight)
        return float(sum(pdfmetrics.stringWidth(run.text, run.font, size) for run in runs))


def fonts_for(texts: Sequence[str], *, candidates: Sequence[Path]) -> Fonts:
    """The typefaces these texts need; raises FontMissing, and SignsMissing for signs in none."""
    latin, bold = _packaged_font(_LATIN[False]), _packaged_font(_LATIN[True])
    strange = {sign for text in texts for sign in text if not _has(latin, sign)}
    if not strange:
        return Fonts(latin, bold, "")
    chinese = _chinese_font(tuple(candidates))
    if missing := sorted(sign for sign in strange if not _has(chinese, sign)):
        raise SignsMissing(" ".join(missing))
    return Fonts(latin, bold, chinese)


def refuse_unprintable(texts: Sequence[str], *, candidates: Sequence[Path]) -> None:
    """Raise FontMissing or SignsMissing where a text could not be printed."""
    fonts_for(texts, candidates=candidates)


@lru_cache(maxsize=2)
def _packaged_font(file: str) -> str:
    name = f"Poster-{file.removesuffix('.ttf')}"
    pdfmetrics.registerFont(TTFont(name, str(_PACKAGED / file)))
    return name


@lru_cache(maxsize=4)
def _chinese_font(candidates: tuple[Path, ...]) -> str:
    """The first font that can be embedded and has both kinds of signs, registered once."""
    for path in candidates:
        if path.is_file() and (font := _usable(path)) is not None:
            pdfmetrics.registerFont(font)
            return str(font.fontName)
    raise FontMissing


def _usable(path: Path) -> TTFont | None:
    try:
        font = TTFont(f"Poster-{path.stem}", str(path))
    except TTFError:  # Outlines reportlab cannot embed, or no font at all: the next one.
        return None
    return font if all(ord(sign) in font.face.charToGlyph for sign in _CHINESE) else None


def _has(font: str, sign: str) -> bool:
    return ord(sign) in pdfmetrics.getFont(font).face.charToGlyph
