"""Refund and refund query: what is sent, and what each answer means."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merchant_portal.alipay.client import Choices, Contract, GatewayClient
from merchant_portal.alipay.errors import (
    GatewayRefused,
    GatewayUnreachable,
    NoAnswer,
    RequestInvalid,
)
from merchant_portal.alipay.messages import (
    RefundAnswer,
    RefundMode,
    RefundQueryAnswer,
    RefundQueryWords,
    RefundResult,
    Region,
)
from merchant_portal.alipay.refunds import RefundRequest
from merchant_portal.alipay.signing import presign
from tests.alipay.gateways import LoopbackGateway, answer_xml, reply, unused_address
from tests.alipay.samples import ORDER, SAMPLE_KEY, TRADE, sample_bytes, vector_of

ClientFor = Callable[[Contract], GatewayClient]
FIVE = {
    "partner_trans_id": ORDER,
    "partner_refund_id": "RF0001",
    "amount_text": "5.00",
    "currency": "USD",
    "reason": "Wrong dish",
    "is_sync": RefundMode.SYNC,
}
HK_REFUND = {
    "partner_trans_id": "2026112019510012345678909999",
    "partner_refund_id": "RFHK0001",
    "amount_text": "88.00",
    "currency": "HKD",
    "reason": "Order voided",
    "is_sync": RefundMode.ASYNC,
    "notify_url": "https://pos.example.hk/alipay/refund-notify",
}
REFUNDED = {
    "alipay_trans_id": TRADE,
    "currency": "USD",
    "partner_refund_id": "RF0001",
    "partner_trans_id": ORDER,
    "refund_amount": "5.00",
    "result_code": "SUCCESS",
}
ASKED = {"partner_trans_id": ORDER, "partner_refund_id": "RF0001"}
FOUND = {
    "out_return_no": "RF0001",
    "out_trade_no": ORDER,
    "refund_result_code": "SUCCESS",
    "response_code": "SUCCESS",
    "trade_no": TRADE,
}


def refund(client: GatewayClient, **change: Any) -> RefundAnswer:
    return client.refund_payment(**(FIVE | change))


def why_no_answer(ask: Callable[[], object]) -> NoAnswer:
    with pytest.raises(GatewayUnreachable) as unreachable:
        ask()
    return unreachable.value.reason


@pytest.fixture
def refunded(
    client: GatewayClient, gateway: LoopbackGateway
) -> Callable[[dict[str, str]], RefundAnswer]:
    """What the sample's refund makes of an answer with these fields."""

    def answered(fields: dict[str, str]) -> RefundAnswer:
        gateway.replies = [reply(answer_xml(fields, SAMPLE_KEY))]
        return refund(client, alipay_trans_id=TRADE)

    return answered


@pytest.fixture
def found(
    client: GatewayClient, gateway: LoopbackGateway
) -> Callable[[dict[str, str]], RefundQueryAnswer]:
    """What a question about the sample's refund makes of an answer with these fields."""

    def answered(fields: dict[str, str]) -> RefundQueryAnswer:
        gateway.replies = [reply(answer_xml(fields, SAMPLE_KEY))]
        return client.query_refund(**ASKED)

    return answered


Refunded = Callable[[dict[str, str]], RefundAnswer]
Found = Callable[[dict[str, str]], RefundQueryAnswer]


def test_a_refund_sends_the_fields_and_signature_of_the_sample(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(sample_bytes("18-refund-response-success-global.xml"))]
    refund(client)
    fields = gateway.asked[0].fields
    assert presign(fields) == vector_of("17-refund-request-sync-global.txt")["pre_sign"]
    assert fields["sign"] == vector_of("17-refund-request-sync-global.txt")["sign"]
    assert "timestamp" not in fields


def test_hong_kong_spells_the_reason_without_its_a(
    client_for: ClientFor, hk_contract: Contract, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(answer_xml({"result_code": "FAIL"}, SAMPLE_KEY))]
    with pytest.raises(GatewayRefused):
        client_for(hk_contract).refund_payment(**HK_REFUND)  # type: ignore[arg-type]
    fields = gateway.asked[0].fields
    assert presign(fields) == vector_of("20-refund-request-async-hk.txt")["pre_sign"]
    assert fields["sign"] == vector_of("20-refund-request-async-hk.txt")["sign"]


@pytest.mark.parametrize("mode", list(RefundMode))
def test_the_mode_is_always_said(
    mode: RefundMode, client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(answer_xml(REFUNDED, SAMPLE_KEY))]
    answer = refund(client, is_sync=mode)
    assert gateway.asked[0].fields["is_sync"] == mode.value
    assert (answer.mode, answer.is_refunded) == (mode, mode is RefundMode.SYNC)


def test_what_is_not_given_is_not_sent(client: GatewayClient, gateway: LoopbackGateway) -> None:
    gateway.replies = [reply(answer_xml(REFUNDED, SAMPLE_KEY))]
    refund(client, reason="")
    sent = gateway.asked[0].fields
    assert not {"refund_reason", "refund_reson", "alipay_trans_id", "notify_url"} & set(sent)


def test_the_sample_of_a_done_refund_is_read_whole(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(sample_bytes("18-refund-response-success-global.xml"))]
    answer = refund(client)
    assert (answer.partner_trans_id, answer.alipay_trans_id) == (ORDER, TRADE)
    assert (answer.partner_refund_id, answer.amount, answer.currency) == ("RF0001", "5.00", "USD")
    assert answer.fields["refund_amount_cny"] == "35.50"


def test_the_sample_of_a_refused_refund_is_a_signed_refusal(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(sample_bytes("19-refund-response-fail-global.xml"))]
    with pytest.raises(GatewayRefused) as refused:
        refund(client)
    assert (refused.value.code, refused.value.signed) == ("RETURN_AMOUNT_EXCEED", True)
    assert not refused.value.may_retry


@pytest.mark.parametrize("word", ["UNKNOWN", "UNKNOW", "ACCEPTED", "success"])
def test_an_unknown_result_is_no_answer(word: str, refunded: Refunded) -> None:
    fields = REFUNDED | {"result_code": word}
    assert why_no_answer(lambda: refunded(fields)) is NoAnswer.UNKNOWN_RESULT


def test_a_system_error_is_no_answer(refunded: Refunded) -> None:
    fields = {"error": "SYSTEM_ERROR", "result_code": "FAIL"}
    assert why_no_answer(lambda: refunded(fields)) is NoAnswer.SYSTEM_ERROR


@pytest.mark.parametrize(
    "change",
    [
        {"partner_refund_id": "RF0002"},
        {"partner_refund_id": ""},
        {"partner_trans_id": "ANOTHER"},
        {"out_trade_no": "ANOTHER"},
        {"alipay_trans_id": "2026112022001400000000000002"},
        {"refund_amount": "5.01"},
        {"refund_amount": "five"},
        {"currency": "HKD"},
        {"partner_refund_id": "RF0002", "result_code": "FAIL", "error": "TRADE_HAS_CLOSE"},
    ],
)
def test_an_answer_about_another_refund_is_no_answer(
    change: dict[str, str], refunded: Refunded
) -> None:
    assert why_no_answer(lambda: refunded(REFUNDED | change)) is NoAnswer.UNREADABLE


@pytest.mark.parametrize(
    "change",
    [{"result_code": ""}, {"result_code": "", "error": "X"}, {"error": "TRADE_HAS_CLOSE"}],
)
def test_neither_a_clear_yes_nor_a_clear_no_is_no_answer(
    change: dict[str, str], refunded: Refunded
) -> None:
    assert why_no_answer(lambda: refunded(REFUNDED | change)) is NoAnswer.UNREADABLE


@pytest.mark.parametrize(
    "without", ["alipay_trans_id", "partner_trans_id", "refund_amount", "currency"]
)
def test_a_yes_needs_no_more_than_the_refunds_own_id(without: str, refunded: Refunded) -> None:
    answer = refunded({name: text for name, text in REFUNDED.items() if name != without})
    assert answer.partner_refund_id == "RF0001"


def test_an_amount_written_otherwise_is_the_same(refunded: Refunded) -> None:
    assert refunded(REFUNDED | {"refund_amount": "5"}).amount == "5"


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"partner_trans_id": ""}, "partner_trans_id"),
        ({"partner_trans_id": "1" * 65}, "partner_trans_id"),
        ({"alipay_trans_id": "1" * 65}, "alipay_trans_id"),
        ({"partner_refund_id": ""}, "partner_refund_id"),
        ({"partner_refund_id": "R" * 65}, "partner_refund_id"),
        ({"partner_refund_id": ORDER}, "partner_refund_id"),
        ({"reason": "x" * 129}, "refund_reason"),
        ({"reason": "two\nlines"}, "refund_reason"),
        ({"reason": "blank "}, "refund_reason"),
        ({"currency": ""}, "currency"),
        ({"currency": "usd"}, "currency"),
        ({"notify_url": "pos.example.com"}, "notify_url"),
        ({"notify_url": "https://x/" + "y" * 191}, "notify_url"),
    ],
)
def test_an_unfit_refund_is_not_sent(
    change: dict[str, str], field: str, client: GatewayClient, gateway: LoopbackGateway
) -> None:
    with pytest.raises(RequestInvalid) as refused:
        refund(client, **change)
    assert (refused.value.field, gateway.asked) == (field, [])


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"currency": "USD"}, "currency"),
        ({"reason": 'the "wrong" dish'}, "refund_reason"),
        ({"partner_refund_id": 'RF"1'}, "partner_refund_id"),
        ({"notify_url": 'https://pos.example.hk/"'}, "notify_url"),
    ],
)
def test_what_hong_kong_does_not_take_is_not_sent(
    change: dict[str, str],
    field: str,
    client_for: ClientFor,
    hk_contract: Contract,
    gateway: LoopbackGateway,
) -> None:
    with pytest.raises(RequestInvalid) as refused:
        client_for(hk_contract).refund_payment(**(HK_REFUND | change))  # type: ignore[arg-type]
    assert (refused.value.field, gateway.asked) == (field, [])


def test_quotation_marks_and_chinese_travel_in_a_global_reason(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(answer_xml(REFUNDED, SAMPLE_KEY))]
    refund(client, reason='the "wrong" dish　上错菜 & more')
    assert gateway.asked[0].fields["refund_reason"] == 'the "wrong" dish　上错菜 & more'


def test_the_spelling_of_the_reason_is_a_choice(
    client_for: ClientFor, contract: Contract, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(answer_xml(REFUNDED, SAMPLE_KEY))]
    choices = Choices(refund_reson_regions=frozenset(Region))
    refund(client_for(replace(contract, choices=choices)))
    assert gateway.asked[0].fields["refund_reson"] == "Wrong dish"


def unfit(amount: str, currency: str, *, largest: str = "9999999.99") -> str:
    """The parameter a refund of this amount is refused for; empty if it would be sent."""
    request = RefundRequest(
        partner_trans_id=ORDER,
        partner_refund_id="RF1",
        amount_text=amount,
        currency=currency,
        mode=RefundMode.SYNC,
    )
    try:
        fields = request.as_fields(Region.GLOBAL, Choices(largest_refund=Decimal(largest)))
    except RequestInvalid as refused:
        return refused.field
    return "" if fields["refund_amount"] == amount else "changed"


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("0.01", "USD"), ("5", "USD"), ("5.0", "USD"), ("5.00", "IDR"), ("9999999.99", "USD"),
     ("100", "JPY"), ("1", "KRW"), ("9999999", "KRW")],
)  # fmt: skip
def test_amounts_alipay_reads_are_sent_as_they_are(amount: str, currency: str) -> None:
    assert unfit(amount, currency) == ""


@pytest.mark.parametrize(
    ("amount", "currency"),
    [("", "USD"), ("0", "USD"), ("0.00", "USD"), ("-1", "USD"), ("+1", "USD"), ("1e3", "USD"),
     ("1.005", "USD"), ("1,00", "USD"), ("1.", "USD"), (".5", "USD"), ("05", "USD"),
     (" 5", "USD"), ("5\n", "USD"), ("٥", "USD"), ("NaN", "USD"), ("10000000.00", "USD"),
     ("100.00", "JPY"), ("100.0", "JPY"), ("1.5", "KRW"), ("0", "JPY"), ("10000000", "KRW")],
)  # fmt: skip
def test_amounts_alipay_would_misread_are_not_sent(amount: str, currency: str) -> None:
    assert unfit(amount, currency) == "refund_amount"


def test_the_largest_refund_is_a_choice() -> None:
    assert unfit("100000000.00", "USD", largest="100000000.00") == ""
    assert unfit("5.01", "USD", largest="5.00") == "refund_amount"


@given(st.integers(1, 999_999_999), st.sampled_from(["USD", "HKD", "CNY", "IDR"]))
def test_every_amount_in_cents_is_fit(minor: int, currency: str) -> None:
    assert unfit(f"{minor // 100}.{minor % 100:02}", currency) == ""


@given(st.integers(1, 9_999_999), st.sampled_from(["JPY", "KRW"]))
def test_whole_currencies_take_whole_numbers_only(amount: int, currency: str) -> None:
    assert unfit(str(amount), currency) == ""
    assert unfit(f"{amount}.00", currency) == "refund_amount"


def is_an_amount(text: str) -> bool:
    """The rule for two decimals once more, letter by letter."""
    whole, point, fraction = text.partition(".")
    if not whole or set(whole + fraction) - set("0123456789"):
        return False
    if (whole[0] == "0" and whole != "0") or (point and not 1 <= len(fraction) <= 2):
        return False
    return 1 <= int(whole + fraction.ljust(2, "0")) <= 999_999_999


odd_texts = st.text("0123456789.,+-eE 　\n٥x", max_size=14) | st.text(max_size=6)


@given(odd_texts | st.from_regex(r"\A[0-9]{0,9}\.?[0-9]{0,3}\Z"))
def test_any_text_is_an_amount_or_refused_as_one(text: str) -> None:
    assert unfit(text, "USD") == ("" if is_an_amount(text) else "refund_amount")


def test_a_refund_never_goes_to_the_spare_address(
    client_for: ClientFor, contract: Contract, gateway: LoopbackGateway
) -> None:
    terms = replace(contract, gateway_url=unused_address(), spare_url=gateway.url)
    with pytest.raises(GatewayUnreachable) as unreachable:
        refund(client_for(terms))
    assert (unreachable.value.never_sent, gateway.asked) == (True, [])


def test_a_refund_query_sends_the_other_names_of_the_sample(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(sample_bytes("26-refundquery-response.xml"))]
    client.query_refund(**ASKED)
    fields = gateway.asked[0].fields
    assert presign(fields) == vector_of("25-refundquery-request.txt")["pre_sign"]
    assert fields["sign"] == vector_of("25-refundquery-request.txt")["sign"]


def test_the_sample_of_a_refund_query_is_read(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(sample_bytes("26-refundquery-response.xml"))]
    answer = client.query_refund(**ASKED)
    assert (answer.state, answer.error) == (RefundResult.SUCCESS, "")
    assert (answer.partner_trans_id, answer.partner_refund_id) == (ORDER, "RF0001")
    assert (answer.alipay_trans_id, answer.fields["gmt_create"]) == (TRADE, "2026-11-20 19:49:58")


@pytest.mark.parametrize("state", list(RefundResult))
def test_every_known_state_is_read(state: RefundResult, found: Found) -> None:
    assert found(FOUND | {"refund_result_code": state.value}).state is state


def test_a_failed_refund_says_why(found: Found) -> None:
    change = {"refund_result_code": "FAIL", "refund_error_code": "MERCHANT_BALANCE_NOT_ENOUGH"}
    answer = found(FOUND | change)
    assert (answer.state, answer.error) == (RefundResult.FAIL, "MERCHANT_BALANCE_NOT_ENOUGH")


def test_a_refund_that_waits_may_say_why(found: Found) -> None:
    change = {
        "refund_result_code": "PROCESSING",
        "refund_error_code": "MERCHANT_BALANCE_NOT_ENOUGH",
    }
    answer = found(FOUND | change)
    assert (answer.state, answer.error) == (RefundResult.PROCESSING, "MERCHANT_BALANCE_NOT_ENOUGH")


@pytest.mark.parametrize(
    "change",
    [
        {"refund_result_code": ""},
        {"refund_result_code": "UNKNOWN"},
        {"refund_result_code": "success"},
        {"response_code": ""},
        {"response_code": "UNKNOWN"},
        {"response_code": "10000"},
    ],
)
def test_a_word_nobody_told_us_is_no_answer(change: dict[str, str], found: Found) -> None:
    assert why_no_answer(lambda: found(FOUND | change)) is NoAnswer.UNKNOWN_RESULT


@pytest.mark.parametrize(
    "change",
    [
        {"out_trade_no": "ANOTHER"},
        {"out_return_no": "RF0002"},
        {"out_trade_no": ""},
        {"out_return_no": ""},
        {"out_return_no": "RF0002", "response_code": "FAIL"},
        {"refund_error_code": "TRADE_HAS_CLOSE"},
    ],
)
def test_an_answer_about_another_refund_or_against_itself_is_no_answer(
    change: dict[str, str], found: Found
) -> None:
    assert why_no_answer(lambda: found(FOUND | change)) is NoAnswer.UNREADABLE


@pytest.mark.parametrize(
    "fields",
    [
        FOUND | {"refund_result_code": "FAIL", "refund_error_code": "SYSTEM_ERROR"},
        {"response_code": "FAIL", "error": "SYSTEM_ERROR"},
        {"result_code": "FAIL", "detail_error_code": "SYSTEM_ERROR"},
    ],
)
def test_a_system_error_ends_no_refund(fields: dict[str, str], found: Found) -> None:
    assert why_no_answer(lambda: found(fields)) is NoAnswer.SYSTEM_ERROR


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"response_code": "FAIL"}, "FAIL"),
        ({"response_code": "FAIL", "error": "REFUND_NOT_EXIST"}, "REFUND_NOT_EXIST"),
        ({"response_code": "FAIL", "refund_error_code": "TRADE_NOT_EXIST"}, "TRADE_NOT_EXIST"),
        ({"result_code": "FAIL", "detail_error_code": "TRADE_NOT_EXIST"}, "TRADE_NOT_EXIST"),
    ],
)
def test_a_refused_question_is_a_signed_refusal(
    fields: dict[str, str], code: str, found: Found
) -> None:
    with pytest.raises(GatewayRefused) as refused:
        found(fields)
    assert (refused.value.code, refused.value.signed) == (code, True)


def test_the_words_of_the_states_are_a_choice(
    client_for: ClientFor, contract: Contract, gateway: LoopbackGateway
) -> None:
    words = RefundQueryWords(answered=frozenset({"10000"}), refunded=frozenset({"REFUND_SUCCESS"}))
    told = FOUND | {"response_code": "10000", "refund_result_code": "REFUND_SUCCESS"}
    gateway.replies = [reply(answer_xml(told, SAMPLE_KEY))]
    client = client_for(replace(contract, choices=Choices(refund_query_words=words)))
    assert client.query_refund(**ASKED).state is RefundResult.SUCCESS


def test_lists_in_a_refund_query_are_passed_over(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    royalty = b"<refund_royaltys><royalty><amount>1.00</amount></royalty></refund_royaltys>"
    body = answer_xml(FOUND, SAMPLE_KEY).replace(b"<trade_no>", royalty + b"<trade_no>")
    gateway.replies = [reply(body)]
    assert client.query_refund(**ASKED).state is RefundResult.SUCCESS


def test_a_refund_query_goes_to_the_spare_address_when_nobody_listens(
    client_for: ClientFor, contract: Contract, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(answer_xml(FOUND, SAMPLE_KEY))]
    terms = replace(contract, gateway_url=unused_address(), spare_url=gateway.url)
    assert client_for(terms).query_refund(**ASKED).state is RefundResult.SUCCESS


@pytest.mark.parametrize(
    ("numbers", "field"),
    [
        ({"partner_trans_id": "", "partner_refund_id": "R"}, "partner_trans_id"),
        ({"partner_trans_id": "1" * 65, "partner_refund_id": "R"}, "partner_trans_id"),
        ({"partner_trans_id": "1", "partner_refund_id": ""}, "partner_refund_id"),
        ({"partner_trans_id": "1", "partner_refund_id": "R" * 129}, "partner_refund_id"),
    ],
)
def test_an_unfit_question_is_not_sent(
    numbers: dict[str, str], field: str, client: GatewayClient, gateway: LoopbackGateway
) -> None:
    with pytest.raises(RequestInvalid) as refused:
        client.query_refund(**numbers)
    assert (refused.value.field, gateway.asked) == (field, [])


def test_hong_kong_takes_no_quotation_mark_in_a_question(
    client_for: ClientFor, hk_contract: Contract, gateway: LoopbackGateway
) -> None:
    with pytest.raises(RequestInvalid, match="Hong Kong"):
        client_for(hk_contract).query_refund(partner_trans_id=ORDER, partner_refund_id='R"1')
    assert gateway.asked == []
