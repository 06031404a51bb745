"""The package against the small Alipay, which shares no line with it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from merchant_portal.alipay.client import Choices, GatewayClient, open_http
from merchant_portal.alipay.errors import (
    GatewayRefused,
    GatewayUnreachable,
    NoAnswer,
    RequestInvalid,
)
from merchant_portal.alipay.messages import (
    ChannelFee,
    ChannelFeeType,
    CodeStatus,
    JSONForm,
    Region,
    TradeStatus,
    read_notice,
)
from merchant_portal.alipay.signing import SignType
from tests.alipay.rsa import RSAPair
from tests.alipay.shops import EVERY_ACCOUNT, NOTIFY_URL, OpenShop, Shop


@pytest.mark.parametrize(("region", "sign_type"), EVERY_ACCOUNT)
def test_a_code_lives_its_whole_life(
    region: Region, sign_type: SignType, open_shop: OpenShop
) -> None:
    shop = open_shop(region, sign_type)
    qrcode = shop.code()
    renamed = replace(shop.details, store_name="Pier 4 北角 & Söhne")
    assert shop.client.modify_qrcode(qrcode, renamed, notify_url=NOTIFY_URL).qrcode == qrcode
    for status in (CodeStatus.STOP, CodeStatus.RESTART, CodeStatus.DELETE):
        assert shop.client.change_qrcode_status(qrcode, status).qrcode == qrcode
    with pytest.raises(GatewayRefused) as refused:
        shop.client.change_qrcode_status(qrcode, CodeStatus.RESTART)
    assert not refused.value.signed


@pytest.mark.parametrize(("region", "sign_type"), EVERY_ACCOUNT)
def test_a_payment_is_told_verified_and_found(
    region: Region, sign_type: SignType, open_shop: OpenShop
) -> None:
    shop = open_shop(region, sign_type)
    posted = shop.paid()
    notice = read_notice(posted)
    assert shop.believes(posted)
    answer = shop.client.query_payment(partner_trans_id=notice.partner_trans_id)
    assert (answer.status, answer.amount) == (TradeStatus.TRADE_SUCCESS, "12.50")
    assert (answer.alipay_trans_id, answer.paid_at) == (notice.alipay_trans_id, notice.paid_at)
    assert bool(answer.payment_inst) is (region is Region.HK)


def test_a_create_repeated_gives_the_same_code(shop: Shop) -> None:
    assert shop.code() == shop.code()


def test_what_was_put_into_a_code_comes_back_with_its_payment(shop: Shop) -> None:
    assert read_notice(shop.paid()).passback == '{"till":"7"}'


@pytest.mark.parametrize("fee_form", list(JSONForm))
@pytest.mark.parametrize("passback_form", list(JSONForm))
def test_both_forms_of_json_members_are_understood(
    fee_form: JSONForm, passback_form: JSONForm, shop: Shop
) -> None:
    choices = Choices(channel_fee_form=fee_form, passback_form=passback_form)
    terms = replace(shop.contract, choices=choices)
    details = replace(shop.details, channel_fee=ChannelFee(ChannelFeeType.RATE, "0.01"))
    with open_http() as http:
        client = GatewayClient(terms, http=http, now=lambda: datetime.now(UTC))
        assert client.create_qrcode(details, notify_url=NOTIFY_URL).qrcode


@pytest.mark.parametrize("mishap", ["tampered", "wrong_key"])
def test_a_forged_notice_is_not_believed(mishap: str, shop: Shop) -> None:
    shop.alipay.switch(mishap)
    assert not shop.believes(shop.paid())


def test_a_notice_with_a_field_nobody_knows_is_believed(shop: Shop) -> None:
    shop.alipay.switch("extra_field", "a+b & 100%=全部")
    posted = shop.paid()
    assert shop.believes(posted)
    assert "a+b & 100%=全部" in dict(posted.pairs).values()


def test_a_notice_is_confirmed_until_it_has_been_acknowledged(shop: Shop) -> None:
    notify_id = read_notice(shop.paid()).notify_id
    assert shop.client.verify_notification(notify_id) is True
    outbox_id = shop.alipay.due()[0]["id"]
    answered = {"status": 200, "body": "success"}
    shop.alipay.http.post(f"/outbox/{outbox_id}/answered", json=answered).raise_for_status()
    assert shop.client.verify_notification(notify_id) is False


def test_an_invented_notice_is_not_confirmed(shop: Shop) -> None:
    assert shop.client.verify_notification("f" * 34) is False


def test_answers_in_gbk_verify(open_shop: OpenShop) -> None:
    shop = open_shop(Region.HK, SignType.RSA2)
    notice = read_notice(shop.paid())
    shop.alipay.switch("gbk")
    answer = shop.client.query_payment(partner_trans_id=notice.partner_trans_id)
    assert b'encoding="GBK"' in answer.exchange.body
    assert answer.payment_inst == "ALIPAYHK"


@pytest.mark.parametrize(
    ("mishap", "reasons"),
    [
        ("down", {NoAnswer.CONNECTION, NoAnswer.HTTP_STATUS}),
        ("http_500", {NoAnswer.HTTP_STATUS}),
        ("html", {NoAnswer.UNREADABLE}),
        ("refused", {NoAnswer.SYSTEM_ERROR}),
        ("error_unsigned", {NoAnswer.SYSTEM_ERROR}),
        ("done_but_no_answer", {NoAnswer.CONNECTION}),
        ("half", {NoAnswer.UNREADABLE, NoAnswer.CONNECTION}),
        ("wrongly_signed", {NoAnswer.BAD_SIGNATURE}),
    ],
)
def test_every_mishap_of_the_gateway_is_no_answer(
    mishap: str, reasons: set[NoAnswer], shop: Shop
) -> None:
    shop.alipay.switch(mishap, "")
    with pytest.raises(GatewayUnreachable) as unreachable:
        shop.code()
    assert unreachable.value.reason in reasons


def test_a_query_answered_with_unknown_is_no_answer(shop: Shop) -> None:
    notice = read_notice(shop.paid())
    shop.alipay.switch("unknown_then", times=1)
    with pytest.raises(GatewayUnreachable) as unreachable:
        shop.client.query_payment(alipay_trans_id=notice.alipay_trans_id)
    assert unreachable.value.reason is NoAnswer.UNKNOWN_RESULT
    assert shop.client.query_payment(alipay_trans_id=notice.alipay_trans_id).amount == "12.50"


def test_a_payment_nobody_made_is_a_signed_refusal(shop: Shop) -> None:
    with pytest.raises(GatewayRefused) as refused:
        shop.client.query_payment(partner_trans_id="NOSUCH0001")
    assert (refused.value.code, refused.value.signed) == ("TRADE_NOT_EXIST", True)


def test_a_clock_eight_hours_off_is_refused(shop: Shop) -> None:
    """What a client gets that writes its timestamps in UTC."""
    with open_http() as http:
        late = GatewayClient(
            shop.contract, http=http, now=lambda: datetime.now(UTC) - timedelta(hours=8)
        )
        with pytest.raises(GatewayRefused, match="SESSION_TIMEOUT"):
            late.create_qrcode(shop.details, notify_url=NOTIFY_URL)


def test_a_key_alipay_does_not_know_is_refused(shop: Shop, rsa1: RSAPair) -> None:
    stranger = type(rsa1.private)(rsa1.private.pem, SignType.RSA2)
    with open_http() as http:
        client = GatewayClient(
            replace(shop.contract, signing_key=stranger), http=http, now=lambda: datetime.now(UTC)
        )
        with pytest.raises(GatewayRefused, match="ILLEGAL_SIGN"):
            client.create_qrcode(shop.details, notify_url=NOTIFY_URL)


def test_an_md5_modify_leaves_the_notices_of_an_rsa_account_signed_with_rsa(
    open_shop: OpenShop,
) -> None:
    shop = open_shop(Region.HK, SignType.RSA2)
    shop.client.modify_qrcode(shop.code(), shop.details, notify_url=NOTIFY_URL)
    posted = shop.paid("88.00")
    assert posted.sign_type == "RSA2"
    assert shop.believes(posted)


def test_what_we_refuse_never_reaches_alipay(shop: Shop) -> None:
    with pytest.raises(RequestInvalid):
        shop.client.create_qrcode(replace(shop.details, store_id=""), notify_url=NOTIFY_URL)
    assert shop.alipay.books("codes") == []


def test_the_shared_client_follows_no_redirect_and_asks_no_proxy() -> None:
    with open_http() as http:
        assert isinstance(http, httpx.Client)
        assert (http.follow_redirects, http.trust_env) == (False, False)
