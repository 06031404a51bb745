"""A sale by the buyer's code, and an order's code, as they go over the wire of gateway.do."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merchant_portal.alipay.cancels import CancelRequest, read_cancel_answer
from merchant_portal.alipay.client import Choices, Contract, GatewayClient
from merchant_portal.alipay.contract import TextLengths
from merchant_portal.alipay.counter_payments import PayAnswer, read_pay_answer
from merchant_portal.alipay.errors import (
    GatewayRefused,
    GatewayUnreachable,
    NoAnswer,
    RequestInvalid,
)
from merchant_portal.alipay.json_api.amounts import MinorAmount
from merchant_portal.alipay.messages import (
    GoodsDetail,
    IdentityCodeType,
    OrderCodeRequest,
    PayOutcome,
    PayRequest,
    PayWords,
    TradeInformation,
    TradeStatus,
    parse_posted,
    read_notice,
    verify_posted,
)
from merchant_portal.alipay.order_codes import read_order_code_answer
from merchant_portal.alipay.reversals import read_reversal_answer
from merchant_portal.alipay.signing import MD5Key, SignType, presign, sign, verifies
from merchant_portal.alipay.trades import read_trade_answer
from tests.alipay.counter_samples import (
    ORDER,
    SALE,
    SHOP,
    SOLD_AT,
    TRADE,
    gateway_vector,
    gateway_vectors,
    order,
    sale,
    sample,
)
from tests.alipay.gateways import LoopbackGateway, answer_xml, reply
from tests.alipay.samples import SAMPLE_KEY
from tests.alipay.test_answers import exchange_of

ClientFor = Callable[[Contract], GatewayClient]
PAID = {
    "result_code": "SUCCESS",
    "partner_trans_id": SALE,
    "alipay_trans_id": TRADE,
    "trans_amount": "12.50",
    "currency": "USD",
    "alipay_pay_time": "20261120195004",
}


def answer_of(body: bytes, *, words: PayWords | None = None) -> PayAnswer:
    return read_pay_answer(
        exchange_of(body),
        sale(),
        sign_type=SignType.MD5,
        keys=[SAMPLE_KEY],
        words=words or PayWords(),
    )


def outcome_of(fields: Mapping[str, str]) -> str:
    """Of a signed answer with these fields: the outcome, the refusal's code, or why none."""
    return outcome_of_body(answer_xml(fields, SAMPLE_KEY))


def outcome_of_body(body: bytes) -> str:
    try:
        return answer_of(body).outcome
    except GatewayRefused as refused:
        return f"refused: {refused.code}" + ("" if refused.signed else " unsigned")
    except GatewayUnreachable as unreachable:
        return f"no answer: {unreachable.reason}"


@pytest.mark.parametrize("vector", gateway_vectors(), ids=lambda vector: vector["file"])
def test_every_vector_is_signed_the_same(vector: dict[str, str]) -> None:
    key = MD5Key(vector["key"])
    assert sign(vector["pre_sign"], key) == vector["sign"]
    assert verifies(vector["pre_sign"], vector["sign"], key)
    assert not verifies(vector["pre_sign"] + " ", vector["sign"], key)


def test_there_are_as_many_vectors_as_signed_samples() -> None:
    assert len(gateway_vectors()) == 25


def test_a_sale_sends_the_fields_of_the_sample(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(sample("barcode/mapi-03-pay-response-success.xml"))]
    answer = client.pay_with_code(sale())
    vector = gateway_vector("barcode/mapi-01-pay-request-acquirer.txt")
    asked = gateway.asked[0]
    assert presign(asked.fields) == vector["pre_sign"]
    assert asked.fields["sign"] == vector["sign"]
    assert asked.target == "/gateway.do?_input_charset=UTF-8"
    assert (answer.outcome, answer.alipay_trans_id) == (PayOutcome.PAID, TRADE)
    assert (answer.amount, answer.currency, answer.amount_cny) == ("12.50", "USD", "88.75")
    assert answer.paid_at == SOLD_AT.replace(second=4)


def test_an_integrators_sale_names_it(client: GatewayClient, gateway: LoopbackGateway) -> None:
    gateway.replies = [reply(b"")]
    shop = replace(SHOP, sys_service_provider_id="2088999900001111")
    request = replace(sale(), partner_trans_id="BC2026112019520100012346", shop=shop)
    with pytest.raises(GatewayUnreachable):
        client.pay_with_code(request)
    vector = gateway_vector("barcode/mapi-02-pay-request-system-integrator.txt")
    assert presign(gateway.asked[0].fields) == vector["pre_sign"]


def test_the_rest_of_a_sale_is_sent_under_its_names(
    client: GatewayClient, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(b"")]
    told = TradeInformation(business_type="4", goods=(("noodles", 2), ("tea", 1)))
    request = replace(
        sale(),
        trans_currency="MOP",
        identity_code_type=IdentityCodeType.QRCODE,
        trade_information=told,
        shop=None,
    )
    with pytest.raises(GatewayUnreachable):
        client.pay_with_code(request)
    fields = gateway.asked[0].fields
    assert (fields["trans_currency"], fields["identity_code_type"]) == ("MOP", "qrcode")
    assert fields["trade_information"] == (
        '{"business_type":"4","goods_info":"noodles^2|tea^1","total_quantity":"3"}'
    )
    assert "extend_info" not in fields


def test_every_answer_of_the_samples_is_told_apart() -> None:
    outcomes = {
        number: outcome_of_body(sample(f"barcode/{file}"))
        for number, file in {
            "03": "mapi-03-pay-response-success.xml",
            "04": "mapi-04-pay-response-unknow.xml",
            "05": "mapi-05-pay-response-failed-code-expired.xml",
            "06": "mapi-06-pay-response-failed-balance.xml",
            "07": "mapi-07-pay-response-system-error.xml",
            "08": "mapi-08-gateway-refusal.xml",
        }.items()
    }
    assert outcomes == {
        "03": "PAID",
        "04": "OPEN",
        "05": "refused: SOUNDWAVE_PARSER_FAIL",
        "06": "refused: BUYER_BALANCE_NOT_ENOUGH",
        "07": "no answer: SYSTEM_ERROR",
        "08": "refused: ILLEGAL_SIGN unsigned",
    }


@pytest.mark.parametrize(
    ("changed", "expected"),
    [
        ({}, "PAID"),
        ({"result_code": "UNKNOW"}, "OPEN"),
        ({"result_code": "UNKNOWN"}, "OPEN"),
        ({"result_code": "FAIL", "error": "TRADE_HAS_CLOSE"}, "refused: TRADE_HAS_CLOSE"),
        ({"result_code": "FAILED"}, "refused: FAILED"),
        ({"result_code": "UNKNOW", "error": "SYSTEM_ERROR"}, "no answer: SYSTEM_ERROR"),
        ({"result_code": "FAIL", "detail_error_code": "SYSTEM_ERROR"}, "no answer: SYSTEM_ERROR"),
        ({"result_code": "DONE"}, "no answer: UNKNOWN_RESULT"),
        ({"result_code": ""}, "no answer: UNKNOWN_RESULT"),
        ({"error": "TRADE_HAS_CLOSE"}, "no answer: UNREADABLE"),
        ({"partner_trans_id": "ANOTHER"}, "no answer: UNREADABLE"),
        ({"partner_trans_id": ""}, "no answer: UNREADABLE"),
        ({"alipay_trans_id": ""}, "no answer: UNREADABLE"),
        ({"trans_amount": "1250"}, "no answer: UNREADABLE"),
        ({"trans_amount": "12.5"}, "PAID"),
        ({"currency": "JPY"}, "no answer: UNREADABLE"),
        ({"alipay_pay_time": "yesterday"}, "no answer: UNREADABLE"),
    ],
)
def test_a_signed_answer_is_paid_open_refused_or_none(
    changed: dict[str, str], expected: str
) -> None:
    assert outcome_of(PAID | changed) == expected


def test_the_words_of_a_result_are_the_callers() -> None:
    words = PayWords(paid=frozenset({"OK"}))
    assert answer_of(answer_xml(PAID | {"result_code": "OK"}, SAMPLE_KEY), words=words).outcome


def test_the_upper_case_name_of_the_amount_in_yuan_is_read() -> None:
    body = answer_xml(PAID | {"trans_amount_CNY": "88.75"}, SAMPLE_KEY)
    assert answer_of(body).amount_cny == "88.75"


NOISE = st.tuples(st.integers(0, 2000), st.binary(max_size=3), st.integers(0, 3))


@given(NOISE)
def test_no_harm_on_the_way_makes_a_sale_paid_that_was_not(
    harm: tuple[int, bytes, int],
) -> None:
    place, noise, lost = harm
    for file, outcome in (
        ("barcode/mapi-04-pay-response-unknow.xml", "OPEN"),
        ("barcode/mapi-05-pay-response-failed-code-expired.xml", "refused: SOUNDWAVE_PARSER_FAIL"),
    ):
        whole = sample(file)
        harmed = outcome_of_body(whole[:place] + noise + whole[place + lost :])
        assert harmed == outcome or harmed.startswith("no answer") or harmed.endswith("unsigned")


@given(st.binary(max_size=400))
def test_any_bytes_are_no_answer_to_a_sale(body: bytes) -> None:
    assert outcome_of_body(body).startswith("no answer")


UNFIT_SALES: list[tuple[str, dict[str, object]]] = [
    ("partner_trans_id", {"partner_trans_id": "x" * 65}),
    ("partner_trans_id", {"partner_trans_id": ""}),
    ("trans_name", {"trans_name": ""}),
    ("trans_name", {"trans_name": "x" * 257}),
    ("memo", {"memo": "x" * 257}),
    ("memo", {"memo": "two\nlines"}),
    ("quantity", {"quantity": "0"}),
    ("quantity", {"quantity": "1.5"}),
    ("notify_url", {"notify_url": "ftp://shop.example"}),
    ("notify_url", {"notify_url": "https://shop.example/" + "x" * 180}),
    ("currency", {"currency": "usd"}),
    ("trans_currency", {"trans_currency": "dollars"}),
    ("trans_amount", {"amount_text": "12.505"}),
    ("trans_amount", {"amount_text": "0.00"}),
    ("trans_amount", {"amount_text": "100000000.01"}),
    ("trans_amount", {"amount_text": "500.00", "currency": "JPY"}),
    ("trans_amount", {"amount_text": "-1"}),
    ("trans_amount", {"amount_text": MinorAmount(1250, "USD")}),
    ("trans_amount", {"amount_text": Decimal("12.50")}),
    ("trans_amount", {"amount_text": 12.5}),
    ("store_id", {"shop": replace(SHOP, store_id="x" * 33)}),
    ("store_name", {"shop": replace(SHOP, store_name="x" * 65)}),
    ("terminal_id", {"shop": replace(SHOP, terminal_id="x" * 33)}),
    ("secondary_merchant_id", {"shop": replace(SHOP, secondary_merchant_id="M-1")}),
    ("secondary_merchant_name", {"shop": replace(SHOP, secondary_merchant_name="x" * 65)}),
    ("secondary_merchant_industry", {"shop": replace(SHOP, secondary_merchant_industry="58")}),
    ("sys_service_provider_id", {"shop": replace(SHOP, sys_service_provider_id="x" * 33)}),
    ("business_type", {"trade_information": TradeInformation(business_type="")}),
    ("goods_info", {"trade_information": TradeInformation(business_type="4", goods=(("a|", 1),))}),
]


@pytest.mark.parametrize(("field", "changed"), UNFIT_SALES)
def test_what_does_not_fit_is_not_sent(
    field: str, changed: dict[str, object], client: GatewayClient, gateway: LoopbackGateway
) -> None:
    request: PayRequest = replace(sale(), **changed)  # type: ignore[arg-type]
    with pytest.raises(RequestInvalid) as refused:
        client.pay_with_code(request)
    assert (refused.value.field, gateway.asked) == (field, [])


def test_the_largest_sale_and_whole_yen_fit(contract: Contract) -> None:
    for amount, currency in (("100000000.00", "USD"), ("500", "JPY")):
        request = replace(sale(), amount_text=amount, currency=currency)
        request.as_fields(contract.partner, contract.region, contract.choices)


def test_hong_kong_takes_its_dollar_and_no_quotation_marks(hk_contract: Contract) -> None:
    request = replace(sale(), currency="HKD")
    fields = request.as_fields(hk_contract.partner, hk_contract.region, hk_contract.choices)
    assert fields["currency"] == "HKD"
    for unfit in (sale(), replace(request, memo='"7"')):
        with pytest.raises(RequestInvalid):
            unfit.as_fields(hk_contract.partner, hk_contract.region, hk_contract.choices)


def test_the_lengths_no_page_names_are_the_callers(contract: Contract) -> None:
    choices = Choices(lengths=TextLengths(memo=3))
    with pytest.raises(RequestInvalid, match="memo"):
        sale().as_fields(contract.partner, contract.region, choices)


# ---- a code for one order --------------------------------------------------------------------


def test_an_order_sends_the_fields_of_the_sample(
    contract: Contract, gateway: LoopbackGateway, client: GatewayClient
) -> None:
    gateway.replies = [reply(sample("order-code/mapi-02-precreate-response-success.xml"))]
    answer = client.create_order_code(order())
    vector = gateway_vector("order-code/mapi-01-precreate-request.txt")
    fields = gateway.asked[0].fields
    sent = presign(fields | {"timestamp": "2026-11-20 19:55:00"})
    assert sent == vector["pre_sign"]
    assert fields["timestamp"] == "2026-11-20 19:41:16"
    assert answer.qr_code == "https://qr.alipay.com/bax0000000000000000demo"
    assert set(answer.pictures) == {"pic_url", "small_pic_url", "big_pic_url"}
    assert answer.voucher_type == "qrcode"


def test_hong_kong_counts_an_orders_time_in_milliseconds(
    client_for: ClientFor, hk_contract: Contract, gateway: LoopbackGateway
) -> None:
    gateway.replies = [reply(b""), reply(b"")]
    request = replace(order(), currency="HKD", trans_currency="HKD")
    other = replace(hk_contract, choices=Choices(millisecond_precreate_regions=frozenset()))
    for terms in (hk_contract, other):
        with pytest.raises(GatewayUnreachable):
            client_for(terms).create_order_code(request)
    times = [asked.fields["timestamp"] for asked in gateway.asked]
    assert times == ["1795174876000", "2026-11-20 19:41:16"]


def order_outcome(body: bytes) -> str:
    try:
        return read_order_code_answer(
            exchange_of(body), order(), sign_type=SignType.MD5, keys=[SAMPLE_KEY]
        ).qr_code
    except GatewayRefused as refused:
        return f"refused: {refused.code}"
    except GatewayUnreachable as unreachable:
        return f"no answer: {unreachable.reason}"


def test_an_order_without_its_code_is_refused_or_no_answer() -> None:
    fail = sample("order-code/mapi-03-precreate-response-fail.xml")
    unknown = sample("order-code/mapi-04-precreate-response-unknown.xml")
    bare = answer_xml({"result_code": "SUCCESS", "out_trade_no": ORDER}, SAMPLE_KEY)
    other = answer_xml(
        {"result_code": "SUCCESS", "out_trade_no": "ANOTHER", "qr_code": "x"}, SAMPLE_KEY
    )
    assert order_outcome(fail) == "refused: INVALID_PARAMETER"
    assert order_outcome(unknown) == "no answer: UNKNOWN_RESULT"
    assert order_outcome(bare) == order_outcome(other) == "no answer: UNREADABLE"


@given(st.binary(max_size=400))
def test_any_bytes_are_no_answer_to_an_order(body: bytes) -> None:
    assert order_outcome(body).startswith("no answer")


LUNCH = GoodsDetail(goods_id="1", goods_name="Lunch", quantity="1", price="12.50")
UNFIT_ORDERS: list[tuple[str, dict[str, object]]] = [
    ("subject", {"subject": "x" * 257}),
    ("body", {"body": "x" * 401}),
    ("seller_id", {"seller_id": "2" * 29}),
    ("seller_email", {"seller_email": "x" * 101}),
    ("show_url", {"show_url": "https://shop.example/" + "x" * 400}),
    ("notify_url", {"notify_url": "https://shop.example/" + "x" * 170}),
    ("passback_parameters", {"passback_parameters": "x" * 257}),
    ("currency", {"currency": ""}),
    ("trans_currency", {"trans_currency": ""}),
    ("total_fee", {"total_fee": "12,50"}),
    ("total_fee", {"total_fee": MinorAmount(1250, "USD")}),
    ("price", {"price": "12.49"}),
    ("price", {"quantity": "2"}),
    ("price", {"quantity": ""}),
    ("quantity", {"quantity": "one"}),
    ("goods_detail", {"goods": (LUNCH,) * 51}),
    ("goodsName", {"goods": (replace(LUNCH, goods_name=""),)}),
    *[("it_b_pay", {"it_b_pay": text}) for text in ("1.5h", "0m", "16d", "1s", "15", "361h")],
    ("qr_code_it_b_pay", {"qr_code_it_b_pay": "2c"}),
]


@pytest.mark.parametrize(("field", "changed"), UNFIT_ORDERS)
def test_an_order_that_does_not_fit_is_not_sent(
    field: str, changed: dict[str, object], client: GatewayClient, gateway: LoopbackGateway
) -> None:
    request: OrderCodeRequest = replace(order(), **changed)  # type: ignore[arg-type]
    with pytest.raises(RequestInvalid) as refused:
        client.create_order_code(request)
    assert (refused.value.field, gateway.asked) == (field, [])


@pytest.mark.parametrize("life", ["1m", "90m", "15d", "360h", "21600m", "1c"])
def test_a_life_that_fits_is_sent(life: str, contract: Contract) -> None:
    request = replace(order(), it_b_pay=life, qr_code_it_b_pay=life)
    fields = request.as_fields(contract.region, contract.choices, timestamp="now")
    assert (fields["it_b_pay"], fields["qr_code_it_b_pay"]) == (life, life)


# ---- the calls that were there ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("file", "status"),
    [
        ("mapi-11-query-response-wait.xml", TradeStatus.WAIT_BUYER_PAY),
        ("mapi-12-query-response-success.xml", TradeStatus.TRADE_SUCCESS),
        ("mapi-13-query-response-closed.xml", TradeStatus.TRADE_CLOSED),
    ],
)
def test_a_sale_is_queried_as_any_payment(file: str, status: TradeStatus) -> None:
    answer = read_trade_answer(
        exchange_of(sample(f"barcode/{file}")),
        sign_type=SignType.MD5,
        keys=[SAMPLE_KEY],
        partner_trans_id=SALE,
        alipay_trans_id="",
    )
    assert answer.status is status


def test_a_sale_that_does_not_exist_is_refused() -> None:
    with pytest.raises(GatewayRefused, match="TRADE_NOT_EXIST"):
        read_trade_answer(
            exchange_of(sample("barcode/mapi-14-query-response-not-exist.xml")),
            sign_type=SignType.MD5,
            keys=[SAMPLE_KEY],
            partner_trans_id=SALE,
            alipay_trans_id="",
        )


@pytest.mark.parametrize(
    ("file", "number", "action"),
    [
        ("barcode/mapi-21-cancel-response-closed.xml", SALE, "close"),
        ("order-code/mapi-07-cancel-response-nothing-to-cancel.xml", ORDER, ""),
    ],
)
def test_sales_and_orders_are_cancelled_as_any_payment(file: str, number: str, action: str) -> None:
    request = CancelRequest(partner_trans_id=number)
    answer = read_cancel_answer(
        exchange_of(sample(file)), request, sign_type=SignType.MD5, keys=[SAMPLE_KEY]
    )
    assert answer.action == action


def test_a_reversal_of_old_is_understood() -> None:
    answer = read_reversal_answer(
        exchange_of(sample("barcode/mapi-24-reverse-response-legacy.xml")),
        partner_trans_id=SALE,
        sign_type=SignType.MD5,
        keys=[SAMPLE_KEY],
    )
    assert (answer.partner_trans_id, answer.alipay_trans_id) == (SALE, TRADE)
    assert answer.reversed_at == SOLD_AT.replace(minute=51, second=10)


@pytest.mark.parametrize("fields", [{"alipay_reverse_time": "soon"}, {"partner_trans_id": "X"}])
def test_a_strange_reversal_is_no_answer(fields: dict[str, str]) -> None:
    body = answer_xml({"result_code": "SUCCESS", "partner_trans_id": SALE} | fields, SAMPLE_KEY)
    with pytest.raises(GatewayUnreachable) as unreachable:
        read_reversal_answer(
            exchange_of(body),
            partner_trans_id=SALE,
            sign_type=SignType.MD5,
            keys=[SAMPLE_KEY],
        )
    assert unreachable.value.reason is NoAnswer.UNREADABLE


@pytest.mark.parametrize(
    ("file", "number", "passback"),
    [
        ("barcode/mapi-30-notification-paid.txt", SALE, ""),
        ("order-code/mapi-05-notification-paid.txt", ORDER, "till=7"),
    ],
)
def test_the_notices_of_sales_and_orders_are_the_known_form(
    file: str, number: str, passback: str
) -> None:
    wire = sample(file).decode().partition("## on the wire\n")[2].partition("\n## ")[0].strip()
    form = "application/x-www-form-urlencoded; charset=UTF-8"
    posted = parse_posted(wire.splitlines()[-1].encode(), content_type=form)
    assert verify_posted(posted, sign_type=SignType.MD5, keys=[SAMPLE_KEY]) is SAMPLE_KEY
    notice = read_notice(posted)
    assert (notice.partner_trans_id, notice.passback) == (number, passback)
    assert (notice.status, notice.is_refund) == (TradeStatus.TRADE_SUCCESS, False)
