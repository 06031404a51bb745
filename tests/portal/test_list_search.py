"""The one search box: every number that names a payment, typed, pasted or scanned."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.models import User
from payments.models import Notification, Payment
from payments.states import GiveBackReason
from qrcodes.models import QRCode
from refunds.models import Refund
from refunds.states import RefundOrigin, RefundState
from tests import factories
from tests.alipay_side import AlipaySide
from tests.portal.conftest import NOON, PayMaker

SignIn = Callable[[User], Client]
URL = "/payments/"
FULL_WIDTH = {48 + digit: 0xFF10 + digit for digit in range(10)}


@pytest.fixture
def sought(finance: User, signed_in: SignIn) -> Callable[[str], str]:
    """Where finance is led by a number."""
    client = signed_in(finance)
    return lambda typed: client.get(URL, {"q": typed}).headers.get("Location", "")


@pytest.mark.parametrize(
    "typed",
    [
        "2026031822001111000000000001",
        "  2026031822001111000000000001\r\n",
        "2026 0318 2200 1111 0000 0000 0001",
        "2026031822001111000000000001".translate(FULL_WIDTH),
        "7700000001",
    ],
)
def test_a_whole_number_opens_its_payment(
    typed: str, pay: PayMaker, sought: Callable[[str], str]
) -> None:
    wanted = pay()
    pay(alipay_trans_id="2026031822009999999999999999", partner_trans_id="8899999999")
    assert sought(typed) == wanted.get_absolute_url()


def test_a_notifications_number_opens_its_payment(
    code: QRCode, alipay: AlipaySide, carry: Callable[[], list[str]], sought: Callable[[str], str]
) -> None:
    alipay.pay(code.value, "12.50")
    carry()
    assert sought(Notification.objects.get().notify_id) == Payment.objects.get().get_absolute_url()


def test_a_refunds_number_opens_its_payment(
    pay: PayMaker, sought: Callable[[str], str], finance: User
) -> None:
    payment = pay()
    Refund.objects.create(
        payment=payment,
        account=payment.account,
        partner_refund_id="RF20260318000042",
        amount_minor=100,
        currency="USD",
        origin=RefundOrigin.OURS,
        state=RefundState.DECLINED,
        reason=GiveBackReason.RETURNED,
        requested_by_name=str(finance),
        requested_at=NOON,
    )
    assert sought("RF20260318000042") == payment.get_absolute_url()


@pytest.mark.parametrize("typed", ["0001", "000001", "１１００００００００００１"[:9]])
def test_last_digits_list_every_payment_that_ends_so(
    typed: str, pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    wanted = pay(alipay_trans_id="2026031822001111000000000001", partner_trans_id="")
    ours = pay(alipay_trans_id="", partner_trans_id="8811000000000001")
    pay(alipay_trans_id="2026031822009999999999999999", partner_trans_id="8899999999")
    rows = signed_in(finance).get(URL, {"q": typed}).context["page"].rows
    expected = [wanted.pk, ours.pk] if len(typed) < 9 else []
    assert [row.pk for row in rows] == expected


def test_three_digits_name_nobody(pay: PayMaker, finance: User, signed_in: SignIn) -> None:
    pay()
    assert signed_in(finance).get(URL, {"q": "001"}).context["page"].rows == []


def test_a_number_two_accounts_know_is_listed(
    pay: PayMaker, hk_account: object, finance: User, signed_in: SignIn
) -> None:
    both = [
        pay(partner_trans_id="5500000001"),
        pay(partner_trans_id="5500000001", account=hk_account),
    ]
    rows = signed_in(finance).get(URL, {"q": "5500000001"}).context["page"].rows
    assert [row.pk for row in rows] == [payment.pk for payment in both]


def test_a_payment_the_filter_hides_is_offered(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    payment = pay(1250)
    page = signed_in(finance).get(URL, {"q": payment.alipay_trans_id, "least": "500"})
    assert "outside this filter" in page.content.decode()
    assert payment.get_absolute_url() in page.content.decode()


def test_a_payment_of_others_is_neither_opened_nor_offered(
    pay: PayMaker, outsider: User, signed_in: SignIn
) -> None:
    number = pay().alipay_trans_id
    client = signed_in(outsider)
    for typed in (number, number[-6:]):
        response = client.get(URL, {"q": typed})
        assert response.context["page"].rows == []
        assert "outside this filter" not in response.content.decode()


def test_an_open_list_is_not_led_away(pay: PayMaker, finance: User, signed_in: SignIn) -> None:
    number = pay().alipay_trans_id
    headers = {"HX-Request": "true"}
    assert signed_in(finance).get(URL, {"q": number}, headers=headers).status_code == 200


def test_an_empty_search_offers_to_ask_alipay(cashier: User, signed_in: SignIn) -> None:
    page = signed_in(cashier).get(URL, {"q": "12345678"}).content.decode()
    assert f"{reverse('lookup_new')}?number=12345678" in page


def test_last_digits_of_another_store_do_not_crowd_out_ones_own(
    pay: PayMaker, cashier: User, signed_in: SignIn
) -> None:
    mine = pay(alipay_trans_id="A0001", partner_trans_id="")
    theirs = factories.other_store()
    pay(alipay_trans_id="B0001", partner_trans_id="", store=theirs, counter=None)
    rows = signed_in(cashier).get(URL, {"q": "0001"}).context["page"].rows
    assert [row.pk for row in rows] == [mine.pk]
