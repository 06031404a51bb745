"""Days of the JSON products compared: what a counter began beside their files."""

from datetime import timedelta
from pathlib import Path

import pytest
from django.conf import LazySettings

from merchant_portal.accounts.models import Account
from payments.states import Interface, Product
from reconciliation import services
from reconciliation.models import ComparedDay, StatementFile, Verdict
from reconciliation.standing import DayStanding, standing_of, with_standing
from reconciliation.states import FileState
from tests.reconciliation import books
from tests.reconciliation.books import (
    DAY,
    at,
    cancelled,
    file_of,
    line,
    open_words,
    paid,
    refunded,
    words,
)
from tests.reconciliation.items import (
    MERCHANT,
    body_of,
    item,
    json_account,
    name_of,
    newest,
    sold,
    take_items,
    take_newest,
)

pytestmark = pytest.mark.usefixtures("nothing_breaks")
NEXT_DAY = DAY + timedelta(days=1)


@pytest.fixture
def shop(db: None) -> Account:
    return json_account()


def standing(account: Account) -> DayStanding:
    return standing_of(with_standing(ComparedDay.objects.filter(account=account, day=DAY)).get())


def test_payment_refund_and_cancel_agree(shop: Account) -> None:
    refunded(sold(shop, "A1"), "R1", 300)
    cancelled(sold(shop, "A2", product=Product.ORDER_CODE))
    take_items(
        shop,
        item("A1"),
        item("A2"),
        item("A2", kind="CANCEL", when=at("10:00:00"), of="2024A2"),
        item("R1", "3.00", kind="REFUND", when=at("11:00:00"), of="2024A1"),
    )
    assert words(shop) == ["MATCHED"] * 4
    assert standing(shop) == DayStanding.CLEAN


def test_the_newest_columns_agree_and_what_failed_counts_for_nothing(shop: Account) -> None:
    refunded(sold(shop, "A1"), "R1", 300)
    take_newest(
        shop,
        newest("A1"),
        newest("A9", status="FAIL"),
        newest("R1", "3.00", kind="REFUND", when=at("11:00:00"), of="A1"),
    )
    assert words(shop) == ["MATCHED"] * 2


@pytest.mark.parametrize(
    ("row", "word"),
    [
        (item("A1", "8.01"), "AMOUNT_MISMATCH"),
        (item("A1", currency="EUR"), "CURRENCY_MISMATCH"),
        (item("A1", alipay="2024B1", kind="REFUND", of="2024A1"), "MISSING_OURS"),
    ],
)
def test_what_differs_is_named(shop: Account, row: str, word: str) -> None:
    sold(shop, "A1")
    take_items(shop, row)
    assert word in open_words(shop)


def test_a_row_nobody_knows_and_one_that_is_not_there(shop: Account) -> None:
    sold(shop, "A1")
    take_items(shop, item("B1"))
    assert sorted(open_words(shop)) == ["MISSING_OURS", "MISSING_THEIRS"]


def test_the_same_row_in_two_parts_is_there_twice(shop: Account) -> None:
    sold(shop, "A1")
    take_items(shop, item("A1"))
    take_items(shop, item("A1"), part=1)
    assert sorted(words(shop)) == ["DUPLICATE_ROW", "MATCHED"]


def test_a_refund_from_the_portal_is_of_the_payment_that_its_row_names(shop: Account) -> None:
    payment = sold(shop, "A1")
    take_items(shop, item("A1"), item("P7", "3.00", kind="REFUND", of="2024A1"))
    found = Verdict.objects.get(word="MISSING_OURS")
    assert (found.kind, found.payment) == ("REFUND", payment)


def test_the_newest_rows_name_a_payment_by_our_number(shop: Account) -> None:
    payment = sold(shop, "A1")
    take_newest(shop, newest("A1"), newest("P7", "3.00", kind="REFUND", of="A1"))
    assert Verdict.objects.get(word="MISSING_OURS").payment == payment


def test_a_refund_of_a_payment_nobody_knows_is_an_orphan(shop: Account) -> None:
    take_items(shop, item("P7", "3.00", kind="REFUND", of="2024ZZ"))
    assert words(shop) == ["ORPHAN_REVERSAL"]


def test_a_refund_whose_payment_stands_beside_it_is_no_orphan(shop: Account) -> None:
    take_items(shop, item("B1"), item("P7", "3.00", kind="REFUND", of="2024B1"))
    assert words(shop) == ["MISSING_OURS"] * 2


def test_parts_come_one_after_the_other(shop: Account) -> None:
    sold(shop, "A1")
    sold(shop, "A2")
    first = take_items(shop, item("A1"))
    assert open_words(shop) == ["MISSING_THEIRS"]
    take_items(shop, item("A2"), part=1)
    first.refresh_from_db()
    assert (words(shop), open_words(shop)) == (["MATCHED"] * 2, [])
    assert first.state == FileState.ACCEPTED


def test_while_a_part_is_missing_nothing_is_called_missing(shop: Account) -> None:
    sold(shop, "A1")
    sold(shop, "A2")
    take_items(shop, item("A2"), part=1)
    assert sorted(words(shop)) == ["AWAITING", "MATCHED"]


def test_a_later_delivery_of_a_part_replaces_that_part_alone(shop: Account) -> None:
    sold(shop, "A1")
    sold(shop, "A2")
    first = take_items(shop, item("A1", "9.00"))
    other = take_items(shop, item("A2"), part=1)
    take_items(shop, item("A1"))
    first.refresh_from_db()
    other.refresh_from_db()
    assert (first.state, other.state) == (FileState.SUPERSEDED, FileState.ACCEPTED)
    assert words(shop) == ["MATCHED"] * 2


# ---- One account with both --------------------------------------------------------------------


def test_each_file_answers_for_its_own_payments(shop: Account) -> None:
    paid(shop, "Q1")
    sold(shop, "G1", interface=Interface.GATEWAY)
    sold(shop, "J1")
    take_items(shop, item("J1"))
    assert sorted(words(shop)) == ["AWAITING", "AWAITING", "MATCHED"]
    file_of(line("Q1"), line("G1"))
    assert words(shop) == ["MATCHED"] * 3


def test_the_gateways_file_alone_leaves_the_others_waiting(shop: Account) -> None:
    paid(shop, "Q1")
    sold(shop, "J1")
    refunded(sold(shop, "J2"), "R1", 300)
    file_of(line("Q1"))
    assert sorted(words(shop)) == ["AWAITING", "AWAITING", "AWAITING", "MATCHED"]


def test_while_one_waits_what_the_other_lacks_is_missing(shop: Account) -> None:
    paid(shop, "Q1")
    paid(shop, "Q2")
    sold(shop, "J1")
    file_of(line("Q1"))
    assert sorted(words(shop)) == ["AWAITING", "MATCHED", "MISSING_THEIRS"]
    assert open_words(shop) == ["MISSING_THEIRS"]


def test_a_day_is_not_complete_while_the_other_file_is_awaited(shop: Account) -> None:
    paid(shop, "Q1")
    sold(shop, "J1")
    file_of(line("Q1"))
    assert standing(shop) == DayStanding.WAITING
    services.expect_files(at("12:00:00", day=NEXT_DAY))
    assert standing(shop) == DayStanding.NO_FILE


def test_neither_file_takes_the_others_place(shop: Account) -> None:
    paid(shop, "Q1")
    sold(shop, "J1")
    gateway, json = file_of(line("Q1")), take_items(shop, item("J1"))
    gateway.refresh_from_db()
    assert (gateway.state, json.state) == (FileState.ACCEPTED, FileState.ACCEPTED)


@pytest.mark.parametrize("product", [Product.BARCODE, Product.ORDER_CODE])
def test_what_a_counter_began_through_the_gateway_stands_in_its_file(
    shop: Account, product: Product
) -> None:
    refunded(sold(shop, "B1", interface=Interface.GATEWAY, product=product), "R1", 300)
    cancelled(sold(shop, "B2", interface=Interface.GATEWAY, product=product))
    file_of(
        line("B1"),
        line("B2"),
        line("B2", kind="CANCEL", when=at("10:00:00")),
        line("R1", "3.00", kind="REFUND", when=at("11:00:00")),
    )
    assert words(shop) == ["MATCHED"] * 4


# ---- Units ------------------------------------------------------------------------------------


def test_a_file_a_hundred_times_ours_is_set_aside(shop: Account) -> None:
    sold(shop, "A1")
    sold(shop, "A2", 250)
    file = take_items(shop, item("A1", "800"), item("A2", "250"))
    assert (file.state, file.row_count) == (FileState.UNIT_SUSPECT, 0)
    assert words(shop) == []


def test_one_amount_a_hundred_times_ours_is_a_difference(shop: Account) -> None:
    sold(shop, "A1")
    sold(shop, "A2", 250)
    take_items(shop, item("A1", "800"), item("A2", "2.50"))
    assert open_words(shop) == ["AMOUNT_MISMATCH"]


def test_what_is_said_of_smallest_units_is_read_so(shop: Account, settings: LazySettings) -> None:
    settings.STATEMENT_SMALLEST_UNITS = frozenset({MERCHANT})
    sold(shop, "A1")
    take_items(shop, item("A1", "800"))
    assert words(shop) == ["MATCHED"]


def test_once_that_is_said_the_same_file_is_read_anew(
    shop: Account, settings: LazySettings
) -> None:
    sold(shop, "A1")
    first = take_items(shop, item("A1", "800"))
    settings.STATEMENT_SMALLEST_UNITS = frozenset({MERCHANT})
    again = take_items(shop, item("A1", "800"))
    assert (again.pk, again.state, again.problem) == (first.pk, FileState.ACCEPTED, "")
    assert words(shop) == ["MATCHED"]


def test_while_nothing_is_said_the_same_file_changes_nothing(shop: Account) -> None:
    sold(shop, "A1")
    first = take_items(shop, item("A1", "800"))
    again = take_items(shop, item("A1", "800"))
    assert (again.pk, again.state, again.read_at) == (first.pk, first.state, first.read_at)


def test_from_a_folder_it_is_read_anew_by_itself(
    shop: Account, settings: LazySettings, tmp_path: Path
) -> None:
    shop.statement_folder = str(tmp_path)
    shop.save()
    sold(shop, "A1")
    (tmp_path / name_of()).write_bytes(body_of(item("A1", "800")))
    for units in (frozenset[str](), frozenset({MERCHANT})):
        settings.STATEMENT_SMALLEST_UNITS = units
        for file in services.fetch_folders(at("12:00:00", day=NEXT_DAY)):
            services.read_file(file.pk)
    assert StatementFile.objects.get().state == FileState.ACCEPTED


def test_a_compared_day_forgets_nothing_on_the_next_look(shop: Account) -> None:
    sold(shop, "A1")
    take_items(shop, item("A1"))
    books.compare(shop)
    assert words(shop) == ["MATCHED"]
