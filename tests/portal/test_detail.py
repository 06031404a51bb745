"""One payment's page: money that adds up, everything that was said, and what may be done."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.models import AuditEntry, User
from payments.models import Notification, Payment
from payments.states import PaymentState, Question
from qrcodes.models import Counter, QRCode
from tests import factories
from tests.alipay_side import AlipaySide
from tests.portal.conftest import NOON, PayMaker

SignIn = Callable[[User], Client]


@pytest.fixture
def paid(code: QRCode, alipay: AlipaySide, carry: Callable[[], list[str]]) -> Payment:
    """A payment that a customer made on the phone."""
    alipay.pay(code.value, "12.50")
    carry()
    return Payment.objects.get()


def _text(client: Client, payment: Payment) -> str:
    response = client.get(payment.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def test_the_signed_string_is_shown_to_a_manager(
    paid: Payment, manager: User, signed_in: SignIn
) -> None:
    page = _text(signed_in(manager), paid)
    assert f"out_trade_no={paid.partner_trans_id}" in page
    assert Notification.objects.get().verified_with.fingerprint in page
    assert "holds" in page


def test_the_signed_string_is_not_shown_to_a_cashier(
    paid: Payment, cashier: User, signed_in: SignIn
) -> None:
    page = _text(signed_in(cashier), paid)
    assert "out_trade_no=" not in page
    assert "The signed evidence is shown to" in page


def test_a_body_changed_in_the_database_is_seen(
    paid: Payment, manager: User, signed_in: SignIn
) -> None:
    notification = Notification.objects.get()
    body = bytes(notification.body).replace(b"total_fee=12.50", b"total_fee=99.50")
    Notification.objects.update(body=body)
    assert "does not hold" in _text(signed_in(manager), paid)


def test_money_back_leaves_the_rest_with_the_shop(
    pay: PayMaker, manager: User, signed_in: SignIn
) -> None:
    payment = pay(10_000, refunded_minor=2_000, reserved_minor=500)
    response = signed_in(manager).get(payment.get_absolute_url())
    assert str(response.context["remains"]) == "USD 75.00"


@pytest.mark.parametrize(
    ("state", "sentence"),
    [
        (PaymentState.PAID, "hand over the goods"),
        (PaymentState.CONFIRMING, "hand over the goods"),
        (PaymentState.UNKNOWN, "Do not hand over the goods yet"),
        (PaymentState.PENDING, "Do not hand over the goods yet"),
        (PaymentState.CLOSED, "Nothing was charged"),
    ],
)
def test_each_state_tells_the_cashier_what_to_do(
    state: PaymentState, sentence: str, pay: PayMaker, cashier: User, signed_in: SignIn
) -> None:
    payment = pay(state=state, next_attempt_at=NOON)
    assert sentence in _text(signed_in(cashier), payment)


@pytest.mark.parametrize(
    ("columns", "sentence"),
    [
        ({"refunded_minor": 250}, "Paid, and USD 2.50 of it went back"),
        ({"refunded_minor": 250, "reserved_minor": 1000}, "do not hand over the goods"),
        ({"refunded_minor": 1250}, "do not hand over the goods"),
    ],
)
def test_goods_are_not_handed_over_for_money_that_goes_back(
    columns: dict[str, int], sentence: str, pay: PayMaker, cashier: User, signed_in: SignIn
) -> None:
    assert sentence in _text(signed_in(cashier), pay(**columns))


def test_asking_alipay_shows_its_answer(paid: Payment, cashier: User, signed_in: SignIn) -> None:
    client = signed_in(cashier)
    response = client.post(reverse("payment_ask", args=[paid.pk]), follow=True)
    page = response.content.decode()
    assert "Alipay says: paid. Paid: hand over the goods." in page
    assert "We asked Alipay about the payment: answered" in page
    assert AuditEntry.objects.filter(verb="ask_alipay").exists()


def test_no_answer_is_never_shown_as_failed(
    paid: Payment, alipay: AlipaySide, cashier: User, signed_in: SignIn
) -> None:
    alipay.switch("down")
    response = signed_in(cashier).post(reverse("payment_ask", args=[paid.pk]), follow=True)
    page = response.content.decode()
    assert "Alipay did not answer" in page
    assert "The payment stays paid" in page


def test_an_unknown_payment_without_an_answer_says_do_not_hand_over(
    pay: PayMaker, alipay: AlipaySide, cashier: User, signed_in: SignIn
) -> None:
    payment = pay(state=PaymentState.UNKNOWN, paid_at=None, next_attempt_at=NOON)
    alipay.switch("down")
    response = signed_in(cashier).post(reverse("payment_ask", args=[payment.pk]), follow=True)
    assert "Alipay did not answer" in response.content.decode()
    assert "Do not hand over the goods yet." in response.content.decode()


def test_an_auditor_sees_why_asking_is_closed(pay: PayMaker, signed_in: SignIn) -> None:
    page = _text(signed_in(factories.person(Role.AUDITOR)), pay())
    assert "Asking Alipay is for" in page
    assert "Ask Alipay now" not in page


def test_a_question_is_settled_with_a_note(pay: PayMaker, manager: User, signed_in: SignIn) -> None:
    payment = pay(question=Question.PLACE_DIFFERS, question_since=NOON)
    url = reverse("payment_settle", args=[payment.pk])
    signed_in(manager).post(url, {"note": "Paid at the second till."})
    payment.refresh_from_db()
    assert payment.question == ""
    assert AuditEntry.objects.get(verb="settle_question").details["note"]


def test_a_question_is_not_settled_without_a_note(
    pay: PayMaker, manager: User, signed_in: SignIn
) -> None:
    payment = pay(question=Question.PLACE_DIFFERS, question_since=NOON)
    url = reverse("payment_settle", args=[payment.pk])
    assert signed_in(manager).post(url, {"note": " "}).status_code == 400
    payment.refresh_from_db()
    assert payment.question == Question.PLACE_DIFFERS


def test_settling_twice_says_there_is_nothing_left(
    pay: PayMaker, manager: User, signed_in: SignIn
) -> None:
    url = reverse("payment_settle", args=[pay().pk])
    response = signed_in(manager).post(url, {"note": "Again."}, follow=True)
    assert "no open question" in response.content.decode()


def test_an_unplaced_payment_is_placed_by_finance(
    pay: PayMaker, finance: User, counter: Counter, signed_in: SignIn
) -> None:
    payment = pay(store=None, counter=None)
    url = reverse("payment_place", args=[payment.pk])
    signed_in(finance).post(url, {"counter": counter.pk})
    payment.refresh_from_db()
    assert payment.counter == counter


def test_a_counter_that_is_not_there_places_nothing(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    payment = pay(store=None, counter=None)
    url = reverse("payment_place", args=[payment.pk])
    assert signed_in(finance).post(url, {"counter": 999_999}).status_code == 400


def test_a_page_of_many_events_reads_as_much_as_one_of_few(
    paid: Payment,
    manager: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    client = signed_in(manager)
    for _ in range(5):
        client.post(reverse("payment_ask", args=[paid.pk]))
    with django_assert_max_num_queries(12):  # type: ignore[attr-defined]
        client.get(paid.get_absolute_url())
