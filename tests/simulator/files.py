"""Reading the night's files for these tests, with the portal's own reader of them."""

from datetime import date
from pathlib import Path
from typing import Any

import httpx

from merchant_portal.alipay.statements import FileState, Row, read_statement

from .wire import Merchant

FRIDAY, SATURDAY, SUNDAY, MONDAY, TUESDAY = (
    *("2027-03-05", "2027-03-06", "2027-03-07"),
    *("2027-03-08", "2027-03-09"),
)

Told = dict[str, Any]


def closed(shop: Merchant, day: str = "", **more: str) -> list[Told]:
    """Run the night; the files it wrote."""
    answer = shop.control("night", **({"day": day} if day else {}), **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def written(shop: Merchant, kind: str, day: str = "") -> Path:
    """Run the night; where the one file of this kind lies."""
    [told] = [each for each in closed(shop, day, partner_id=shop.partner) if each["kind"] == kind]
    return Path(told["path"])


def rows_of(path: Path) -> list[Row]:
    """The rows of a sound file."""
    state, rows = read(path)
    assert state is FileState.ACCEPTED
    return rows


def read(path: Path) -> tuple[FileState, list[Row]]:
    """The state of a file and the rows that can be read."""
    reading = read_statement(path, name=path.name).read()
    rows = [line for line in reading if isinstance(line, Row)]
    return reading.outcome.state, rows


def words(rows: list[Row]) -> list[tuple[str, int, int | None]]:
    """What each row says: its word, amount and fee."""
    return [(row.type_word, row.amount_minor, row.fee_minor) for row in rows]


def compact(day: str) -> str:
    return date.fromisoformat(day).strftime("%Y%m%d")


def terms(shop: Merchant, **changes: Any) -> dict[str, Any]:
    """Change the partner's terms; all of them as they are then."""
    answer = shop.control("terms", partner_id=shop.partner, **changes)
    assert answer.status_code == 200, answer.text
    return answer.json()


def paid(shop: Merchant, at: str, amount: str = "10", **more: str) -> dict[str, Any]:
    """A trade paid at an instant through the shop's one code."""
    code = shop.code()
    shop.at(at)
    answer = shop.pay(code, amount, **more)
    assert answer.status_code == 200, answer.text
    return answer.json()


def again(shop: Merchant, amount: str) -> httpx.Response:
    """Another payment through the code there is."""
    return shop.pay(shop.books("codes")[0]["qrcode"], amount)
