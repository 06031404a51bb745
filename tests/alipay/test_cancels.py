"""Cancel: what is sent, and what each answer means."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

import httpx
import pytest

from merchant_portal.alipay.client import Choices, Contract, GatewayClient
from merchant_portal.alipay.errors import (
    GatewayRefused,
    GatewayUnreachable,
    NoAnswer,
    RequestInvalid,
)
from merchant_portal.alipay.messages import CancelAction, CancelAnswer, TimeForm
from merchant_portal.alipay.signing import presign
from tests.alipay.gateways import LoopbackGateway, answer_xml, reply, unused_address
from tests.alipay.samples import ORDER, SAMPLE_KEY, TRADE, sample_bytes, vector_of

ClientFor = Callable[[Contract], GatewayClient]
SENT_AT = datetime.fromtimestamp(1795174304, UTC).replace(microsecond=121_000)  # sample 21
REFUNDED = {
    "action": "refund",
    "out_trade_no": ORDER,
    "result_code": "SUCCESS",
    "retry_flag": "N",
    "trade_no": TRADE,
}
REFUSED = {
    "detail_error_code": "TRADE_HAS_FINISHED",
    "out_trade_no": ORDER,
    "result_code": "FAIL",
    "retry_flag": "N",
}


@pytest.fixture
def cancel(
    client: GatewayClient, gateway: LoopbackGateway
) -> Callable[[dict[str, str]], CancelAnswer]:
    """What a cancel of the sample's payment makes of an answer with these fields."""

    def answered(fields: dict[str, str]) -> CancelAnswer:
        gateway.replies = [reply(answer_xml(fields, SAMPLE_KEY))]
        return client.cancel_payment(partner_trans_id=ORDER, alipay_trans_id=TRADE)

    return answered


Cancel = Callable[[dict[str, str]], CancelAnswer]


def why_no_answer(ask: Callable[[], object]) -> NoAnswer:
    with pytest.raises(GatewayUnreachable) as unreachable:
        ask()
    return unreachable.value.reason


def test_a_cancel_sends_the_fields_of_the_sample(
    http: httpx.Client, contract: Contract, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(sample_bytes("22-cancel-response-refunded.xml"))]
    client = GatewayClient(contract, http=http, now=lambda: SENT_AT)
    client.cancel_payment(partner_trans_id=ORDER)
    fields = gateway.asked[0].fields | {"terminal_timestamp": "1795174304102"}
    assert gateway.asked[0].in_address == {"_input_charset": "UTF-8"}
    assert presign(fields) == vector_of("21-cancel-request-global.txt")["pre_sign"]


@pytest.mark.parametrize(
    ("form", "timestamp"),
    [
        (TimeForm.MILLISECONDS, "1795174304121"),
        (TimeForm.TEXT, "2026-11-20 19:31:44"),
        (TimeForm.COMPACT, "20261120193144"),
    ],
)
def test_the_form_of_the_time_is_a_choice(
    form: TimeForm, timestamp: str, http: httpx.Client, contract: Contract, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(answer_xml(REFUNDED, SAMPLE_KEY))]
    terms = replace(contract, choices=Choices(cancel_time_form=form))
    client = GatewayClient(terms, http=http, now=lambda: SENT_AT)
    client.cancel_payment(partner_trans_id=ORDER)
    assert gateway.asked[0].fields["timestamp"] == timestamp


def test_a_cancel_by_alipays_number_sends_both(cancel: Cancel, gateway: LoopbackGateway) -> None:
    assert cancel(REFUNDED).alipay_trans_id == TRADE
    fields = gateway.asked[0].fields
    assert (fields["out_trade_no"], fields["trade_no"]) == (ORDER, TRADE)


@pytest.mark.parametrize(
    ("file", "action"),
    [
        ("22-cancel-response-refunded.xml", CancelAction.REFUND),
        ("23-cancel-response-closed.xml", CancelAction.CLOSE),
    ],
)
def test_the_samples_say_what_was_done(
    file: str, action: CancelAction, client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(sample_bytes(file))]
    answer = client.cancel_payment(partner_trans_id=ORDER)
    assert (answer.action, answer.partner_trans_id) == (action, ORDER)
    assert (answer.alipay_trans_id, answer.exchange.http_status) == (TRADE, 200)


def test_a_payment_that_never_was_is_cancelled_without_an_action(cancel: Cancel) -> None:
    answer = cancel({"out_trade_no": ORDER, "result_code": "SUCCESS"})
    assert (answer.action, answer.alipay_trans_id) == (CancelAction.NONE, "")


def test_a_system_error_is_no_answer_though_it_may_be_retried(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(sample_bytes("24-cancel-response-fail-retry.xml"))]
    reason = why_no_answer(lambda: client.cancel_payment(partner_trans_id=ORDER))
    assert reason is NoAnswer.SYSTEM_ERROR


@pytest.mark.parametrize(
    ("flag", "may_retry"), [({"retry_flag": "Y"}, True), ({"retry_flag": "N"}, False),
                            ({"retry_flag": "y"}, False), ({"retry_flag": ""}, False)],
)  # fmt: skip
def test_only_the_flag_y_permits_another_try(
    flag: dict[str, str], may_retry: bool, cancel: Cancel
) -> None:
    with pytest.raises(GatewayRefused) as refused:
        cancel(REFUSED | flag)
    assert (refused.value.code, refused.value.signed) == ("TRADE_HAS_FINISHED", True)
    assert refused.value.may_retry is may_retry


def test_a_refusal_carries_alipays_sentence(cancel: Cancel) -> None:
    with pytest.raises(GatewayRefused) as refused:
        cancel(REFUSED | {"detail_error_des": "交易已完结"})
    assert refused.value.text == "交易已完结"


def test_a_refusal_of_the_gateway_is_unsigned_and_not_to_be_retried(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(sample_bytes("03-gateway-refusal.xml"))]
    with pytest.raises(GatewayRefused) as refused:
        client.cancel_payment(partner_trans_id=ORDER)
    assert (refused.value.signed, refused.value.may_retry) == (False, False)


@pytest.mark.parametrize(
    "change",
    [
        {"result_code": "UNKNOWN", "retry_flag": "Y"},
        {"result_code": "UNKNOW"},
        {"result_code": "success"},
        {"action": "refunded"},
        {"action": "REFUND"},
    ],
)
def test_a_word_we_do_not_know_is_no_answer(change: dict[str, str], cancel: Cancel) -> None:
    assert why_no_answer(lambda: cancel(REFUNDED | change)) is NoAnswer.UNKNOWN_RESULT


@pytest.mark.parametrize(
    "fields",
    [
        REFUNDED | {"out_trade_no": "ANOTHER"},
        REFUNDED | {"trade_no": "2026112022001400000000000002"},
        REFUNDED | {"partner_trans_id": "ANOTHER"},
        REFUSED | {"out_trade_no": "ANOTHER"},
        REFUSED | {"trade_no": "2026112022001400000000000002"},
        REFUNDED | {"out_trade_no": ""},
    ],
)
def test_an_answer_about_another_payment_is_no_answer(
    fields: dict[str, str], cancel: Cancel
) -> None:
    assert why_no_answer(lambda: cancel(fields)) is NoAnswer.UNREADABLE


@pytest.mark.parametrize(
    "fields",
    [
        REFUNDED | {"result_code": ""},
        REFUSED | {"result_code": ""},
        REFUNDED | {"detail_error_code": "TRADE_STATUS_ERROR"},
    ],
)
def test_neither_a_clear_yes_nor_a_clear_no_is_no_answer(
    fields: dict[str, str], cancel: Cancel
) -> None:
    assert why_no_answer(lambda: cancel(fields)) is NoAnswer.UNREADABLE


def test_a_cancel_that_does_not_verify_is_no_answer(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    forged = sample_bytes("23-cancel-response-closed.xml").replace(b">close<", b">refund<")
    gateway.replies = [reply(forged)]
    reason = why_no_answer(lambda: client.cancel_payment(partner_trans_id=ORDER))
    assert reason is NoAnswer.BAD_SIGNATURE


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        ({"partner_trans_id": ""}, "partner_trans_id"),
        ({"partner_trans_id": "1" * 65}, "partner_trans_id"),
        ({"partner_trans_id": " 12"}, "partner_trans_id"),
        ({"partner_trans_id": ORDER, "alipay_trans_id": "1" * 15}, "alipay_trans_id"),
        ({"partner_trans_id": ORDER, "alipay_trans_id": "1" * 65}, "alipay_trans_id"),
    ],
)
def test_an_unfit_number_is_not_sent(
    numbers: dict[str, str], field: str, client: GatewayClient, gateway: LoopbackGateway
) -> None:
    with pytest.raises(RequestInvalid) as refused:
        client.cancel_payment(**numbers)
    assert (refused.value.field, gateway.asked) == (field, [])


def test_hong_kong_takes_no_quotation_mark_in_a_number(
    client_for: ClientFor, hk_contract: Contract, gateway: LoopbackGateway
) -> None:
    with pytest.raises(RequestInvalid, match="Hong Kong"):
        client_for(hk_contract).cancel_payment(partner_trans_id='12"34')
    assert gateway.asked == []


def test_a_cancel_never_goes_to_the_spare_address(
    client_for: ClientFor, contract: Contract, gateway: LoopbackGateway
) -> None:
    terms = replace(contract, gateway_url=unused_address(), spare_url=gateway.url)
    with pytest.raises(GatewayUnreachable) as unreachable:
        client_for(terms).cancel_payment(partner_trans_id=ORDER)
    assert (unreachable.value.never_sent, gateway.asked) == (True, [])
