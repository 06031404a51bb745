"""The proof on a payment's page, on its own page, and as a file: who gets it, and what it says."""

import hashlib
from collections.abc import Callable

import pytest
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.evidence.checking import Keys, Outcome, check_evidence
from merchant_portal.models import AuditEntry, User
from merchant_portal.proof import pack_evidence
from payments.models import Notification, Payment
from reconciliation.models import StatementFile
from tests import factories

SignIn = Callable[[User], Client]
DOORS = ["payment_proof", "payment_evidence"]


def _page(client: Client, payment: Payment) -> str:
    response = client.get(reverse("payment_proof", args=[payment.pk]))
    assert response.status_code == 200
    return response.content.decode()


@pytest.mark.parametrize("name", DOORS)
def test_its_manager_sees_the_proof(
    name: str, paid: Payment, manager: User, signed_in: SignIn
) -> None:
    assert signed_in(manager).get(reverse(name, args=[paid.pk])).status_code == 200


@pytest.mark.parametrize("name", DOORS)
def test_an_auditor_sees_the_proof(name: str, paid: Payment, signed_in: SignIn) -> None:
    auditor = factories.person(Role.AUDITOR)
    assert signed_in(auditor).get(reverse(name, args=[paid.pk])).status_code == 200


@pytest.mark.parametrize("name", DOORS)
def test_a_cashier_is_told_which_right_is_missing(
    name: str, paid: Payment, cashier: User, signed_in: SignIn
) -> None:
    response = signed_in(cashier).get(reverse(name, args=[paid.pk]))
    assert response.status_code == 403
    assert "see the signed evidence" in response.content.decode()


@pytest.mark.parametrize("name", DOORS)
def test_the_proof_is_not_there_for_an_outsider(
    name: str, paid: Payment, outsider: User, signed_in: SignIn
) -> None:
    assert signed_in(outsider).get(reverse(name, args=[paid.pk])).status_code == 404


@pytest.mark.parametrize("name", DOORS)
def test_the_right_elsewhere_opens_no_proof_here(
    name: str, paid: Payment, cashier: User, signed_in: SignIn
) -> None:
    """A cashier here who is a manager at another store."""
    elsewhere = factories.other_store()
    cashier.memberships.create(role=Role.MANAGER, merchant=elsewhere.merchant)
    assert signed_in(cashier).get(reverse(name, args=[paid.pk])).status_code == 403


@pytest.mark.parametrize("name", DOORS)
def test_the_signed_out_are_sent_to_the_sign_in(name: str, paid: Payment, client: Client) -> None:
    client.logout()
    assert client.get(reverse(name, args=[paid.pk])).status_code == 302


@pytest.mark.parametrize("name", DOORS)
def test_the_proof_takes_no_post(
    name: str, paid: Payment, manager: User, signed_in: SignIn
) -> None:
    assert signed_in(manager).post(reverse(name, args=[paid.pk])).status_code == 405


def test_the_payments_page_says_what_bears_it_out_and_leads_to_the_whole(
    paid: Payment, manager: User, signed_in: SignIn
) -> None:
    page = signed_in(manager).get(paid.get_absolute_url()).content.decode()
    assert "1 signature holds" in page
    assert "1 signed answer" in page
    assert reverse("payment_proof", args=[paid.pk]) in page


def test_a_cashier_sees_that_it_is_proven_and_not_the_proof(
    paid: Payment, cashier: User, signed_in: SignIn
) -> None:
    page = signed_in(cashier).get(paid.get_absolute_url()).content.decode()
    assert "1 signature holds" in page
    assert reverse("payment_proof", args=[paid.pk]) not in page


def test_the_page_shows_bytes_string_key_and_answer(
    paid: Payment, manager: User, signed_in: SignIn
) -> None:
    page = _page(signed_in(manager), paid)
    notification = Notification.objects.get()
    assert "total_fee=12.50&amp;" in page
    assert notification.verified_with.fingerprint in page
    assert "&lt;alipay_trans_status&gt;TRADE_SUCCESS" in page


def test_a_body_changed_in_the_database_is_seen_on_both_pages(
    paid: Payment, manager: User, signed_in: SignIn
) -> None:
    body = bytes(Notification.objects.get().body).replace(b"12.50", b"99.50")
    Notification.objects.update(body=body)
    client = signed_in(manager)
    assert "does not hold" in _page(client, paid)
    assert "0 of 1 signatures hold" in client.get(paid.get_absolute_url()).content.decode()


def test_the_nights_line_stands_there_with_its_file(
    compared: Payment, manager: User, signed_in: SignIn
) -> None:
    file, page = StatementFile.objects.get(), _page(signed_in(manager), compared)
    assert (file.name in page, file.sha256 in page, "Agrees" in page) == (True, True, True)


def test_what_is_downloaded_is_verified_and_who_took_it_is_written_down(
    paid: Payment, manager: User, signed_in: SignIn
) -> None:
    response = signed_in(manager).get(reverse("payment_evidence", args=[paid.pk]))
    digest = hashlib.sha256(response.content).hexdigest()
    assert check_evidence(response.content, keys=Keys()).outcome is Outcome.VERIFIED
    entry = AuditEntry.objects.get(verb="take_evidence")
    assert entry.details == {"sha256": digest, "bytes": len(response.content)}
    assert (entry.actor_user, entry.target_id) == (manager, paid.pk)


def test_taking_it_twice_gives_the_same_bytes(
    paid: Payment, manager: User, signed_in: SignIn
) -> None:
    client, url = signed_in(manager), reverse("payment_evidence", args=[paid.pk])
    assert client.get(url).content == client.get(url).content


def test_the_file_is_named_after_the_payment_and_kept_by_no_cache(
    paid: Payment, manager: User, signed_in: SignIn
) -> None:
    response = signed_in(manager).get(reverse("payment_evidence", args=[paid.pk]))
    assert f"evidence-{paid.alipay_trans_id}.zip" in response.headers["Content-Disposition"]
    assert response.headers["Cache-Control"] == "no-store"


def test_a_line_whose_file_is_gone_is_still_evidence(
    compared: Payment, settings: LazySettings
) -> None:
    settings.STATEMENTS_DIR = settings.STATEMENTS_DIR / "elsewhere"
    judgement = check_evidence(pack_evidence(compared), keys=Keys())
    assert judgement.outcome is Outcome.VERIFIED, judgement
    assert "the file itself was not there" in judgement.remarks[0]
