"""Reading codes from pixels with a reader that is not ours: of our own posters, and of photos.

The PDF itself is turned into pixels, as a printer would, and read with zxing-cpp. 150 dots per inch
is half of what any printer has: what is read so is read from paper too.
"""

import io
from collections import Counter
from collections.abc import Sequence
from threading import Lock

import pypdfium2
import zxingcpp
from PIL import Image

READ_AT_DPI = 150
_POINTS_PER_INCH = 72
#: PDFium is not made for two threads at once.
_ONE_AT_A_TIME = Lock()
_KINDS = ("PNG", "JPEG")
_QR_CODES = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
_MOST_PIXELS = 80_000_000
_LONGEST_SIDE = 3_000


class PosterUnreadable(Exception):
    """A page does not read back as exactly the codes it should show."""

    def __init__(self, page: int) -> None:
        super().__init__(f"page {page}")
        self.page = page


class PictureUnusable(Exception):
    """A picture is neither PNG nor JPEG, is broken, or is far too large."""


def read_back(pdf: bytes, expected: Sequence[Sequence[str]]) -> None:
    """Raise PosterUnreadable unless each page shows exactly these codes, and nothing besides."""
    with _ONE_AT_A_TIME, pypdfium2.PdfDocument(pdf) as document:
        if len(document) != len(expected):
            raise PosterUnreadable(min(len(document), len(expected)) + 1)
        for number, (page, values) in enumerate(zip(document, expected, strict=True), start=1):
            if Counter(_read(rasterise(page, dpi=READ_AT_DPI))) != Counter(values):
                raise PosterUnreadable(number)


def rasterise(page: pypdfium2.PdfPage, *, dpi: int) -> Image.Image:
    """A page as grey pixels."""
    bitmap = page.render(scale=dpi / _POINTS_PER_INCH, grayscale=True)
    picture: Image.Image = bitmap.to_pil()
    return picture


def read_picture(content: bytes) -> list[str]:
    """The texts of the QR codes in a photo; raises PictureUnusable."""
    picture = open_picture(content)
    picture.thumbnail((_LONGEST_SIDE, _LONGEST_SIDE))
    return _read(picture.convert("L"))


def open_picture(content: bytes) -> Image.Image:
    """A picture somebody uploaded, decoded; raises PictureUnusable."""
    try:
        picture = Image.open(io.BytesIO(content), formats=_KINDS)
        if picture.width * picture.height > _MOST_PIXELS:
            raise PictureUnusable
        picture.load()
    except (
        OSError,
        ValueError,
        SyntaxError,
        Image.DecompressionBombError,
        Image.DecompressionBombWarning,
    ) as broken:
        raise PictureUnusable from broken
    return picture


def _read(picture: Image.Image) -> list[str]:
    found = zxingcpp.read_barcodes(picture, formats=_QR_CODES)
    return [each.text for each in found]
