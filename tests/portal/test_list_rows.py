"""Rows of the payments list: chosen columns, who has spoken, labels, the panel beside them."""

import re
from collections.abc import Callable
from datetime import timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.accounts.models import Account
from merchant_portal.models import User
from payments.columns import USUAL
from payments.models import Notification, Payment
from payments.states import PaymentState, Question
from qrcodes.models import QRCode
from reconciliation.models import Discrepancy, Verdict
from tests import factories
from tests.alipay_side import AlipaySide
from tests.portal.conftest import NOON, PayMaker

SignIn = Callable[[User], Client]
URL = "/payments/"


def _headings(client: Client) -> list[str]:
    page = client.get(URL).content.decode()
    return re.findall(r"column-(\w+)\">[^<]", page.partition("</thead>")[0])


# ---- Columns ----------------------------------------------------------------------------------


def test_chosen_columns_are_kept_and_the_filter_too(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    pay()
    client = signed_in(finance)
    chosen = {"column": ["wallet", "buyer"], "query": "state=PAID"}
    answer = client.post(reverse("payment_columns"), chosen)
    assert answer.headers["Location"] == f"{URL}?state=PAID"
    assert _headings(client) == ["buyer", "wallet"]


def test_no_column_at_all_can_be_chosen(pay: PayMaker, finance: User, signed_in: SignIn) -> None:
    pay()
    client = signed_in(finance)
    client.post(reverse("payment_columns"))
    assert client.get(URL).context["columns"] == ()


def test_the_usual_columns_come_back(pay: PayMaker, finance: User, signed_in: SignIn) -> None:
    pay()
    client = signed_in(finance)
    client.post(reverse("payment_columns"), {"column": ["wallet"]})
    client.post(reverse("payment_columns"), {"column": ["wallet"], "usual": "on"})
    assert client.get(URL).context["columns"] == USUAL


def test_somebody_else_in_the_same_browser_has_columns_of_their_own(
    pay: PayMaker, finance: User, cashier: User, signed_in: SignIn
) -> None:
    pay()
    signed_in(finance).post(reverse("payment_columns"), {"column": ["wallet"]})
    assert signed_in(cashier).get(URL).context["columns"] == USUAL


def test_columns_lead_nowhere_but_to_the_list(finance: User, signed_in: SignIn) -> None:
    asked = {"query": "//elsewhere.example/?a=b"}
    location = signed_in(finance).post(reverse("payment_columns"), asked).headers["Location"]
    assert location.startswith(f"{URL}?")


def test_columns_are_for_those_who_see_payments(client: Client, db: None) -> None:
    assert client.post(reverse("payment_columns")).headers["Location"].startswith("/auth/login/")


def test_columns_are_not_an_address(finance: User, signed_in: SignIn) -> None:
    assert signed_in(finance).get(reverse("payment_columns")).status_code == 405


# ---- N Q F ------------------------------------------------------------------------------------


def _marks(client: Client) -> list[str]:
    """What the letters of the first row say to somebody who does not see them."""
    page = client.get(URL).content.decode()
    return re.findall(r'class="mark [^"]*" role="img" aria-label="([^"]+)"', page)[:3]


def test_nobody_has_spoken_about_a_row_of_ours(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    pay()
    assert _marks(signed_in(finance)) == [
        "No notification yet",
        "Alipay was not asked yet",
        "In no file of Alipay&#x27;s yet",
    ]


def test_letters_are_filled_as_notification_query_and_file_agree(
    code: QRCode,
    alipay: AlipaySide,
    carry: Callable[[], list[str]],
    manager: User,
    signed_in: SignIn,
) -> None:
    alipay.pay(code.value, "12.50")
    carry()
    payment, client = Payment.objects.get(), signed_in(manager)
    client.post(reverse("payment_ask", args=[payment.pk]))
    _agree(payment)
    assert Notification.objects.exists()
    assert _marks(client) == [
        "A notification came",
        "Alipay answered a query",
        "Alipay&#x27;s file agrees",
    ]


def _agree(payment: Payment) -> None:
    Verdict.objects.create(
        account=payment.account,
        day=payment.occurred_at.date(),
        word="MATCHED",
        kind="PAYMENT",
        payment=payment,
    )


def test_a_letter_says_what_disagrees(
    pay: PayMaker, account: Account, finance: User, signed_in: SignIn
) -> None:
    payment = pay(question=Question.AMOUNT_DIFFERS, question_since=NOON)
    Discrepancy.objects.create(
        account=account,
        key="k",
        day=payment.occurred_at.date(),
        word="AMOUNT_MISMATCH",
        state="OPEN",
        payment=payment,
        found_at=NOON,
        last_found_at=NOON,
    )
    client = signed_in(finance)
    assert _marks(client)[2] == "Alipay&#x27;s file says something else"
    assert "differs" in client.get(URL).content.decode()


# ---- Labels -------------------------------------------------------------------------------------


@time_machine.travel(NOON, tick=False)
@pytest.mark.parametrize(
    ("ago", "label"),
    [
        (timedelta(minutes=2), "unknown 2 m"),
        (timedelta(hours=3), "unknown 3 h"),
        (timedelta(days=4), "unknown 4 d"),
    ],
)
def test_an_unknown_payment_says_for_how_long(
    ago: timedelta, label: str, pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    pay(state=PaymentState.UNKNOWN, paid_at=None, next_attempt_at=NOON, occurred_at=NOON - ago)
    assert label in signed_in(finance).get(URL).content.decode()


def test_money_back_stands_beside_the_amount(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    pay(10_000, refunded_minor=2_000, reserved_minor=500)
    page = signed_in(finance).get(URL).content.decode()
    assert "part-refunded 20.00" in page
    assert "going back 5.00" in page


def test_what_came_while_one_looked_has_a_dot(
    pay: PayMaker, finance: User, signed_in: SignIn
) -> None:
    asked = {"seen": pay().pk}
    pay()
    client = signed_in(finance)
    page = client.get(URL, asked, headers={"HX-Request": "true"}).content.decode()
    assert page.count("new-dot") == 1


# ---- The panel ---------------------------------------------------------------------------------


def test_a_panel_shows_the_payment_beside_the_list(
    pay: PayMaker, cashier: User, signed_in: SignIn
) -> None:
    payment = pay(1250)
    url = reverse("payment_panel", args=[payment.pk])
    page = signed_in(cashier).get(url, headers={"HX-Request": "true"}).content.decode()
    for shown in ("USD 12.50", payment.alipay_trans_id, payment.get_absolute_url()):
        assert shown in page
    assert "<html" not in page


def test_a_panel_without_a_script_is_the_whole_page(
    pay: PayMaker, cashier: User, signed_in: SignIn
) -> None:
    payment = pay()
    answer = signed_in(cashier).get(reverse("payment_panel", args=[payment.pk]))
    assert answer.headers["Location"] == payment.get_absolute_url()


def test_a_panel_says_why_nothing_can_go_back(
    pay: PayMaker, cashier: User, signed_in: SignIn
) -> None:
    payment = pay(frozen=True)
    url = reverse("payment_panel", args=[payment.pk])
    page = signed_in(cashier).get(url, headers={"HX-Request": "true"}).content.decode()
    assert "nothing can go back until it is released" in page


def test_a_panel_is_not_there_for_an_outsider(
    pay: PayMaker, outsider: User, signed_in: SignIn
) -> None:
    url = reverse("payment_panel", args=[pay().pk])
    assert signed_in(outsider).get(url, headers={"HX-Request": "true"}).status_code == 404


def test_a_panel_gives_an_auditor_no_button_for_money(pay: PayMaker, signed_in: SignIn) -> None:
    payment = pay()
    client = signed_in(factories.person(Role.AUDITOR))
    url = reverse("payment_panel", args=[payment.pk])
    page = client.get(url, headers={"HX-Request": "true"}).content.decode()
    assert reverse("give_back", args=[payment.pk]) not in page
