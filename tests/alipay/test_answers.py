"""Answers: told apart into an answer, a refusal, and no answer."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import pytest

from merchant_portal.alipay.answers import read_fields
from merchant_portal.alipay.errors import GatewayRefused, GatewayUnreachable, NoAnswer
from merchant_portal.alipay.messages import Exchange, TradeAnswer, TradeStatus
from merchant_portal.alipay.signing import MD5Key, SignType, sign
from merchant_portal.alipay.trades import read_trade_answer
from tests.alipay.conftest import NOW
from tests.alipay.gateways import XML, answer_xml
from tests.alipay.rsa import RSAPair
from tests.alipay.samples import ORDER, SAMPLE_KEY, TRADE, answer_files, sample_bytes

PAID = {
    "alipay_pay_time": "20261120195004",
    "alipay_trans_id": TRADE,
    "alipay_trans_status": "TRADE_SUCCESS",
    "currency": "USD",
    "out_trade_no": ORDER,
    "partner_trans_id": ORDER,
    "result_code": "SUCCESS",
    "trans_amount": "12.50",
}


def exchange_of(body: bytes, *, status: int = 200, content_type: str = XML) -> Exchange:
    return Exchange(
        service="alipay.acquire.overseas.query",
        url="http://127.0.0.1/gateway.do",
        fields=(),
        presign="",
        started_at=NOW,
        elapsed_seconds=0.1,
        http_status=status,
        content_type=content_type,
        body=body,
    )


def fields_of(body: bytes, **how: str) -> Mapping[str, str]:
    exchange = exchange_of(body, content_type=how.get("content_type", XML))
    return read_fields(exchange, sign_type=SignType.MD5, keys=[SAMPLE_KEY])


def trade_of(body: bytes, *, order: str = ORDER, trade: str = "") -> TradeAnswer:
    return read_trade_answer(
        exchange_of(body),
        sign_type=SignType.MD5,
        keys=[SAMPLE_KEY],
        partner_trans_id=order,
        alipay_trans_id=trade,
    )


def no_answer(read: Callable[[], object]) -> NoAnswer:
    with pytest.raises(GatewayUnreachable) as unreachable:
        read()
    assert not unreachable.value.never_sent
    return unreachable.value.reason


def test_every_signed_sample_is_an_answer_a_refusal_or_a_system_error() -> None:
    outcomes: dict[str, str] = {}
    for file in answer_files():
        try:
            outcomes[file] = fields_of(sample_bytes(file)).get("result_code", "none")
        except GatewayRefused as refused:
            outcomes[file] = refused.code
        except GatewayUnreachable as unreachable:
            outcomes[file] = unreachable.reason
    assert outcomes.pop("14-query-response-notfound.xml") == "TRADE_NOT_EXIST"
    assert outcomes.pop("19-refund-response-fail-global.xml") == "RETURN_AMOUNT_EXCEED"
    assert outcomes.pop("24-cancel-response-fail-retry.xml") == NoAnswer.SYSTEM_ERROR
    assert set(outcomes.values()) == {"SUCCESS", "none"}


def test_a_paid_trade_is_read_whole() -> None:
    answer = trade_of(sample_bytes("13-query-response-global.xml"))
    assert (answer.status, answer.alipay_trans_id) == (TradeStatus.TRADE_SUCCESS, TRADE)
    assert (answer.amount, answer.currency) == ("12.50", "USD")
    assert answer.paid_at == datetime(2026, 11, 20, 11, 50, 4, tzinfo=UTC)
    assert (answer.buyer_login, answer.buyer_user_id) == ("cnb***@example.com", "2088000000000123")
    assert answer.fields["trans_amount_cny"] == "88.75"


def test_an_answer_in_gbk_is_read_and_verified() -> None:
    order = "2026112019510012345678909999"
    answer = trade_of(sample_bytes("16-query-response-hk-gbk.xml"), order=order)
    assert (answer.payment_inst, answer.amount) == ("ALIPAYHK", "88.00")


@pytest.mark.parametrize("encoding", ["UTF-8", "GBK", "GB2312", "GB18030"])
def test_chinese_in_a_signed_field_verifies_in_the_declared_encoding(encoding: str) -> None:
    body = answer_xml({"store_name": "海旁面家", "a": "1"}, SAMPLE_KEY, encoding=encoding)
    assert fields_of(body)["store_name"] == "海旁面家"


def test_a_gbk_document_signed_over_utf8_verifies_too() -> None:
    signature = sign("store_name=面家", SAMPLE_KEY)
    body = answer_xml({"store_name": "面家"}, SAMPLE_KEY, encoding="GBK", signature=signature)
    assert fields_of(body)["store_name"] == "面家"


def test_rsa2_answers_verify(rsa2: RSAPair) -> None:
    exchange = exchange_of(answer_xml(PAID, rsa2.private))
    assert read_fields(exchange, sign_type=SignType.RSA2, keys=[rsa2.public]) == PAID


def test_any_live_key_verifies_an_answer() -> None:
    exchange = exchange_of(answer_xml(PAID, SAMPLE_KEY))
    keys = [MD5Key("anotherkey0anotherkey0anotherkey"), SAMPLE_KEY]
    assert read_fields(exchange, sign_type=SignType.MD5, keys=keys) == PAID


def test_lists_are_not_signed_and_not_read() -> None:
    body = sample_bytes("13-query-response-global.xml").replace(
        b"<result_code>", b"<list><item>1</item></list><result_code>"
    )
    assert "list" not in fields_of(body)


def test_an_empty_element_is_not_signed() -> None:
    body = sample_bytes("13-query-response-global.xml").replace(
        b"<result_code>", b"<display_message/><result_code>"
    )
    assert fields_of(body)["result_code"] == "SUCCESS"


@pytest.mark.parametrize("status", [100, 204, 302, 400, 403, 404, 500, 502, 503])
def test_any_status_but_200_is_no_answer(status: int) -> None:
    exchange = exchange_of(answer_xml(PAID, SAMPLE_KEY), status=status)
    reason = no_answer(lambda: read_fields(exchange, sign_type=SignType.MD5, keys=[SAMPLE_KEY]))
    assert reason is NoAnswer.HTTP_STATUS


def test_a_page_instead_of_an_answer_is_unreadable() -> None:
    page = b"<html><body>illegal access</body></html>"
    assert no_answer(lambda: fields_of(page, content_type="text/html")) is NoAnswer.UNREADABLE
    assert no_answer(lambda: fields_of(page)) is NoAnswer.UNREADABLE


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_half_an_answer_is_unreadable(share: float) -> None:
    whole = sample_bytes("13-query-response-global.xml").strip()
    part = whole[: int(len(whole) * share)]
    assert no_answer(lambda: fields_of(part)) is NoAnswer.UNREADABLE


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"true",
        b"{}",
        b"<alipay/>",
        b"<alipay><is_success>F</is_success></alipay>",
        b"<alipay><is_success>true</is_success></alipay>",
        b"<alipay><is_success>T</is_success></alipay>",
        b"<alipay><is_success>T</is_success><is_success>F</is_success></alipay>",
        b"<alipay><is_success>T</is_success><response/></alipay>",
        b"<alipay><is_success>T</is_success><response><a/><b/></response></alipay>",
        b"<other><is_success>F</is_success><error>X</error></other>",
        b"<!DOCTYPE alipay><alipay><is_success>F</is_success><error>X</error></alipay>",
    ],
)
def test_a_document_of_another_shape_is_unreadable(body: bytes) -> None:
    assert no_answer(lambda: fields_of(body)) is NoAnswer.UNREADABLE


def test_a_second_response_slipped_in_is_unreadable() -> None:
    forged = b"<response><alipay><a>1</a></alipay></response>"
    body = answer_xml(PAID, SAMPLE_KEY).replace(b"<response>", forged + b"<response>")
    assert no_answer(lambda: fields_of(body)) is NoAnswer.UNREADABLE


def test_a_field_given_twice_is_unreadable() -> None:
    body = answer_xml(PAID, SAMPLE_KEY).replace(
        b"<trans_amount>", b"<trans_amount>1.00</trans_amount><trans_amount>"
    )
    assert no_answer(lambda: fields_of(body)) is NoAnswer.UNREADABLE


@pytest.mark.parametrize(
    "body",
    [
        answer_xml(PAID, MD5Key("anotherkey0anotherkey0anotherkey")),
        answer_xml(PAID, SAMPLE_KEY).replace(b"12.50", b"1250"),
        answer_xml(PAID, SAMPLE_KEY, signature=""),
        answer_xml(PAID, SAMPLE_KEY, signature="garbage"),
        answer_xml(PAID, SAMPLE_KEY, sign_type="RSA"),
        answer_xml({"result_code": "FAIL"}, SAMPLE_KEY, signature=""),
    ],
)
def test_an_answer_that_does_not_verify_is_no_answer(body: bytes) -> None:
    assert no_answer(lambda: fields_of(body)) is NoAnswer.BAD_SIGNATURE


def test_an_answer_without_a_sign_element_is_no_answer() -> None:
    body = b"<alipay><is_success>T</is_success><response><a><b>1</b></a></response></alipay>"
    assert no_answer(lambda: fields_of(body)) is NoAnswer.BAD_SIGNATURE


@pytest.mark.parametrize("named", ["MD5", "", "RSA2"])
def test_an_md5_answer_is_not_believed_on_an_rsa_account(named: str, rsa2: RSAPair) -> None:
    exchange = exchange_of(answer_xml(PAID, SAMPLE_KEY, sign_type=named))
    reason = no_answer(
        lambda: read_fields(exchange, sign_type=SignType.RSA2, keys=[rsa2.public, SAMPLE_KEY])
    )
    assert reason is NoAnswer.BAD_SIGNATURE


def test_a_gateway_refusal_is_unsigned() -> None:
    with pytest.raises(GatewayRefused) as refused:
        fields_of(sample_bytes("03-gateway-refusal.xml"))
    assert (refused.value.code, refused.value.signed) == ("ILLEGAL_SIGN", False)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"result_code": "FAIL", "error": "TRADE_NOT_EXIST"}, "TRADE_NOT_EXIST"),
        ({"result_code": "FAIL", "detail_error_code": "REASON_A"}, "REASON_A"),
        ({"result_code": "FAIL"}, "FAIL"),
        ({"error": "ILLEGAL_ARGUMENT"}, "ILLEGAL_ARGUMENT"),
    ],
)
def test_a_signed_refusal_has_its_reason(fields: dict[str, str], code: str) -> None:
    with pytest.raises(GatewayRefused) as refused:
        fields_of(answer_xml(fields, SAMPLE_KEY))
    assert (refused.value.code, refused.value.signed) == (code, True)


def test_a_signed_refusal_finds_its_reason_at_the_root() -> None:
    body = answer_xml({"result_code": "FAIL"}, SAMPLE_KEY, extra="<error>ROOT_REASON</error>")
    with pytest.raises(GatewayRefused, match="ROOT_REASON"):
        fields_of(body)


def test_a_reason_at_the_root_of_an_answer_without_a_result_is_not_signed() -> None:
    body = answer_xml({"qrcode": "https://x"}, SAMPLE_KEY, extra="<error>SLIPPED_IN</error>")
    with pytest.raises(GatewayRefused) as refused:
        fields_of(body)
    assert (refused.value.code, refused.value.signed) == ("SLIPPED_IN", False)


def test_a_refusal_carries_alipays_own_text() -> None:
    fields = {"result_code": "FAIL", "detail_error_code": "A", "detail_error_des": "交易不存在"}
    with pytest.raises(GatewayRefused) as refused:
        fields_of(answer_xml(fields, SAMPLE_KEY))
    assert refused.value.text == "交易不存在"


SYSTEM_ERRORS = [
    b"<alipay><is_success>F</is_success><error>SYSTEM_ERROR</error></alipay>",
    answer_xml({"result_code": "FAIL", "error": "SYSTEM_ERROR"}, SAMPLE_KEY),
    answer_xml({"result_code": "FAIL", "detail_error_code": "SYSTEM_ERROR"}, SAMPLE_KEY),
    answer_xml({"result_code": "FAIL"}, SAMPLE_KEY, extra="<error>SYSTEM_ERROR</error>"),
]


@pytest.mark.parametrize("body", SYSTEM_ERRORS)
def test_a_system_error_is_no_answer_wherever_it_stands(body: bytes) -> None:
    assert no_answer(lambda: fields_of(body)) is NoAnswer.SYSTEM_ERROR


@pytest.mark.parametrize("word", ["UNKNOWN", "UNKNOW", "unknown", "SUCCES", "PROCESSING"])
def test_an_unknown_result_is_no_answer(word: str) -> None:
    body = answer_xml(PAID | {"result_code": word}, SAMPLE_KEY)
    assert no_answer(lambda: trade_of(body)) is NoAnswer.UNKNOWN_RESULT


@pytest.mark.parametrize("word", ["UNKNOW", "UNKNOWN", "", "TRADE_SUCCES", "trade_success"])
def test_an_unknown_status_is_no_answer(word: str) -> None:
    body = answer_xml(PAID | {"alipay_trans_status": word}, SAMPLE_KEY)
    assert no_answer(lambda: trade_of(body)) is NoAnswer.UNKNOWN_RESULT


@pytest.mark.parametrize("status", list(TradeStatus))
def test_every_known_status_is_read(status: TradeStatus) -> None:
    body = answer_xml(PAID | {"alipay_trans_status": status.value}, SAMPLE_KEY)
    assert trade_of(body).status is status


@pytest.mark.parametrize(("order", "trade"), [("OTHER", ""), ("", "OTHER"), (ORDER, "OTHER")])
def test_an_answer_about_another_payment_is_not_ours(order: str, trade: str) -> None:
    body = answer_xml(PAID, SAMPLE_KEY)
    assert no_answer(lambda: trade_of(body, order=order, trade=trade)) is NoAnswer.UNREADABLE


def test_an_order_number_that_comes_under_one_name_only_is_enough() -> None:
    fields = {name: value for name, value in PAID.items() if name != "partner_trans_id"}
    assert trade_of(answer_xml(fields, SAMPLE_KEY)).partner_trans_id == ORDER


def test_an_order_number_that_comes_as_two_is_unreadable() -> None:
    body = answer_xml(PAID | {"out_trade_no": "OTHER"}, SAMPLE_KEY)
    assert no_answer(lambda: trade_of(body, order="", trade=TRADE)) is NoAnswer.UNREADABLE


def test_an_unpaid_trade_has_no_pay_time() -> None:
    fields = PAID | {"alipay_pay_time": "", "alipay_trans_status": "TRADE_CLOSED"}
    assert trade_of(answer_xml(fields, SAMPLE_KEY)).paid_at is None


def test_a_pay_time_in_the_other_form_is_read() -> None:
    fields = PAID | {"alipay_pay_time": "2026-11-20 19:50:04"}
    assert trade_of(answer_xml(fields, SAMPLE_KEY)).paid_at == datetime(
        2026, 11, 20, 11, 50, 4, tzinfo=UTC
    )


def test_a_pay_time_that_cannot_be_read_is_not_unpaid() -> None:
    body = answer_xml(PAID | {"alipay_pay_time": "20261320"}, SAMPLE_KEY)
    assert no_answer(lambda: trade_of(body)) is NoAnswer.UNREADABLE


def test_the_echo_of_the_request_is_not_believed() -> None:
    echo = '<request><param name="trans_amount">9999</param></request>'
    body = answer_xml(PAID, SAMPLE_KEY, extra=echo)
    assert trade_of(body).amount == "12.50"
