"""A payment that a message of the JSON API proves: shown, packed, and checked elsewhere."""

import json

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.accounts.models import Account
from merchant_portal.alipay.signing import RSAPublicKey, SignType
from merchant_portal.evidence.archive import MANIFEST
from merchant_portal.evidence.checking import Judgement, Keys, Outcome, check_evidence
from merchant_portal.evidence.manifest import as_json
from merchant_portal.evidence.signatures import key_digest
from merchant_portal.models import User
from merchant_portal.proof import pack_evidence
from payments.models import Notification, Payment, Quarantined
from qrcodes.models import Counter
from tests.accounts.key_texts import rsa_pair
from tests.intake.json_wire import (
    CLIENT_ID,
    PAYMENT_ID,
    JSONPostman,
    begin_sale,
    make_json_account,
    message,
)
from tests.proof.conftest import manifest_of, members_of, repacked

BODY, HEADERS = "notifications/N1/body.bin", "notifications/N1/headers.json"
STRING = "notifications/N1/signed-string.txt"


@pytest.fixture
def postman(client: Client, account: Account) -> JSONPostman:
    return JSONPostman(client, make_json_account(account).notify_key)


@pytest.fixture
def told(postman: JSONPostman, account: Account, counter: Counter) -> Payment:
    """Paid, as a message said."""
    begin_sale(account, counter)
    assert postman.says() == 200
    return Payment.objects.get()


def judged(raw: bytes, number: int = 8) -> Judgement:
    """Checked by somebody who has Alipay's key from elsewhere."""
    pinned = RSAPublicKey(rsa_pair(number)[1], SignType.RSA2)
    return check_evidence(raw, keys=Keys(pinned=[pinned]))


def test_what_is_packed_is_verified(told: Payment) -> None:
    judgement = judged(pack_evidence(told))
    assert judgement.outcome is Outcome.VERIFIED, judgement
    (proven,) = judgement.proven
    assert proven.startswith("N1: RSA2 signature holds")
    assert key_digest(RSAPublicKey(rsa_pair(8)[1], SignType.RSA2)) in proven


def test_the_signed_string_is_path_client_time_and_body(
    told: Payment, postman: JSONPostman
) -> None:
    members = members_of(pack_evidence(told))
    start = f"POST {postman.path}\n{CLIENT_ID}.2026-11-20T19:50:06+08:00.".encode()
    assert members[STRING] == start + members[BODY]
    assert json.loads(members[HEADERS])["path"] == postman.path
    assert b"headers.json" in members["README.txt"]


def test_another_key_than_alipays_is_refused(told: Payment) -> None:
    assert judged(pack_evidence(told), number=7).outcome is Outcome.REFUSED


@pytest.mark.parametrize(
    ("member", "before", "after"),
    [
        (BODY, b'"1250"', b'"1350"'),
        (HEADERS, b"+08:00", b"+09:00"),
        (HEADERS, b"/alipay/ams/", b"/alipay/amt/"),
        (HEADERS, CLIENT_ID.encode(), b"211000000000000000002"),
        (HEADERS, b"{", b"["),
        (HEADERS, b"/alipay/ams/", b"\\ud800"),
    ],
)
def test_a_change_of_anything_signed_is_refused(
    told: Payment, member: str, before: bytes, after: bytes
) -> None:
    members = members_of(pack_evidence(told))
    changed = members[member].replace(before, after)
    assert changed != members[member]
    assert judged(repacked(members, **{member: changed})).outcome is Outcome.REFUSED


def test_a_file_packed_before_there_were_messages_is_verified(paid: Payment) -> None:
    members = members_of(pack_evidence(paid))
    manifest = manifest_of(members)
    assert [notice.pop("headers") for notice in manifest["notifications"]] == [""]
    before = repacked(members | {MANIFEST: as_json(manifest)})
    assert check_evidence(before, keys=Keys()).outcome is Outcome.VERIFIED


def test_the_inspector_shows_what_was_signed(
    told: Payment, client: Client, administrator: User, postman: JSONPostman
) -> None:
    client.force_login(administrator)
    address = reverse("notification_detail", args=[Notification.objects.get().pk])
    page = client.get(address).content.decode()
    assert f"POST {postman.path}" in page
    assert "algorithm=RSA256" in page
    assert "holds" in page


def test_the_proof_page_shows_it(told: Payment, client: Client, administrator: User) -> None:
    client.force_login(administrator)
    page = client.get(reverse("payment_proof", args=[told.pk])).content.decode()
    assert PAYMENT_ID in page
    assert "algorithm=RSA256" in page


def test_a_held_message_is_shown_with_what_it_signs(
    postman: JSONPostman, client: Client, administrator: User
) -> None:
    body = json.dumps(message()).encode()
    postman.send(body, postman.as_if(key_number=7).headers(body))
    client.force_login(administrator)
    page = client.get(reverse("quarantined_detail", args=[Quarantined.objects.get().pk]))
    assert "algorithm=RSA256" in page.content.decode()
