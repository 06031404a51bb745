"""The buyer's phone, as JSON and as pages."""

import re

import httpx
import pytest

from .wire import MODIFY_STATUS, Merchant


def form(shop: Merchant, **fields: str) -> httpx.Response:
    return shop.http.post(f"{shop.url}/phone/pay", data=fields)


def look(shop: Merchant, path: str = "/") -> str:
    return shop.http.get(f"{shop.url}{path}").text


@pytest.mark.parametrize("shape", ["{code}", "{token}", " {code} ", "{code}?from=camera"])
def test_a_code_may_be_given_whole_or_in_short(shop: Merchant, shape: str) -> None:
    code = shop.code()
    text = shape.format(code=code, token=code.rsplit("/", 1)[-1])
    assert shop.pay(text).status_code == 200


@pytest.mark.parametrize("code", ["", "nonsense", "https://qr.alipay.com/"])
def test_an_unknown_code_is_invalid(shop: Merchant, code: str) -> None:
    response = shop.pay(code)
    assert response.status_code == 409
    assert response.json()["message"] == "This code is invalid."


@pytest.mark.parametrize("status", ["STOP", "DELETE"])
def test_a_stopped_or_deleted_code_is_invalid(shop: Merchant, status: str) -> None:
    code = shop.code()
    shop.call(MODIFY_STATUS, qrcode=code, status=status)
    assert shop.pay(code).status_code == 409


@pytest.mark.parametrize("amount", ["0.01", "100000000.00", "12", "12.5"])
def test_an_amount_within_the_limits_is_paid(shop: Merchant, amount: str) -> None:
    assert shop.pay(shop.code(), amount).status_code == 200


@pytest.mark.parametrize(
    "amount",
    [
        "",
        "0",
        "0.00",
        "0.001",
        "-1",
        "1e3",
        "1.005",
        "1,00",
        "100000000.01",
        "NaN",
        "１２",
        "01",
        ".5",
    ],
)
def test_an_amount_that_is_none_is_refused(shop: Merchant, amount: str) -> None:
    response = shop.pay(shop.code(), amount)
    assert (response.status_code, response.json()["error"]) == (400, "AMOUNT_INVALID")


@pytest.mark.parametrize("currency", ["JPY", "KRW"])
def test_a_currency_without_decimals_takes_whole_amounts(shop: Merchant, currency: str) -> None:
    code = shop.code(trans_currency=currency, currency=currency)
    assert shop.pay(code, "1.50").status_code == 400
    assert shop.pay(code, "1.00").status_code == 400
    assert shop.pay(code, "150").json()["amount"] == "150"


def test_every_payment_has_numbers_of_its_own(shop: Merchant) -> None:
    code = shop.code()
    trades = [shop.pay(code).json() for _ in range(5)]
    assert len({trade["trade_no"] for trade in trades}) == 5
    assert len({trade["out_trade_no"] for trade in trades}) == 5
    assert all(re.fullmatch(r"[0-9]{28}", trade["trade_no"]) for trade in trades)


def test_both_wallets_may_pay_an_hk_code(hk_shop: Merchant) -> None:
    code = hk_shop.code()
    assert hk_shop.pay(code, wallet="ALIPAYCN").status_code == 200
    assert hk_shop.pay(code).status_code == 200
    assert hk_shop.trade()["wallet"] == "ALIPAYHK"


def test_a_hong_kong_wallet_cannot_pay_a_global_code(shop: Merchant) -> None:
    assert shop.pay(shop.code(), wallet="ALIPAYHK").status_code == 400


def test_a_buyer_nobody_can_write_is_refused(shop: Merchant) -> None:
    code = shop.code()
    assert shop.pay(code, buyer="a\x01").status_code == 400
    half = b'{"code": "x", "amount": "1", "buyer": "\\ud83c"}'
    assert shop.http.post(f"{shop.url}/phone/pay", content=half).status_code == 400


def test_an_unknown_outcome_is_refused(shop: Merchant) -> None:
    assert shop.pay(shop.code(), outcome="perhaps").status_code == 400


def test_the_first_screen_lists_the_live_codes(shop: Merchant) -> None:
    live, stopped = shop.code(), shop.code(store_id="S2", store_name="Closed Corner")
    shop.call(MODIFY_STATUS, qrcode=stopped, status="STOP")
    text = look(shop)
    assert "Harbour Noodle Bar Pier 3" in text
    assert live.rsplit("/", 1)[-1] in text
    assert "Closed Corner" not in text


def test_the_counters_of_one_store_can_be_told_apart(shop: Merchant) -> None:
    codes = {number: shop.code(store_id=number) for number in ("PIER3-C1", "PIER3-C2")}
    listed = look(shop)
    assert all(number in listed for number in codes)
    for number, code in codes.items():
        assert number in look(shop, f"/?code={code}")
        assert number in form(shop, code=code, amount="1").text


def test_the_first_screen_says_when_there_is_no_code(shop: Merchant) -> None:
    assert "No shop has a code yet" in look(shop)


def test_a_chosen_code_asks_for_an_amount(shop: Merchant) -> None:
    text = look(shop, f"/?code={shop.code()}")
    assert 'name="amount"' in text
    assert "USD" in text
    assert "AlipayHK" not in text


def test_an_hk_code_offers_both_wallets(hk_shop: Merchant) -> None:
    text = look(hk_shop, f"/?code={hk_shop.code()}")
    assert 'value="ALIPAYHK"' in text
    assert 'value="ALIPAYCN"' in text


@pytest.mark.parametrize(
    ("fee", "words"),
    [
        ({"type": "RATE", "value": "0.015"}, "1.5 %."),
        ({"type": "RATE", "value": "0.0500"}, "5 %."),
        ({"type": "RATE", "value": 0}, "0 %."),
        ({"type": "FIXED", "value": "0.10"}, "0.10 USD."),
    ],
)
def test_a_service_charge_is_told_before_paying(
    shop: Merchant,
    fee: dict[str, object],
    words: str,
) -> None:
    code = shop.code(channel_fee=fee)
    assert f"The shop adds a service charge of {words}" in look(shop, f"/?code={code}")


def test_an_invalid_code_shows_a_clear_screen(shop: Merchant) -> None:
    response = shop.http.get(f"{shop.url}/?code=nonsense")
    assert response.status_code == 409
    assert "This code is invalid." in response.text


def test_the_receipt_shows_both_numbers(shop: Merchant) -> None:
    response = form(shop, code=shop.code(), amount="12.5")
    trade = shop.trade()
    assert trade["trade_no"] in response.text
    assert trade["out_trade_no"] in response.text
    assert "12.50" in response.text
    assert "Harbour Noodle Bar Pier 3" in response.text


def test_a_refused_form_is_answered_with_a_page(shop: Merchant) -> None:
    response = form(shop, code=shop.code(), amount="1,00")
    assert response.status_code == 400
    assert "That is not an amount in USD." in response.text
    assert response.headers["content-type"] == "text/html;charset=UTF-8"


def test_names_are_escaped_on_every_page(shop: Merchant) -> None:
    name = "<script>alert(1)</script> & Söhne"
    code = shop.code(store_name=name)
    pages = [look(shop), look(shop, f"/?code={code}"), form(shop, code=code, amount="1").text]
    pages.append(look(shop, "/control/"))
    assert not any("<script" in text for text in pages)
    assert all("&lt;script&gt;" in text for text in pages)


def test_pages_load_nothing_from_elsewhere_and_run_nothing(shop: Merchant) -> None:
    response = shop.http.get(f"{shop.url}/")
    assert "default-src 'none'" in response.headers["content-security-policy"]
    assert "style=" not in response.text
    assert shop.http.get(f"{shop.url}/simulator.css").status_code == 200
