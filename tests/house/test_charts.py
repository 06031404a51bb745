"""Where the bars of a chart stand."""

import pytest

from merchant_portal.charts import HEIGHT, Bar, Point, draw


def _bars(*values: tuple[int, int]) -> tuple[Bar, ...]:
    points = [Point(label="", text="", url="", above=up, below=down) for up, down in values]
    return draw(points).bars


def test_a_bar_twice_as_high_is_worth_twice_as_much() -> None:
    low, high = _bars((50, 0), (100, 0))
    assert low.above is not None
    assert high.above is not None
    assert (low.above.height, high.above.height) == (HEIGHT // 2, HEIGHT)


def test_bars_above_and_below_are_on_one_scale() -> None:
    (bar,) = _bars((300, 100))
    assert bar.above is not None
    assert bar.below is not None
    assert bar.above.height == 3 * bar.below.height
    assert bar.above.y + bar.above.height == bar.below.y


def test_nothing_is_not_drawn_and_little_is() -> None:
    nothing, little, _ = _bars((0, 0), (1, 0), (1_000_000, 0))
    assert nothing.above is None
    assert little.above is not None


@pytest.mark.parametrize("values", [[], [(0, 0)], [(0, 5)], [(7, 0)], [(1, 10**12), (10**12, 1)]])
def test_no_bar_leaves_the_picture(values: list[tuple[int, int]]) -> None:
    for bar in _bars(*values):
        for box in (bar.above, bar.below):
            assert box is None or (box.y >= 0 and box.y + box.height <= HEIGHT)


def test_the_usual_is_a_mark_at_its_height() -> None:
    point = Point(label="", text="", url="", above=50, usual=100)
    (bar,) = draw([point]).bars
    assert bar.usual is not None
    assert bar.usual.y == 0


def test_a_known_top_is_the_scale() -> None:
    (bar,) = draw([Point(label="", text="", url="", above=500)], top=1000).bars
    assert bar.above is not None
    assert bar.above.height == HEIGHT // 2
