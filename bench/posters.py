"""Posters for many counters, beside reportlab drawing as many bare codes.

Ours lays out the poster, embeds fonts and draws the code; the other draws nothing but its code.
Reading each page back is measured too, and told apart: no bare code is read back.
"""

import io
import statistics
import time
from collections.abc import Callable, Iterator
from typing import TypeVar

from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A5
from reportlab.pdfgen.canvas import Canvas

from bench.goals import Goal, tell
from qrcodes import posters
from qrcodes.posters import Language, Poster, Size
from qrcodes.posters.symbol import matrix_of

_COUNTERS = 200
_SIDE = 260
Made = TypeVar("Made")


def measure(*, rounds: int) -> Iterator[Goal]:
    """The ratio of the medians; both take turns in every round."""
    shown = [_poster(number) for number in range(_COUNTERS)]
    pdf = _draw_ours(shown)
    ours, bare, read = [], [], []
    for _ in range(rounds):
        matrix_of.cache_clear()
        _made, seconds = _timed(lambda: _draw_ours(shown))
        ours.append(seconds)
        bare.append(_timed(lambda: _draw_bare(shown))[1])
        read.append(_timed(lambda: _read_back(pdf, shown))[1])
    tell(
        f"posters: {_COUNTERS} in {statistics.median(ours):.2f} s, {len(pdf) / 1000:.0f} kB; "
        f"bare codes {statistics.median(bare):.2f} s; "
        f"reading back, outside the goal, {statistics.median(read):.2f} s"
    )
    ratio = statistics.median(ours) / statistics.median(bare)
    yield Goal(f"posters for {_COUNTERS} counters to bare codes", ratio, at_most=2)


def _poster(number: int) -> Poster:
    return Poster(
        shop="Harbour Noodle Bar Pier 3",
        counter=f"Counter {number}",
        value=f"https://qr.alipay.com/ocx07358e3pxwresfpq{number:05}",
        version=1,
        check_code=f"K7QX4M-{number}",
    )


def _draw_ours(shown: list[Poster]) -> bytes:
    return posters.draw(shown, size=Size.A5, language=Language.ENGLISH, fonts=[])


def _draw_bare(shown: list[Poster]) -> bytes:
    """What anybody would write: a code on each page, by reportlab's own widget."""
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=A5)
    for poster in shown:
        drawing = Drawing(_SIDE, _SIDE)
        drawing.add(
            QrCodeWidget(poster.value, barLevel="M", barWidth=_SIDE, barHeight=_SIDE, barBorder=4)
        )
        renderPDF.draw(drawing, canvas, 80, 160)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _read_back(pdf: bytes, shown: list[Poster]) -> None:
    posters.read_back(pdf, [[poster.value] for poster in shown])


def _timed(act: Callable[[], Made]) -> tuple[Made, float]:
    started = time.perf_counter()
    made = act()
    return made, time.perf_counter() - started
