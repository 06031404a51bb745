"""Is this payment real? What a counter is told of what a customer shows."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.accounts.models import Account
from merchant_portal.models import User
from payments.models import Lookup, Payment
from payments.recognising import Shown, _at_stores
from payments.states import PaymentState, Question
from qrcodes import services as codes
from qrcodes.models import Counter, QRCode, Store
from tests import factories
from tests.alipay_side import AlipaySide
from tests.portal.conftest import NOON, PayMaker

SignIn = Callable[[User], Client]
Look = Callable[..., str]
UNKNOWN = "2026031822001111000000000001"


@pytest.fixture
def look(counter: Counter, cashier: User, signed_in: SignIn) -> Look:
    """The page's answer at the counter, at noon, for its cashier."""
    client = signed_in(cashier)

    def answer(number: str, amount: str = "", **more: object) -> str:
        with time_machine.travel(more.pop("at", NOON), tick=False):  # type: ignore[arg-type]
            response = client.get(_url(counter), {"number": number, "amount": amount})
        return response.content.decode()

    return answer


@pytest.fixture
def second(counter: Counter) -> Counter:
    return factories.counter(counter.store, number=2)


def _url(counter: Counter) -> str:
    return reverse("counter_real", args=[counter.pk])


def test_a_whole_number_paid_here_is_green_with_its_time(pay: PayMaker, look: Look) -> None:
    payment = pay(occurred_at=NOON - timedelta(minutes=3))
    page = look(payment.alipay_trans_id)
    assert "Paid at this counter" in page
    assert "genuine-good" in page
    assert "11:57:00" in page
    assert "USD 12.50" in page


def test_the_merchant_order_number_finds_it_too(pay: PayMaker, look: Look) -> None:
    assert "genuine-good" in look(pay().partner_trans_id)


@pytest.mark.parametrize("digits", [1, 2, 3, 4, 6])
def test_last_digits_and_the_amount_are_enough(digits: int, pay: PayMaker, look: Look) -> None:
    payment = pay()
    assert "genuine-good" in look(payment.alipay_trans_id[-digits:], "12.50")


def test_last_digits_alone_are_enough(pay: PayMaker, look: Look) -> None:
    assert "genuine-good" in look(pay().alipay_trans_id[-4:])


def test_digits_as_a_hand_writes_them_are_understood(pay: PayMaker, look: Look) -> None:
    number = pay().alipay_trans_id
    assert "genuine-good" in look(f" {number[:27]} \uff11\t")


def test_several_that_fit_are_all_shown(pay: PayMaker, look: Look) -> None:
    pay(alipay_trans_id="2026031822001111000000001234")
    pay(alipay_trans_id="2026031822001111000000991234")
    page = look("1234")
    assert "2 payments fit" in page
    assert page.count("genuine-good") == 2


def test_the_amount_chooses_among_the_same_digits(pay: PayMaker, look: Look) -> None:
    pay(1250, alipay_trans_id="2026031822001111000000001234")
    pay(1300, alipay_trans_id="2026031822001111000000991234")
    page = look("1234", "13")
    assert page.count("genuine-good") == 1
    assert "USD 13.00" in page


def test_another_amount_than_typed_is_orange(pay: PayMaker, look: Look) -> None:
    page = look(pay(1250).alipay_trans_id, "125.00")
    assert "genuine-warn" in page
    assert "another amount" in page


def test_yen_have_no_cents(pay: PayMaker, look: Look) -> None:
    payment = pay(1250, currency="JPY")
    assert "genuine-good" in look(payment.alipay_trans_id[-2:], "1250")
    assert "Not arrived yet" in look(payment.alipay_trans_id[-2:], "12.50")


def test_another_counter_of_the_store_is_orange_and_named(
    pay: PayMaker, look: Look, second: Counter
) -> None:
    page = look(pay(counter=second).alipay_trans_id)
    assert "Paid at another counter" in page
    assert "Counter 2" in page
    assert "genuine-good" not in page


def test_four_last_digits_find_another_counter(pay: PayMaker, look: Look, second: Counter) -> None:
    payment = pay(counter=second)
    assert "Paid at another counter" in look(payment.alipay_trans_id[-4:])
    assert "Not arrived yet" in look(payment.alipay_trans_id[-3:])


def test_a_store_one_does_not_see_is_not_named(pay: PayMaker, look: Look, counter: Counter) -> None:
    other = factories.counter(factories.store(code="HIDDEN", merchant=counter.store.merchant))
    payment = pay(store=other.store, counter=other)
    page = look(payment.alipay_trans_id)
    assert "Paid elsewhere" in page
    for told in ("HIDDEN", "12.50", payment.get_absolute_url()):
        assert told not in page
    assert "Not arrived yet" in look(payment.alipay_trans_id[-4:])


def test_a_payment_of_no_known_counter_is_orange(pay: PayMaker, look: Look) -> None:
    page = look(pay(store=None, counter=None).alipay_trans_id)
    assert "at which counter is not known" in page
    assert "12.50" not in page


def test_yesterdays_payment_is_orange_and_says_when(pay: PayMaker, look: Look) -> None:
    page = look(pay(occurred_at=NOON - timedelta(days=1)).alipay_trans_id)
    assert "but not today" in page
    assert "17 Mar 2026" in page


def test_a_payment_just_before_midnight_is_green_just_after(pay: PayMaker, look: Look) -> None:
    midnight = NOON + timedelta(hours=12)
    payment = pay(occurred_at=midnight - timedelta(minutes=2))
    assert "genuine-good" in look(payment.alipay_trans_id, at=midnight + timedelta(minutes=2))
    assert "but not today" in look(payment.alipay_trans_id, at=midnight + timedelta(hours=1))


@pytest.mark.parametrize(
    ("terms", "told"),
    [
        ({"refunded_minor": 1250}, "The money went back"),
        ({"refunded_minor": 250}, "USD 2.50 of it went back"),
        ({"reserved_minor": 1250}, "is to go back"),
        ({"state": PaymentState.CANCELLED, "cancelled_minor": 1250}, "Cancelled"),
        ({"frozen": True}, "Alipay holds this payment"),
        ({"question": Question.STATUS_DIFFERS, "question_since": NOON}, "asked, Alipay says"),
    ],
)
def test_what_is_paid_but_not_good_is_orange(
    terms: dict[str, object], told: str, pay: PayMaker, look: Look
) -> None:
    page = look(pay(**terms).alipay_trans_id)
    assert told in page
    assert "genuine-warn" in page
    assert "genuine-good" not in page


@pytest.mark.parametrize("state", [PaymentState.PENDING, PaymentState.UNKNOWN, PaymentState.CLOSED])
def test_what_is_not_paid_is_grey(state: PaymentState, pay: PayMaker, look: Look) -> None:
    page = look(pay(state=state, paid_at=None, next_attempt_at=NOON).alipay_trans_id)
    assert "genuine-quiet" in page
    assert "Paid at" not in page


def test_a_payment_being_confirmed_is_green(pay: PayMaker, look: Look) -> None:
    payment = pay(state=PaymentState.CONFIRMING, next_attempt_at=NOON)
    assert "genuine-good" in look(payment.alipay_trans_id)


def test_what_nobody_knows_is_grey_and_can_be_asked(
    look: Look, counter: Counter, account: Account
) -> None:
    page = look(UNKNOWN)
    assert "Not arrived yet" in page
    assert "genuine-bad" not in page
    assert f'action="{reverse("counter_real_ask", args=[counter.pk])}"' in page


def test_last_digits_cannot_be_asked_about(look: Look, account: Account) -> None:
    page = look("4711")
    assert "Not arrived yet" in page
    assert "Ask Alipay now" not in page


def test_the_field_is_empty_and_has_the_cursor_for_the_next(pay: PayMaker, look: Look) -> None:
    field = look(pay().alipay_trans_id).partition('name="number"')[2].partition(">")[0]
    assert "autofocus" in field
    assert "value=" not in field


@pytest.mark.parametrize("number", ["", "  ", "x" * 200])
def test_nonsense_is_refused_at_the_form(
    number: str, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    response = signed_in(cashier).get(_url(counter), {"number": number})
    assert response.status_code == 400
    assert 'role="alert"' in response.content.decode()


def test_an_open_answer_says_nothing_twice(
    counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    client = signed_in(cashier)
    version = client.get(_url(counter), {"number": UNKNOWN}).context["version"]
    asked = {"number": UNKNOWN, "seen": version}
    assert client.get(_url(counter), asked, headers={"HX-Request": "true"}).status_code == 204


def test_an_open_answer_turns_green_when_the_notification_comes(
    code: QRCode, alipay: AlipaySide, carry: Callable[[], list[str]], look: Look
) -> None:
    trade = alipay.pay(code.value, "12.50")
    assert 'hx-trigger="every 2s"' in look(trade["trade_no"])
    carry()
    page = look(trade["trade_no"], at=Payment.objects.get().occurred_at)
    assert "genuine-good" in page
    assert "hx-trigger" not in page


# ---- Asking ------------------------------------------------------------------------------------


def _ask(client: Client, counter: Counter, number: str, **more: str) -> str:
    url = reverse("counter_real_ask", args=[counter.pk])
    return client.post(url, {"number": number, **more}, follow=True).content.decode()


def test_asking_finds_a_payment_no_notification_told_of(
    code: QRCode, alipay: AlipaySide, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    trade = alipay.pay(code.value, "12.50")
    page = _ask(signed_in(cashier), counter, trade["trade_no"])
    assert "Paid at this counter" in page
    assert "No notification has named the counter" in page
    assert Payment.objects.get().counter == counter


@pytest.mark.usefixtures("code")
def test_one_denial_is_grey_and_the_second_is_red(
    counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    client = signed_in(cashier)
    first = _ask(client, counter, UNKNOWN)
    second = _ask(client, counter, UNKNOWN)
    assert "Not arrived yet" in first
    assert "Not ours" not in first
    assert "Not ours" in second
    assert Lookup.objects.count() == 1


@pytest.mark.usefixtures("code")
def test_silence_is_never_red(
    alipay: AlipaySide, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    client = signed_in(cashier)
    alipay.switch("http_500")
    for _attempt in range(3):
        page = _ask(client, counter, UNKNOWN)
    assert "Alipay has not answered" in page
    assert "Not ours" not in page


@pytest.mark.usefixtures("code")
def test_a_denied_order_number_is_never_red(
    counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    client = signed_in(cashier)
    for _attempt in range(3):
        page = _ask(client, counter, "20260318220011110000")
    assert "does not know it as a merchant order number" in page
    assert "Not ours" not in page


@pytest.mark.usefixtures("code")
def test_a_denial_under_one_of_two_accounts_is_not_red(
    hk_account: Account, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    codes.enrol_counter(counter, account=hk_account, actor=factories.ACTOR)
    client = signed_in(cashier)
    for _attempt in range(3):
        page = _ask(client, counter, UNKNOWN)
    assert "商戶訂單號" in page or "Merchant order number" in page
    assert "Not ours" not in page


@pytest.mark.usefixtures("code")
def test_an_ended_question_is_asked_anew(
    alipay: AlipaySide, code: QRCode, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    client = signed_in(cashier)
    _ask(client, counter, UNKNOWN)
    Lookup.objects.update(state="NOT_FOUND", next_attempt_at=None)
    assert "Not ours" in client.get(_url(counter), {"number": UNKNOWN}).content.decode()
    trade = alipay.pay(code.value, "12.50")
    Lookup.objects.update(alipay_trans_id=trade["trade_no"])
    assert "Paid at this counter" in _ask(client, counter, trade["trade_no"])


def test_what_waits_for_the_buyer_is_asked_about(
    code: QRCode, pay: PayMaker, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    payment = pay(state=PaymentState.UNKNOWN, paid_at=None, next_attempt_at=NOON)
    page = _ask(signed_in(cashier), counter, payment.alipay_trans_id)
    assert "Alipay does not know this payment yet" in page
    assert not Lookup.objects.exists()


@pytest.mark.usefixtures("code")
def test_last_digits_are_not_sent_to_alipay(
    counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    _ask(signed_in(cashier), counter, "4711")
    assert not Lookup.objects.exists()


# ---- Doors -------------------------------------------------------------------------------------


def test_the_page_is_not_there_for_an_outsider(
    counter: Counter, outsider: User, signed_in: SignIn
) -> None:
    client = signed_in(outsider)
    asked = reverse("counter_real_ask", args=[counter.pk])
    assert client.get(_url(counter)).status_code == 404
    assert client.post(asked, {"number": UNKNOWN}).status_code == 404


def test_the_page_sends_the_signed_out_to_the_sign_in(counter: Counter, client: Client) -> None:
    for url in (_url(counter), reverse("payment_real")):
        assert client.get(url).headers["Location"].startswith(reverse("account_login"))


def test_wrong_methods_are_refused(counter: Counter, cashier: User, signed_in: SignIn) -> None:
    client = signed_in(cashier)
    assert client.post(_url(counter)).status_code == 405
    assert client.get(reverse("counter_real_ask", args=[counter.pk])).status_code == 405


def test_an_auditor_looks_and_does_not_ask(
    counter: Counter, account: Account, signed_in: SignIn
) -> None:
    client = signed_in(factories.person(Role.AUDITOR))
    page = client.get(_url(counter), {"number": UNKNOWN}).content.decode()
    assert "Asking Alipay is for" in page
    asked = reverse("counter_real_ask", args=[counter.pk])
    assert client.post(asked, {"number": UNKNOWN}).status_code == 403


def test_who_has_one_counter_is_led_there(
    counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    response = signed_in(cashier).get(reverse("payment_real"))
    assert response.headers["Location"] == _url(counter)


def test_who_has_several_counters_chooses(
    counter: Counter, second: Counter, cashier: User, signed_in: SignIn
) -> None:
    client = signed_in(cashier)
    assert client.get(reverse("payment_real")).status_code == 200
    response = client.get(reverse("payment_real"), {"counter": second.pk})
    assert response.headers["Location"] == _url(second)


def test_a_counter_of_somebody_else_cannot_be_chosen(
    counter: Counter, second: Counter, cashier: User, signed_in: SignIn
) -> None:
    other = factories.counter(Store.objects.get(pk=factories.other_store().pk))
    response = signed_in(cashier).get(reverse("payment_real"), {"counter": other.pk})
    assert response.status_code == 200


# ---- Cost --------------------------------------------------------------------------------------


def test_an_answer_from_the_ledger_costs_few_questions(
    pay: PayMaker,
    counter: Counter,
    cashier: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    client, payment = signed_in(cashier), pay()
    with django_assert_max_num_queries(10):  # type: ignore[attr-defined]
        client.get(_url(counter), {"number": payment.alipay_trans_id})


@pytest.mark.skipif(connection.vendor != "postgresql", reason="asks PostgreSQL for its plan")
def test_last_digits_at_every_store_walk_an_index(counter: Counter) -> None:
    rows = Payment.objects.filter(occurred_at__gte=NOON)
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = _at_stores(rows, Shown("4711"), [counter.store]).explain()
    assert "payment_last_digits" in plan
