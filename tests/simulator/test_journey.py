"""The way a payment takes through the small Alipay, end to end."""

from .wire import MODIFY_STATUS, QUERY, Merchant, md5, signed_text

LISTENER = "http://127.0.0.1:9/notify"


def test_a_code_is_made_paid_and_announced(shop: Merchant) -> None:
    code = shop.code(LISTENER)
    paid = shop.pay(code, "12.5").json()
    [notice] = shop.due_fields()
    assert notice["trade_no"] == paid["trade_no"]
    assert notice["total_fee"] == "12.50"
    assert notice["sign"] == md5(signed_text(notice), shop.md5_key)


def test_a_payment_can_be_asked_about(shop: Merchant) -> None:
    paid = shop.pay(shop.code()).json()
    answer = shop.call(QUERY, partner_trans_id=paid["out_trade_no"])
    assert answer.fields["alipay_trans_id"] == paid["trade_no"]
    assert answer.fields["alipay_trans_status"] == "TRADE_SUCCESS"
    assert answer.sign == md5(signed_text(answer.fields), shop.md5_key)


def test_a_stopped_code_cannot_be_paid_until_it_is_restarted(shop: Merchant) -> None:
    code = shop.code()
    shop.call(MODIFY_STATUS, qrcode=code, status="STOP")
    assert shop.pay(code).status_code == 409
    shop.call(MODIFY_STATUS, qrcode=code, status="RESTART")
    assert shop.pay(code).status_code == 200
