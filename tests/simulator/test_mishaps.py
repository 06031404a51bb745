"""Everything that may go wrong, switched on and struck once, some times or for ever."""

import xml.etree.ElementTree as ET

import httpx
import pytest

from .listener import eventually
from .wire import CREATE, QUERY, Merchant, md5, signed_text

LISTENER = "http://127.0.0.1:9/notify"


def verified(shop: Merchant, fields: dict[str, str]) -> bool:
    return fields["sign"] == md5(signed_text(fields), shop.md5_key)


def switches(shop: Merchant) -> list[dict[str, object]]:
    return shop.http.get(f"{shop.url}/control/mishaps.json").json()


def states(shop: Merchant) -> list[str]:
    return [notice["state"] for notice in shop.outbox()]


def test_a_lost_notice_is_never_sent(shop: Merchant) -> None:
    shop.mishap("lost")
    code = shop.code(LISTENER)
    shop.pay(code)
    shop.pay(code)
    assert states(shop) == ["LOST", "WAITING"]
    assert len(shop.due()) == 1


def test_a_late_notice_is_sent_when_its_delay_is_over(shop: Merchant) -> None:
    shop.mishap("late", value=90)
    shop.pay(shop.code(LISTENER))
    assert shop.due() == []
    shop.control("clock", advance_seconds=91)
    assert len(shop.due()) == 1


def test_a_doubled_notice_is_sent_twice_with_the_same_body(shop: Merchant) -> None:
    shop.mishap("doubled")
    shop.pay(shop.code(LISTENER))
    first, second = shop.due()
    assert first == second
    shop.answer_all("success")
    assert states(shop) == ["ACKNOWLEDGED"]
    assert len(shop.outbox()[0]["sendings"]) == 2


def test_a_doubled_notice_counts_as_acknowledged_by_either_answer(shop: Merchant) -> None:
    shop.mishap("doubled")
    shop.pay(shop.code(LISTENER))
    path = f"{shop.url}/outbox/{shop.due()[0]['id']}/answered"
    shop.http.post(path, json={"status": 200, "body": "success"})
    assert len(shop.due()) == 1
    shop.http.post(path, json={"status": 500, "body": "trouble"})
    assert states(shop) == ["ACKNOWLEDGED"]


def test_a_held_notice_follows_the_next_one(shop: Merchant) -> None:
    code = shop.code(LISTENER)
    shop.mishap("reordered")
    held, next_one = shop.pay(code).json(), shop.pay(code).json()
    assert [notice["trade_no"] for notice in shop.due_fields()] == [next_one["trade_no"]]
    shop.answer_all("success")
    assert [notice["trade_no"] for notice in shop.due_fields()] == [held["trade_no"]]


def test_a_tampered_notice_does_not_verify_and_its_resend_does(shop: Merchant) -> None:
    shop.mishap("tampered", value="99.00")
    shop.pay(shop.code(LISTENER), "12.50")
    [tampered] = shop.due_fields()
    assert tampered["total_fee"] == "99.00"
    assert not verified(shop, tampered)
    shop.answer_all("fail")
    shop.control("clock", advance_seconds=121)
    [honest] = shop.due_fields()
    assert honest["total_fee"] == "12.50"
    assert verified(shop, honest)


def test_looking_at_the_due_notices_uses_nothing_up(shop: Merchant) -> None:
    shop.mishap("tampered")
    shop.pay(shop.code(LISTENER))
    assert shop.due() == shop.due()


def test_a_notice_signed_with_a_wrong_key_does_not_verify(shop: Merchant) -> None:
    shop.mishap("wrong_key")
    shop.pay(shop.code(LISTENER))
    assert not verified(shop, shop.due_fields()[0])


def test_a_notice_may_lack_its_optional_fields(shop: Merchant) -> None:
    shop.mishap("without_optional")
    shop.pay(shop.code(LISTENER, passback_parameters='{"key":"k"}'))
    [notice] = shop.due_fields()
    absent = {"currency", "trans_currency", "qrcode", "store_id", "extra_common_param"}
    assert not absent & set(notice)
    assert verified(shop, notice)


@pytest.mark.parametrize(
    ("mishap", "field", "value"),
    [
        ("extra_field", "unheard_of", "1+1 & 100%=全部"),
        ("foreign_seller", "seller_id", "2088999999999999"),
        ("other_amount", "total_fee", "1e3"),
    ],
)
def test_strange_content_is_signed_well(
    shop: Merchant,
    mishap: str,
    field: str,
    value: str,
) -> None:
    shop.mishap(mishap, value=value)
    shop.pay(shop.code(LISTENER))
    [notice] = shop.due_fields()
    assert notice[field] == value
    assert verified(shop, notice)


def test_a_gateway_that_is_down_closes_the_connection_and_works_nothing(shop: Merchant) -> None:
    shop.mishap("down")
    with pytest.raises(httpx.TransportError):
        shop.create()
    assert shop.http.get(f"{shop.url}/books/codes.json").json() == []


def test_work_may_be_done_without_an_answer(shop: Merchant) -> None:
    shop.mishap("done_but_no_answer")
    with pytest.raises(httpx.TransportError):
        shop.create()
    [code] = shop.http.get(f"{shop.url}/books/codes.json").json()
    assert shop.code() == code["qrcode"]


def test_a_refusal_may_get_lost_too(shop: Merchant) -> None:
    shop.mishap("done_but_no_answer")
    with pytest.raises(httpx.TransportError):
        shop.create(store_id=None)
    assert shop.create(store_id=None).error == "ILLEGAL_ARGUMENT"


@pytest.mark.parametrize(("mishap", "status"), [("http_500", 500), ("html", 200)])
def test_a_page_instead_of_an_answer(shop: Merchant, mishap: str, status: int) -> None:
    shop.mishap(mishap)
    response = shop.http.get(f"{shop.url}/gateway.do", params={"service": CREATE})
    assert response.status_code == status
    assert response.headers["content-type"].startswith("text/html")


def test_half_an_answer_cannot_be_parsed(shop: Merchant) -> None:
    shop.mishap("half")
    with pytest.raises(ET.ParseError):
        shop.create()


def test_a_wrongly_signed_answer_does_not_verify(shop: Merchant) -> None:
    shop.mishap("wrongly_signed")
    answer = shop.create()
    assert answer.sign != md5(signed_text(answer.fields), shop.md5_key)


def test_an_answer_in_gbk_declares_it(shop: Merchant) -> None:
    shop.mishap("gbk")
    answer = shop.create(store_name="海旁面家")
    assert answer.raw.content.startswith(b'<?xml version="1.0" encoding="GBK"?>')


def test_a_slow_answer_comes_after_the_work(shop: Merchant) -> None:
    shop.mishap("slow", value="0.3")
    with pytest.raises(httpx.ReadTimeout):
        shop.http.get(
            f"{shop.url}/gateway.do",
            params=shop.signed(shop.parameters(CREATE, biz_data=shop.biz_data())),
            timeout=0.1,
        )
    codes = f"{shop.url}/books/codes.json"
    assert eventually(lambda: len(shop.http.get(codes).json()) == 1)


def test_a_query_may_answer_unknown_and_then_the_truth(shop: Merchant) -> None:
    paid = shop.pay(shop.code()).json()
    shop.mishap("unknown_then", times=2)
    for _ in range(2):
        fields = shop.call(QUERY, alipay_trans_id=paid["trade_no"]).fields
        assert fields == {"error": "SYSTEM_ERROR", "result_code": "UNKNOWN"}
    fields = shop.call(QUERY, alipay_trans_id=paid["trade_no"]).fields
    assert fields["result_code"] == "SUCCESS"


@pytest.mark.parametrize(("value", "codes"), [("", 0), ("done", 1)])
def test_an_unknown_create_may_have_been_done_or_not(
    shop: Merchant,
    value: str,
    codes: int,
) -> None:
    shop.mishap("unknown_then", value=value)
    assert shop.create().error == "SYSTEM_ERROR"
    assert len(shop.http.get(f"{shop.url}/books/codes.json").json()) == codes


def test_a_refusal_has_the_wished_code(shop: Merchant) -> None:
    shop.mishap("refused", value="ACCESS_FORBIDDEN", times=2)
    assert shop.create().error == "ACCESS_FORBIDDEN"
    fields = shop.call(QUERY, partner_trans_id="1").fields
    assert fields == {"error": "ACCESS_FORBIDDEN", "result_code": "FAIL"}


def test_an_unsigned_error_comes_from_any_service(shop: Merchant) -> None:
    shop.mishap("error_unsigned", value="EXTERFACE_IS_CLOSED")
    answer = shop.call(QUERY, partner_trans_id="1")
    assert (answer.accepted, answer.error) == (False, "EXTERFACE_IS_CLOSED")


def test_a_mishap_strikes_as_often_as_it_was_told(shop: Merchant) -> None:
    shop.mishap("refused", times=2)
    assert [shop.create().accepted for _ in range(3)] == [False, False, True]


def test_a_mishap_for_ever_strikes_until_all_are_cleared(shop: Merchant) -> None:
    shop.mishap("refused", times=None)
    assert not any(shop.create().accepted for _ in range(3))
    shop.http.delete(f"{shop.url}/control/mishaps")
    assert shop.create().accepted
    assert switches(shop) == []


def test_a_mishap_may_be_for_one_service(shop: Merchant) -> None:
    shop.mishap("refused", service=QUERY, value="SYSTEM_ERROR")
    assert shop.create().accepted
    assert shop.call(QUERY, partner_trans_id="1").fields["error"] == "SYSTEM_ERROR"


def test_a_mishap_may_be_for_one_partner(shop: Merchant, hk_shop: Merchant) -> None:
    shop.mishap("refused", partner_id=hk_shop.partner)
    assert shop.create().accepted
    assert not hk_shop.create().accepted


def test_one_mishap_can_be_switched_off_alone(shop: Merchant) -> None:
    shop.mishap("lost")
    shop.mishap("doubled")
    first = switches(shop)[0]
    shop.control(f"mishaps/{first['mishap_id']}/off")
    assert [switch["name"] for switch in switches(shop)] == ["doubled"]


@pytest.mark.parametrize(
    "body",
    [
        {"name": "nonsense"},
        {"name": "lost", "times": 0},
        {"name": "lost", "times": "often"},
        {"name": "slow", "value": "a while"},
    ],
)
def test_a_switch_that_makes_no_sense_is_refused(
    shop: Merchant,
    body: dict[str, object],
) -> None:
    assert shop.control("mishaps", **body).status_code == 400
    assert switches(shop) == []
