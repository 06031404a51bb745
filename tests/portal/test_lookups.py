"""Finding a payment that the customer made and no notification told us of."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.accounts.models import Account
from merchant_portal.models import User
from payments.models import Lookup, Payment
from payments.states import LookupState, PaymentState
from qrcodes.models import Counter, QRCode, Store
from tests import factories
from tests.alipay_side import AlipaySide

SignIn = Callable[[User], Client]
URL = "/lookups/new/"


@pytest.fixture
def lost(code: QRCode, alipay: AlipaySide) -> dict[str, str]:
    """A payment at Alipay whose notification never came."""
    trade: dict[str, str] = alipay.pay(code.value, "33.00")
    return trade


def _ask(client: Client, account: Account, **asked: object) -> str:
    response = client.post(URL, {"account": account.pk, **asked}, follow=True)
    return response.content.decode()


def test_alipays_number_finds_the_payment_at_its_counter(
    lost: dict[str, str], account: Account, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    page = _ask(signed_in(cashier), account, alipay_trans_id=lost["trade_no"], counter=counter.pk)
    assert "Found" in page
    assert "hand over the goods" in page
    assert Payment.objects.get().counter == counter
    assert Payment.objects.get().state == PaymentState.PAID


@pytest.mark.usefixtures("code")
def test_a_number_alipay_does_not_know_is_asked_again(
    account: Account, counter: Counter, cashier: User, signed_in: SignIn
) -> None:
    page = _ask(signed_in(cashier), account, partner_trans_id="4711", counter=counter.pk)
    assert "Not found yet: we keep asking" in page
    assert "Do not hand over the goods yet." in page
    assert Lookup.objects.get().state == LookupState.ASKING


def test_the_page_asks_again_by_itself_only_while_it_is_open(
    account: Account, finance: User, signed_in: SignIn
) -> None:
    client = signed_in(finance)
    assert 'hx-trigger="every 2s"' in _ask(client, account, partner_trans_id="4711")
    Lookup.objects.update(state=LookupState.NOT_FOUND, next_attempt_at=None)
    page = client.get(reverse("lookup_detail", args=[Lookup.objects.get().pk])).content.decode()
    assert "Alipay does not know this number" in page
    assert "hx-trigger" not in page


def test_an_ended_question_can_be_asked_again(
    lost: dict[str, str], account: Account, finance: User, signed_in: SignIn
) -> None:
    client = signed_in(finance)
    _ask(client, account, partner_trans_id="4711")
    Lookup.objects.update(
        state=LookupState.NOT_FOUND, next_attempt_at=None, partner_trans_id=lost["out_trade_no"]
    )
    lookup = Lookup.objects.get()
    client.post(reverse("lookup_ask", args=[lookup.pk]))
    lookup.refresh_from_db()
    assert lookup.state == LookupState.FOUND


def test_hong_kong_wants_the_merchant_order_number(
    hk_account: Account, finance: User, signed_in: SignIn
) -> None:
    page = _ask(signed_in(finance), hk_account, alipay_trans_id="2026031822001111000000000001")
    assert "商戶訂單號" in page
    assert 'role="alert"' in page
    assert not Lookup.objects.exists()


def test_no_number_is_no_question(account: Account, finance: User, signed_in: SignIn) -> None:
    assert 'role="alert"' in _ask(signed_in(finance), account)
    assert not Lookup.objects.exists()


def test_a_cashier_must_name_the_counter(
    account: Account, cashier: User, signed_in: SignIn
) -> None:
    assert 'role="alert"' in _ask(signed_in(cashier), account, partner_trans_id="4711")


def test_a_counter_of_somebody_else_cannot_be_named(
    account: Account, counter: Counter, outsider: User, signed_in: SignIn
) -> None:
    page = _ask(signed_in(outsider), account, partner_trans_id="4711", counter=counter.pk)
    assert 'role="alert"' in page


@pytest.mark.usefixtures("code")
def test_somebody_elses_question_is_not_there(
    account: Account, counter: Counter, cashier: User, outsider: User, signed_in: SignIn
) -> None:
    _ask(signed_in(cashier), account, partner_trans_id="4711", counter=counter.pk)
    url = reverse("lookup_detail", args=[Lookup.objects.get().pk])
    assert signed_in(outsider).get(url).status_code == 404
    assert signed_in(outsider).post(reverse("lookup_ask", args=[1])).status_code == 404


def test_the_search_box_hands_its_number_over(
    account: Account, cashier: User, signed_in: SignIn
) -> None:
    page = signed_in(cashier).get(URL, {"number": "2026031822001111000000000001"})
    assert page.context["form"].initial == {"alipay_trans_id": "2026031822001111000000000001"}


def test_the_account_is_asked_for_only_where_there_are_two(
    account: Account, alipay: AlipaySide, finance: User, signed_in: SignIn
) -> None:
    page = signed_in(finance).get(URL).content.decode()
    assert '<select name="account"' not in page


def test_the_call_that_found_a_payment_is_part_of_its_story(
    lost: dict[str, str], account: Account, finance: User, signed_in: SignIn
) -> None:
    client = signed_in(finance)
    _ask(client, account, alipay_trans_id=lost["trade_no"])
    page = client.get(Payment.objects.get().get_absolute_url()).content.decode()
    assert "We asked Alipay about the payment: answered" in page
    (row,) = client.get("/payments/").context["page"].rows
    assert (row.has_notice, row.has_answer) == (False, True)


def test_nobody_asks_under_an_account_that_serves_none_of_their_stores(
    lost: dict[str, str], account: Account, outsider: User, signed_in: SignIn
) -> None:
    till = factories.counter(Store.objects.get(code="OTHER"))
    _ask(signed_in(outsider), account, alipay_trans_id=lost["trade_no"], counter=till.pk)
    assert not Lookup.objects.exists()
    assert not Payment.objects.exists()
