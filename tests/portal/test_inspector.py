"""The notifications inspector: what waits and why, what is held, what was turned away."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.models import AuditEntry, User
from payments.models import Notification, Payment, Quarantined
from payments.states import NotificationState, WaitReason
from qrcodes.models import QRCode
from tests import factories
from tests.alipay_side import AlipaySide

SignIn = Callable[[User], Client]
Carry = Callable[[], list[str]]


@pytest.fixture
def applied(code: QRCode, alipay: AlipaySide, carry: Carry) -> Notification:
    """A notification that became a payment."""
    alipay.pay(code.value, "12.50")
    carry()
    return Notification.objects.get()


@pytest.fixture
def waiting(code: QRCode, alipay: AlipaySide, carry: Carry) -> Notification:
    """A notification that could not be applied at first, and could be now."""
    alipay.pay(code.value, "12.50")
    carry()
    Payment.objects.get().moves.all().delete()
    Notification.objects.update(payment=None)
    Payment.objects.get().ledger_entries.all().delete()
    Payment.objects.all().delete()
    Notification.objects.update(
        state=NotificationState.WAITING, reason=WaitReason.FAILED, applied_at=None
    )
    return Notification.objects.get()


@pytest.fixture
def quarantined(code: QRCode, client: Client) -> Quarantined:
    """A forged message to the code's address."""
    body = "notify_id=1&trade_status=TRADE_SUCCESS&total_fee=1.00&sign_type=MD5&sign=00"
    form = "application/x-www-form-urlencoded"
    client.post(code.notify_path, data=body, content_type=form)
    return Quarantined.objects.get()


def test_what_waits_is_listed_with_its_reason(
    waiting: Notification, manager: User, signed_in: SignIn
) -> None:
    page = signed_in(manager).get(reverse("notification_list")).content.decode()
    assert reverse("notification_detail", args=[waiting.pk]) in page
    assert "Applying it failed" in page


def test_applying_again_books_the_payment_and_is_written_down(
    waiting: Notification, manager: User, signed_in: SignIn
) -> None:
    url = reverse("notification_apply", args=[waiting.pk])
    page = signed_in(manager).post(url, follow=True).content.decode()
    assert "Applied." in page
    assert Payment.objects.get().amount_minor == 1250
    assert AuditEntry.objects.filter(verb="apply_notification").exists()


def test_an_auditor_may_look_and_not_apply(waiting: Notification, signed_in: SignIn) -> None:
    client = signed_in(factories.person(Role.AUDITOR))
    page = client.get(reverse("notification_detail", args=[waiting.pk])).content.decode()
    assert "Applying again is for" in page
    assert client.post(reverse("notification_apply", args=[waiting.pk])).status_code == 403


@pytest.mark.parametrize("field", ["notify_id", "alipay_trans_id", "partner_trans_id"])
def test_each_number_finds_the_notification(
    field: str, applied: Notification, manager: User, signed_in: SignIn
) -> None:
    client = signed_in(manager)
    response = client.get(reverse("notification_list"), {"q": getattr(applied, field)})
    assert [row.pk for row in response.context["page"].rows] == [applied.pk]


def test_a_notification_of_no_store_is_for_those_who_see_all(
    waiting: Notification, manager: User, finance: User, signed_in: SignIn
) -> None:
    Notification.objects.update(code=None)
    url = reverse("notification_detail", args=[waiting.pk])
    assert signed_in(manager).get(url).status_code == 404
    assert signed_in(finance).get(url).status_code == 200


def test_a_notification_placed_by_its_payment_is_seen_there(
    code: QRCode, alipay: AlipaySide, carry: Carry, manager: User, signed_in: SignIn
) -> None:
    alipay.pay(code.value, "12.50")
    carry()
    Notification.objects.update(code=None)
    url = reverse("notification_detail", args=[Notification.objects.get().pk])
    assert signed_in(manager).get(url).status_code == 200


def test_a_damaged_page_address_leads_to_the_first_page(finance: User, signed_in: SignIn) -> None:
    response = signed_in(finance).get(reverse("notification_list"), {"page": "zzz"}, follow=True)
    assert "damaged" in response.content.decode()


def test_the_quarantine_counts_and_shows_no_body(
    quarantined: Quarantined, finance: User, signed_in: SignIn
) -> None:
    page = signed_in(finance).get(reverse("quarantine_list")).content.decode()
    assert quarantined.why in page
    assert "total_fee=1.00" not in page


def test_a_quarantined_body_is_opened_for_those_who_may_see_evidence(
    quarantined: Quarantined, finance: User, signed_in: SignIn
) -> None:
    url = reverse("quarantined_detail", args=[quarantined.pk])
    assert "total_fee=1.00" in signed_in(finance).get(url).content.decode()


def test_who_opened_a_quarantined_body_is_written_down(
    quarantined: Quarantined, finance: User, signed_in: SignIn
) -> None:
    signed_in(finance).get(reverse("quarantined_detail", args=[quarantined.pk]))
    entry = AuditEntry.objects.get(verb="open_quarantined")
    assert (entry.actor_user, entry.target_id) == (finance, quarantined.pk)


def test_a_quarantined_body_is_not_for_one_stores_manager(
    quarantined: Quarantined, manager: User, cashier: User, client: Client, signed_in: SignIn
) -> None:
    url = reverse("quarantined_detail", args=[quarantined.pk])
    assert signed_in(manager).get(url).status_code == 403
    assert signed_in(cashier).get(url).status_code == 403
    client.logout()
    assert client.get(url).status_code == 302


def test_what_was_turned_away_is_counted_per_day(
    db: None, client: Client, finance: User, signed_in: SignIn
) -> None:
    client.post("/alipay/notify/0123456789abcdef/", {"notify_id": "1"})
    page = signed_in(finance).get(reverse("notification_list")).content.decode()
    assert "Unknown address" in page
