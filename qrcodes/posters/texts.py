"""Putting text on paper: divided among typefaces, centred, made to fit. Lengths as the canvas's."""

from dataclasses import dataclass

from reportlab.pdfgen.canvas import Canvas

from qrcodes.posters.fonts import Fonts

#: A text is made this much smaller before it is broken into two lines, and then smaller still.
_BROKEN_BELOW = 0.7
_LEADING = 1.2
#: How thick the outline of a Chinese sign is where Latin ones are bold, as a share of its size.
_BOLDER_BY = 0.035
_FILL, _FILL_AND_STROKE = 0, 2


@dataclass(frozen=True, slots=True)
class Style:
    """How large a text is wished, and whether it is bold."""

    size: float
    is_bold: bool = False


@dataclass(frozen=True, slots=True)
class Pen:
    """Writes on a canvas in a poster's typefaces."""

    canvas: Canvas
    fonts: Fonts

    def centred(self, text: str, *, x: float, top: float, width: float, style: Style) -> float:
        """Write a text in one or two lines below ``top``; the height it took."""
        lines, size = self._fitted(text, width=width, style=style)
        for number, line in enumerate(lines):
            baseline = top - size - number * size * _LEADING
            drawn = self._width(line, style, size)
            self._write(line, x - drawn / 2, baseline, style, size)
        return size * (1 + _LEADING * (len(lines) - 1)) + size * 0.3

    def _fitted(self, text: str, *, width: float, style: Style) -> tuple[list[str], float]:
        needed = self._width(text, style, style.size)
        if needed * _BROKEN_BELOW <= width:
            return [text], style.size * min(1, width / needed) if needed else style.size
        lines = _halves(text)
        longest = max(self._width(line, style, style.size) for line in lines)
        return lines, style.size * min(_BROKEN_BELOW * 1.1, width / longest)

    def _width(self, text: str, style: Style, size: float) -> float:
        return self.fonts.width(text, weight=self._weight(style), size=size)

    def _weight(self, style: Style) -> str:
        return self.fonts.bold if style.is_bold else self.fonts.latin

    def _write(self, text: str, x: float, y: float, style: Style, size: float) -> None:
        written = self.canvas.beginText(x, y)
        self.canvas.setLineWidth(size * _BOLDER_BY)
        for run in self.fonts.runs(text, weight=self._weight(style)):
            is_thickened = style.is_bold and run.font == self.fonts.chinese
            written.setTextRenderMode(_FILL_AND_STROKE if is_thickened else _FILL)
            written.setFont(run.font, size)
            written.textOut(run.text)
        written.setTextRenderMode(_FILL)
        self.canvas.drawText(written)


def _halves(text: str) -> list[str]:
    """A text in two lines of about one length: at a space where it has one."""
    middle = len(text) / 2
    spaces = [at for at, sign in enumerate(text) if sign == " " and 0 < at < len(text) - 1]
    at = min(spaces or [int(middle)], key=lambda place: abs(place - middle))
    return [text[:at].rstrip(), text[at:].lstrip()]
