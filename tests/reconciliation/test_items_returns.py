"""Refunds in files of the JSON products: those that came back, and those under another number."""

import pytest

from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from payments.models import EntryKind, LedgerEntry, Payment
from reconciliation import services
from reconciliation.advice import advice_about
from reconciliation.errors import ResolutionRefused
from reconciliation.models import Discrepancy
from reconciliation.states import Resolution
from refunds import services as refunds
from refunds.models import Refund
from refunds.states import RefundState
from tests.alipay.statement_files import SETTLED_ITEM, SETTLED_ITEM_COLUMNS
from tests.reconciliation import books, files
from tests.reconciliation.books import at, open_words, refunded, words
from tests.reconciliation.items import (
    body_of,
    item,
    json_account,
    newest,
    sold,
    take_items,
    take_newest,
)

pytestmark = pytest.mark.usefixtures("nothing_breaks")
ACTOR = Actor("a test")
LATER = at("15:00:00")


@pytest.fixture
def shop(db: None) -> Account:
    return json_account()


@pytest.fixture
def payment(shop: Account) -> Payment:
    """Sold for 8.00, of which 3.00 went back."""
    payment = sold(shop, "A1")
    refunded(payment, "R1", 300)
    return payment


@pytest.fixture
def refund(payment: Payment) -> Refund:
    refund = payment.refunds.get()
    refund.alipay_refund_id = "2024R1"
    refund.save()
    return refund


PAID = item("A1")
REFUND = item("R1", "3.00", kind="REFUND", when=at("11:00:00"), of="2024A1")


def back(number: str = "", amount: str = "3.00", *, of: str = "2024A1") -> str:
    """The row of a refund that came back; its own number is Alipay's internal one."""
    return item(number, amount, kind="REFUND_REVERSAL", alipay="2024X9", of=of, when=LATER)


# ---- Came back --------------------------------------------------------------------------------


@pytest.mark.parametrize("row", [back("R1"), back(of="2024R1"), back()])
def test_a_refund_that_came_back_is_an_open_difference(
    shop: Account, refund: Refund, row: str
) -> None:
    file = take_items(shop, PAID, REFUND, row)
    found = Discrepancy.objects.get()
    assert (file.set_aside_count, open_words(shop)) == (0, ["MISSING_OURS"])
    assert (found.kind, found.refund, found.difference_minor) == ("REFUND_REVERSAL", refund, 300)
    assert "could not reach the customer" in str(advice_about(found))


@pytest.mark.parametrize("row", [back("R1"), back(of="2024R1"), back()])
def test_booking_it_ends_it_and_the_day_agrees(shop: Account, refund: Refund, row: str) -> None:
    take_items(shop, PAID, REFUND, row)
    booked = services.book_discrepancy(Discrepancy.objects.get(), note="", actor=ACTOR)
    refund.refresh_from_db()
    assert (refund.state, refund.returned_at) == (RefundState.RETURNED, LATER)
    assert (booked.resolution, booked.entry) == (
        Resolution.RETURN_BOOKED,
        LedgerEntry.objects.get(kind=EntryKind.REFUND_REVERSAL, reference="R1"),
    )
    books.compare(shop)
    assert (words(shop), open_words(shop)) == (["MATCHED"] * 3, [])


def test_what_a_person_booked_before_the_file_came_agrees(shop: Account, refund: Refund) -> None:
    refunds.record_return(refund, returned_at=at("14:00:00"), actor=ACTOR)
    take_items(shop, PAID, REFUND, back())
    assert (words(shop), open_words(shop)) == (["MATCHED"] * 3, [])


def test_what_came_back_may_be_given_back_again(shop: Account, payment: Payment) -> None:
    take_items(shop, PAID, REFUND, back("R1"))
    services.book_discrepancy(Discrepancy.objects.get(), note="", actor=ACTOR)
    payment.refresh_from_db()
    assert payment.refunded_minor == 0


def test_the_newest_columns_tell_it_too(shop: Account, payment: Payment) -> None:
    row = newest("X9", "3.00", kind="REFUND_REVERSAL", of="A1", when=LATER)
    take_newest(
        shop, newest("A1"), newest("R1", "3.00", kind="REFUND", when=at("11:00:00"), of="A1"), row
    )
    assert open_words(shop) == ["MISSING_OURS"]
    assert Discrepancy.objects.get().refund == payment.refunds.get()


def test_which_of_two_equal_refunds_it_was_is_left_to_people(
    shop: Account, payment: Payment
) -> None:
    refunded(payment, "R2", 300)
    take_items(shop, PAID, REFUND, REFUND.replace("R1", "R2"), back())
    found = Discrepancy.objects.get()
    assert (found.refund, found.payment, services.offer_of(found)) == (None, payment, None)
    services.resolve_discrepancy(found, note="it was R2, says the portal", actor=ACTOR)
    assert open_words(shop) == []


def test_another_amount_is_not_booked(shop: Account, payment: Payment) -> None:
    take_items(shop, PAID, REFUND, back("R1", "2.00"))
    assert sorted(open_words(shop)) == ["AMOUNT_MISMATCH", "MISSING_OURS"]
    with pytest.raises(ResolutionRefused, match="another amount"):
        services.book_discrepancy(
            Discrepancy.objects.get(word="MISSING_OURS"), note="", actor=ACTOR
        )
    assert not LedgerEntry.objects.filter(kind=EntryKind.REFUND_REVERSAL).exists()


def test_what_is_not_booked_as_refunded_cannot_come_back(shop: Account) -> None:
    refunded(sold(shop, "A1"), "R1", 300, state=RefundState.UNKNOWN)
    take_items(shop, PAID, back("R1"))
    found = Discrepancy.objects.get(word="MISSING_OURS")
    with pytest.raises(ResolutionRefused, match="not booked as refunded"):
        services.book_discrepancy(found, note="", actor=ACTOR)


def test_one_of_a_payment_nobody_knows_is_an_orphan(shop: Account) -> None:
    take_items(shop, back(of="2024ZZ"))
    assert words(shop) == ["ORPHAN_REVERSAL"]
    assert "gives back the money" in str(advice_about(Discrepancy.objects.get()))


def test_booked_and_gone_from_a_later_delivery_it_is_missing(
    shop: Account, payment: Payment
) -> None:
    take_items(shop, PAID, REFUND, back("R1"))
    services.book_discrepancy(Discrepancy.objects.get(), note="", actor=ACTOR)
    take_items(shop, PAID, REFUND)
    assert open_words(shop) == ["MISSING_THEIRS"]


def test_a_settlement_has_it_with_its_number(shop: Account) -> None:
    row = SETTLED_ITEM.replace("PAYMENT", "REFUND_REVERSAL")
    file = files.take(
        body_of(row, columns=SETTLED_ITEM_COLUMNS),
        name="settlementItems_USD_2024031811021040123_000.csv",
        account=shop,
    )
    stored = file.lines.get()
    assert (stored.kind, stored.net_minor) == ("REFUND_REVERSAL", 780)
    assert stored.batch == "2024031811021040123"


# ---- Under the payment's request number -------------------------------------------------------

REPEATED = item("A1", "3.00", kind="REFUND", alipay="2024R1", of="2024A1", when=at("11:00:00"))


def test_a_refund_under_its_payments_number_is_known_by_alipays(
    shop: Account, refund: Refund
) -> None:
    take_items(shop, PAID, REPEATED)
    assert words(shop) == ["MATCHED"] * 2
    assert refund.verdicts.get().word == "MATCHED"


def test_of_two_equal_ones_each_row_is_known_by_its_own(shop: Account, refund: Refund) -> None:
    other = refunded(refund.payment, "R2", 300)
    other.alipay_refund_id = "2024R2"
    other.save()
    take_items(shop, PAID, REPEATED, REPEATED.replace("2024R1", "2024R2"))
    assert words(shop) == ["MATCHED"] * 3
    assert (refund.verdicts.count(), other.verdicts.count()) == (1, 1)


def test_one_that_alipay_gave_no_number_is_the_one_no_row_names(
    shop: Account, payment: Payment
) -> None:
    take_items(shop, PAID, REPEATED)
    assert (words(shop), open_words(shop)) == (["MATCHED"] * 2, [])


def test_one_from_the_portal_stays_one_from_the_portal(shop: Account, refund: Refund) -> None:
    take_items(shop, PAID, REPEATED, REPEATED.replace("2024R1", "2024P7"))
    found = Discrepancy.objects.get()
    assert (found.word, found.refund) == ("MISSING_OURS", None)
    assert found.theirs["reference"] == "alipay:2024P7"


def test_beside_a_row_of_ours_another_is_from_the_portal(shop: Account, payment: Payment) -> None:
    take_items(shop, PAID, REFUND, REPEATED.replace("2024R1", "2024P7"))
    assert sorted(words(shop)) == ["MATCHED", "MATCHED", "MISSING_OURS"]
