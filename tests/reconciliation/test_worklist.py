"""What people decide about differences, and that it lasts."""

import pytest

from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from merchant_portal.models import AuditEntry, User
from reconciliation import services
from reconciliation.errors import ResolutionRefused
from reconciliation.models import Discrepancy
from reconciliation.states import DiscrepancyState, Resolution
from tests.reconciliation import books
from tests.reconciliation.books import file_of, line, paid, words

pytestmark = pytest.mark.usefixtures("nothing_breaks")


@pytest.fixture
def actor(finance: User) -> Actor:
    return Actor.person(finance)


@pytest.fixture
def missing(shop: Account) -> Discrepancy:
    """A payment their complete file has not."""
    paid(shop, "A1")
    file_of()
    return Discrepancy.objects.get()


def test_a_decision_says_who_and_why(missing: Discrepancy, actor: Actor) -> None:
    services.resolve_discrepancy(missing, note="refunded in cash", actor=actor)
    missing.refresh_from_db()
    assert (missing.state, missing.resolution, missing.note, missing.settled_by_name) == (
        *(DiscrepancyState.RESOLVED, Resolution.NOTED),
        *("refunded in cash", actor.name),
    )
    assert AuditEntry.objects.filter(verb="resolve_discrepancy", target_id=missing.pk).exists()


def test_a_decision_needs_a_note(missing: Discrepancy, actor: Actor) -> None:
    with pytest.raises(ResolutionRefused):
        services.resolve_discrepancy(missing, note="  ", actor=actor)
    missing.refresh_from_db()
    assert missing.is_open


def test_what_is_decided_cannot_be_decided_again(missing: Discrepancy, actor: Actor) -> None:
    services.resolve_discrepancy(missing, note="seen", actor=actor)
    with pytest.raises(ResolutionRefused):
        services.resolve_discrepancy(missing, note="seen", actor=actor)


def test_a_decision_outlives_comparing_and_another_delivery(
    missing: Discrepancy, actor: Actor
) -> None:
    services.resolve_discrepancy(missing, note="seen", actor=actor)
    file_of(line("B1"))
    missing.refresh_from_db()
    assert (missing.state, missing.note) == (DiscrepancyState.RESOLVED, "seen")
    assert books.open_words(missing.account) == ["MISSING_OURS"]


def test_a_decision_outlives_that_the_difference_is_gone(
    missing: Discrepancy, actor: Actor
) -> None:
    services.resolve_discrepancy(missing, note="seen", actor=actor)
    file_of(line("A1"))
    missing.refresh_from_db()
    assert missing.state == DiscrepancyState.RESOLVED


def test_another_amount_in_a_later_delivery_is_another_difference(
    shop: Account, actor: Actor
) -> None:
    paid(shop, "A1")
    file_of(line("A1", "9.00"))
    services.resolve_discrepancy(Discrepancy.objects.get(), note="seen", actor=actor)
    file_of(line("A1", "7.00"))
    assert books.open_words(shop) == ["AMOUNT_MISMATCH"]
    assert Discrepancy.objects.count() == 2


def test_a_decision_can_be_taken_back(missing: Discrepancy, actor: Actor) -> None:
    services.resolve_discrepancy(missing, note="seen", actor=actor)
    services.undo_resolution(missing, note="not so", actor=actor)
    missing.refresh_from_db()
    assert (missing.state, missing.note, missing.settled_at) == (DiscrepancyState.OPEN, "", None)
    assert [move.note for move in missing.moves.all()] == ["", "seen", "not so"]


def test_what_was_booked_is_not_taken_back_by_a_click(shop: Account, actor: Actor) -> None:
    found = _portal_refund(shop)
    services.book_discrepancy(found, note="", actor=actor)
    with pytest.raises(ResolutionRefused, match="stays in the ledger"):
        services.undo_resolution(found, note="oh", actor=actor)


def test_nothing_is_taken_back_where_nothing_was_decided(
    missing: Discrepancy, actor: Actor
) -> None:
    with pytest.raises(ResolutionRefused):
        services.undo_resolution(missing, note="oh", actor=actor)


def test_a_person_makes_a_difference_theirs(
    missing: Discrepancy, actor: Actor, finance: User
) -> None:
    services.take_discrepancy(missing, actor=actor)
    missing.refresh_from_db()
    assert missing.owner == finance


def test_one_note_ends_all_that_are_identical_and_no_other(shop: Account, actor: Actor) -> None:
    paid(shop, "A1")
    file_of(line("B1"), line("B2"), line("B3", kind="REFUND"))
    first = Discrepancy.objects.get(theirs__partner_trans_id="B1")
    assert services.resolve_alike(first, note="test shop", actor=actor) == 2
    assert sorted(books.open_words(shop)) == ["MISSING_THEIRS", "ORPHAN_REVERSAL"]


# ---- Booking ----------------------------------------------------------------------------------


def test_a_portal_refund_is_booked_by_one_action_and_the_day_is_clean(
    shop: Account, actor: Actor
) -> None:
    found = _portal_refund(shop)
    booked = services.book_discrepancy(found, note="seen at the portal", actor=actor)
    assert (booked.resolution, str(booked.entry and booked.entry.amount)) == (
        *(Resolution.REFUND_BOOKED,),
        "USD 3.00",
    )
    assert words(shop) == ["MATCHED", "MATCHED"]


def test_booking_twice_books_once(shop: Account, actor: Actor) -> None:
    found = _portal_refund(shop)
    services.book_discrepancy(found, note="", actor=actor)
    with pytest.raises(ResolutionRefused):
        services.book_discrepancy(found, note="", actor=actor)
    assert shop.ledger_entries.filter(kind="REFUND").count() == 1


def test_two_equal_portal_refunds_are_booked_as_two(shop: Account, actor: Actor) -> None:
    _portal_refund(shop, times=("12:00:00", "12:00:01"))
    for found in Discrepancy.objects.open():
        services.book_discrepancy(found, note="", actor=actor)
    assert words(shop) == ["MATCHED"] * 3
    assert shop.payments.get().refunded_minor == 600


def test_a_person_splits_two_refunds_of_one_second(shop: Account, actor: Actor) -> None:
    _portal_refund(shop, times=("12:00:00", "12:00:00"))
    for found in Discrepancy.objects.open().order_by("pk"):
        services.book_discrepancy(found, note="two customers", actor=actor)
    assert words(shop) == ["MATCHED"] * 3
    assert sorted(entry.reference[-2:] for entry in shop.ledger_entries.filter(kind="REFUND")) == [
        *("#2",),
        "00",
    ]


def test_a_row_there_twice_is_not_offered_as_a_payment(shop: Account, actor: Actor) -> None:
    paid(shop, "A1")
    file_of(line("A1"), line("A1"))
    with pytest.raises(ResolutionRefused, match="nothing to book"):
        services.book_discrepancy(Discrepancy.objects.get(), note="", actor=actor)


def test_a_refund_larger_than_what_is_left_is_not_booked(shop: Account, actor: Actor) -> None:
    found = _portal_refund(shop, amount="9.00")
    with pytest.raises(ResolutionRefused, match=r"USD 8\.00 is left"):
        services.book_discrepancy(found, note="", actor=actor)
    assert not shop.ledger_entries.filter(kind="REFUND").exists()


def test_a_cancel_made_at_the_portal_is_booked_and_the_day_is_clean(
    shop: Account, actor: Actor
) -> None:
    payment = paid(shop, "A1")
    file_of(line("A1"), line("A1", kind="CANCEL", when=books.at("10:00:00")))
    services.book_discrepancy(Discrepancy.objects.get(), note="", actor=actor)
    payment.refresh_from_db()
    assert (payment.state, payment.cancelled_minor) == ("CANCELLED", 800)
    assert words(shop) == ["MATCHED", "MATCHED"]


def test_a_cancel_of_a_payment_that_was_refunded_is_not_booked(shop: Account, actor: Actor) -> None:
    payment = paid(shop, "A1")
    books.refunded(payment, "R1", 300)
    file_of(line("A1"), line("A1", kind="CANCEL"), line("R1", "3.00", kind="REFUND"))
    found = Discrepancy.objects.get(kind="CANCEL")
    with pytest.raises(ResolutionRefused, match=r"USD 5\.00 of USD 8\.00"):
        services.book_discrepancy(found, note="", actor=actor)


def _portal_refund(
    shop: Account, *, amount: str = "3.00", times: tuple[str, ...] = ("12:00:00",)
) -> Discrepancy:
    """A payment of USD 8.00 and refunds of it that only their file knows."""
    paid(shop, "A1")
    refunds = [line("A1", amount, kind="REFUND", when=books.at(time)) for time in times]
    file_of(line("A1"), *refunds)
    return Discrepancy.objects.order_by("pk").first() or Discrepancy()
