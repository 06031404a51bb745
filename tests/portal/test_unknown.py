"""The desk of what is unknown: what stands there, for whom, and what it advises."""

from collections.abc import Callable, Iterator

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal import clock
from merchant_portal.access import Role
from merchant_portal.models import User
from merchant_portal.views.unknown_advice import State, advice_for
from merchant_portal.views.unknown_rows import MOST_SHOWN
from payments.models import Cancel, Lookup, Payment
from payments.states import CancelState, LookupState, PaymentState, Question
from payments.tasks import submit_due_cancels
from qrcodes import services as codes
from qrcodes.models import Counter, QRCode
from qrcodes.states import CodeState
from refunds.models import Refund
from refunds.states import RefundState
from refunds.tasks import submit_due_refunds
from tests import factories
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.portal.conftest import NOON, PayMaker
from tests.refunds.giving import CANCEL, REFUND, ask_for, ask_for_cancel

SignIn = Callable[[User], Client]
URL = "/unknown/"


@pytest.fixture
def paid(code: QRCode, alipay: AlipaySide, carry: Callable[[], list[str]]) -> Payment:
    alipay.pay(code.value, "12.50")
    carry()
    return Payment.objects.get()


def _page(client: Client) -> str:
    response = client.get(URL)
    assert response.status_code == 200
    return response.content.decode()


# ---- Advice -------------------------------------------------------------------------------------


def _every_state() -> Iterator[State]:
    for states in (PaymentState, RefundState, CancelState, LookupState, CodeState):
        yield from states


@pytest.mark.parametrize("state", list(_every_state()), ids=lambda s: f"{type(s).__name__}-{s}")
def test_every_state_has_one_sentence(state: State) -> None:
    said = advice_for(state)
    assert said.endswith(".")
    assert "fail" not in said.lower()


@pytest.mark.parametrize(
    ("state", "advice"),
    [
        (PaymentState.PENDING, "Do not hand over the goods yet"),
        (PaymentState.UNKNOWN, "Do not hand over the goods yet"),
        (PaymentState.CONFIRMING, "Paid: hand over"),
        (PaymentState.PAID, "Paid: hand over"),
        (PaymentState.CLOSED, "Safe: nothing was charged"),
        (PaymentState.CANCELLED, "Do not hand over"),
        (LookupState.ASKING, "Do not hand over the goods yet"),
        (LookupState.UNANSWERED, "Do not hand over the goods yet"),
        (LookupState.NOT_FOUND, "Do not hand over"),
        (RefundState.SUBMITTED, "may have gone back: do not pay it out in cash"),
        (RefundState.UNKNOWN, "may have gone back: do not pay it out in cash"),
        (RefundState.ACCEPTED, "do not pay it out in cash"),
        (RefundState.REFUNDED, "do not pay it out in cash"),
        (RefundState.FAILED, "Nothing has left"),
        (CancelState.UNKNOWN, "may have gone back: do not pay it out in cash"),
        (CancelState.REFUSED, "Nothing has left"),
        (CodeState.CREATING, "Do not print"),
    ],
)
def test_the_advice_keeps_goods_and_cash_safe(state: State, advice: str) -> None:
    assert advice in advice_for(state)


# ---- What stands there --------------------------------------------------------------------------


def test_nothing_unknown_is_said(cashier: User, signed_in: SignIn) -> None:
    assert "Nothing is unknown" in _page(signed_in(cashier))


@pytest.mark.parametrize("state", ["PENDING", "UNKNOWN", "CONFIRMING"])
def test_a_payment_that_is_not_known_yet_stands_there(
    state: str, pay: PayMaker, cashier: User, signed_in: SignIn
) -> None:
    pay(state=state, paid_at=None, next_attempt_at=NOON, attempts=3)
    page = _page(signed_in(cashier))
    assert advice_for(PaymentState(state)) in page
    assert "3 attempts" in page
    assert "next by itself" in page


def test_what_is_known_does_not(pay: PayMaker, cashier: User, signed_in: SignIn) -> None:
    pay()
    pay(state=PaymentState.CLOSED, paid_at=None)
    assert "Nothing is unknown" in _page(signed_in(cashier))


def test_a_refund_without_an_answer_is_never_called_failed(
    paid: Payment, alipay: AlipaySide, cashier: User, signed_in: SignIn
) -> None:
    alipay.switch("done_but_no_answer", times=1, service=REFUND)
    ask_for(paid, "2.00", ACTOR)
    submit_due_refunds()
    page = _page(signed_in(cashier))
    assert "The money may have gone back: do not pay it out in cash." in page
    assert "We sent the refund to Alipay: no answer" in page
    assert "ailed" not in page


def test_a_cancel_without_an_answer_stands_there(
    paid: Payment, alipay: AlipaySide, cashier: User, signed_in: SignIn
) -> None:
    alipay.switch("down", times=1, service=CANCEL)
    ask_for_cancel(paid, ACTOR)
    submit_due_cancels()
    assert "do not pay it out in cash" in _page(signed_in(cashier))
    assert Cancel.objects.get().state == CancelState.UNKNOWN


def test_an_unanswered_question_stands_there_with_who_asked(
    code: QRCode, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    Lookup.objects.create(
        account=code.enrolment.account,
        counter=counter,
        partner_trans_id="770001",
        state=LookupState.UNANSWERED,
        asked_by="cashier of the day",
        asked_at=clock.now(),
    )
    page = _page(signed_in(cashier))
    assert "770001" in page
    assert "Somebody must look: cashier of the day" in page


def test_a_code_without_an_answer_stands_there(
    code: QRCode, alipay: AlipaySide, manager: User, signed_in: SignIn
) -> None:
    alipay.switch("down")
    other = codes.enrol_counter(
        factories.counter(code.enrolment.store, number=2),
        account=code.enrolment.account,
        actor=ACTOR,
    )
    made = codes.send_code(codes.make_code(other, actor=ACTOR))
    page = _page(signed_in(manager))
    assert advice_for(CodeState(made.state)) in page
    assert reverse("code_send_again", args=[made.pk]) in page


def test_when_nobody_asks_by_itself_any_more_it_says_who_must(
    pay: PayMaker, finance: User, cashier: User, signed_in: SignIn
) -> None:
    stuck = {"paid_at": None, "question": Question.NO_ANSWER, "question_since": NOON}
    pay(state=PaymentState.UNKNOWN, **stuck)
    pay(state=PaymentState.UNKNOWN, question_owner=finance, **stuck)
    page = _page(signed_in(cashier))
    assert "Somebody must look: Store manager, Finance, Administrator" in page
    assert "Somebody must look: finance" in page


def test_who_waits_longest_stands_first(pay: PayMaker, cashier: User, signed_in: SignIn) -> None:
    newer, older = (
        pay(state=PaymentState.UNKNOWN, paid_at=None, next_attempt_at=NOON) for _time in range(2)
    )
    (section,) = signed_in(cashier).get(URL).context["sections"]
    assert [row.noun.pk for row in section.rows] == [older.pk, newer.pk]


def test_the_desk_reads_no_more_for_more_that_waits(
    pay: PayMaker,
    cashier: User,
    signed_in: SignIn,
    django_assert_max_num_queries: Callable[[int], object],
) -> None:
    for _time in range(9):
        pay(state=PaymentState.UNKNOWN, paid_at=None, next_attempt_at=NOON)
    client = signed_in(cashier)
    with django_assert_max_num_queries(20):  # type: ignore[attr-defined]
        client.get(URL)
    assert MOST_SHOWN == 100


# ---- For whom -----------------------------------------------------------------------------------


def test_a_foreign_shop_is_not_seen(pay: PayMaker, outsider: User, signed_in: SignIn) -> None:
    pay(state=PaymentState.UNKNOWN, paid_at=None, next_attempt_at=NOON)
    assert "Nothing is unknown" in _page(signed_in(outsider))


def test_who_only_reads_has_no_button(pay: PayMaker, signed_in: SignIn) -> None:
    pay(state=PaymentState.UNKNOWN, paid_at=None, next_attempt_at=NOON)
    page = _page(signed_in(factories.person(Role.AUDITOR)))
    assert "Do not hand over the goods yet." in page
    assert "Ask Alipay now" not in page


def test_the_signed_out_are_led_to_the_sign_in(client: Client, db: None) -> None:
    assert client.get(URL).headers["Location"].startswith(reverse("account_login"))


def test_the_desk_takes_no_post(cashier: User, signed_in: SignIn) -> None:
    assert signed_in(cashier).post(URL).status_code == 405


# ---- Asking now ---------------------------------------------------------------------------------


def test_asking_leads_back_to_the_desk_with_the_answer(
    paid: Payment, alipay: AlipaySide, cashier: User, signed_in: SignIn
) -> None:
    alipay.switch("done_but_no_answer", times=1, service=REFUND)
    refund = ask_for(paid, "2.00", ACTOR)
    submit_due_refunds()
    url = reverse("refund_ask", args=[refund.pk])
    response = signed_in(cashier).post(url, {"from": "unknown"}, follow=True)
    assert response.redirect_chain == [(URL, 302)]
    assert "Alipay says: paid back." in response.content.decode()
    assert Refund.objects.get().state == RefundState.REFUNDED
