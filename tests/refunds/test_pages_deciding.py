"""One refund or cancel, and the inbox: how far it is, who may decide, what Alipay says."""

from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from merchant_portal import clock
from merchant_portal.access import Role
from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from merchant_portal.models import User
from payments.models import Cancel, Payment
from payments.states import CancelState, GiveBackQuestion
from refunds.models import Refund
from refunds.states import RefundState
from tests import factories
from tests.alipay_side import AlipaySide
from tests.refunds.giving import REFUND, amounts, ask_for, ask_for_cancel, tick

SignIn = Callable[[User], Client]


@pytest.fixture
def refund(paid: Payment, asker: Actor) -> Refund:
    """A refund that needs nobody else, not sent yet."""
    return ask_for(paid, "2.00", asker)


@pytest.fixture
def waiting(paid: Payment, asker: Actor) -> Refund:
    """A refund above the limit, asked for by the cashier."""
    Account.objects.update(approval_limit_minor=200)
    return ask_for(paid, "8.00", asker, note="One bowl was cold.")


@pytest.fixture
def waiting_cancel(paid: Payment, asker: Actor) -> Cancel:
    Account.objects.update(approval_limit_minor=200)
    return ask_for_cancel(paid, asker)


def _page(client: Client, thing: Refund | Cancel | Payment) -> str:
    response = client.get(thing.get_absolute_url())
    assert response.status_code == 200
    return response.content.decode()


def _post(client: Client, name: str, thing: Refund | Cancel, **said: str) -> str:
    said = {"confirmation": factories.PIN} | said
    response = client.post(reverse(name, args=[thing.pk]), said, follow=True)
    return response.content.decode()


# ---- How far it is ------------------------------------------------------------------------------


def test_a_request_says_that_nothing_has_left(
    waiting: Refund, manager: User, signed_in: SignIn
) -> None:
    page = _page(signed_in(manager), waiting)
    assert "A second person must agree. Nothing has left." in page
    assert "One bowl was cold." in page


def test_a_refund_that_is_done_says_who_has_the_money(
    refund: Refund, manager: User, signed_in: SignIn
) -> None:
    tick()
    page = _page(signed_in(manager), refund)
    assert "The buyer has the money back." in page
    assert "We sent the refund to Alipay: answered" in page
    assert "Booked: Refund" in page


@pytest.mark.parametrize("silence", ["done_but_no_answer", "unknown_then"])
def test_no_answer_is_never_called_failed(
    silence: str, refund: Refund, alipay: AlipaySide, cashier: User, signed_in: SignIn
) -> None:
    alipay.switch(silence, times=1, service=REFUND)
    tick()
    page = _page(signed_in(cashier), refund)
    assert "We keep asking with the same number, money cannot leave twice." in page.replace(
        "\n", ""
    )
    assert "Next try" in page
    assert "Failed" not in page


def test_money_at_alipays_but_not_with_the_buyer_is_said_so(
    refund: Refund, manager: User, signed_in: SignIn
) -> None:
    Refund.objects.update(state=RefundState.ACCEPTED, next_attempt_at=clock.now())
    page = _page(signed_in(manager), refund)
    assert "The buyer does not have the money yet." in " ".join(page.split())


def test_what_waits_for_a_person_says_so_and_what_has_left(
    refund: Refund, manager: User, signed_in: SignIn
) -> None:
    Refund.objects.update(question=GiveBackQuestion.CANNOT_SEND, question_since=clock.now())
    page = _page(signed_in(manager), refund)
    assert "The portal cannot make the call as things stand" in page
    assert "Nothing has left." in page


def test_an_open_page_looks_again_by_itself_and_a_settled_one_does_not(
    refund: Refund, cashier: User, signed_in: SignIn
) -> None:
    client = signed_in(cashier)
    before = _page(client, refund)
    tick()
    assert 'hx-trigger="every 2s"' in before
    assert "hx-trigger" not in _page(client, refund)


def test_the_live_part_comes_without_the_page(
    refund: Refund, cashier: User, signed_in: SignIn
) -> None:
    part = signed_in(cashier).get(refund.get_absolute_url(), headers={"HX-Request": "true"})
    assert part.content.decode().strip().startswith('<div id="giving"')


def test_a_form_is_not_taken_away_under_the_hand(
    waiting: Refund, manager: User, signed_in: SignIn
) -> None:
    assert "hx-trigger" not in _page(signed_in(manager), waiting)


def test_the_evidence_is_shown_to_a_manager_and_not_to_a_cashier(
    refund: Refund, cashier: User, manager: User, signed_in: SignIn
) -> None:
    tick()
    assert "partner_refund_id=" not in _page(signed_in(cashier), refund)
    assert f"partner_refund_id={refund.partner_refund_id}" in _page(signed_in(manager), refund)


def test_a_failed_refund_offers_a_new_one(
    paid: Payment, refund: Refund, alipay: AlipaySide, cashier: User, signed_in: SignIn
) -> None:
    alipay.switch("refused", "SELLER_BALANCE_NOT_ENOUGH", service=REFUND)
    tick()
    page = _page(signed_in(cashier), refund)
    assert "a new try is a new refund" in page
    assert f'href="{reverse("give_back", args=[paid.pk])}"' in page


def test_a_lapsed_cancel_offers_a_refund_instead(
    paid: Payment, asker: Actor, cashier: User, signed_in: SignIn
) -> None:
    Account.objects.update(approval_limit_minor=200)
    cancel = ask_for_cancel(paid, asker)
    with time_machine.travel(cancel.deadline_at + timedelta(minutes=1)):
        tick()
        page = _page(signed_in(cashier), cancel)
    assert f"give-back/?instead_of={cancel.pk}" in page
    assert "only a refund is possible now" in " ".join(page.split())


# ---- A second person ----------------------------------------------------------------------------


def test_a_manager_approves_and_it_is_due(
    waiting: Refund, manager: User, signed_in: SignIn
) -> None:
    assert "goes back" in _post(signed_in(manager), "refund_approve", waiting)
    waiting.refresh_from_db()
    assert (waiting.state, waiting.decided_by_name) == (RefundState.APPROVED, "manager")


def test_a_manager_approves_a_cancel(
    waiting_cancel: Cancel, manager: User, signed_in: SignIn
) -> None:
    _post(signed_in(manager), "cancel_approve", waiting_cancel)
    waiting_cancel.refresh_from_db()
    assert waiting_cancel.state == CancelState.APPROVED


def test_a_cancel_approved_too_late_lapses_and_says_so(
    waiting_cancel: Cancel, manager: User, signed_in: SignIn
) -> None:
    with time_machine.travel(waiting_cancel.deadline_at + timedelta(minutes=5)):
        page = _post(signed_in(manager), "cancel_approve", waiting_cancel)
    assert "Too late for a cancel" in page
    assert "Refund instead" in page


def test_nobody_approves_what_they_asked_for_themselves(
    paid: Payment, manager: User, signed_in: SignIn
) -> None:
    Account.objects.update(approval_limit_minor=200)
    refund = ask_for(paid, "8.00", Actor.person(manager))
    page = _post(signed_in(manager), "refund_approve", refund)
    refund.refresh_from_db()
    assert refund.state == RefundState.REQUESTED
    assert "Whoever asks for money to go back cannot approve it." in page
    assert "somebody else must approve it" in page


@pytest.mark.parametrize("role", [Role.CASHIER, Role.AUDITOR])
def test_who_may_not_approve_is_told_who_may(
    role: Role, waiting: Refund, signed_in: SignIn
) -> None:
    client = signed_in(factories.person(role, name="another"))
    assert client.post(reverse("refund_approve", args=[waiting.pk])).status_code == 403
    assert "Money going back is approved by: Store manager" in _page(client, waiting)


def test_declining_needs_a_reason_and_gives_the_amount_free(
    waiting: Refund, paid: Payment, manager: User, signed_in: SignIn
) -> None:
    client = signed_in(manager)
    url = reverse("refund_decline", args=[waiting.pk])
    assert client.post(url, {"note": " "}).status_code == 400
    assert "Declined: nothing has left." in _post(client, "refund_decline", waiting, note="No.")
    assert amounts(paid) == (0, 0, 0)


def test_who_asked_takes_it_back(
    waiting_cancel: Cancel, paid: Payment, cashier: User, signed_in: SignIn
) -> None:
    _post(signed_in(cashier), "cancel_decline", waiting_cancel, note="A mistake of mine.")
    assert amounts(paid) == (0, 0, 0)


def test_another_cashier_does_not_decline(waiting: Refund, signed_in: SignIn) -> None:
    other = factories.person(Role.CASHIER, name="another")
    url = reverse("refund_decline", args=[waiting.pk])
    assert signed_in(other).post(url, {"note": "No."}).status_code == 403


def test_deciding_twice_says_that_it_is_decided(
    waiting: Refund, manager: User, signed_in: SignIn
) -> None:
    client = signed_in(manager)
    _post(client, "refund_approve", waiting)
    assert "does not wait for approval any more" in _post(client, "refund_approve", waiting)


# ---- The inbox ----------------------------------------------------------------------------------


def test_the_inbox_shows_who_waits_longest_first(
    paid: Payment, asker: Actor, approver: Actor, manager: User, signed_in: SignIn
) -> None:
    Account.objects.update(approval_limit_minor=200)
    first, second = ask_for(paid, "8.00", asker), ask_for(paid, "3.00", approver)
    cards = signed_in(manager).get(reverse("approval_list")).context["cards"]
    assert [card["giving"].pk for card in cards] == [first.pk, second.pk]


def test_the_inbox_decides_in_place(waiting: Refund, manager: User, signed_in: SignIn) -> None:
    client, url = signed_in(manager), reverse("refund_approve", args=[waiting.pk])
    said = {"from": "inbox", "confirmation": factories.PIN}
    response = client.post(url, said, follow=True)
    assert response.redirect_chain == [(reverse("approval_list"), 302)]
    assert "Nothing waits for approval" in response.content.decode()


def test_ones_own_request_is_in_the_inbox_and_closed(
    paid: Payment, manager: User, signed_in: SignIn
) -> None:
    Account.objects.update(approval_limit_minor=200)
    ask_for(paid, "8.00", Actor.person(manager))
    page = signed_in(manager).get(reverse("approval_list")).content.decode()
    assert "You asked for it yourself" in page
    assert "refund_approve" not in page
    assert "/approve/" not in page


def test_the_inbox_of_another_store_is_empty(
    waiting: Refund, outsider: User, signed_in: SignIn
) -> None:
    page = signed_in(outsider).get(reverse("approval_list")).content.decode()
    assert "Nothing waits for approval" in page


def test_a_lapsed_cancel_is_in_the_inbox_until_somebody_decides(
    waiting_cancel: Cancel, paid: Payment, manager: User, signed_in: SignIn
) -> None:
    client, url = signed_in(manager), reverse("approval_list")
    with time_machine.travel(waiting_cancel.deadline_at + timedelta(minutes=1)):
        tick()
        before = client.get(url).content.decode()
        ask_for(paid, "12.50", Actor.person(manager), instead_of=Cancel.objects.get())
        after = client.get(url).content.decode()
    assert f"instead_of={waiting_cancel.pk}" in before
    assert f"instead_of={waiting_cancel.pk}" not in after


# ---- Asking Alipay ------------------------------------------------------------------------------


def test_asking_shows_what_alipay_says(
    refund: Refund, alipay: AlipaySide, cashier: User, signed_in: SignIn
) -> None:
    alipay.switch("done_but_no_answer", times=1, service=REFUND)
    tick()
    page = _post(signed_in(cashier), "refund_ask", refund)
    assert "Alipay says: paid back. The buyer has the money back." in page
    assert "cashier asked Alipay" in page


def test_asking_about_a_cancel_asks_about_its_payment(
    paid: Payment, asker: Actor, cashier: User, signed_in: SignIn
) -> None:
    cancel = ask_for_cancel(paid, asker)
    tick()
    page = _post(signed_in(cashier), "cancel_ask", cancel)
    assert "Alipay says: closed. The payment is undone in full" in page
    assert "We asked Alipay about the payment: answered" in page


def test_no_answer_to_the_question_is_said_as_that(
    refund: Refund, alipay: AlipaySide, cashier: User, signed_in: SignIn
) -> None:
    tick()
    alipay.switch("down")
    page = _post(signed_in(cashier), "refund_ask", refund)
    assert "Alipay did not answer" in page
    assert "The buyer has the money back." in page


def test_what_could_not_be_sent_is_sent_again_on_demand(
    refund: Refund, cashier: User, signed_in: SignIn
) -> None:
    Refund.objects.update(
        question=GiveBackQuestion.CANNOT_SEND, question_since=clock.now(), next_attempt_at=None
    )
    client = signed_in(cashier)
    assert "Send it now" in _page(client, refund)
    assert "Sending is tried again now." in _post(client, "refund_ask", refund)
    tick()
    refund.refresh_from_db()
    assert refund.state == RefundState.REFUNDED


def test_what_could_not_be_sent_is_given_up_on_its_page(
    refund: Refund, cashier: User, signed_in: SignIn
) -> None:
    Refund.objects.update(
        question=GiveBackQuestion.CANNOT_SEND, question_since=clock.now(), next_attempt_at=None
    )
    client = signed_in(cashier)
    assert "Give it up" in _page(client, refund)
    client.post(reverse("refund_decline", args=[refund.pk]), {"note": "the key is lost"})
    refund.refresh_from_db()
    assert refund.state == RefundState.DECLINED


@pytest.mark.parametrize("kind", ["refund", "cancel"])
def test_what_was_never_sent_is_not_asked_about(
    kind: str, paid: Payment, asker: Actor, cashier: User, signed_in: SignIn
) -> None:
    Account.objects.update(approval_limit_minor=200)
    ask = {"refund": lambda: ask_for(paid, "8.00", asker)}
    thing = ask.get(kind, lambda: ask_for_cancel(paid, asker))()
    client = signed_in(cashier)
    assert "Ask Alipay now" not in _page(client, thing)
    assert "there is nothing to ask Alipay about" in _post(client, f"{kind}_ask", thing)
