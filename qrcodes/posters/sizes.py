"""What is printed: paper, and where things stand on it. Lengths are millimetres, from below."""

from dataclasses import dataclass
from enum import StrEnum


class Size(StrEnum):
    """A kind of print."""

    A4 = "A4"
    A5 = "A5"
    A6 = "A6"
    STICKERS = "STICKERS"


@dataclass(frozen=True, slots=True)
class Sheet:
    """Paper, and how many codes stand on it, side by side and one above the other."""

    width: float
    height: float
    columns: int = 1
    rows: int = 1
    #: White edge that printers cannot reach; cut marks stand in it.
    margin: float = 0

    @property
    def places(self) -> int:
        return self.columns * self.rows

    @property
    def cell(self) -> tuple[float, float]:
        """Width and height of what is cut out."""
        return (
            (self.width - 2 * self.margin) / self.columns,
            (self.height - 2 * self.margin) / self.rows,
        )

    def corner(self, place: int) -> tuple[float, float]:
        """The lower left corner of a place; places are counted as one reads."""
        row, column = divmod(place, self.columns)
        width, height = self.cell
        return self.margin + column * width, self.height - self.margin - (row + 1) * height


SHEETS: dict[Size, Sheet] = {
    Size.A4: Sheet(210, 297),
    Size.A5: Sheet(148, 210),
    Size.A6: Sheet(105, 148),
    Size.STICKERS: Sheet(210, 297, columns=3, rows=4, margin=12),
}
