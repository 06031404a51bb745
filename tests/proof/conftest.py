"""A payment that Alipay signed with RSA2, and another with a shared secret."""

import io
import json
import zipfile
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import LazySettings

from merchant_portal import clock
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, KeyPurpose, SignType
from merchant_portal.evidence.archive import MANIFEST, pack
from merchant_portal.evidence.manifest import as_json, digest
from merchant_portal.proof import pack_evidence
from payments import services as payments
from payments.models import Payment
from qrcodes import services as codes
from qrcodes.models import Counter, QRCode
from tests import factories
from tests.accounts.key_texts import rsa_pair
from tests.alipay_side import AlipaySide
from tests.reconciliation import nights

ACTOR = factories.ACTOR
RSA_PARTNER = "2088000000000137"
Carry = Callable[[], list[str]]


@pytest.fixture(autouse=True)
def var(settings: LazySettings, tmp_path: Path) -> None:
    """Nightly files are kept on a disk of their own."""
    settings.STATEMENTS_DIR = tmp_path / "statements"


@pytest.fixture
def midday() -> Iterator[None]:
    """Noon here and at Alipay: the night's file is of the payment's own day."""
    with time_machine.travel(datetime(2026, 3, 10, 12, tzinfo=clock.GMT8), tick=True):
        yield


@pytest.fixture
def rsa_account(db: None, alipay: AlipaySide) -> Account:
    """An account whose messages are signed with RSA2."""
    private, public = rsa_pair()
    said = alipay.add_partner(
        partner_id=RSA_PARTNER,
        region="global",
        sign_types=["RSA2"],
        merchant_public_key_pem=public,
    )
    account = accounts.save_account(
        partner_id=RSA_PARTNER,
        region="global",
        actor=ACTOR,
        terms={
            "name": "Signed with RSA2",
            "sign_type": SignType.RSA2,
            "gateway_url": alipay.gateway_url,
            "settlement_currency": "USD",
        },
    )
    for purpose, text in [
        (KeyPurpose.OURS, private),
        (KeyPurpose.ALIPAY, said["alipay_public_key_pem"]),
    ]:
        accounts.add_key(account, purpose=purpose, algorithm=SignType.RSA2, text=text, actor=ACTOR)
    return account


@pytest.fixture
def rsa_code(rsa_account: Account, counter: Counter) -> QRCode:
    enrolment = codes.enrol_counter(counter, account=rsa_account, actor=ACTOR)
    return codes.send_code(codes.make_code(enrolment, actor=ACTOR))


@pytest.fixture
def paid(rsa_code: QRCode, alipay: AlipaySide, carry: Carry) -> Payment:
    """A payment that Alipay told of, was asked about, and signed with RSA2."""
    return _paid(rsa_code, alipay, carry)


@pytest.fixture
def paid_md5(code: QRCode, alipay: AlipaySide, carry: Carry) -> Payment:
    """The same where messages are signed with MD5."""
    return _paid(code, alipay, carry)


def _paid(code: QRCode, alipay: AlipaySide, carry: Carry) -> Payment:
    alipay.pay(code.value, "12.50")
    carry()
    payment = Payment.objects.get()
    payments.ask_payment(payment, actor=ACTOR)
    payment.refresh_from_db()
    return payment


@pytest.fixture
def compared(midday: None, paid: Payment, rsa_account: Account, alipay: AlipaySide) -> Payment:
    """The payment after its night: Alipay's file names it."""
    nights.compare_night(rsa_account, alipay)
    return paid


_opened: dict[str, bytes] = {}


@pytest.fixture
def opened(request: pytest.FixtureRequest) -> dict[str, bytes]:
    """The members of a payment's evidence file; packed once, for they are only bytes."""
    if not _opened:
        _opened.update(members_of(pack_evidence(request.getfixturevalue("paid"))))
    return dict(_opened)


def members_of(raw: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def manifest_of(members: dict[str, bytes]) -> dict[str, Any]:
    manifest: dict[str, Any] = json.loads(members[MANIFEST])
    return manifest


def repacked(members: dict[str, bytes], **changes: bytes) -> bytes:
    """The file again after somebody changed members and made every digest fit."""
    members = members | changes
    manifest = manifest_of(members)
    manifest["members"] = {
        name: digest(content) for name, content in members.items() if name != MANIFEST
    }
    return pack({**members, MANIFEST: as_json(manifest)})


def with_facts(members: dict[str, bytes], **facts: object) -> dict[str, bytes]:
    """Somebody changes the payment's facts in the manifest."""
    manifest = manifest_of(members)
    manifest["payment"] |= facts
    return members | {MANIFEST: as_json(manifest)}
