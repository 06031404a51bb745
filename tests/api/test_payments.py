"""Payments, notifications and lookups over the API."""

from collections.abc import Callable
from datetime import timedelta

import pytest

from merchant_portal import clock
from merchant_portal.access import Role
from merchant_portal.accounts.models import Account
from payments.models import Notification, Payment
from qrcodes.models import Counter, QRCode
from tests.alipay_side import AlipaySide
from tests.api.conftest import MakeProgram, Program

Carry = Callable[[], list[str]]


@pytest.fixture
def payment(code: QRCode, alipay: AlipaySide, carry: Carry) -> Payment:
    alipay.pay(code.value, "12.50")
    carry()
    return Payment.objects.get()


def test_a_payment_shows_texts_for_ids_and_amounts(at_store: Program, payment: Payment) -> None:
    shown = at_store.get(f"payments/{payment.pk}/").json()
    assert (shown["amount"], shown["currency"], shown["refunded"]) == ("12.50", "USD", "0.00")
    assert shown["id"] == str(payment.pk)
    assert shown["paid_at"].endswith("Z")


def test_a_payment_shows_its_moves_and_entries(at_store: Program, payment: Payment) -> None:
    shown = at_store.get(f"payments/{payment.pk}/").json()
    assert [move["to_state"] for move in shown["moves"]] == ["PAID"]
    assert [entry["amount"] for entry in shown["ledger_entries"]] == ["12.50"]


def test_others_see_no_payment(stranger: Program, payment: Payment) -> None:
    assert stranger.get(f"payments/{payment.pk}/").status_code == 404
    assert stranger.post(f"payments/{payment.pk}/ask/").status_code == 404
    assert stranger.get("payments/").json()["results"] == []


def test_a_payment_of_no_store_is_seen_from_everywhere_only(
    at_store: Program, everywhere: Program, payment: Payment
) -> None:
    Payment.objects.update(store=None, counter=None, code=None)
    assert at_store.get("payments/").json()["results"] == []
    assert len(everywhere.get("payments/").json()["results"]) == 1


def _day(days: int) -> str:
    return clock.transaction_day(clock.now() + timedelta(days=days)).isoformat()


@pytest.mark.parametrize(
    ("name", "matching", "other"),
    [
        ("state", "PAID", "CLOSED"),
        ("day_from", _day(-1), _day(2)),
        ("day_to", _day(1), _day(-2)),
        ("has_question", "false", "true"),
    ],
)
def test_payments_are_filtered(
    at_store: Program, payment: Payment, name: str, matching: str, other: str
) -> None:
    assert len(at_store.get("payments/", **{name: matching}).json()["results"]) == 1
    assert at_store.get("payments/", **{name: other}).json()["results"] == []


@pytest.mark.parametrize("name", ["account", "store", "counter", "alipay_trans_id"])
def test_payments_are_found_by_what_they_belong_to(
    at_store: Program, payment: Payment, name: str
) -> None:
    own = str(getattr(payment, f"{name}_id", None) or getattr(payment, name))
    assert len(at_store.get("payments/", **{name: own}).json()["results"]) == 1
    assert at_store.get("payments/", **{name: "999999"}).json()["results"] == []


def test_an_unusable_filter_is_refused_by_name(at_store: Program) -> None:
    answer = at_store.get("payments/", day_from="yesterday")
    assert (answer.status_code, list(answer.json()["errors"])) == (400, ["day_from"])


def test_pages_of_payments_go_on_where_the_last_ended(
    at_store: Program, code: QRCode, alipay: AlipaySide, carry: Carry
) -> None:
    for amount in ("1.00", "2.00", "3.00"):
        alipay.pay(code.value, amount)
    carry()
    page = at_store.get("payments/", limit=2).json()
    rest = at_store.client.get(page["next"], headers=at_store.headers).json()
    shown = [row["amount"] for row in page["results"] + rest["results"]]
    assert sorted(shown) == ["1.00", "2.00", "3.00"]


def test_asking_alipay_answers_what_it_said(at_store: Program, payment: Payment) -> None:
    shown = at_store.post(f"payments/{payment.pk}/ask/").json()
    assert (shown["outcome"], shown["code"]) == ("answered", "TRADE_SUCCESS")


def test_asking_without_an_answer_says_so(
    at_store: Program, payment: Payment, alipay: AlipaySide
) -> None:
    alipay.switch("down")
    assert at_store.post(f"payments/{payment.pk}/ask/").json()["outcome"] == "no_answer"


def test_an_auditor_asks_nothing(program: MakeProgram, payment: Payment) -> None:
    assert program(Role.AUDITOR).post(f"payments/{payment.pk}/ask/").status_code == 403


def test_a_lost_payment_is_found_by_its_number(
    at_store: Program, code: QRCode, alipay: AlipaySide
) -> None:
    trade = alipay.pay(code.value, "8.00")
    counter, account = code.enrolment.counter_id, code.enrolment.account_id
    answer = at_store.post(
        "lookups/", account=str(account), counter=str(counter), alipay_trans_id=trade["trade_no"]
    )
    assert (answer.status_code, answer.json()["state"]) == (201, "FOUND")
    assert at_store.get(f"payments/{answer.json()['payment']}/").json()["amount"] == "8.00"


def test_hong_kong_needs_the_order_number(everywhere: Program, hk_account: Account) -> None:
    answer = everywhere.post("lookups/", account=str(hk_account.pk), alipay_trans_id="2026111")
    assert answer.status_code == 422
    assert "order number" in answer.json()["detail"]


def test_a_store_key_names_the_counter_it_asks_for(at_store: Program, code: QRCode) -> None:
    answer = at_store.post(
        "lookups/", account=str(code.enrolment.account_id), alipay_trans_id="2026111"
    )
    assert answer.status_code == 400
    assert "counter" in answer.json()["errors"]


def test_others_neither_see_nor_make_a_lookup(
    at_store: Program, stranger: Program, code: QRCode, counter: Counter
) -> None:
    asked = {"account": str(code.enrolment.account_id), "counter": str(counter.pk)}
    made = at_store.post("lookups/", **asked, alipay_trans_id="2026111").json()
    assert stranger.get(f"lookups/{made['id']}/").status_code == 404
    assert stranger.post("lookups/", **asked, alipay_trans_id="2026111").status_code == 400


def test_a_notification_is_listed_and_applied_once(at_store: Program, payment: Payment) -> None:
    [shown] = at_store.get("notifications/", state="APPLIED").json()["results"]
    applied = at_store.post(f"notifications/{shown['id']}/apply/").json()
    assert (applied["state"], applied["payment"]) == ("APPLIED", str(payment.pk))
    assert Payment.objects.count() == 1


def test_others_see_no_notification(stranger: Program, payment: Payment) -> None:
    pk = Notification.objects.get().pk
    assert stranger.get(f"notifications/{pk}/").status_code == 404
    assert stranger.post(f"notifications/{pk}/apply/").status_code == 404


def test_a_cashiers_key_applies_nothing(program: MakeProgram, payment: Payment) -> None:
    pk = Notification.objects.get().pk
    assert program(Role.CASHIER).post(f"notifications/{pk}/apply/").status_code == 403
