"""A payment that signed answers of the JSON API prove: kept, packed, and checked elsewhere."""

import io
import json
from collections.abc import Iterator

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.test import Client
from django.urls import reverse

from merchant_portal.accounts.models import Account, GatewayCall
from merchant_portal.alipay.signing import SignType
from merchant_portal.evidence.archive import MANIFEST
from merchant_portal.evidence.checking import Judgement, Keys, Outcome, check_evidence
from merchant_portal.evidence.manifest import as_json
from merchant_portal.models import User
from merchant_portal.proof import pack_evidence
from payments.models import Payment
from payments.states import PaymentState
from qrcodes import services as codes
from qrcodes.models import Counter, Store
from tests.alipay.rsa import RSAPair, make_rsa_pair
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.proof.conftest import manifest_of, members_of, repacked
from tests.sales.conftest import CLIENT, NOON, speak_json
from tests.sales.till import Till

ANSWER, HEADERS = "calls/C1/answer.bin", "calls/C1/headers.json"


@pytest.fixture(autouse=True)
def traveller() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(NOON, tick=False) as travelling:
        yield travelling


@pytest.fixture(scope="module")
def pair() -> RSAPair:
    return make_rsa_pair(2048, SignType.RSA2)


@pytest.fixture
def selling(account: Account, store: Store, alipay: AlipaySide, pair: RSAPair) -> Account:
    codes.enrol_store(store, account=account, actor=ACTOR)
    speak_json(account, alipay, pair)
    return account


@pytest.fixture
def till(
    selling: Account,
    counter: Counter,
    alipay: AlipaySide,
    traveller: time_machine.Traveller,
    client: Client,
) -> Till:
    """A counter that sells through the JSON API; nobody carries its post."""
    return Till(counter, selling, alipay, traveller, client)


@pytest.fixture
def sold(till: Till) -> Payment:
    """Paid, as the answer to the scan said, and nothing else."""
    payment = till.scan().payment
    payment.refresh_from_db()
    assert payment.state == PaymentState.PAID
    return payment


def judged(raw: bytes) -> Judgement:
    return check_evidence(raw, keys=Keys())


def test_an_answer_alone_bears_the_payment_out(sold: Payment) -> None:
    judgement = judged(pack_evidence(sold))
    assert judgement.outcome is Outcome.VERIFIED, judgement
    assert [line.partition(" signature holds")[0] for line in judgement.proven] == ["C1: RSA2"]


def test_what_an_answer_signs_is_kept_and_packed(sold: Payment) -> None:
    members = members_of(pack_evidence(sold))
    kept = json.loads(members[HEADERS])
    assert (kept["method"], kept["path"]) == ("POST", "/ams/api/v1/payments/pay")
    assert kept["client_id"] == CLIENT
    assert kept["response_time"] == "2026-03-02T12:00:00+08:00"
    assert b"of an answer of Alipay's JSON API" in members["README.txt"]


@pytest.mark.parametrize(
    ("member", "before", "after"),
    [
        (ANSWER, b'"1250"', b'"1350"'),
        (HEADERS, b"+08:00", b"+09:00"),
        (HEADERS, b"payments/pay", b"payments/cancel"),
        (HEADERS, b"POST", b"GET"),
        (HEADERS, CLIENT.encode(), b"211000000000000000002"),
        (HEADERS, b"{", b"["),
        (HEADERS, b"/ams/", b"\\ud800"),
    ],
)
def test_a_change_of_anything_signed_is_refused(
    sold: Payment, member: str, before: bytes, after: bytes
) -> None:
    members = members_of(pack_evidence(sold))
    changed = members[member].replace(before, after)
    assert changed != members[member]
    judgement = judged(repacked(members, **{member: changed}))
    assert "C1: the answer's signature does not hold." in judgement.refusals


def test_facts_that_the_answer_does_not_bear_out_are_refused(sold: Payment) -> None:
    members = members_of(pack_evidence(sold))
    manifest = manifest_of(members)
    manifest["payment"] |= {"amount": "13.50", "amount_minor": 1350}
    judgement = judged(repacked(members | {MANIFEST: as_json(manifest)}))
    assert any("bears out the amount" in each for each in judgement.refusals)


def test_an_answer_of_before_headers_were_kept_is_not_proven(sold: Payment) -> None:
    GatewayCall.objects.update(headers="")
    judgement = judged(pack_evidence(sold))
    assert judgement.outcome is Outcome.UNPROVEN
    assert judgement.remarks[0].startswith("C1: the answer to pay is NOT PROVEN: what its")


def test_the_command_says_so(sold: Payment, tmp_path_factory: pytest.TempPathFactory) -> None:
    GatewayCall.objects.update(headers="")
    file = tmp_path_factory.mktemp("evidence") / "one.zip"
    file.write_bytes(pack_evidence(sold))
    told = io.StringIO()
    with pytest.raises(CommandError, match="NOT PROVEN"):
        call_command("verify_evidence", str(file), stdout=told)
    assert "note: C1: the answer to pay is NOT PROVEN" in told.getvalue()


def test_a_file_packed_before_there_were_headers_is_read(sold: Payment) -> None:
    GatewayCall.objects.update(headers="")
    members = members_of(pack_evidence(sold))
    manifest = manifest_of(members)
    assert [call.pop("headers") for call in manifest["calls"]] == [""]
    assert judged(repacked(members | {MANIFEST: as_json(manifest)})).outcome is Outcome.UNPROVEN


def test_an_order_its_code_its_payment_and_its_refusals_agree(till: Till) -> None:
    sale = till.order()
    till.break_call("error_unsigned", "SIGNATURE_INVALID", times=1, call="query")
    till.run(5)
    till.pay_order(sale)
    till.run(30)
    payment = Payment.objects.get()
    judgement = judged(pack_evidence(payment))
    assert payment.state == PaymentState.PAID
    assert judgement.outcome is Outcome.VERIFIED, judgement
    assert any("no key in this file verifies its signature" in each for each in judgement.remarks)


def test_an_order_that_nobody_paid_is_no_contradiction(till: Till) -> None:
    sale = till.order()
    till.end(sale)
    till.run(60)
    payment = Payment.objects.get()
    judgement = judged(pack_evidence(payment))
    assert payment.state == PaymentState.CLOSED
    assert not judgement.refusals
    assert judgement.proven


def test_money_given_back_is_no_contradiction(till: Till) -> None:
    till.break_call("unknown_then", "done", times=1, call="pay")
    sale = till.scan()
    till.end(sale)
    till.run(60)
    judgement = judged(pack_evidence(Payment.objects.get()))
    assert not judgement.refusals
    assert judgement.proven


def test_the_proof_page_says_what_holds_and_what_is_not_proven(
    sold: Payment, client: Client, administrator: User
) -> None:
    client.force_login(administrator)
    address = reverse("payment_proof", args=[sold.pk])
    now = client.get(address).content.decode()
    GatewayCall.objects.update(headers="")
    before = client.get(address).content.decode()
    assert "What the answer signs beside its body" in now
    assert "not proven: what its signature covers was not kept" in before
