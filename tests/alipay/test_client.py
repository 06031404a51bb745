"""Calls as they go over the wire to a gateway on the loopback."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from merchant_portal.alipay.client import Choices, Contract, GatewayClient
from merchant_portal.alipay.errors import (
    GatewayRefused,
    GatewayUnreachable,
    NoAnswer,
    RequestInvalid,
)
from merchant_portal.alipay.messages import (
    ChannelFee,
    ChannelFeeType,
    CodeDetails,
    CodeStatus,
    JSONForm,
)
from merchant_portal.alipay.signing import MD5Key, SignType, presign, verifies
from tests.alipay.conftest import NOW
from tests.alipay.gateways import LoopbackGateway, answer_xml, reply, unused_address
from tests.alipay.rsa import RSAPair
from tests.alipay.samples import (
    HK_PARTNER,
    ORDER,
    PARTNER,
    QRCODE,
    SAMPLE_KEY,
    TRADE,
    posted_body,
    sample_bytes,
    vector_of,
)

NOTIFY_URL = "https://pos.example.com/alipay/notify"
HK_NOTIFY_URL = "https://pos.example.hk/alipay/notify"
CODE_ANSWER = reply(sample_bytes("08-modifystatus-response-global.xml"))
CREATE_ANSWER = reply(sample_bytes("02-create-response-global.xml"))
QUERY_ANSWER = reply(sample_bytes("13-query-response-global.xml"))
ClientFor = Callable[[Contract], GatewayClient]


def test_create_sends_the_bytes_of_the_sample(
    client: GatewayClient, gateway: LoopbackGateway, noodle_bar: CodeDetails
) -> None:
    gateway.replies = [CREATE_ANSWER]
    client.create_qrcode(noodle_bar, notify_url=NOTIFY_URL)
    asked = gateway.asked[0]
    assert (asked.method, asked.target) == ("POST", "/gateway.do?_input_charset=UTF-8")
    assert asked.body == posted_body("01b-create-request-global-post.txt")
    assert asked.headers["content-type"] == "application/x-www-form-urlencoded; charset=UTF-8"


def test_create_answers_the_code_and_its_picture(
    client: GatewayClient, gateway: LoopbackGateway, noodle_bar: CodeDetails
) -> None:
    gateway.replies = [CREATE_ANSWER]
    answer = client.create_qrcode(noodle_bar, notify_url=NOTIFY_URL)
    assert answer.qrcode == QRCODE
    assert answer.qrcode_img_url.endswith("?code=ocx01234abcdefghjkmnp56&d&picSize=M")


def test_the_exchange_is_kept_as_it_was(
    client: GatewayClient, gateway: LoopbackGateway, noodle_bar: CodeDetails
) -> None:
    gateway.replies = [CREATE_ANSWER]
    exchange = client.create_qrcode(noodle_bar, notify_url=NOTIFY_URL).exchange
    assert exchange.presign == vector_of("01-create-request-global.txt")["pre_sign"]
    assert dict(exchange.fields) == gateway.asked[0].fields
    assert (exchange.service, exchange.started_at) == ("alipay.commerce.qrcode.create", NOW)
    assert (exchange.http_status, exchange.content_type) == (200, "text/xml;charset=UTF-8")
    assert exchange.body == sample_bytes("02-create-response-global.xml")


def test_a_hong_kong_create_sends_the_fields_of_the_sample(
    client_for: ClientFor,
    hk_contract: Contract,
    gateway: LoopbackGateway,
    hk_noodle_bar: CodeDetails,
) -> None:
    gateway.replies = [CREATE_ANSWER]
    details = replace(hk_noodle_bar, channel_fee=ChannelFee(ChannelFeeType.RATE, "0.01"))
    client_for(hk_contract).create_qrcode(details, notify_url=HK_NOTIFY_URL)
    fields = gateway.asked[0].fields
    assert presign(fields) == vector_of("04-create-request-hk.txt")["pre_sign"]
    assert fields["sign"] == vector_of("04-create-request-hk.txt")["sign"]


def test_modify_names_the_code_as_qrcode(
    client: GatewayClient, gateway: LoopbackGateway, noodle_bar: CodeDetails
) -> None:
    gateway.replies = [CODE_ANSWER]
    assert client.modify_qrcode(QRCODE, noodle_bar, notify_url=NOTIFY_URL).qrcode == QRCODE
    fields = gateway.asked[0].fields
    assert (fields["service"], fields["qrcode"]) == ("alipay.commerce.qrcode.modify", QRCODE)
    assert verifies(presign(fields), fields["sign"], SAMPLE_KEY)


def test_modify_without_an_address_leaves_it_out(
    client: GatewayClient, gateway: LoopbackGateway, noodle_bar: CodeDetails
) -> None:
    gateway.replies = [CODE_ANSWER]
    client.modify_qrcode(QRCODE, noodle_bar, notify_url="")
    assert "notify_url" not in gateway.asked[0].fields


@pytest.mark.parametrize("status", list(CodeStatus))
def test_a_codes_status_is_changed(
    status: CodeStatus, client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [CODE_ANSWER]
    assert client.change_qrcode_status(QRCODE, status).qrcode == QRCODE
    fields = gateway.asked[0].fields
    assert fields["service"] == "alipay.commerce.qrcode.modifyStatus"
    assert (fields["status"], fields["biz_type"]) == (status.value, "OVERSEASHOPQRCODE")
    assert fields["timestamp"] == "2026-11-20 19:41:16"


def test_an_answer_about_another_code_is_no_answer(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [CODE_ANSWER]
    with pytest.raises(GatewayUnreachable) as unreachable:
        client.change_qrcode_status(QRCODE + "x", CodeStatus.STOP)
    assert unreachable.value.reason is NoAnswer.UNREADABLE


def test_a_create_answered_without_a_code_is_no_answer(
    client: GatewayClient, gateway: LoopbackGateway, noodle_bar: CodeDetails
) -> None:
    gateway.replies = [reply(answer_xml({"other": "1"}, SAMPLE_KEY, wrapper="qrcodeinfo"))]
    with pytest.raises(GatewayUnreachable) as unreachable:
        client.create_qrcode(noodle_bar, notify_url=NOTIFY_URL)
    assert unreachable.value.reason is NoAnswer.UNREADABLE


def test_a_query_sends_the_signature_of_the_sample(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [QUERY_ANSWER]
    assert client.query_payment(partner_trans_id=ORDER).alipay_trans_id == TRADE
    fields = gateway.asked[0].fields
    assert fields["sign"] == vector_of("12-query-request-global.txt")["sign"]
    assert "timestamp" not in fields


def test_a_payment_is_found_by_alipays_number_alone(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [QUERY_ANSWER]
    assert client.query_payment(alipay_trans_id=TRADE).partner_trans_id == ORDER
    assert "partner_trans_id" not in gateway.asked[0].fields


def test_hong_kong_is_asked_by_the_order_number(
    client_for: ClientFor, hk_contract: Contract, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(sample_bytes("16-query-response-hk-gbk.xml"))]
    client = client_for(hk_contract)
    with pytest.raises(RequestInvalid, match="order number"):
        client.query_payment(alipay_trans_id=TRADE)
    answer = client.query_payment(partner_trans_id="2026112019510012345678909999")
    assert (answer.payment_inst, gateway.asked[0].fields["partner"]) == ("ALIPAYHK", HK_PARTNER)


def test_a_payment_that_does_not_exist_is_a_signed_refusal(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(sample_bytes("14-query-response-notfound.xml"))]
    with pytest.raises(GatewayRefused) as refused:
        client.query_payment(partner_trans_id="NOSUCH0001")
    assert (refused.value.code, refused.value.signed) == ("TRADE_NOT_EXIST", True)
    assert refused.value.exchange.http_status == 200


@pytest.mark.parametrize("pair", ["rsa1", "rsa2"])
def test_rsa_accounts_sign_and_verify(
    pair: str,
    request: pytest.FixtureRequest,
    client_for: ClientFor,
    contract: Contract,
    gateway: LoopbackGateway,
) -> None:
    ours: RSAPair = request.getfixturevalue(pair)
    gateway.replies = [reply(answer_xml({"qrcode": QRCODE}, ours.private, wrapper="qrcodeinfo"))]
    terms = with_rsa(contract, ours)
    assert client_for(terms).change_qrcode_status(QRCODE, CodeStatus.STOP).qrcode == QRCODE
    fields = gateway.asked[0].fields
    assert fields["sign_type"] == ours.private.sign_type
    assert verifies(presign(fields), fields["sign"], ours.public)


def with_rsa(contract: Contract, pair: RSAPair, *, md5_key: MD5Key | None = None) -> Contract:
    return replace(
        contract,
        sign_type=pair.private.sign_type,
        signing_key=pair.private,
        verifying_keys=(pair.public,),
        md5_key=md5_key,
    )


def test_a_hong_kong_modify_is_signed_with_md5_on_an_rsa_account(
    client_for: ClientFor,
    hk_contract: Contract,
    gateway: LoopbackGateway,
    hk_noodle_bar: CodeDetails,
    rsa2: RSAPair,
) -> None:
    gateway.replies = [CODE_ANSWER]
    client = client_for(with_rsa(hk_contract, rsa2, md5_key=SAMPLE_KEY))
    client.modify_qrcode(QRCODE, hk_noodle_bar, notify_url=HK_NOTIFY_URL)
    fields = gateway.asked[0].fields
    assert fields["sign_type"] == "MD5"
    assert verifies(presign(fields), fields["sign"], SAMPLE_KEY)


def test_a_hong_kong_modify_without_an_md5_key_is_not_sent(
    client_for: ClientFor,
    hk_contract: Contract,
    gateway: LoopbackGateway,
    hk_noodle_bar: CodeDetails,
    rsa2: RSAPair,
) -> None:
    client = client_for(with_rsa(hk_contract, rsa2))
    with pytest.raises(RequestInvalid) as refused:
        client.modify_qrcode(QRCODE, hk_noodle_bar, notify_url=HK_NOTIFY_URL)
    assert (refused.value.field, gateway.asked) == ("md5_key", [])


def test_hong_kong_may_take_rsa_for_modify_one_day(
    client_for: ClientFor,
    hk_contract: Contract,
    gateway: LoopbackGateway,
    hk_noodle_bar: CodeDetails,
    rsa2: RSAPair,
) -> None:
    gateway.replies = [reply(answer_xml({"qrcode": QRCODE}, rsa2.private, wrapper="qrcodeinfo"))]
    choices = Choices(md5_modify_regions=frozenset())
    client = client_for(replace(with_rsa(hk_contract, rsa2), choices=choices))
    client.modify_qrcode(QRCODE, hk_noodle_bar, notify_url=HK_NOTIFY_URL)
    assert gateway.asked[0].fields["sign_type"] == "RSA2"


def test_a_global_modify_keeps_the_accounts_algorithm(
    client_for: ClientFor,
    contract: Contract,
    gateway: LoopbackGateway,
    noodle_bar: CodeDetails,
    rsa2: RSAPair,
) -> None:
    gateway.replies = [reply(answer_xml({"qrcode": QRCODE}, rsa2.private, wrapper="qrcodeinfo"))]
    client = client_for(with_rsa(contract, rsa2, md5_key=SAMPLE_KEY))
    client.modify_qrcode(QRCODE, noodle_bar, notify_url=NOTIFY_URL)
    assert gateway.asked[0].fields["sign_type"] == "RSA2"


def test_gbk_requests_are_written_and_signed_in_gbk(
    client_for: ClientFor, contract: Contract, gateway: LoopbackGateway, noodle_bar: CodeDetails
) -> None:
    gateway.replies = [CREATE_ANSWER]
    client = client_for(replace(contract, choices=Choices(charset="GBK")))
    details = replace(noodle_bar, store_name="海旁面家")
    client.create_qrcode(details, notify_url=NOTIFY_URL)
    exchange_body = gateway.asked[0].body
    assert gateway.asked[0].in_address == {"_input_charset": "GBK"}
    assert "%BA%A3%C5%D4%C3%E6%BC%D2" in exchange_body.decode("ascii")


def test_choices_decide_the_forms_and_whether_signing_is_named(
    client_for: ClientFor, contract: Contract, gateway: LoopbackGateway, noodle_bar: CodeDetails
) -> None:
    gateway.replies = [CREATE_ANSWER]
    choices = Choices(passback_form=JSONForm.OBJECT, names_notify_signing=True)
    client_for(replace(contract, choices=choices)).create_qrcode(noodle_bar, notify_url=NOTIFY_URL)
    biz_data = gateway.asked[0].fields["biz_data"]
    assert '"passback_parameters":{"till":"7"}' in biz_data
    assert biz_data.endswith('"notify_sign_type":"MD5","notify_charset":"UTF-8"}')


@pytest.mark.parametrize(
    "notify_url",
    ["", "pos.example.com/x", "ftp://pos.example.com/x", "https://", "https://x/" + "y" * 191,
     " https://pos.example.com", "https://pos.example.com/\n"],
)  # fmt: skip
def test_an_unfit_notify_url_is_not_sent(
    notify_url: str, client: GatewayClient, gateway: LoopbackGateway, noodle_bar: CodeDetails
) -> None:
    with pytest.raises(RequestInvalid) as refused:
        client.create_qrcode(noodle_bar, notify_url=notify_url)
    assert (refused.value.field, gateway.asked) == ("notify_url", [])


@pytest.mark.parametrize("number", ["", "1" * 65, "12\n", " 12", "1\x002"])
def test_an_unfit_number_is_not_asked_about(
    number: str, client: GatewayClient, gateway: LoopbackGateway
) -> None:
    with pytest.raises(RequestInvalid):
        client.query_payment(partner_trans_id=number)
    assert gateway.asked == []


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"partner": "2088"}, "partner"),
        ({"gateway_url": "mapi.alipay.com"}, "gateway_url"),
        ({"gateway_url": "http://x:port/"}, "gateway_url"),
        ({"spare_url": "nowhere"}, "spare_url"),
        ({"signing_key": None}, "signing_key"),
        ({"sign_type": SignType.RSA2}, "signing_key"),
        ({"verifying_keys": ()}, "verifying_keys"),
        ({"choices": Choices(charset="latin-1")}, "_input_charset"),
    ],
)
def test_terms_under_which_no_call_can_be_made_are_refused(
    change: dict[str, object],
    field: str,
    client_for: ClientFor,
    contract: Contract,
    gateway: LoopbackGateway,
) -> None:
    client = client_for(replace(contract, **change))  # type: ignore[arg-type]
    with pytest.raises(RequestInvalid) as refused:
        client.query_payment(partner_trans_id=ORDER)
    assert (refused.value.field, gateway.asked) == (field, [])


def test_keys_for_another_algorithm_are_no_keys(
    client_for: ClientFor, contract: Contract, gateway: LoopbackGateway, rsa2: RSAPair
) -> None:
    client = client_for(replace(contract, verifying_keys=(rsa2.public,)))
    with pytest.raises(RequestInvalid) as refused:
        client.query_payment(partner_trans_id=ORDER)
    assert (refused.value.field, gateway.asked) == ("verifying_keys", [])


@pytest.mark.parametrize(("word", "genuine"), [(b"true", True), (b"false\n", False)])
def test_a_notification_is_confirmed_or_not(
    word: bytes, genuine: bool, client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(word, content_type="text/html;charset=UTF-8")]
    notify_id = "0a1b2c3d4e5f60718293a4b5c6d7e8f9aa"
    assert client.verify_notification(notify_id) is genuine
    assert gateway.asked[0].method == "GET"
    assert gateway.asked[0].target == (
        f"/gateway.do?service=notify_verify&partner={PARTNER}&notify_id={notify_id}"
    )


def test_a_confirmation_may_be_asked_for_signed(
    client_for: ClientFor, contract: Contract, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(b"true")]
    choices = Choices(signs_notify_verify=True)
    client_for(replace(contract, choices=choices)).verify_notification("1")
    fields = gateway.asked[0].fields
    assert verifies(presign(fields), fields["sign"], SAMPLE_KEY)


@pytest.mark.parametrize(
    ("body", "code"),
    [(b"invalid", "invalid"), (sample_bytes("03-gateway-refusal.xml"), "ILLEGAL_SIGN")],
)
def test_a_confirmation_can_be_refused(
    body: bytes, code: str, client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(body)]
    with pytest.raises(GatewayRefused) as refused:
        client.verify_notification("1")
    assert refused.value.code == code


@pytest.mark.parametrize("body", [b"", b"maybe", b"TRUE FALSE", b"<html></html>"])
def test_any_other_word_confirms_nothing(
    body: bytes, client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(body)]
    with pytest.raises(GatewayUnreachable) as unreachable:
        client.verify_notification("1")
    assert unreachable.value.reason is NoAnswer.UNREADABLE


def test_a_query_goes_to_the_spare_address_when_nobody_listens(
    client_for: ClientFor, contract: Contract, gateway: LoopbackGateway
) -> None:
    gateway.replies = [QUERY_ANSWER, reply(b"true")]
    terms = replace(contract, gateway_url=unused_address(), spare_url=gateway.url)
    assert client_for(terms).query_payment(partner_trans_id=ORDER).amount == "12.50"
    assert client_for(terms).verify_notification("1") is True
    assert gateway.asked[1].fields["notify_id"] == "1"


@pytest.mark.parametrize(("status", "asked"), [(500, 2), (503, 2), (404, 1), (302, 1)])
def test_a_failing_gateway_is_followed_by_the_spare_one(
    status: int,
    asked: int,
    client_for: ClientFor,
    contract: Contract,
    gateway: LoopbackGateway,
) -> None:
    gateway.replies = [reply(b"", status=status), reply(b"", status=status)]
    with pytest.raises(GatewayUnreachable):
        client_for(replace(contract, spare_url=gateway.url)).query_payment(partner_trans_id=ORDER)
    assert len(gateway.asked) == asked


def test_an_unreadable_answer_is_not_asked_for_elsewhere(
    client_for: ClientFor, contract: Contract, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(b"nonsense"), QUERY_ANSWER]
    with pytest.raises(GatewayUnreachable):
        client_for(replace(contract, spare_url=gateway.url)).query_payment(partner_trans_id=ORDER)
    assert len(gateway.asked) == 1


def test_calls_that_change_something_never_go_to_the_spare_address(
    client_for: ClientFor, contract: Contract, gateway: LoopbackGateway, noodle_bar: CodeDetails
) -> None:
    terms = replace(contract, gateway_url=unused_address(), spare_url=gateway.url)
    client = client_for(terms)
    with pytest.raises(GatewayUnreachable):
        client.create_qrcode(noodle_bar, notify_url=NOTIFY_URL)
    with pytest.raises(GatewayUnreachable):
        client.modify_qrcode(QRCODE, noodle_bar, notify_url=NOTIFY_URL)
    with pytest.raises(GatewayUnreachable):
        client.change_qrcode_status(QRCODE, CodeStatus.STOP)
    assert gateway.asked == []
