"""A scan of the customer's code: from plainly paid to never answered."""

import pytest
from pytest_django import Settings

from merchant_portal.accounts.models import Account, CallOutcome, GatewayCall
from merchant_portal.alipay.messages import PaymentCode
from payments import services as payments
from payments.errors import SaleRefused
from payments.models import Payment, Sale
from payments.sale_sentences import refusal_sentence
from payments.selling import SaleOutcome
from payments.services.sale_refusals import FINAL
from payments.states import CancelState, PaymentState, Question
from qrcodes.errors import KeyReused
from qrcodes.services.idempotency import RequestKey
from tests import factories
from tests.factories import ACTOR
from tests.sales.till import Till

pytestmark = pytest.mark.django_db

#: Mishaps after which nobody here knows whether Alipay has charged the customer; it has.
DONE_IN_SILENCE = ("done_but_no_answer", "half", "wrongly_signed")
#: The same where it has not.
SILENT = ("http_500", "html", "down")
#: Seconds until a cancel has been tried to the end: that the JSON API knows none counts then.
UNTIL_AGREED = 115


# ---- Paid -------------------------------------------------------------------------------------


def test_a_scan_is_paid_at_once(till: Till) -> None:
    sale = till.scan("12.50")
    assert (till.outcome(sale), till.entries(sale)) == (SaleOutcome.PAID, ["PAYMENT"])
    paid = till.payment(sale)
    assert (paid.counter, paid.store, str(paid.amount)) == (
        till.counter,
        till.counter.store,
        "USD 12.50",
    )


def test_a_code_of_24_digits_is_paid(till: Till) -> None:
    sale = till.scan(shown=till.show_code(length="24"))
    assert till.outcome(sale) == SaleOutcome.PAID
    assert len(sale.code_hint) == 24


def test_in_hong_kong_the_wallet_is_told(hk_till: Till) -> None:
    sale = hk_till.scan("88.00", shown=hk_till.show_code(wallet="ALIPAYHK"))
    assert (hk_till.outcome(sale), hk_till.payment(sale).wallet) == (SaleOutcome.PAID, "ALIPAYHK")


def test_the_password_is_waited_for(till: Till) -> None:
    sale = till.scan(shown=till.show_code(outcome="waiting"))
    assert till.outcome(sale) == SaleOutcome.WAITING
    till.run(20)
    till.press("pay")
    till.run(4)
    assert (till.outcome(sale), till.entries(sale)) == (SaleOutcome.PAID, ["PAYMENT"])


def test_while_the_customer_types_alipay_is_asked_every_three_seconds(till: Till) -> None:
    till.scan(shown=till.show_code(outcome="waiting"))
    till.run(30)
    assert till.called("query") == 10


@pytest.mark.parametrize("silence", DONE_IN_SILENCE)
def test_a_lost_answer_of_a_paid_scan_is_found_by_asking(till: Till, silence: str) -> None:
    till.break_call(silence, times=1, call="pay")
    sale = till.scan()
    assert (till.outcome(sale), till.payment(sale).state) == (
        SaleOutcome.WAITING,
        PaymentState.UNKNOWN,
    )
    till.run(4)
    assert (till.outcome(sale), till.entries(sale)) == (SaleOutcome.PAID, ["PAYMENT"])
    assert len(till.alipay.books("orders")) == 1


def test_one_answer_that_there_is_no_such_payment_proves_nothing(till: Till) -> None:
    till.break_call("done_but_no_answer", times=1, call="pay")
    till.break_call("refused", till.words.not_there, times=2, call="query")
    sale = till.scan()
    till.run(7)
    assert till.outcome(sale) == SaleOutcome.WAITING
    till.run(3)
    assert till.outcome(sale) == SaleOutcome.PAID


def test_a_notice_before_the_next_question_says_it_too(till: Till) -> None:
    till.break_call("done_but_no_answer", times=1, call="pay")
    sale = till.scan()
    assert till.carry() == [True]
    assert (till.outcome(sale), till.entries(sale)) == (SaleOutcome.PAID, ["PAYMENT"])
    till.run(10)
    assert (till.outcome(sale), till.entries(sale)) == (SaleOutcome.PAID, ["PAYMENT"])


def test_a_notice_after_it_is_known_to_be_paid_changes_nothing(till: Till) -> None:
    sale = till.scan()
    assert till.carry() == [True]
    assert (till.outcome(sale), till.entries(sale), till.payment(sale).question) == (
        SaleOutcome.PAID,
        ["PAYMENT"],
        "",
    )


@pytest.mark.parametrize("mishap", ["other_amount", "without_optional"])
def test_a_notice_is_held_against_the_amount_the_shop_named(till: Till, mishap: str) -> None:
    till.alipay.switch(mishap, None, times=1)
    till.break_call("done_but_no_answer", times=1, call="pay")
    sale = till.scan("12.50")
    assert till.carry() == [True]
    asked = Question.AMOUNT_DIFFERS if mishap == "other_amount" else ""
    assert (till.payment(sale).question, str(till.payment(sale).amount)) == (asked, "USD 12.50")


# ---- Not paid ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("outcome", "codes"),
    [
        ("not_enough_money", {"BUYER_BALANCE_NOT_ENOUGH", "USER_BALANCE_NOT_ENOUGH"}),
        ("over_limit", {"BUYER_PAYMENT_AMOUNT_DAY_LIMIT_ERROR", "USER_AMOUNT_EXCEED_LIMIT"}),
        ("risk", {"PAYMENT_FAIL", "RISK_REJECT"}),
    ],
)
def test_a_refusal_closes_the_sale_and_is_kept(till: Till, outcome: str, codes: set[str]) -> None:
    sale = till.scan(shown=till.show_code(outcome=outcome))
    assert (till.outcome(sale), sale.refusal in codes) == (SaleOutcome.REFUSED, True)
    till.run(20)
    assert (till.outcome(sale), till.entries(sale)) == (SaleOutcome.REFUSED, [])
    assert till.called("cancel") == 0


def test_an_unsigned_refusal_ends_a_first_attempt(till: Till) -> None:
    till.break_call("error_unsigned", till.words.unsigned, times=1, call="pay")
    sale = till.scan()
    assert (till.outcome(sale), sale.refusal) == (SaleOutcome.REFUSED, till.words.unsigned)


def test_a_word_nobody_knows_is_confirmed_before_it_is_believed(till: Till) -> None:
    till.break_call("refused", "SOMETHING_NEW", times=1, call="pay")
    sale = till.scan()
    assert till.outcome(sale) == SaleOutcome.WAITING
    till.run(4)
    assert (till.outcome(sale), sale.refusal) == (SaleOutcome.REFUSED, "SOMETHING_NEW")


def test_a_word_nobody_knows_about_what_was_paid_closes_nothing(till: Till) -> None:
    till.break_call("done_but_no_answer", times=1, call="pay")
    sale = till.scan()
    Sale.objects.filter(pk=sale.pk).update(refusal="SOMETHING_NEW")
    till.run(4)
    assert till.outcome(sale) == SaleOutcome.PAID


def test_a_gateway_that_cannot_be_reached_has_charged_nobody(till: Till) -> None:
    Account.objects.update(gateway_url="http://127.0.0.1:9/gateway.do")
    Account.objects.exclude(json_url="").update(json_url="http://127.0.0.1:9")
    till.account.refresh_from_db()
    sale = till.scan()
    assert (till.outcome(sale), sale.refusal) == (SaleOutcome.REFUSED, "NOT_SENT")


def test_who_never_types_the_password_has_not_paid(till: Till) -> None:
    sale = till.scan(shown=till.show_code(outcome="waiting"))
    till.run(61)
    assert (till.outcome(sale), till.entries(sale)) == (SaleOutcome.NOT_PAID, [])
    assert till.cancel(sale).state == CancelState.CLOSED
    assert till.alipay.books("trades")[-1]["status"] == "TRADE_CLOSED"


def test_who_presses_cancel_on_the_phone_has_not_paid(till: Till) -> None:
    sale = till.scan(shown=till.show_code(outcome="waiting"))
    till.press("cancel")
    till.run(4)
    assert till.outcome(sale) in {SaleOutcome.NOT_PAID, SaleOutcome.REFUSED}
    assert till.called("cancel") == 0


@pytest.mark.parametrize("silence", SILENT)
def test_a_scan_that_never_arrived_is_asked_about_and_then_closed(till: Till, silence: str) -> None:
    till.break_call(silence, times=1, call="pay")
    sale = till.scan()
    till.run(58)
    assert till.outcome(sale) == SaleOutcome.WAITING
    till.run(UNTIL_AGREED)
    assert (till.outcome(sale), till.entries(sale)) == (SaleOutcome.NOT_PAID, [])
    assert till.cancel(sale).state == CancelState.CLOSED


def test_unknown_is_not_failed(till: Till) -> None:
    till.break_call("refused", "SYSTEM_ERROR", times=1, call="pay")
    sale = till.scan()
    assert (till.outcome(sale), sale.refusal) == (SaleOutcome.WAITING, "")
    till.run(60 + UNTIL_AGREED)
    assert till.outcome(sale) == SaleOutcome.NOT_PAID


@pytest.mark.parametrize("silence", [*SILENT, *DONE_IN_SILENCE])
def test_a_scan_is_never_sent_twice(till: Till, silence: str) -> None:
    till.break_call(silence, times=3, call="pay")
    till.scan()
    till.run(120)
    assert till.called("pay") == 1


# ---- Refused here -----------------------------------------------------------------------------


def test_a_store_that_is_not_enrolled_does_not_sell(till: Till) -> None:
    elsewhere = factories.counter(factories.store(code="HILL"))
    with pytest.raises(SaleRefused, match="not enrolled"):
        payments.sell_by_code(
            elsewhere,
            under=till.enrolment,
            amount=till.money("12.50"),
            code=till.show_code(),
            description="",
            actor=ACTOR,
        )
    assert not Payment.objects.exists()


def test_what_alipay_could_not_take_is_refused_before_anything_is_kept(till: Till) -> None:
    with pytest.raises(SaleRefused, match="Nothing was sent"):
        till.scan(description="x" * 257)
    assert not Payment.objects.exists()
    assert till.called("pay") == 0


def test_without_a_key_nothing_is_sold(till: Till) -> None:
    till.account.keys.all().delete()
    assert payments.sale_enrolments(till.counter, "barcode") == []
    with pytest.raises(SaleRefused, match="Nothing was sent"):
        till.scan()
    assert not Payment.objects.exists()


def test_accounts_that_sell_are_those_the_store_is_enrolled_under(till: Till) -> None:
    assert payments.sale_enrolments(till.counter, "barcode") == [till.enrolment]
    assert payments.sale_enrolments(till.counter, "merchant_qr") == []
    elsewhere = factories.counter(factories.store(code="HILL"))
    assert payments.sale_enrolments(elsewhere, "order_code") == []


# ---- Asked twice ------------------------------------------------------------------------------


def test_the_same_request_again_is_the_same_sale(till: Till) -> None:
    key = RequestKey("person:1", "k1", "12.50")
    first = till.scan(request=key)
    assert till.scan(request=key) == first
    assert till.called("pay") == 1


def test_the_same_key_for_something_else_is_refused(till: Till) -> None:
    till.scan(request=RequestKey("person:1", "k1", "12.50"))
    with pytest.raises(KeyReused):
        till.scan("9.00", request=RequestKey("person:1", "k1", "9.00"))
    assert Payment.objects.count() == 1


# ---- The customer's code ----------------------------------------------------------------------


@pytest.mark.parametrize("mishap", ["", "refused", "http_500", "half", "error_unsigned"])
def test_the_code_is_kept_nowhere(
    till: Till, mishap: str, caplog: pytest.LogCaptureFixture, settings: Settings
) -> None:
    if mishap:
        till.break_call(mishap, times=1, call="pay")
    code = till.show_code()
    sale = till.scan(shown=code)
    (call,) = GatewayCall.objects.filter(service=till.words.pay)
    kept = f"{call.presign} {bytes(call.body)!r} {call.url} {call.code} {sale.__dict__}"
    kept += f" {sale.payment.__dict__} {caplog.text}"
    assert code.reveal() not in kept
    assert sale.code_hint == code.shown
    assert code.shown in call.presign


def test_a_code_is_no_number(till: Till) -> None:
    with pytest.raises(Exception, match="payment_code"):
        till.scan(shown=PaymentCode.scanned("12345"))


def test_an_unanswered_call_is_recorded_as_such(till: Till) -> None:
    till.break_call("done_but_no_answer", times=1, call="pay")
    till.scan()
    assert GatewayCall.objects.get(service=till.words.pay).outcome == CallOutcome.NO_ANSWER


# ---- What people are told ---------------------------------------------------------------------


@pytest.mark.parametrize("code", sorted(FINAL))
def test_every_refusal_that_ends_a_sale_has_a_sentence(code: str) -> None:
    assert code not in refusal_sentence(code)


def test_a_word_nobody_knows_is_shown_as_it_is() -> None:
    assert "SOMETHING_NEW" in refusal_sentence("SOMETHING_NEW")
