"""Where the bars of a chart stand: plain numbers for a picture drawn without script or style.

The picture is stretched to the width there is, so it holds bars and no text; labels and the table
beside it are the page's own.
"""

from collections.abc import Sequence
from dataclasses import dataclass

#: The picture's height, and the width of one bar's place, in its own units.
HEIGHT = 1000
STEP = 100
#: A bar's distance from both edges of its place.
_GAP = 15
#: What is not nothing is seen.
_LEAST = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One bar to be: what stands above the line, below it, and what is usual there."""

    label: str
    #: What the bar says, read aloud and shown when it is pointed at.
    text: str
    #: The rows behind it.
    url: str
    above: int
    below: int = 0
    usual: int | None = None
    #: The bar's row in the table, below its heads.
    cells: tuple[str, ...] = ()
    #: Whether the axis names it; not all labels have room.
    is_named: bool = True


@dataclass(frozen=True, slots=True)
class Box:
    """A rectangle of the picture."""

    x: int
    y: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class Bar:
    """A point with its rectangles; None where there is nothing to see."""

    point: Point
    #: The whole place, so that a low bar is hit as easily as a high one.
    place: Box
    above: Box | None
    below: Box | None
    usual: Box | None


@dataclass(frozen=True, slots=True)
class Drawing:
    """Bars in a picture of ``width`` by ``height``; ``base`` is the line they stand on."""

    width: int
    height: int
    base: int
    bars: tuple[Bar, ...]


def draw(points: Sequence[Point], *, top: int = 0) -> Drawing:
    """Put points side by side, all on one scale; ``top`` is the highest there can be, if known."""
    highest = max([top, *(max(each.above, each.usual or 0) for each in points)], default=0)
    lowest = max((each.below for each in points), default=0)
    span = max(highest + lowest, 1)
    base = HEIGHT * highest // span if highest + lowest else HEIGHT
    bars = tuple(_bar(each, number, base, span) for number, each in enumerate(points))
    return Drawing(STEP * max(len(points), 1), HEIGHT, base, bars)


def _bar(point: Point, number: int, base: int, span: int) -> Bar:
    left, width = number * STEP, STEP - 2 * _GAP
    above = _tall(max(point.above, 0), span)
    below = _tall(point.below, span)
    usual = HEIGHT * point.usual // span if point.usual else 0
    return Bar(
        point,
        place=Box(left, 0, STEP, HEIGHT),
        above=Box(left + _GAP, max(base - above, 0), width, above) if above else None,
        below=Box(left + _GAP, min(base, HEIGHT - below), width, below) if below else None,
        usual=Box(left + 4, max(base - usual, 0), STEP - 8, _LEAST) if usual else None,
    )


def _tall(amount: int, span: int) -> int:
    return max(HEIGHT * amount // span, _LEAST) if amount > 0 else 0
