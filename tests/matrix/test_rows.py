"""Every address has its row in the matrix of who gets where, and every row its address."""

from merchant_portal.access import RIGHTS, Right
from tests.matrix.expecting import LETTERS
from tests.matrix.routes import Route, all_routes
from tests.matrix.table import rows


def test_every_address_has_a_row_in_the_matrix() -> None:
    missing = [_row_to_add(route) for name, route in all_routes().items() if name not in rows()]
    assert missing == [], (
        "Add these rows to TABLE in tests/matrix/table.py, after looking at what each of them "
        "should be (its head explains the columns), and run tests/matrix:\n" + "\n".join(missing)
    )


def test_every_row_of_the_matrix_has_its_address() -> None:
    gone = sorted(set(rows()) - set(all_routes()))
    assert gone == [], f"Take these rows out of TABLE in tests/matrix/table.py: {gone}"


def test_the_rows_of_the_matrix_are_in_order() -> None:
    assert list(rows()) == sorted(rows())


def _row_to_add(route: Route) -> str:
    """The row as the page's own declaration would have it; its author says whether that is meant.

    A page that takes one method only has "-" for the other; a thing that is new to the matrix is
    added to tests/matrix/world.py.
    """
    letters = _letters_of(route.right)
    has_thing = "<" in route.pattern
    thing, reach = ("THING?", "shop") if has_thing else ("-", "any")
    return f"{route.name:<36} {thing:<13} {letters:<6} {letters:<10} {reach}"


def _letters_of(right: str) -> str:
    if right not in set(Right):
        return "*"
    return "".join(letter for role, letter in LETTERS.items() if Right(right) in RIGHTS[role])
