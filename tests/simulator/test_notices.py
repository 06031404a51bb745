"""What notices say, how they are signed and encoded, and the ladder they climb."""

import base64
from urllib.parse import parse_qsl

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import padding

from .wire import DIGESTS, GLOBAL_PARTNER, Merchant, md5, signed_text

LISTENER = "http://127.0.0.1:9/notify"
GAPS = [120, 600, 600, 3600, 7200, 21600, 54000]


def verified(shop: Merchant, notice: dict[str, str]) -> bool:
    return notice["sign"] == md5(signed_text(notice), shop.md5_key)


def test_a_paid_notice_has_the_documented_fields_in_order(shop: Merchant) -> None:
    shop.pay(shop.code(LISTENER, passback_parameters='{"key":"k1"}'), "12.50")
    [notice] = shop.due_fields()
    assert " ".join(notice) == (
        "notify_time notify_type notify_id notify_action_type out_trade_no trade_no trade_status "
        "subject gmt_create gmt_payment seller_email seller_id buyer_email buyer_id price quantity "
        "total_fee currency trans_currency extra_common_param qrcode store_id "
        "secondary_merchant_id sign_type sign"
    )


def test_a_paid_notice_tells_what_was_paid_where(shop: Merchant) -> None:
    code = shop.code(LISTENER, passback_parameters='{"key":"k1"}')
    shop.pay(code, "12.5")
    [notice] = shop.due_fields()
    assert notice["notify_action_type"] == "payByAccountAction"
    assert (notice["total_fee"], notice["currency"]) == ("12.50", "USD")
    assert (notice["qrcode"], notice["store_id"]) == (code, "S0001")
    assert notice["extra_common_param"] == '{"key":"k1"}'
    assert notice["seller_id"] == GLOBAL_PARTNER


def test_an_hk_notice_names_the_wallet(hk_shop: Merchant) -> None:
    hk_shop.pay(hk_shop.code(LISTENER), "88", wallet="ALIPAYHK")
    [notice] = hk_shop.due_fields()
    assert (notice["payment_inst"], notice["subject"]) == ("ALIPAYHK", "海旁麵家 中環店")
    assert verified(hk_shop, notice)


def test_a_foreign_settlement_is_told_beside_the_amount(shop: Merchant) -> None:
    shop.pay(shop.code(LISTENER, currency="CNY"), "10")
    [notice] = shop.due_fields()
    assert (notice["total_fee"], notice["trans_currency"]) == ("10.00", "USD")
    assert notice["forex_total_fee"] == "71.00"


@pytest.mark.parametrize(
    ("outcome", "status", "action"),
    [
        ("paid", "TRADE_SUCCESS", "payByAccountAction"),
        ("pending", "TRADE_PENDING", "payByAccountAction"),
        ("finished", "TRADE_FINISHED", "payByAccountAction"),
        ("closed", "TRADE_CLOSED", "closeTradeAction"),
    ],
)
def test_every_outcome_is_announced(
    shop: Merchant,
    outcome: str,
    status: str,
    action: str,
) -> None:
    shop.pay(shop.code(LISTENER), outcome=outcome)
    [notice] = shop.due_fields()
    assert (notice["trade_status"], notice["notify_action_type"]) == (status, action)
    assert ("gmt_payment" in notice) is (outcome != "closed")


def test_a_waiting_trade_is_not_announced(shop: Merchant) -> None:
    shop.pay(shop.code(LISTENER), outcome="waiting")
    assert shop.outbox() == []


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("TRADE_SUCCESS", "payByAccountAction"),
        ("TRADE_PENDING", "payByAccountAction"),
        ("TRADE_CLOSED", "closeTradeAction"),
    ],
)
def test_a_move_of_a_waiting_trade_is_announced(
    shop: Merchant,
    status: str,
    action: str,
) -> None:
    trade_no = shop.pay(shop.code(LISTENER), outcome="waiting").json()["trade_no"]
    shop.control(f"trades/{trade_no}", status=status)
    [notice] = shop.due_fields()
    assert (notice["trade_status"], notice["notify_action_type"]) == (status, action)


@pytest.mark.parametrize(
    ("status", "action"),
    [
        ("TRADE_FINISHED", "finishFPAction"),
        ("TRADE_CLOSED", "reverseAction"),
        ("TRADE_PENDING", "payByAccountAction"),
    ],
)
def test_a_move_of_a_paid_trade_is_announced(shop: Merchant, status: str, action: str) -> None:
    trade_no = shop.pay(shop.code(LISTENER)).json()["trade_no"]
    shop.control(f"trades/{trade_no}", status=status)
    notice = shop.due_fields()[-1]
    assert (notice["trade_status"], notice["notify_action_type"]) == (status, action)
    assert "gmt_payment" in notice


def test_a_move_to_the_same_status_is_not_announced(shop: Merchant) -> None:
    trade_no = shop.pay(shop.code(LISTENER)).json()["trade_no"]
    assert shop.control(f"trades/{trade_no}", status="TRADE_SUCCESS").status_code == 200
    assert len(shop.outbox()) == 1


def test_a_closed_trade_may_still_be_paid_after_the_end(shop: Merchant) -> None:
    trade_no = shop.pay(shop.code(LISTENER), outcome="closed").json()["trade_no"]
    shop.control(f"trades/{trade_no}", status="TRADE_SUCCESS")
    assert [notice["trade_status"] for notice in shop.due_fields()] == [
        "TRADE_CLOSED",
        "TRADE_SUCCESS",
    ]


def test_a_partial_refund_in_the_portal_is_announced(shop: Merchant) -> None:
    trade_no = shop.pay(shop.code(LISTENER), "12.50").json()["trade_no"]
    shop.control("refunds", trade_no=trade_no, amount="5", out_biz_no="RF0001")
    notice = shop.due_fields()[-1]
    assert notice["notify_action_type"] == "refundFPAction"
    assert (notice["refund_fee"], notice["out_biz_no"]) == ("5.00", "RF0001")
    assert notice["trade_status"] == "TRADE_SUCCESS"
    assert not {"currency", "qrcode", "store_id", "extra_common_param"} & set(notice)


def test_a_refund_of_the_rest_closes_the_trade(shop: Merchant) -> None:
    trade_no = shop.pay(shop.code(LISTENER), "12.50").json()["trade_no"]
    shop.control("refunds", trade_no=trade_no, amount="5")
    shop.control("refunds", trade_no=trade_no, amount="7.50")
    assert shop.due_fields()[-1]["trade_status"] == "TRADE_CLOSED"
    assert (shop.trade()["refunded"], shop.trade()["status"]) == ("12.50", "TRADE_CLOSED")


@pytest.mark.parametrize("sign_type", ["RSA", "RSA2"])
def test_rsa_notices_fit_alipays_public_key(
    shop: Merchant,
    key_pair: tuple[str, str],
    sign_type: str,
) -> None:
    keys = {"sign_types": ["MD5", "RSA", "RSA2"], "merchant_public_key_pem": key_pair[1]}
    given = shop.control("partners", partner_id=GLOBAL_PARTNER, notify_with=sign_type, **keys)
    shop.pay(shop.code(LISTENER))
    [notice] = shop.due_fields()
    public = serialization.load_pem_public_key(given.json()["alipay_public_key_pem"].encode())
    raw, digest = base64.b64decode(notice["sign"]), DIGESTS[sign_type]()
    public.verify(raw, signed_text(notice).encode(), padding.PKCS1v15(), digest)  # type: ignore
    assert notice["sign_type"] == sign_type


def test_notices_are_signed_with_the_first_sign_type_of_the_contract(
    shop: Merchant,
    key_pair: tuple[str, str],
) -> None:
    keys = {"sign_types": ["RSA2", "MD5"], "merchant_public_key_pem": key_pair[1]}
    shop.control("partners", partner_id="2088000000000042", md5_key=shop.md5_key, **keys)
    other = shop.with_changes(partner="2088000000000042")
    other.pay(other.code(LISTENER))
    assert other.due_fields()[0]["sign_type"] == "RSA2"


def test_a_code_may_wish_its_notices_signed_otherwise(
    shop: Merchant,
    key_pair: tuple[str, str],
) -> None:
    keys = {"sign_types": ["MD5", "RSA2"], "merchant_public_key_pem": key_pair[1]}
    shop.control("partners", partner_id=GLOBAL_PARTNER, **keys)
    shop.pay(shop.code(LISTENER, notify_sign_type="RSA2"))
    assert shop.due_fields()[0]["sign_type"] == "RSA2"


def test_a_code_may_wish_its_notices_in_gbk(shop: Merchant) -> None:
    shop.pay(shop.code(LISTENER, notify_charset="GBK", store_name="海旁面家"))
    [due] = shop.due()
    assert due["content_type"] == "application/x-www-form-urlencoded; charset=GBK"
    notice = dict(parse_qsl(due["body"], encoding="gbk"))
    assert notice["subject"] == "海旁面家"
    assert notice["sign"] == md5(signed_text(notice), shop.md5_key, "gbk")


def test_a_code_made_in_gbk_is_notified_in_gbk(shop: Merchant) -> None:
    shop.pay(shop.with_changes(charset="GBK").code(LISTENER))
    assert shop.due()[0]["content_type"].endswith("charset=GBK")


def test_the_ladder_has_eight_sendings_and_these_gaps(shop: Merchant) -> None:
    shop.pay(shop.code(LISTENER))
    shop.answer_all("fail")
    for gap in GAPS:
        shop.control("clock", advance_seconds=gap - 5)
        assert shop.due() == []
        shop.control("clock", advance_seconds=6)
        shop.answer_all("fail")
    [notice] = shop.outbox()
    assert (notice["state"], notice["attempts"]) == ("GIVEN_UP", 8)


def test_the_ladder_can_be_compressed(shop: Merchant) -> None:
    shop.control("delivery", ladder_scale=0.01)
    shop.pay(shop.code(LISTENER))
    shop.answer_all("fail")
    shop.control("clock", advance_seconds=2)
    assert len(shop.due()) == 1


def test_a_resend_keeps_its_id_and_has_its_own_time_and_signature(shop: Merchant) -> None:
    shop.pay(shop.code(LISTENER))
    [first] = shop.due_fields()
    shop.answer_all("fail")
    shop.control("clock", advance_seconds=121)
    [second] = shop.due_fields()
    assert {name for name in first if first[name] != second[name]} == {"notify_time", "sign"}
    assert verified(shop, second)


@pytest.mark.parametrize("body", ["success", "SUCCESS"])
def test_success_in_either_case_ends_the_ladder(shop: Merchant, body: str) -> None:
    shop.pay(shop.code(LISTENER))
    shop.answer_all(body)
    assert shop.outbox()[0]["state"] == "ACKNOWLEDGED"


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (200, "success\n"),
        (200, " success"),
        (200, "\ufeffsuccess"),
        (200, '"success"'),
        (200, "<p>success</p>"),
        (200, "successful"),
        (200, ""),
        (200, "fail"),
        (201, "success"),
        (302, "success"),
        (500, "success"),
        (None, ""),
    ],
)
def test_anything_else_is_no_acknowledgement(
    shop: Merchant,
    status: int | None,
    body: str,
) -> None:
    shop.pay(shop.code(LISTENER))
    shop.answer_all(body, status)
    assert shop.outbox()[0]["state"] == "WAITING"


def notify_verify(shop: Merchant, notify_id: str) -> str:
    query = {"service": "notify_verify", "partner": shop.partner, "notify_id": notify_id}
    return shop.http.get(f"{shop.url}/gateway.do", params=query).text


def test_a_notice_is_known_until_it_is_acknowledged(shop: Merchant) -> None:
    shop.pay(shop.code(LISTENER))
    notify_id = shop.due_fields()[0]["notify_id"]
    assert notify_verify(shop, notify_id) == "true"
    shop.answer_all("success")
    assert notify_verify(shop, notify_id) == "false"


def test_a_notice_of_another_partner_or_nobody_is_not_known(
    shop: Merchant,
    hk_shop: Merchant,
) -> None:
    shop.pay(shop.code(LISTENER))
    assert notify_verify(hk_shop, shop.due_fields()[0]["notify_id"]) == "false"
    assert notify_verify(shop, "nonsense") == "false"


@pytest.mark.parametrize(("key", "known"), [("right", "true"), ("x" * 32, "false")])
def test_a_signed_question_about_a_notice_is_checked(
    shop: Merchant,
    key: str,
    known: str,
) -> None:
    shop.pay(shop.code(LISTENER))
    asking = shop if key == "right" else shop.with_changes(md5_key=key)
    notify_id = shop.due_fields()[0]["notify_id"]
    fields = {"service": "notify_verify", "partner": shop.partner, "notify_id": notify_id}
    query = asking.signed(fields)
    assert shop.http.get(f"{shop.url}/gateway.do", params=query).text == known


def test_a_code_without_notify_url_is_paid_in_silence(shop: Merchant) -> None:
    assert shop.pay(shop.code()).status_code == 200
    assert shop.outbox() == []


@pytest.mark.parametrize(
    "url",
    ["http://pos.example.com/n", "http://127.0.0.1.example.com/n", "https://10.0.0.1/n"],
)
def test_nothing_is_ever_posted_to_another_machine(shop: Merchant, url: str) -> None:
    shop.pay(shop.code(url))
    assert shop.due() == []
    assert shop.outbox()[0]["state"] == "UNDELIVERABLE"


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.9.10", "[::1]"])
def test_this_machine_may_be_posted_to(shop: Merchant, host: str) -> None:
    shop.pay(shop.code(f"http://{host}:9/n"))
    assert len(shop.due()) == 1
