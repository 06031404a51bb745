"""Published and recorded vectors, and the sample requests sent byte for byte.

The MD5 and RSA vectors with the keys of zeros are from the test suite of github.com/chloerei/alipay
(MIT). The sample requests are invented; their signatures were made by an independent program.
"""

import httpx
import pytest

from merchant_portal.simulator import signing
from merchant_portal.simulator.signing import SignType

from .wire import HK_PARTNER, QUERY, Merchant, md5, read, signed_text

KEY = "1" + "0" * 31
SAMPLE_KEY = "samplekey0samplekey0samplekey012"
CREATE_BIZ_DATA = (
    '{"address": "No.278, Road YinCheng, Shanghai, China","country_code": "CN","currency": "USD",'
    '"secondary_merchant_id": "xxx001","secondary_merchant_industry": "7011",'
    '"secondary_merchant_name": "xxx Store","store_id": "0001","store_name": "Apple store",'
    '"trans_currency": "USD"}'
)
PUBLISHED_MD5 = [
    ({"partner": "123", "service": "test"}, KEY, "bbd13b52823b576291595f472ebcfbc2"),
    (
        {"partner": "123", "service": "test"},
        "2" + "0" * 31,
        "6d581af270c023fdaaca6880491e9bf7",
    ),
    ({"notify_id": "1234"}, KEY, "22fc7e38e5acdfede396aa463870d111"),
    (
        {
            "service": QUERY,
            "partner": "1000000000000000",
            "_input_charset": "utf-8",
            "partner_trans_id": "2010121000000002",
        },
        KEY,
        "2a7f598bbb13d02f7de819ae689f80ba",
    ),
    (
        {
            "service": "alipay.commerce.qrcode.create",
            "partner": "1000000000000000",
            "_input_charset": "utf-8",
            "biz_type": "OVERSEASHOPQRCODE",
            "biz_data": CREATE_BIZ_DATA,
            "timestamp": "2023-12-11 17:01:01",
        },
        KEY,
        "fbfcc8c9316cc209c385eefcbceb2105",
    ),
]
PUBLISHED_RSA_KEY = """-----BEGIN PUBLIC KEY-----
MIGfMA0GCSqGSIb3DQEBAQUAA4GNADCBiQKBgQCjNVhJf9PYDFN1PFd4SXEvxmjD
0dn+xQ4lQu6o8HbGXz4de/RRVTJDL48qwxn81lar5cNSIjbnhDRXm9fZcrzuwbjq
xXOv2Ov7MZAa/WJEcfvp3XcSgxKPB54FLVvHo/rxuMK2xpps47Lpc7vppkvi3ofb
XW61S+aT0TWFkUMTnwIDAQAB
-----END PUBLIC KEY-----
"""
PUBLISHED_RSA_SIGN = (
    "TaVXdP/0ia5NxIv9T76v6vGOrtgoaFrwnchKIWP9PQeX1UkUVxaq6ejDFmXFrFR+Plk+E/XzfV2DYJSVt0Am0qJRSgeg"
    "+PuvK+yWGCGm9GJgUJlS4Eyta3g+8DWwRWTjUyh5yzlf9JoSnbNjYpBolnMRD7B/u1JLkTMJuMx2TVM="
)
GLOBAL_CREATE = (
    "service=alipay.commerce.qrcode.create&partner=2088123456789012&_input_charset=UTF-8"
    "&timestamp=2026-11-20+19%3A41%3A16"
    "&notify_url=https%3A%2F%2Fpos.example.com%2Falipay%2Fnotify"
    "&biz_type=OVERSEASHOPQRCODE"
    "&biz_data=%7B%22secondary_merchant_industry%22%3A%225812%22%2C%22secondary_merchant_id%22%3A"
    "%22M0001%22%2C%22secondary_merchant_name%22%3A%22Harbour+Noodle+Bar%22%2C%22store_id%22%3A"
    "%22S0001%22%2C%22store_name%22%3A%22Harbour+Noodle+Bar+Pier+3%22%2C%22trans_currency%22%3A"
    "%22USD%22%2C%22currency%22%3A%22USD%22%2C%22country_code%22%3A%22US%22%2C%22address%22%3A%221"
    "+Example+Pier%2C+Springfield%22%2C%22sys_service_provider_id%22%3A%222088123456789012%22%2C"
    "%22passback_parameters%22%3A%22%7B%5C%22till%5C%22%3A%5C%227%5C%22%7D%22%7D"
    "&sign_type=MD5&sign=31b373fa1db1b8a44cb7ddb4c1823f7b"
)
HK_CREATE = (
    "service=alipay.commerce.qrcode.create&partner=2088123456789029&_input_charset=UTF-8"
    "&timestamp=2026-11-20+19%3A41%3A16"
    "&notify_url=https%3A%2F%2Fpos.example.hk%2Falipay%2Fnotify&biz_type=OVERSEASHOPQRCODE"
    "&biz_data=%7B%22secondary_merchant_industry%22%3A%225812%22%2C%22secondary_merchant_id%22%3A"
    "%22HK0001%22%2C%22secondary_merchant_name%22%3A%22%E6%B5%B7%E6%97%81%E9%BA%B5%E5%AE%B6%22%2C"
    "%22store_id%22%3A%22S0001%22%2C%22store_name%22%3A%22%E6%B5%B7%E6%97%81%E9%BA%B5%E5%AE%B6+%E4"
    "%B8%AD%E7%92%B0%E5%BA%97%22%2C%22trans_currency%22%3A%22HKD%22%2C%22currency%22%3A%22HKD%22"
    "%2C%22country_code%22%3A%22HK%22%2C%22address%22%3A%22%E4%B8%AD%E7%92%B0%E7%A2%BC%E9%A0%AD3"
    "%E8%99%9F%22%2C%22channel_fee%22%3A%7B%22type%22%3A%22RATE%22%2C%22value%22%3A%220.01%22%7D"
    "%7D&sign_type=MD5&sign=4c58cfe585c0cdb7779ad097ef1e053e"
)
SAMPLE_QUERIES = [
    (
        "service=alipay.acquire.overseas.query&partner=2088123456789012&_input_charset=UTF-8"
        "&partner_trans_id=2026112019500012345678901234&sign_type=MD5"
        "&sign=a7ad750b438caad025857b73b0ea860b"
    ),
    (
        "service=alipay.acquire.overseas.query&partner=2088123456789029&_input_charset=UTF-8"
        "&partner_trans_id=2026112019510012345678909999&sign_type=MD5"
        "&sign=5fb3a7f661579d7dd8535ba933397cc6"
    ),
]


@pytest.fixture
def sample_gateway(shop: Merchant) -> str:
    """The gateway as it stood when the samples were made."""
    shop.control("partners", partner_id=shop.partner, region="global", md5_key=SAMPLE_KEY)
    shop.control("partners", partner_id=HK_PARTNER, region="hk", md5_key=SAMPLE_KEY)
    shop.control("clock", now="2026-11-20T19:42:00+08:00")
    return f"{shop.url}/gateway.do"


@pytest.mark.parametrize(("fields", "key", "sign"), PUBLISHED_MD5)
def test_published_md5_vectors_come_out(fields: dict[str, str], key: str, sign: str) -> None:
    content = signing.pre_sign_string(fields).encode()
    assert signing.md5_signature(content, key=key, charset="utf-8") == sign


def test_the_published_rsa_vector_fits() -> None:
    content = signing.pre_sign_string({"partner": "123", "service": "test"}).encode()
    assert signing.rsa_matches(
        content,
        PUBLISHED_RSA_SIGN,
        sign_type=SignType.RSA,
        public_key_pem=PUBLISHED_RSA_KEY,
    )


def test_a_published_notice_is_written_for_signing_as_alipay_does() -> None:
    fields = {
        "notify_id": "5b89a773c60af059d96b1693dd3b3d6nc1",
        "notify_type": "trade_status_sync",
        "sign": "b34d89788d9012f77f5b74ac232145f5",
        "trade_no": "2018110922001332950500389138",
        "total_fee": "0.01",
        "empty": "",
        "sign_type": "MD5",
    }
    assert signing.pre_sign_string(fields) == (
        "notify_id=5b89a773c60af059d96b1693dd3b3d6nc1&notify_type=trade_status_sync"
        "&total_fee=0.01&trade_no=2018110922001332950500389138"
    )


def test_an_rsa_signature_whose_plus_became_a_blank_still_fits() -> None:
    assert signing.rsa_matches(
        b"partner=123&service=test",
        PUBLISHED_RSA_SIGN.replace("+", " "),
        sign_type=SignType.RSA,
        public_key_pem=PUBLISHED_RSA_KEY,
    )


@pytest.mark.parametrize("sign", ["", "!!!", "AAAA", "Zm9v" * 43, "签名"])
def test_text_that_is_no_rsa_signature_does_not_fit(sign: str) -> None:
    assert not signing.rsa_matches(
        b"partner=123",
        sign,
        sign_type=SignType.RSA2,
        public_key_pem=PUBLISHED_RSA_KEY,
    )


def test_the_sample_create_is_answered_and_signed(sample_gateway: str) -> None:
    answer = read(httpx.get(f"{sample_gateway}?{GLOBAL_CREATE}"))
    assert answer.wrapper.tag == "qrcodeinfo"
    assert answer.sign == md5(signed_text(answer.fields), SAMPLE_KEY)


def test_the_sample_create_is_taken_as_post_too(sample_gateway: str) -> None:
    body = GLOBAL_CREATE.replace("&_input_charset=UTF-8", "")
    headers = {"Content-Type": "application/x-www-form-urlencoded;charset=UTF-8"}
    url = f"{sample_gateway}?_input_charset=UTF-8"
    assert read(httpx.post(url, content=body, headers=headers)).accepted


def test_the_hk_sample_with_chinese_text_is_accepted(sample_gateway: str) -> None:
    answer = read(httpx.get(f"{sample_gateway}?{HK_CREATE}"))
    assert answer.fields["qrcode"].startswith("https://qr.alipay.com/ocx")


@pytest.mark.parametrize("query", SAMPLE_QUERIES)
def test_the_sample_queries_are_accepted(sample_gateway: str, query: str) -> None:
    answer = read(httpx.get(f"{sample_gateway}?{query}"))
    assert answer.fields == {"error": "TRADE_NOT_EXIST", "result_code": "FAIL"}


def test_the_recorded_not_found_signature_comes_out(sample_gateway: str) -> None:
    answer = read(httpx.get(f"{sample_gateway}?{SAMPLE_QUERIES[0]}"))
    assert answer.sign == "f566de810ace41979f4aa9482fbda3c1"
