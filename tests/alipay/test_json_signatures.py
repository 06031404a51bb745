"""The JSON API's signatures: each vector and sample, and whatever else stands in a header."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from merchant_portal.alipay.json_api.signing import (
    signature_header,
    signature_in,
    signed_bytes,
    verifying_key,
)
from tests.alipay.counter_samples import json_case, json_cases, message, private_key, public_key


def _content(case: dict[str, str]) -> bytes:
    return signed_bytes(
        case["method"],
        case["path"],
        client_id=case["client_id"],
        time=case["time"],
        body=case["body"].encode(),
    )


@pytest.mark.parametrize("case", json_cases(), ids=lambda case: case["file"])
def test_every_vector_is_signed_the_same_and_verifies(case: dict[str, str]) -> None:
    content, signer = _content(case), case["signer"]
    header = signature_header(content, private_key(signer), key_version="1")
    assert header == case["signature_header"]
    keys = [public_key("gateway"), public_key("merchant")]
    assert verifying_key(content, header, keys) == public_key(signer)
    assert verifying_key(content + b" ", header, keys) is None


def test_there_are_as_many_vectors_as_signed_samples() -> None:
    assert len(json_cases()) == 32


@pytest.mark.parametrize("case", json_cases(), ids=lambda case: case["file"])
def test_every_file_holds_its_vectors_bytes(case: dict[str, str]) -> None:
    found = message(case["file"])
    assert found.body == case["body"].encode()
    assert found.headers["signature"] == case["signature_header"]


def test_a_header_is_read_with_blanks_and_unescaped() -> None:
    case = json_case("barcode/ams-01-pay-request.http")
    escaped = case["signature_header"].partition("signature=")[2]
    plain = escaped.replace("%2B", "+").replace("%2F", "/").replace("%3D", "=")
    for header in (
        f"algorithm=RSA256, keyVersion=1, signature={escaped}",
        f"algorithm=RSA256,keyVersion=2,signature={plain}",
        f"signature={plain.replace('+', ' ')}",
    ):
        assert verifying_key(_content(case), header, [public_key("merchant")])


@pytest.mark.parametrize("header", ["", "algorithm=RSA,signature=AAAA", "signature=", "=,=,,"])
def test_a_header_without_our_algorithm_holds_no_signature(header: str) -> None:
    assert signature_in(header) == ""
    assert verifying_key(b"", header, [public_key("gateway")]) is None


@given(st.binary(max_size=200), st.text(max_size=200))
def test_no_header_is_a_signature_by_chance(body: bytes, header: str) -> None:
    assert verifying_key(body, header, [public_key("gateway")]) is None
    assert verifying_key(body, f"signature={header}", [public_key("gateway")]) is None


@given(st.binary(max_size=300), st.integers(0, 299), st.integers(1, 255))
def test_one_changed_byte_never_verifies(body: bytes, place: int, flip: int) -> None:
    content = b"POST /x\nC.T." + body
    header = signature_header(content, private_key("gateway"), key_version="1")
    harmed = bytearray(content)
    harmed[place % len(content)] ^= flip
    assert verifying_key(content, header, [public_key("gateway")])
    assert verifying_key(bytes(harmed), header, [public_key("gateway")]) is None
