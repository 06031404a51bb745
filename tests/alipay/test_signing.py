"""The signing recipe and its traps."""

import pytest

from merchant_portal.alipay.errors import RequestInvalid
from merchant_portal.alipay.signing import MD5Key, SignType, presign, sign, verifies
from tests.alipay.rsa import RSAPair
from tests.alipay.samples import SAMPLE_KEY


def test_an_underscore_sorts_after_capitals_and_before_small_letters() -> None:
    assert presign({"a": "1", "_input_charset": "2", "Z": "3"}) == "Z=3&_input_charset=2&a=1"


def test_a_name_sorts_before_a_longer_one_that_begins_alike() -> None:
    assert presign([("trade_no_2", "b"), ("trade_no", "a")]) == "trade_no=a&trade_no_2=b"


def test_signature_and_empty_values_are_left_out() -> None:
    fields = {"sign": "s", "sign_type": "MD5", "body": "", "partner": "1"}
    assert presign(fields) == "partner=1"


def test_values_stay_as_they_are() -> None:
    raw = ' {"a": "b&c=d+e%20"} 海旁 '
    assert presign([("biz_data", raw)]) == f"biz_data={raw}"


def test_a_zero_is_not_empty() -> None:
    assert presign({"refund_fee": "0"}) == "refund_fee=0"


def test_the_published_notice_gives_its_pre_sign_string() -> None:
    """docs.antom.com/ac/merchant_qr_code_hk/ds, with the blank its page lost in the time."""
    fields = {
        "notify_id": "5b89a773c60af059d96b1693dd3b3d6nc1",
        "notify_type": "trade_status_sync",
        "sign": "b34d89788d9012f77f5b74ac232145f5",
        "trade_no": "2018110922001332950500389138",
        "total_fee": "0.01",
        "out_trade_no": "test20181109153145",
        "notify_time": "2018-11-09 15:36:17",
        "currency": "USD",
        "trade_status": "TRADE_FINISHED",
        "sign_type": "MD5",
    }
    assert presign(fields) == (
        "currency=USD&notify_id=5b89a773c60af059d96b1693dd3b3d6nc1&notify_time=2018-11-09 15:36:17"
        "&notify_type=trade_status_sync&out_trade_no=test20181109153145&total_fee=0.01"
        "&trade_no=2018110922001332950500389138&trade_status=TRADE_FINISHED"
    )


def test_an_md5_signature_is_32_small_hexadecimal_digits() -> None:
    assert sign("partner=123&service=test", MD5Key("1" + 31 * "0")) == (
        "bbd13b52823b576291595f472ebcfbc2"
    )


def test_an_md5_signature_in_capitals_verifies() -> None:
    assert verifies("a=1", sign("a=1", SAMPLE_KEY).upper(), SAMPLE_KEY)


def test_rsa_signatures_have_the_length_of_their_key(rsa1: RSAPair, rsa2: RSAPair) -> None:
    assert len(sign("a=1", rsa1.private)) == 172
    assert len(sign("a=1", rsa2.private)) == 344


def test_blanks_in_an_rsa_signature_are_read_as_plus(rsa2: RSAPair) -> None:
    texts = (f"a={number}" for number in range(1000))
    text, signature = next((t, s) for t in texts if "+" in (s := sign(t, rsa2.private)))
    assert verifies(text, signature.replace("+", " "), rsa2.public)


def test_a_plus_in_a_value_is_not_touched(rsa2: RSAPair) -> None:
    assert not verifies("a=1 2", sign("a=1+2", rsa2.private), rsa2.public)


@pytest.mark.parametrize(
    "garbage",
    ["", " ", "=", "x", "====", "AAAA", "é", "\ud800", "\x00", "A" * 344, "\n", "%2B", "0" * 32],
)
def test_garbage_is_no_signature(garbage: str, rsa2: RSAPair) -> None:
    assert not verifies("a=1", garbage, rsa2.public)
    assert not verifies("a=1", garbage, SAMPLE_KEY)


def test_a_signature_with_anything_behind_it_is_none(rsa2: RSAPair) -> None:
    signature = sign("a=1", rsa2.private)
    assert not verifies("a=1", signature + "A", rsa2.public)
    assert not verifies("a=1", signature + "\n", rsa2.public)


def test_another_digest_does_not_verify(rsa2: RSAPair) -> None:
    signed_with_sha1 = sign("a=1", type(rsa2.private)(rsa2.private.pem, SignType.RSA))
    assert not verifies("a=1", signed_with_sha1, rsa2.public)


def test_the_charset_is_part_of_the_signature(rsa2: RSAPair) -> None:
    signature = sign("a=海旁", rsa2.private, charset="GBK")
    assert verifies("a=海旁", signature, rsa2.public, charset="GBK")
    assert not verifies("a=海旁", signature, rsa2.public)


def test_a_text_the_charset_cannot_write_is_refused_before_signing() -> None:
    with pytest.raises(RequestInvalid, match="GBK"):
        sign("a=🍜", SAMPLE_KEY, charset="GBK")


def test_a_text_the_charset_cannot_write_does_not_verify() -> None:
    assert not verifies("a=🍜", "0" * 32, SAMPLE_KEY, charset="GBK")
