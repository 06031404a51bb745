"""Print-ready posters, table cards and stickers of codes: no database, no web framework.

``draw`` makes a PDF; ``read_back`` reads it from its pixels as a phone would. What does not read
back as exactly its code is never offered.
"""

from qrcodes.posters.drawing import arrange, draw, texts_of
from qrcodes.posters.fonts import FontMissing, SignsMissing, refuse_unprintable
from qrcodes.posters.reading import (
    PictureUnusable,
    PosterUnreadable,
    open_picture,
    read_back,
    read_picture,
)
from qrcodes.posters.sizes import Size
from qrcodes.posters.words import Language, Poster

__all__ = [
    "FontMissing",
    "Language",
    "PictureUnusable",
    "Poster",
    "PosterUnreadable",
    "SignsMissing",
    "Size",
    "arrange",
    "draw",
    "open_picture",
    "read_back",
    "read_picture",
    "refuse_unprintable",
    "texts_of",
]
