"""Registering a store and asking how its review goes."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from merchant_portal.alipay.client import Contract, GatewayClient
from merchant_portal.alipay.errors import (
    GatewayRefused,
    GatewayUnreachable,
    NoAnswer,
    RequestInvalid,
)
from merchant_portal.alipay.messages import (
    MerchantType,
    Registrant,
    ReviewAnswer,
    ReviewStatus,
    StoreRegistration,
)
from merchant_portal.alipay.signing import presign
from tests.alipay.gateways import LoopbackGateway, answer_xml, reply, unused_address
from tests.alipay.samples import SAMPLE_KEY, sample_bytes, vector_of

ClientFor = Callable[[Contract], GatewayClient]
REGISTRANT = Registrant(
    type=MerchantType.ENTERPRISE,
    registration_no="REG-0001",
    register_country="US",
    register_address="1 Example Pier, Springfield",
    contact_no="15550100",
    contact_email="owner@example.com",
)
STORE = StoreRegistration(
    secondary_merchant_name="Harbour Noodle Bar LLC",
    secondary_merchant_id="M0001",
    store_id="S0001",
    store_name="Harbour Noodle Bar Pier 3",
    store_country="US",
    store_address="1 Example Pier, Springfield",
    store_industry="5812",
    registrant=REGISTRANT,
)
ACCEPTED = reply(sample_bytes("28-secmerchant-maintain-response.xml"))
ASKED = {"secondary_merchant_id": "M0001", "store_id": "S0001"}
REVIEWED = {
    "payment_method": "INSTORE_PAYMENT",
    "result_code": "SUCCESS",
    "secondary_merchant_id": "M0001",
    "status": "SUCCESS",
    "store_id": "S0001",
}


@pytest.fixture
def reviewed(
    client: GatewayClient, gateway: LoopbackGateway
) -> Callable[[dict[str, str]], ReviewAnswer]:
    """What a question about the sample's store makes of an answer with these fields."""

    def answered(fields: dict[str, str]) -> ReviewAnswer:
        gateway.replies = [reply(answer_xml(fields, SAMPLE_KEY))]
        return client.query_store_review(**ASKED)

    return answered


Reviewed = Callable[[dict[str, str]], ReviewAnswer]


def why_no_answer(ask: Callable[[], object]) -> NoAnswer:
    with pytest.raises(GatewayUnreachable) as unreachable:
        ask()
    return unreachable.value.reason


def at(http: httpx.Client, contract: Contract, hour: int, minute: int) -> GatewayClient:
    sent_at = datetime(2026, 11, 20, hour, minute, tzinfo=UTC)
    return GatewayClient(contract, http=http, now=lambda: sent_at)


def test_a_registration_sends_the_fields_and_signature_of_the_sample(
    http: httpx.Client, contract: Contract, gateway: LoopbackGateway
) -> None:
    gateway.replies = [ACCEPTED]
    at(http, contract, 10, 0).register_store(STORE)
    fields = gateway.asked[0].fields
    vector = vector_of("27-secmerchant-maintain-request.txt")
    assert (presign(fields), fields["sign"]) == (vector["pre_sign"], vector["sign"])


def test_an_integrator_registers_a_store_without_the_acquirers_part(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [ACCEPTED]
    assert client.register_store(replace(STORE, registrant=None)).fields["result_code"]
    assert "registration_no" not in gateway.asked[0].fields


def test_everything_an_acquirer_tells_is_sent(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [ACCEPTED]
    more = {
        name: f"{name} 1"
        for name in ("shareholder_name", "shareholder_id", "representative_name",
                     "representative_id", "settlement_no", "cs_no", "cs_email")
    }  # fmt: skip
    photos = {
        "internal_store_photo": "https://shop.example/in.jpg",
        "external_storefront_photo": "https://shop.example/out.jpg",
    }
    client.register_store(replace(STORE, registrant=replace(REGISTRANT, **more), **photos))
    sent = gateway.asked[0].fields
    assert {name: sent[name] for name in (*more, *photos)} == more | photos


def test_a_registration_may_be_refused(client: GatewayClient, gateway: LoopbackGateway) -> None:
    fields = {"error": "PARAM_ILLEGAL", "result_code": "FAIL"}
    gateway.replies = [reply(answer_xml(fields, SAMPLE_KEY))]
    with pytest.raises(GatewayRefused) as refused:
        client.register_store(STORE)
    assert (refused.value.code, refused.value.signed) == ("PARAM_ILLEGAL", True)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"result_code": "UNKNOWN"}, NoAnswer.UNKNOWN_RESULT),
        ({"result_code": "FAIL", "error": "SYSTEM_ERROR"}, NoAnswer.SYSTEM_ERROR),
        ({"result_code": "SUCCESS", "store_id": "S0002"}, NoAnswer.UNREADABLE),
        ({"result_code": "SUCCESS", "secondary_merchant_id": "M2"}, NoAnswer.UNREADABLE),
        ({"store_id": "S0001"}, NoAnswer.UNREADABLE),
    ],
)
def test_an_unclear_answer_to_a_registration_is_none(
    fields: dict[str, str], reason: NoAnswer, client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(answer_xml(fields, SAMPLE_KEY))]
    assert why_no_answer(lambda: client.register_store(STORE)) is reason


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("secondary_merchant_name", ""),
        ("secondary_merchant_name", "x" * 129),
        ("secondary_merchant_name", "two\nlines"),
        ("secondary_merchant_id", ""),
        ("secondary_merchant_id", "M 1"),
        ("secondary_merchant_id", "M-1"),
        ("store_id", "S 1"),
        ("secondary_merchant_id", "M" * 65),
        ("store_id", ""),
        ("store_id", "S" * 65),
        ("store_name", ""),
        ("store_country", "USA"),
        ("store_country", "us"),
        ("store_address", ""),
        ("store_industry", "581"),
        ("store_industry", "4121"),
        ("internal_store_photo", "shop.example/in.jpg"),
        ("external_storefront_photo", "ftp://shop.example/out.jpg"),
    ],
)
def test_an_unfit_store_is_not_registered(
    field: str, text: str, client: GatewayClient, gateway: LoopbackGateway
) -> None:
    with pytest.raises(RequestInvalid) as refused:
        client.register_store(replace(STORE, **{field: text}))  # type: ignore[arg-type]
    assert (refused.value.field, gateway.asked) == (field, [])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"registration_no": ""}, "registration_no"),
        ({"register_country": ""}, "register_country"),
        ({"register_address": ""}, "register_address"),
        ({"contact_no": "", "contact_email": ""}, "contact_no"),
        ({"cs_email": "a\tb"}, "cs_email"),
        ({"settlement_no": " 1"}, "settlement_no"),
    ],
)
def test_an_unfit_registrant_is_not_registered(
    change: dict[str, str], field: str, client: GatewayClient, gateway: LoopbackGateway
) -> None:
    registrant = replace(REGISTRANT, **change)  # type: ignore[arg-type]
    with pytest.raises(RequestInvalid) as refused:
        client.register_store(replace(STORE, registrant=registrant))
    assert (refused.value.field, gateway.asked) == (field, [])


@pytest.mark.parametrize("missing", ["contact_no", "contact_email"])
def test_a_number_or_an_e_mail_is_enough(
    missing: str, client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [ACCEPTED]
    registrant = replace(REGISTRANT, **{missing: ""})  # type: ignore[arg-type]
    client.register_store(replace(STORE, registrant=registrant))
    assert missing not in gateway.asked[0].fields


@pytest.mark.parametrize(
    ("field", "text"), [("secondary_merchant_id", "M" * 33), ("store_name", 'The "Pier"')]
)
def test_what_hong_kong_does_not_take_is_not_registered(
    field: str, text: str, client_for: ClientFor, hk_contract: Contract, gateway: LoopbackGateway
) -> None:
    store = replace(STORE, **{field: text})  # type: ignore[arg-type]
    with pytest.raises(RequestInvalid) as refused:
        client_for(hk_contract).register_store(store)
    assert (refused.value.field, gateway.asked) == (field, [])


def test_a_registration_never_goes_to_the_spare_address(
    client_for: ClientFor, contract: Contract, gateway: LoopbackGateway
) -> None:
    terms = replace(contract, gateway_url=unused_address(), spare_url=gateway.url)
    with pytest.raises(GatewayUnreachable):
        client_for(terms).register_store(STORE)
    assert gateway.asked == []


def test_a_review_is_asked_for_with_the_fields_and_signature_of_the_sample(
    http: httpx.Client, contract: Contract, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(sample_bytes("30-secmerchant-querystatus-response.xml"))]
    answer = at(http, contract, 10, 15).query_store_review(**ASKED)
    fields = gateway.asked[0].fields
    vector = vector_of("29-secmerchant-querystatus-request.txt")
    assert (presign(fields), fields["sign"]) == (vector["pre_sign"], vector["sign"])
    assert (answer.status, answer.store_id) == (ReviewStatus.UNDER_REVIEW, "S0001")


@pytest.mark.parametrize("status", list(ReviewStatus))
def test_every_status_of_a_review_is_read(status: ReviewStatus, reviewed: Reviewed) -> None:
    assert reviewed(REVIEWED | {"status": status.value}).status is status


def test_a_rejected_store_is_told_why(reviewed: Reviewed) -> None:
    answer = reviewed(REVIEWED | {"status": "FAILED", "reject_reason": "security reason"})
    assert (answer.status, answer.reject_reason) == (ReviewStatus.FAILED, "security reason")


def test_a_review_that_names_no_result_code_is_read(reviewed: Reviewed) -> None:
    assert reviewed(REVIEWED | {"result_code": ""}).status is ReviewStatus.SUCCESS


def test_nothing_registered_is_a_status_also_as_a_refusal(reviewed: Reviewed) -> None:
    answer = reviewed({"error": "DATA_NOT_EXIST", "result_code": "FAIL"})
    assert (answer.status, answer.store_id) == (ReviewStatus.DATA_NOT_EXIST, "S0001")


def test_an_unsigned_refusal_says_nothing_of_the_store(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    body = b"<alipay><is_success>F</is_success><error>DATA_NOT_EXIST</error></alipay>"
    gateway.replies = [reply(body)]
    with pytest.raises(GatewayRefused) as refused:
        client.query_store_review(**ASKED)
    assert not refused.value.signed


def test_a_reason_nobody_signed_does_not_unregister_a_store(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    extra = "<error>DATA_NOT_EXIST</error>"
    gateway.replies = [reply(answer_xml(REVIEWED, SAMPLE_KEY, extra=extra))]
    assert client.query_store_review(**ASKED).status is ReviewStatus.SUCCESS


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"status": "APPROVED"}, NoAnswer.UNKNOWN_RESULT),
        ({"status": ""}, NoAnswer.UNKNOWN_RESULT),
        ({"result_code": "UNKNOWN"}, NoAnswer.UNKNOWN_RESULT),
        ({"result_code": "FAIL", "error": "SYSTEM_ERROR"}, NoAnswer.SYSTEM_ERROR),
        ({"store_id": "S0002"}, NoAnswer.UNREADABLE),
        ({"secondary_merchant_id": "M2"}, NoAnswer.UNREADABLE),
        ({"store_id": ""}, NoAnswer.UNREADABLE),
    ],
)
def test_an_unclear_answer_about_a_review_is_none(
    change: dict[str, str], reason: NoAnswer, reviewed: Reviewed
) -> None:
    assert why_no_answer(lambda: reviewed(REVIEWED | change)) is reason


@pytest.mark.parametrize(
    ("ids", "field"),
    [
        ({"secondary_merchant_id": "", "store_id": "S"}, "secondary_merchant_id"),
        ({"secondary_merchant_id": "M", "store_id": ""}, "store_id"),
    ],
)
def test_a_review_of_nothing_is_not_asked_for(
    ids: dict[str, str], field: str, client: GatewayClient, gateway: LoopbackGateway
) -> None:
    with pytest.raises(RequestInvalid) as refused:
        client.query_store_review(**ids)
    assert (refused.value.field, gateway.asked) == (field, [])


def test_a_review_is_asked_for_at_the_spare_address_when_nobody_listens(
    client_for: ClientFor, contract: Contract, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(answer_xml(REVIEWED, SAMPLE_KEY))]
    terms = replace(contract, gateway_url=unused_address(), spare_url=gateway.url)
    assert client_for(terms).query_store_review(**ASKED).status is ReviewStatus.SUCCESS
