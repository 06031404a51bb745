"""verify_ledger finds what must never be: each check is shown to fail, and a clean shop passes."""

import json
from collections.abc import Callable
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, models
from django.db.models import F

from merchant_portal import clock
from merchant_portal.accounts.models import Account
from merchant_portal.verifying import find_all
from payments import services as payments
from payments.models import (
    LedgerEntry,
    Lookup,
    Notification,
    Payment,
    PaymentMove,
    Quarantined,
)
from qrcodes.models import QRCode, QRCodeMove
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR

Break = Callable[[], object]


@pytest.fixture
def shop(code: QRCode, alipay: AlipaySide, carry: Callable[[], list[str]]) -> Payment:
    """A code, a payment that was notified, one that was looked up, and a quarantined body."""
    alipay.switch("tampered", times=1)
    notified = alipay.pay(code.value, "12.50")
    carry()
    alipay.advance(120)
    carry()
    alipay.switch("lost", times=1)
    lost = alipay.pay(code.value, "8.00")
    account = code.enrolment.account
    payments.ask_lookup(
        payments.find_payment(account, actor=ACTOR, alipay_trans_id=lost["trade_no"])
    )
    Quarantined.objects.update(notification=Notification.objects.get())
    return Payment.objects.get(alipay_trans_id=notified["trade_no"])


def _copy(row: models.Model, **changes: object) -> None:
    row.pk = None
    for name, value in changes.items():
        setattr(row, name, value)
    type(row)._default_manager.bulk_create([row])


def _other_account() -> Account:
    return Account.objects.create(
        partner_id="2088000000000202", region="global", created_at=clock.now()
    )


def _payment(**changes: object) -> Break:
    return lambda: Payment.objects.update(**changes)


def _entry(**changes: object) -> Break:
    return lambda: LedgerEntry.objects.update(**changes)


def _move(**changes: object) -> Break:
    return lambda: PaymentMove.objects.update(**changes)


def _notice(**changes: object) -> Break:
    return lambda: Notification.objects.update(**changes)


def _code(**changes: object) -> Break:
    return lambda: QRCode.objects.update(**changes)


BREAKS: dict[str, Break] = {
    "paid_is_booked": _entry(amount_minor=F("amount_minor") + 1),
    "booked_once": lambda: _copy(LedgerEntry.objects.first(), reference="another"),
    "only_paid_is_booked": _payment(state="CLOSED"),
    "paid_is_complete": _payment(alipay_trans_id=""),
    "gives_back_at_most_its_amount": _payment(reserved_minor=F("amount_minor") + 1),
    "columns_equal_entries": _payment(refunded_minor=1),
    "alipay_number_once": lambda: _copy(Payment.objects.first(), partner_trans_id="another"),
    "partner_number_once": lambda: _copy(Payment.objects.first(), alipay_trans_id="another"),
    "open_payment_is_watched": _payment(state="UNKNOWN"),
    "question_has_time": _payment(question="no_answer"),
    "entry_has_payment": _entry(payment=None),
    "entry_balances": _entry(credit="receivable"),
    "entry_once": lambda: _copy(LedgerEntry.objects.first()),
    "payment_state_is_last_move": _payment(state="CANCELLED"),
    "payment_moves_are_chained": _move(from_state="UNKNOWN"),
    "payment_moves_are_permitted": _move(from_state="CANCELLED"),
    "code_state_is_last_move": _code(state="STOPPED"),
    "code_moves_are_chained": lambda: QRCodeMove.objects.update(from_state="STOPPED"),
    "code_moves_are_permitted": lambda: QRCodeMove.objects.update(from_state="DELETED"),
    "notification_is_applied_or_waits": _notice(state="WAITING"),
    "applied_paid_notice_has_payment": _notice(payment=None),
    "notice_names_its_payment": _notice(alipay_trans_id="another"),
    "released_is_a_notification": lambda: Quarantined.objects.update(account=_other_account()),
    "open_lookup_is_due": lambda: Lookup.objects.update(state="ASKING", next_attempt_at=None),
    "found_lookup_has_payment": lambda: Lookup.objects.update(payment=None),
    "open_code_is_watched": _code(wanted_state="STOPPED"),
    "active_code_is_complete": _code(notify_url=""),
}


@pytest.mark.parametrize("name", BREAKS)
def test_a_breach_is_found_and_named(name: str, shop: Payment, unconstrained: None) -> None:
    if name == "entry_once" and connection.vendor == "sqlite":
        pytest.skip("SQLite cannot be made to forget a unique constraint of a table.")
    BREAKS[name]()
    broken = {finding.check.name for finding in find_all() if finding.breaches}
    assert name in broken


def test_a_clean_shop_passes(shop: Payment) -> None:
    said = StringIO()
    call_command("verify_ledger", stdout=said)
    assert "nothing broken" in said.getvalue()
    assert Payment.objects.count() == 2


def test_an_empty_database_passes(db: None) -> None:
    call_command("verify_ledger", stdout=StringIO())


def test_a_breach_is_refused_with_its_row(shop: Payment, unconstrained: None) -> None:
    Payment.objects.filter(pk=shop.pk).update(refunded_minor=1)
    said = StringIO()
    with pytest.raises(CommandError, match="1 of"):
        call_command("verify_ledger", stdout=said)
    assert f"payment {shop.pk}: USD 12.50 {shop.alipay_trans_id}" in said.getvalue()


def test_only_the_first_breaches_are_named(shop: Payment, unconstrained: None) -> None:
    Payment.objects.update(refunded_minor=1)
    said = StringIO()
    with pytest.raises(CommandError):
        call_command("verify_ledger", "--most", "1", stdout=said)
    assert said.getvalue().count("  payment ") == 1
    assert "and more" in said.getvalue()


def test_json_names_every_check_and_the_rows(shop: Payment, unconstrained: None) -> None:
    Payment.objects.filter(pk=shop.pk).update(refunded_minor=1)
    said = StringIO()
    with pytest.raises(CommandError):
        call_command("verify_ledger", "--json", stdout=said)
    told = json.loads(said.getvalue())
    rows = {check["name"]: check["breaches"] for check in told["checks"]}
    assert not told["clean"]
    assert [row["id"] for row in rows["columns_equal_entries"]] == [shop.pk]
