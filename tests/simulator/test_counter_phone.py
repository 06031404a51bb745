"""The buyer's phone at a counter, as pages: the payment code, what waits for it, orders."""

import re

import httpx
import zxingcpp
from PIL import Image, ImageDraw

from .counter import ORDER_NUMBER, charge, payment_code, precreate
from .wire import Merchant

HEIGHT = 60
SCALE = 3


def look(shop: Merchant, path: str) -> str:
    return shop.http.get(f"{shop.url}{path}", follow_redirects=True).text


def send(shop: Merchant, path: str, **fields: str) -> httpx.Response:
    return shop.http.post(f"{shop.url}{path}", data=fields, follow_redirects=True)


def digits_on(page: str) -> str:
    [shown] = re.findall(r'<p class="digits">([0-9 ]+)</p>', page)
    return str(shown).replace(" ", "")


def barcode_on(page: str) -> str:
    """What an independent reader finds in the drawing."""
    [width] = re.findall(r'viewBox="0 0 ([0-9]+) ', page)
    drawing = Image.new("L", (int(width) * SCALE, HEIGHT * SCALE), 255)
    for x, bar in re.findall(r'<rect x="([0-9]+)" width="([0-9]+)"', page):
        left, right = int(x) * SCALE, (int(x) + int(bar)) * SCALE - 1
        ImageDraw.Draw(drawing).rectangle((left, 0, right, HEIGHT * SCALE), fill=0)
    [found] = zxingcpp.read_barcodes(drawing, formats=zxingcpp.BarcodeFormat.Code128)
    return str(found.text)


def test_a_reader_finds_the_digits_in_the_barcode(shop: Merchant) -> None:
    for length in ("16", "17", "18", "19", "24"):
        page = look(shop, f"/wallet?length={length}")
        assert barcode_on(page) == digits_on(page)
        assert len(digits_on(page)) == int(length)


def test_the_code_stays_for_a_minute_and_is_new_then(shop: Merchant) -> None:
    first = digits_on(look(shop, "/wallet"))
    assert digits_on(look(shop, "/wallet")) == first
    shop.control("clock", advance_seconds=61)
    assert digits_on(look(shop, "/wallet")) != first


def test_the_page_looks_again_by_itself(shop: Merchant) -> None:
    assert '<meta http-equiv="refresh"' in look(shop, "/wallet")
    assert "refresh" not in look(shop, "/wallet/settings")


def test_a_code_that_was_charged_is_replaced(shop: Merchant) -> None:
    first = digits_on(look(shop, "/wallet"))
    assert charge(shop, first).fields["result_code"] == "SUCCESS"
    assert digits_on(look(shop, "/wallet")) != first


def test_a_payment_that_waits_is_confirmed_on_the_phone(shop: Merchant) -> None:
    page = send(shop, "/phone/codes", outcome="waiting").text
    charge(shop, digits_on(page))
    page = look(shop, "/wallet?outcome=waiting")
    assert "Confirm with your password" in page
    assert "12.50" in page
    [address] = re.findall(r'action="(/phone/trades/[0-9]+)"', page)
    assert "Confirm with your password" not in send(shop, address, decision="pay").text
    assert shop.trade()["status"] == "TRADE_SUCCESS"


def test_a_payment_that_waits_is_refused_on_the_phone(shop: Merchant) -> None:
    charge(shop, payment_code(shop, outcome="waiting"))
    send(shop, f"/phone/trades/{shop.trade()['trade_no']}", decision="cancel")
    assert shop.trade()["status"] == "TRADE_CLOSED"


def test_the_settings_of_a_wallet_stay(shop: Merchant) -> None:
    page = send(shop, "/phone/codes", wallet="ALIPAYHK", password_from="5", buyer="b***").text
    assert "AlipayHK" in page
    [code] = shop.books("payment_codes")
    assert (code["wallet"], code["password_from"], code["buyer"]) == ("ALIPAYHK", "5", "b***")
    settings = look(shop, "/wallet/settings?wallet=ALIPAYHK&password_from=5&buyer=b***")
    assert '<option value="ALIPAYHK" selected>' in settings
    assert 'value="5"' in settings


def test_an_order_on_a_screen_is_chosen_from_the_list(shop: Merchant) -> None:
    code = precreate(shop).fields["qr_code"]
    listed = look(shop, "/")
    assert ORDER_NUMBER in listed
    [link] = re.findall(r'href="(/\?code=bax[0-9]+)"', listed)
    page = look(shop, link)
    assert "12.50" in page
    assert code in page


def test_an_order_is_paid_by_form(shop: Merchant) -> None:
    code = precreate(shop).fields["qr_code"]
    receipt = send(shop, "/phone/orders", code=code, decision="pay")
    assert "Paid" in receipt.text
    assert "Pay again" not in receipt.text
    assert ORDER_NUMBER not in look(shop, "/")
    assert send(shop, "/phone/orders", code=code, decision="pay").status_code == 409
    assert shop.http.get(f"{shop.url}/?code={code}").status_code == 409


def test_a_poor_buyer_is_told_so(shop: Merchant) -> None:
    code = precreate(shop).fields["qr_code"]
    poor = send(shop, "/phone/orders", code=code, decision="pay", outcome="not_enough_money")
    assert poor.status_code == 409
    assert "not enough money" in poor.text


def test_texts_of_a_merchant_are_only_texts(shop: Merchant) -> None:
    code = precreate(shop, subject="<b>Soup</b>").fields["qr_code"]
    assert "<b>Soup" not in look(shop, "/")
    assert "&lt;b&gt;Soup" in look(shop, f"/?code={code}")
