"""Taking payments over the API, as a till's own software does."""

import logging
from typing import Any

import pytest
from django.test import Client

from merchant_portal.access import Role
from payments.models import Sale
from payments.selling import SaleOutcome
from payments.states import PaymentState
from qrcodes import services as codes
from qrcodes.models import Enrolment
from tests import factories
from tests.api.conftest import MakeProgram, Program, program
from tests.sales.till import PAY, Till

__all__ = ["program"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def interface() -> str:
    """What is answered here does not differ by it."""
    return "gateway"


@pytest.fixture
def software(till: Till, program: MakeProgram) -> Program:
    """A till's software, with the key of a cashier at the store."""
    return program(Role.CASHIER, store=till.counter.store)


def sell(software: Program, till: Till, *, key: str = "sale-1", **changed: object) -> Any:
    order = {
        "product": "barcode",
        "counter": str(till.counter.pk),
        "amount": "12.50",
        "currency": "USD",
        "description": "Noodles",
    } | changed
    return software.post("payments/", headers={"Idempotency-Key": key}, **order)


def _digits(till: Till, **wish: object) -> str:
    return till.show_code(**wish).reveal()


# ---- A scan -----------------------------------------------------------------------------------


def test_a_scan_is_answered_with_the_payment_as_it_stands(till: Till, software: Program) -> None:
    response = sell(software, till, code=_digits(till))
    made = response.json()
    assert response.status_code == 201
    assert (made["state"], made["amount"], made["currency"]) == ("PAID", "12.50", "USD")
    assert (made["product"], made["sale"]["outcome"]) == ("barcode", "PAID")
    assert made["sale"]["receipt_url"].endswith(Sale.objects.get().receipt_key + "/")


def test_the_code_is_neither_given_back_nor_logged(
    till: Till, software: Program, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    digits = _digits(till)
    for response in (sell(software, till, code=digits), sell(software, till, code=f"{digits}x")):
        assert digits not in response.content.decode()
    assert digits not in caplog.text


def test_the_same_request_again_gives_the_same_payment(till: Till, software: Program) -> None:
    digits = _digits(till)
    first, again = (sell(software, till, code=digits) for _time in range(2))
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])
    assert len(till.alipay.books("trades")) == 1


def test_the_same_request_again_is_not_refused_for_what_changed_since(
    till: Till, software: Program
) -> None:
    """The first answer may have been lost: a refusal now would speak of what is paid."""
    digits = _digits(till)
    first = sell(software, till, code=digits)
    Enrolment.objects.filter(counter=None).delete()
    again = sell(software, till, code=digits)
    assert (again.status_code, again.json()["id"]) == (200, first.json()["id"])


def test_the_same_key_for_something_else_is_refused(till: Till, software: Program) -> None:
    sell(software, till, code=_digits(till))
    response = sell(software, till, code=_digits(till), amount="13.00")
    assert response.status_code == 422
    assert response.headers["Content-Type"] == "application/problem+json"
    assert Sale.objects.count() == 1


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"code": "28a4456785672301"}, "code"),
        ({"code": ""}, "code"),
        ({"code": 28024456785672301}, "code"),
        ({"amount": "0"}, "amount"),
        ({"amount": "1,250"}, "amount"),
        ({"amount": 12.5}, "amount"),
        ({"currency": "XXX"}, "amount"),
        ({"product": "merchant_qr"}, "product"),
        ({"counter": "999999"}, "counter"),
        ({"account": "999999"}, "account"),
        ({"product": "order_code"}, "code"),
    ],
)
def test_what_cannot_be_used_is_named(
    till: Till, software: Program, changed: dict[str, object], field: str
) -> None:
    response = sell(software, till, **({"code": "280244567856723019"} | changed))
    assert response.status_code == 400
    assert field in response.json()["errors"]
    assert not Sale.objects.exists()


def test_without_a_key_nothing_is_taken(till: Till, software: Program) -> None:
    assert sell(software, till, key="", code=_digits(till)).status_code == 400
    assert not Sale.objects.exists()


def test_a_store_that_is_not_set_up_takes_nothing(till: Till, software: Program) -> None:
    Enrolment.objects.filter(counter=None).delete()
    response = sell(software, till, code=_digits(till))
    assert response.status_code == 409
    assert "No account takes payments" in response.json()["detail"]


def test_where_two_accounts_sell_one_must_be_named(till: Till, software: Program) -> None:
    other = factories.account(till.alipay, region="hk")
    codes.enrol_store(till.counter.store, account=other, actor=factories.ACTOR)
    digits = _digits(till)
    assert "account" in sell(software, till, code=digits).json()["errors"]
    named = sell(software, till, code=digits, account=str(till.account.pk))
    assert named.json()["account"] == str(till.account.pk)


# ---- An order's code, and waiting -------------------------------------------------------------


def _order(software: Program, till: Till) -> dict[str, Any]:
    made: dict[str, Any] = sell(software, till, product="order_code").json()
    return made


def test_an_order_is_answered_with_its_code_and_its_end(till: Till, software: Program) -> None:
    made = _order(software, till)
    assert (made["state"], made["sale"]["outcome"]) == ("PENDING", "ISSUED")
    assert made["sale"]["order_code"]
    assert made["sale"]["order_code_expires_at"].endswith("Z")
    till.wait(181)
    assert software.get(f"payments/{made['id']}/").json()["sale"]["order_code"] == ""


def test_waiting_ends_with_the_payments_end(till: Till, software: Program) -> None:
    made = _order(software, till)
    till.pay_order(Sale.objects.get())
    till.run(70)
    paid = software.get(f"payments/{made['id']}/", wait=25).json()
    assert (paid["state"], paid["sale"]["outcome"]) == ("PAID", "PAID")


def test_waiting_ends_with_its_time(till: Till, software: Program) -> None:
    made = _order(software, till)
    assert software.get(f"payments/{made['id']}/", wait=1).json()["state"] == "PENDING"


@pytest.mark.parametrize("wait", ["-1", "soon", "1.5", "９"])
def test_a_time_that_is_none_is_refused(till: Till, software: Program, wait: str) -> None:
    made = _order(software, till)
    response = software.get(f"payments/{made['id']}/", wait=wait)
    assert "wait" in response.json()["errors"]


def test_a_payment_is_given_up(till: Till, software: Program) -> None:
    made = _order(software, till)
    ended = software.post(f"payments/{made['id']}/end/").json()
    assert (ended["state"], ended["sale"]["outcome"]) == ("CLOSED", "NOT_PAID")
    again = software.post(f"payments/{made['id']}/end/")
    assert (again.status_code, again.json()["state"]) == (200, "CLOSED")


def test_what_is_paid_is_not_given_up(till: Till, software: Program) -> None:
    made = sell(software, till, code=_digits(till)).json()
    assert software.post(f"payments/{made['id']}/end/").status_code == 409


def test_what_a_customer_began_is_not_given_up(
    till: Till, software: Program, code: Any, client: Client
) -> None:
    till.alipay.pay(code.value, "12.50")
    till.carry()
    payment = till.counter.payments.get()
    assert software.post(f"payments/{payment.pk}/end/").status_code == 409


def test_a_lost_answer_is_no_failure(till: Till, software: Program) -> None:
    till.alipay.switch("done_but_no_answer", times=1, service=PAY)
    made = sell(software, till, code=_digits(till)).json()
    assert (made["state"], made["sale"]["outcome"]) == (PaymentState.UNKNOWN, SaleOutcome.WAITING)
    till.run(4)
    assert software.get(f"payments/{made['id']}/", wait=5).json()["state"] == "PAID"


# ---- Who may ----------------------------------------------------------------------------------


@pytest.mark.parametrize("role", [Role.FINANCE, Role.AUDITOR])
def test_other_roles_take_nothing(till: Till, program: MakeProgram, role: Role) -> None:
    keyed = program(role, store=till.counter.store)
    assert sell(keyed, till, code=_digits(till)).status_code == 403
    assert not Sale.objects.exists()


def test_a_key_of_another_merchant_takes_nothing_here(till: Till, program: MakeProgram) -> None:
    """As each merchant behind an acquirer: its own counters, and nobody else's payments."""
    stranger = program(Role.MANAGER, merchant=factories.other_store().merchant)
    assert "counter" in sell(stranger, till, code=_digits(till)).json()["errors"]
    sale = till.scan()
    assert stranger.get(f"payments/{sale.payment_id}/").status_code == 404
    assert stranger.post(f"payments/{sale.payment_id}/end/").status_code == 404
    assert stranger.get("payments/").json()["results"] == []


def test_without_a_right_nobody_is_let_in(till: Till, client: Client) -> None:
    assert sell(Program(client), till, code="280244567856723019").status_code == 401


def test_payments_are_listed_by_how_they_began(till: Till, software: Program) -> None:
    till.scan()
    listed = software.get("payments/", product="barcode").json()["results"]
    assert [row["product"] for row in listed] == ["barcode"]
    assert software.get("payments/", product="order_code").json()["results"] == []
