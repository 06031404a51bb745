"""Pictures of codes for print and screen, drawn from the text alone and cached by it.

ISO/IEC 18004 with error correction level M, a quiet zone of four modules, black on white; Alipay
publishes no rule of its own for codes that shops print.
"""

import base64
import hashlib
import io
from functools import lru_cache

from PIL import Image

from qrcodes.posters.symbol import QUIET_ZONE_MODULES, dark_runs, matrix_of

__all__ = [
    "QUIET_ZONE_MODULES",
    "bounded_pixels",
    "data_address",
    "draw_png",
    "draw_svg",
    "etag_of",
]

SMALLEST_PIXELS = 120
LARGEST_PIXELS = 2400
USUAL_PIXELS = 480

#: Part of every ETag: raised when the drawing changes.
_DRAWING = "1"


def etag_of(text: str, *, kind: str, pixels: int) -> str:
    """The same for the same picture, whoever asks for it, in every process."""
    return hashlib.sha256(f"{_DRAWING}:{kind}:{pixels}:{text}".encode()).hexdigest()[:32]


def bounded_pixels(wanted: str | None) -> int:
    """The width asked for in pixels, within bounds; raises ValueError for what is no number."""
    if not wanted:
        return USUAL_PIXELS
    if not (wanted.isascii() and wanted.isdigit() and len(wanted) <= 6):
        raise ValueError(f"{wanted[:20]!r} is not a number of pixels.")
    return min(max(int(wanted), SMALLEST_PIXELS), LARGEST_PIXELS)


@lru_cache(maxsize=512)
def draw_svg(text: str, pixels: int) -> bytes:
    """The code as a scalable picture, shown ``pixels`` wide."""
    matrix = matrix_of(text)
    side = len(matrix)
    path = "".join(
        f"M{x} {y}h{length}v1h-{length}z"
        for y, row in enumerate(matrix)
        for x, length in dark_runs(row)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{pixels}" height="{pixels}" '
        f'viewBox="0 0 {side} {side}" shape-rendering="crispEdges">'
        f'<rect width="{side}" height="{side}" fill="#fff"/>'
        f'<path d="{path}" fill="#000"/></svg>'
    ).encode()


def data_address(text: str, pixels: int) -> str:
    """The scalable picture as an address that carries it: nothing is fetched, nothing is kept."""
    return f"data:image/svg+xml;base64,{base64.b64encode(draw_svg(text, pixels)).decode()}"


@lru_cache(maxsize=256)
def draw_png(text: str, pixels: int) -> bytes:
    """The code as a picture of exactly ``pixels``: whole pixels per module, the rest is white."""
    matrix = matrix_of(text)
    side = len(matrix)
    modules = Image.new("1", (side, side), 1)
    for y, row in enumerate(matrix):
        for x, is_dark in enumerate(row):
            if is_dark:
                modules.putpixel((x, y), 0)
    drawn = side * max(pixels // side, 1)
    width = max(pixels, drawn)
    picture = Image.new("1", (width, width), 1)
    edge = (width - drawn) // 2
    picture.paste(modules.resize((drawn, drawn), Image.Resampling.NEAREST), (edge, edge))
    out = io.BytesIO()
    picture.save(out, "PNG", optimize=True)
    return out.getvalue()
