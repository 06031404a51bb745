"""A day compared with Alipay's file: each word where it belongs, in whatever order files come."""

from datetime import timedelta

import pytest

from merchant_portal.accounts.models import Account
from merchant_portal.money import Money
from payments.states import PaymentState
from reconciliation.models import Discrepancy, Verdict
from reconciliation.states import DiscrepancyState
from refunds.services import elsewhere
from refunds.states import RefundState
from tests.reconciliation import books
from tests.reconciliation.books import DAY, at, cancelled, file_of, line, paid, refunded, words

pytestmark = pytest.mark.usefixtures("nothing_breaks")
NEXT_DAY = DAY + timedelta(days=1)


def test_what_agrees_is_matched_with_its_ledger_entry(shop: Account) -> None:
    payment = paid(shop, "A1")
    file_of(line("A1"))
    verdict = Verdict.objects.get()
    assert (verdict.word, verdict.payment) == ("MATCHED", payment)
    assert verdict.entry == payment.ledger_entries.get()


def test_payment_refund_and_cancel_of_a_day_all_agree(shop: Account) -> None:
    refunded(paid(shop, "A1"), "R1", 300)
    cancelled(paid(shop, "A2"))
    file_of(
        line("A1"),
        line("A2"),
        line("R1", "3.00", kind="REFUND", when=at("11:00:00")),
        line("A2", kind="CANCEL", when=at("10:00:00")),
    )
    assert words(shop) == ["MATCHED"] * 4


def test_a_line_is_matched_by_alipays_number_where_ours_is_not_known(shop: Account) -> None:
    payment = paid(shop, "A1")
    payment.partner_trans_id = ""
    payment.save()
    file_of(line("A1"))
    assert words(shop) == ["MATCHED"]


def test_a_cancel_is_matched_by_our_number_where_alipay_gave_its_row_another(shop: Account) -> None:
    cancelled(paid(shop, "A1"))
    file_of(line("A1"), line("A1", kind="CANCEL", alipay="77", when=at("10:00:00")))
    assert words(shop) == ["MATCHED", "MATCHED"]


def test_equal_amount_and_time_alone_match_nothing(shop: Account) -> None:
    paid(shop, "A1")
    file_of(line("B9"))
    assert words(shop) == ["MISSING_OURS", "MISSING_THEIRS"]


def test_our_order_number_under_another_of_alipays_numbers_is_another_trade(shop: Account) -> None:
    paid(shop, "A1")
    file_of(line("A1", alipay="999"))
    assert words(shop) == ["MISSING_OURS", "MISSING_THEIRS"]


def test_a_different_amount_is_told_with_its_difference(shop: Account) -> None:
    paid(shop, "A1", 800)
    file_of(line("A1", "9.50"))
    found = Discrepancy.objects.get()
    assert (found.word, found.differing) == ("AMOUNT_MISMATCH", ["amount"])
    assert str(found.difference) == "USD 1.50"
    assert (found.ours["amount"], found.theirs["amount"]) == ("USD 8.00", "USD 9.50")


def test_a_different_currency_is_no_matter_of_amounts(shop: Account) -> None:
    paid(shop, "A1")
    file_of(line("A1", currency="NZD"))
    assert words(shop) == ["CURRENCY_MISMATCH"]
    assert Discrepancy.objects.get().difference is None


@pytest.mark.parametrize("fee", ["0.06", "0.05", "0.07"])
def test_a_fee_may_be_one_smallest_unit_off(shop: Account, fee: str) -> None:
    _contract(shop, "0.006")
    paid(shop, "A1")
    file_of(line("A1", fee=fee))
    assert words(shop) == ["MATCHED"]


def test_a_fee_that_is_not_the_contracts_is_told(shop: Account) -> None:
    _contract(shop, "0.006")
    paid(shop, "A1")
    file_of(line("A1", fee="0.08"))
    found = Discrepancy.objects.get()
    assert (found.word, found.ours["fee"], found.theirs["fee"]) == (
        *("FEE_MISMATCH", "AUD 0.06"),
        "AUD 0.08",
    )


def test_without_fee_terms_no_fee_is_checked(shop: Account) -> None:
    paid(shop, "A1")
    file_of(line("A1", fee="9.99"))
    assert words(shop) == ["MATCHED"]


def test_amount_and_fee_may_both_differ(shop: Account) -> None:
    _contract(shop, "0.006")
    paid(shop, "A1")
    file_of(line("A1", "9.00", fee="1.00"))
    assert words(shop) == ["AMOUNT_MISMATCH", "FEE_MISMATCH"]


@pytest.mark.parametrize("state", ["PENDING", "UNKNOWN", "CONFIRMING", "CLOSED"])
def test_their_success_is_another_outcome_than_ours(shop: Account, state: str) -> None:
    paid(shop, "A1", state=PaymentState(state))
    file_of(line("A1"))
    assert words(shop) == ["STATUS_MISMATCH"]


@pytest.mark.parametrize("state", ["UNKNOWN", "ACCEPTED", "FAILED"])
def test_their_refund_is_another_outcome_than_ours(shop: Account, state: str) -> None:
    refunded(paid(shop, "A1"), "R1", 300, state=RefundState(state))
    file_of(line("A1"), line("R1", "3.00", kind="REFUND"))
    assert words(shop) == ["MATCHED", "STATUS_MISMATCH"]


# ---- Missing, or waiting ----------------------------------------------------------------------


def test_before_the_file_is_in_everything_waits(shop: Account) -> None:
    paid(shop, "A1")
    books.compare(shop)
    assert words(shop) == ["AWAITING"]
    assert not Discrepancy.objects.exists()


def test_what_a_complete_file_lacks_is_missing(shop: Account) -> None:
    payment = paid(shop, "A1")
    file_of()
    found = Discrepancy.objects.get()
    assert (found.word, found.payment) == ("MISSING_THEIRS", payment)
    assert str(found.difference) == "USD -8.00"


def test_a_file_that_states_another_count_calls_nothing_missing(shop: Account) -> None:
    paid(shop, "A1")
    file_of(stated=1)
    assert words(shop) == ["AWAITING"]


def test_what_stands_in_a_line_that_could_not_be_used_is_not_missing(shop: Account) -> None:
    paid(shop, "A1")
    file_of(line("A1", "8.005"))
    assert words(shop) == ["AWAITING"]


def test_near_midnight_the_next_days_file_is_waited_for(shop: Account) -> None:
    paid(shop, "A1", when=at("23:55:00"))
    file_of()
    assert words(shop) == ["AWAITING"]


def test_near_midnight_nothing_waits_longer_than_three_days(shop: Account) -> None:
    early = DAY - timedelta(days=4)
    paid(shop, "A1", when=at("23:55:00", day=early))
    file_of(day=early)
    assert words(shop, early) == ["MISSING_THEIRS"]


def test_what_the_next_days_complete_file_lacks_too_is_missing(shop: Account) -> None:
    paid(shop, "A1", when=at("23:55:00"))
    file_of()
    file_of(day=NEXT_DAY)
    assert words(shop) == ["MISSING_THEIRS"]


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_over_midnight_both_days_are_quiet_in_either_order(
    shop: Account, order: tuple[int, int]
) -> None:
    paid(shop, "A1", when=at("23:59:58"))
    deliveries = (
        lambda: file_of(),
        lambda: file_of(line("A1", when=at("00:00:03", day=NEXT_DAY)), day=NEXT_DAY),
    )
    for place in order:
        deliveries[place]()
    assert (words(shop), words(shop, NEXT_DAY)) == ([], ["MATCHED"])
    assert Verdict.objects.get().date_drift


def test_a_refund_in_flight_waits_and_is_no_problem(shop: Account) -> None:
    refunded(paid(shop, "A1"), "R1", 300, state=RefundState.ACCEPTED)
    file_of(line("A1"))
    assert words(shop) == ["MATCHED", "AWAITING"]


def test_a_refund_confirmed_weeks_later_is_found_in_that_days_file(shop: Account) -> None:
    early = DAY - timedelta(days=30)
    payment = paid(shop, "A1", when=at("09:00:00", day=early))
    refunded(payment, "R1", 300, when=at("03:00:00"))
    file_of(line("R1", "3.00", kind="REFUND", when=at("03:00:00")))
    assert words(shop) == ["MATCHED"]


# ---- Theirs alone -----------------------------------------------------------------------------


def test_a_payment_we_never_heard_of_is_unknown_to_us(shop: Account) -> None:
    file_of(line("A1"))
    found = Discrepancy.objects.get()
    assert (found.word, found.payment, str(found.difference)) == ("MISSING_OURS", None, "USD 8.00")


def test_a_refund_made_at_alipays_portal_names_its_payment(shop: Account) -> None:
    payment = paid(shop, "A1")
    file_of(line("A1"), line("A1", "3.00", kind="REFUND", when=at("12:00:00")))
    found = Discrepancy.objects.get()
    assert (found.word, found.kind, found.payment) == ("MISSING_OURS", "REFUND", payment)
    assert found.theirs["reference"] == f"alipay:2024A1@{DAY:%Y%m%d}120000"


def test_a_portal_refund_with_a_number_of_its_own_is_known_by_it(shop: Account) -> None:
    paid(shop, "A1")
    file_of(line("A1"), line("A1", "3.00", kind="REFUND", alipay="7700"))
    assert Discrepancy.objects.get().theirs["reference"] == "alipay:7700"


def test_two_equal_partial_portal_refunds_are_two(shop: Account) -> None:
    paid(shop, "A1")
    file_of(
        line("A1"),
        line("A1", "3.00", kind="REFUND", when=at("12:00:00")),
        line("A1", "3.00", kind="REFUND", when=at("12:00:01")),
    )
    assert words(shop) == ["MATCHED", "MISSING_OURS", "MISSING_OURS"]
    assert Discrepancy.objects.count() == 2


@pytest.mark.parametrize("seconds", [("12:00:00", "12:00:40"), ("12:00:40", "12:00:00")])
def test_two_equal_portal_refunds_alipay_told_of_answer_for_one_line_each(
    shop: Account, seconds: tuple[str, str]
) -> None:
    payment = paid(shop, "A1")
    for number, second in enumerate(seconds):
        elsewhere.begin(
            payment, Money(300, "USD"), reference=f"alipay:77{number}", refunded_at=at(second)
        )
    lines = [line("A1", "3.00", kind="REFUND", when=at(second)) for second in seconds]
    file_of(line("A1"), *lines)
    assert words(shop) == ["MATCHED", "MISSING_OURS", "MISSING_OURS"]
    named = Verdict.objects.filter(kind="REFUND").order_by("line").values_list("refund", flat=True)
    assert list(named) == list(payment.refunds.order_by("pk").values_list("pk", flat=True))


def test_the_same_portal_refund_in_one_second_twice_may_be_split(shop: Account) -> None:
    paid(shop, "A1")
    refund = line("A1", "3.00", kind="REFUND", when=at("12:00:00"))
    file_of(line("A1"), refund, refund)
    assert words(shop) == ["MATCHED", "MISSING_OURS", "DUPLICATE_ROW"]
    assert Discrepancy.objects.get(word="DUPLICATE_ROW").theirs["reference"].endswith("#2")


def test_a_cancel_made_at_alipays_portal_names_its_payment(shop: Account) -> None:
    payment = paid(shop, "A1")
    file_of(line("A1"), line("A1", kind="CANCEL", when=at("10:00:00")))
    found = Discrepancy.objects.get()
    assert (found.word, found.kind, found.payment) == ("MISSING_OURS", "CANCEL", payment)


@pytest.mark.parametrize("kind", ["REFUND", "CANCEL"])
def test_money_back_without_any_payment_is_an_orphan(shop: Account, kind: str) -> None:
    file_of(line("A1", kind=kind))
    assert words(shop) == ["ORPHAN_REVERSAL"]


def test_money_back_of_a_payment_only_they_know_is_unknown_to_us(shop: Account) -> None:
    file_of(line("A1"), line("A1", kind="CANCEL"))
    assert words(shop) == ["MISSING_OURS", "MISSING_OURS"]


# ---- Twice ------------------------------------------------------------------------------------


def test_the_same_row_twice_is_matched_once(shop: Account) -> None:
    paid(shop, "A1")
    file_of(line("A1"), line("A1"))
    assert words(shop) == ["MATCHED", "DUPLICATE_ROW"]


def test_of_two_rows_that_differ_the_one_that_agrees_counts(shop: Account) -> None:
    paid(shop, "A1")
    file_of(line("A1", "9.00"), line("A1"))
    assert words(shop) == ["CONFLICTING_DUPLICATE", "MATCHED"]
    assert Discrepancy.objects.get().differing == ["amount"]


@pytest.mark.parametrize("days", [(DAY, NEXT_DAY), (NEXT_DAY, DAY)])
def test_a_row_repeated_in_the_next_days_file_is_there_twice_in_either_order(
    shop: Account, days: tuple[object, object]
) -> None:
    paid(shop, "A1", when=at("23:59:58"))
    for day in days:
        file_of(line("A1", when=at("23:59:58")), day=day)
    assert (words(shop), words(shop, NEXT_DAY)) == (["MATCHED"], ["DUPLICATE_ROW"])


# ---- Again ------------------------------------------------------------------------------------


def test_comparing_again_changes_nothing(shop: Account) -> None:
    paid(shop, "A1")
    file_of(line("A1", "9.00"), line("B1"))
    before = words(shop)
    books.compare(shop)
    assert words(shop) == before
    assert Discrepancy.objects.count() == 2


def test_what_a_later_delivery_brings_explains_what_was_missing(shop: Account) -> None:
    paid(shop, "A1")
    file_of()
    second = file_of(line("A1"))
    found = Discrepancy.objects.get()
    assert found.state == DiscrepancyState.EXPLAINED
    assert second.name in found.note
    assert [move.to_state for move in found.moves.all()] == ["OPEN", "EXPLAINED"]


def test_what_was_explained_and_is_found_again_is_open_again(shop: Account) -> None:
    paid(shop, "A1")
    file_of()
    file_of(line("A1"))
    file_of(line("B1"))
    missing = Discrepancy.objects.get(word="MISSING_THEIRS")
    assert missing.state == DiscrepancyState.OPEN
    assert missing.moves.count() == 3


def test_a_late_booking_explains_a_lost_payment_by_itself(shop: Account) -> None:
    file_of(line("A1"))
    paid(shop, "A1")
    books.compare_due()
    assert words(shop) == ["MATCHED"]
    assert not books.open_words(shop)


def test_a_late_booking_that_no_file_has_is_noticed_on_a_clean_day(shop: Account) -> None:
    paid(shop, "A1")
    file_of(line("A1"))
    paid(shop, "A2")
    books.compare_due()
    assert words(shop) == ["MATCHED", "MISSING_THEIRS"]


def test_a_vouched_file_lets_what_it_lacks_be_missing(shop: Account) -> None:
    paid(shop, "A1")
    file = file_of(stated=1)
    books.vouch(file)
    books.compare_due()
    assert words(shop) == ["MISSING_THEIRS"]


def test_a_question_about_an_amount_stands_on_the_worklist_until_it_is_settled(
    shop: Account,
) -> None:
    payment = paid(shop, "A1")
    books.ask_about_amount(payment)
    file_of(line("A1"))
    assert words(shop) == ["MATCHED", "AMOUNT_QUESTION"]
    books.settle(payment)
    books.compare(shop)
    assert not books.open_words(shop)


def _contract(account: Account, rate: str) -> None:
    account.fee_rate = rate
    account.save()
