"""Giving money back in three steps, without script."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
import time_machine
from django.db import connection
from django.test import Client

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from merchant_portal.celery import app as celery
from merchant_portal.models import User
from payments.models import Cancel, Payment
from payments.states import CancelState
from qrcodes.models import IdempotencyKey
from refunds.models import Refund
from refunds.states import RefundState
from tests.alipay_side import AlipaySide
from tests.refunds.giving import CANCEL, amounts, ask_for, ask_for_cancel, let_time_come, tick
from tests.refunds.panel import PanelPage

SignIn = Callable[[User], Client]


@pytest.fixture
def panel(paid: Payment, cashier: User, signed_in: SignIn) -> PanelPage:
    return PanelPage.open(signed_in(cashier), paid)


def _text(response: object) -> str:
    return response.content.decode()  # type: ignore[attr-defined, no-any-return]


# ---- How much -----------------------------------------------------------------------------------


def test_what_is_left_is_offered_and_advised_on(panel: PanelPage) -> None:
    page = _text(panel.look())
    assert "All that is left" in page
    assert "It goes back as a cancel" in page
    assert "left for a cancel" in page


def test_the_deadline_is_told_in_the_stores_zone_and_in_alipays(panel: PanelPage) -> None:
    page = _text(panel.look())
    assert "GMT+8</span>" in page
    assert "EST</span>" in page or "EDT</span>" in page


@pytest.mark.parametrize(
    "amount", ["", "0", "-1", "1e3", "12,50", "12.505", "abc", "NaN", "9" * 20]
)
def test_an_odd_amount_is_refused_at_its_field(amount: str, panel: PanelPage) -> None:
    response = panel.check(how_much="part", amount=amount)
    assert response.status_code == 400
    assert "plain number such as 20.00" in _text(response)


def test_more_than_is_left_is_refused_at_its_field(panel: PanelPage) -> None:
    response = panel.check(how_much="part", amount="12.51")
    assert response.status_code == 400
    assert "Only USD 12.50 is left" in _text(response)


def test_an_amount_beside_all_that_is_left_is_asked_about(panel: PanelPage) -> None:
    response = panel.check(how_much="all", amount="4.00")
    assert response.status_code == 400
    assert "All that is left is USD 12.50, but you typed USD 4.00" in _text(response)


def test_full_width_digits_are_digits(panel: PanelPage) -> None:
    assert "USD 3.50 of USD 12.50" in _text(panel.check(how_much="part", amount=" ３.５０ "))


@pytest.mark.parametrize("reason", ["", "because"])
def test_a_reason_must_be_chosen(reason: str, panel: PanelPage) -> None:
    assert panel.check(reason=reason).status_code == 400


def test_another_reason_needs_a_note(panel: PanelPage) -> None:
    response = panel.check(reason="other")
    assert response.status_code == 400
    assert "Say in the note what the reason is" in _text(response)


def test_the_advice_follows_the_amount_that_is_being_typed(panel: PanelPage) -> None:
    query = {"how_much": "part", "amount": "2.50"}
    response = panel.client.get(panel.url, query | _key_of(panel), headers={"HX-Request": "true"})
    assert "It goes back as a refund" in _text(response)
    assert "USD 10.00" in _text(response)


def _key_of(panel: PanelPage) -> dict[str, str]:
    return {"key": panel.url.partition("key=")[2].partition("&")[0]}


# ---- Check --------------------------------------------------------------------------------------


def test_the_check_is_one_sentence(panel: PanelPage, paid: Payment) -> None:
    page = _text(panel.check(how_much="part", amount="2.50"))
    assert "You give back USD 2.50 of USD 12.50 to" in page
    assert f"at {paid.store} / {paid.counter.name}".split(" (")[0] in page  # type: ignore[union-attr]
    assert Refund.objects.count() == 0


def test_the_check_says_whether_a_second_person_must_agree(panel: PanelPage) -> None:
    Account.objects.update(approval_limit_minor=200)
    assert "must approve before anything leaves" in _text(
        panel.check(how_much="part", amount="2.50")
    )


def test_changing_goes_back_with_all_that_was_filled_in(panel: PanelPage) -> None:
    page = _text(panel.post("change", how_much="part", amount="2.50", note="One bowl was cold."))
    assert 'value="2.50"' in page
    assert "One bowl was cold." in page


# ---- Give ---------------------------------------------------------------------------------------


def test_a_part_becomes_a_refund(panel: PanelPage, paid: Payment) -> None:
    response = panel.give("2.50")
    refund = Refund.objects.get()
    assert response.headers["Location"] == refund.get_absolute_url()
    assert (refund.amount.decimal_text, refund.requested_by_name) == ("2.50", "cashier")
    assert amounts(paid) == (0, 0, 250)


def test_the_whole_on_its_day_becomes_a_cancel(panel: PanelPage) -> None:
    response = panel.give("12.50", call="cancel")
    assert response.headers["Location"] == Cancel.objects.get().get_absolute_url()


def test_above_the_limit_it_waits_for_a_second_person(panel: PanelPage) -> None:
    Account.objects.update(approval_limit_minor=200)
    panel.give("2.50")
    assert Refund.objects.get().state == RefundState.REQUESTED


def test_a_double_click_gives_back_once(panel: PanelPage, paid: Payment) -> None:
    first, second = panel.give("2.50"), panel.give("2.50")
    assert first.headers["Location"] == second.headers["Location"]
    assert amounts(paid) == (0, 0, 250)


def test_after_going_back_another_amount_does_not_go_as_well(
    panel: PanelPage, paid: Payment
) -> None:
    panel.give("2.50")
    response = panel.give("3.00")
    assert response.headers["Location"] == Refund.objects.get().get_absolute_url()
    assert amounts(paid) == (0, 0, 250)


def test_going_back_to_the_first_step_leads_to_what_was_made(panel: PanelPage) -> None:
    panel.give("2.50")
    response = panel.client.get(panel.url, follow=True)
    assert response.redirect_chain[0][0] == Refund.objects.get().get_absolute_url()
    assert "asked for already" in _text(response)


def test_advice_for_a_panel_that_is_done_leads_to_what_was_made(panel: PanelPage) -> None:
    panel.give("2.50")
    response = panel.client.get(panel.url, headers={"HX-Request": "true"})
    assert response.headers["HX-Redirect"] == Refund.objects.get().get_absolute_url()


def test_a_new_panel_gives_back_anew(panel: PanelPage, paid: Payment) -> None:
    panel.give("2.50")
    PanelPage.open(panel.client, paid).give("2.50")
    assert amounts(paid) == (0, 0, 500)


def test_the_same_key_of_somebody_else_is_another_key(
    panel: PanelPage, manager: User, signed_in: SignIn
) -> None:
    panel.give("2.50")
    PanelPage(signed_in(manager), panel.url).give("2.50")
    assert Refund.objects.count() == IdempotencyKey.objects.count() == 2


def test_a_key_that_cannot_be_one_is_replaced(panel: PanelPage) -> None:
    url = panel.url.partition("key=")[0] + "key=x%20y"
    assert "key=" in panel.client.get(url).headers["Location"]


def test_more_than_is_left_meanwhile_is_refused(
    panel: PanelPage, paid: Payment, approver: Actor
) -> None:
    ask_for(paid, "11.00", approver)
    response = panel.give("2.50")
    assert response.status_code == 400
    assert "Only USD 1.50 is left" in _text(response)


def test_a_day_that_ends_while_somebody_reads_is_shown_before_anything_is_sent(
    panel: PanelPage,
) -> None:
    with time_machine.travel(clock.now() + timedelta(days=2)):
        client = Client()
        client.force_login(User.objects.get(username="cashier"))
        response = PanelPage(client, panel.url).give("12.50", call="cancel")
    assert response.status_code == 409
    assert "has changed since you looked" in _text(response)
    assert "too late to cancel" in _text(response)
    assert not Cancel.objects.exists()


# ---- Closed, and after a cancel that came to nothing --------------------------------------------


def test_a_payment_of_which_nothing_is_left_says_so(
    paid: Payment, approver: Actor, cashier: User, signed_in: SignIn
) -> None:
    ask_for(paid, "12.50", approver)
    page = _text(PanelPage.open(signed_in(cashier), paid).look())
    assert "What is left of it is on its way back already." in page
    assert "All that is left" not in page


def test_a_frozen_payment_says_why_it_is_closed(panel: PanelPage) -> None:
    Payment.objects.update(frozen=True)
    assert "Alipay holds this payment" in _text(panel.look())


def test_a_refund_instead_of_a_lapsed_cancel_says_why_and_is_filled_in(
    paid: Payment, asker: Actor, cashier: User, signed_in: SignIn
) -> None:
    Account.objects.update(approval_limit_minor=200)
    cancel = ask_for_cancel(paid, asker, note="He paid two times.")
    with time_machine.travel(cancel.deadline_at + timedelta(minutes=5)):
        tick()
        page = PanelPage.open(signed_in(cashier), paid, instead_of=cancel.pk)
        shown = _text(page.look())
        page.give("12.50", note="He paid two times.")
    assert "whoever agreed to the cancel must agree anew" in shown
    assert "He paid two times." in shown
    assert Refund.objects.get().instead_of == cancel


def test_a_refund_follows_a_refused_cancel_on_the_same_day(
    paid: Payment, asker: Actor, alipay: AlipaySide, cashier: User, signed_in: SignIn
) -> None:
    cancel = ask_for_cancel(paid, asker)
    alipay.switch("refused", "SELLER_BALANCE_NOT_ENOUGH", service=CANCEL)
    let_time_come()
    tick()
    cancel.refresh_from_db()
    page = PanelPage.open(signed_in(cashier), paid, instead_of=cancel.pk)
    assert cancel.state == CancelState.REFUSED
    assert "Alipay refused to cancel this payment." in _text(page.look())


@pytest.mark.parametrize(
    "number", ["999999", "x", "1 OR 1=1", "9" * 30, pytest.param("9" * 5000, id="long")]
)
def test_a_cancel_that_is_not_of_this_payment_is_not_there(
    number: str, paid: Payment, cashier: User, signed_in: SignIn
) -> None:
    url = f"/payments/{paid.pk}/give-back/"
    assert signed_in(cashier).get(url, {"instead_of": number}).status_code == 404


# ---- At the same moment -------------------------------------------------------------------------


@pytest.mark.skipif(connection.vendor == "sqlite", reason="SQLite has one writer at a time.")
@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("amount", ["2.50", "12.50"])
def test_a_double_click_at_the_same_moment_leads_twice_to_one_refund(
    amount: str, panel: PanelPage, paid: Payment, cashier: User
) -> None:
    call = "cancel" if amount == "12.50" else "refund"
    gate = Barrier(2)

    def click(_number: int) -> str:
        client = Client()
        client.force_login(cashier)
        try:
            gate.wait(timeout=10)
            return str(PanelPage(client, panel.url).give(amount, call=call).headers["Location"])
        finally:
            connection.close()

    with ThreadPoolExecutor(2) as pool:
        ways = set(pool.map(click, range(2)))
    assert len(ways) == Refund.objects.count() + Cancel.objects.count() == 1


# ---- Without a broker ---------------------------------------------------------------------------


@pytest.fixture
def silent_broker() -> Iterator[None]:
    """A broker at whose address nobody listens."""
    before = celery.conf.broker_url
    celery.close()
    celery.conf.broker_url = "redis://127.0.0.1:1/0"
    yield
    celery.close()
    celery.conf.broker_url = before


def test_without_a_broker_it_is_asked_for_all_the_same(
    panel: PanelPage, silent_broker: None
) -> None:
    assert panel.give("2.50").status_code == 302
    assert Refund.objects.get().next_attempt_at is not None
