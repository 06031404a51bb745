"""Our signatures beside those of others: the machine's openssl, and Alipay's own client."""

import subprocess
from base64 import b64decode, b64encode
from functools import cache
from pathlib import Path
from urllib.parse import unquote

import pytest
from com.alipay.ams.api.tools import signature_tool  # type: ignore[import-untyped]
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from merchant_portal.alipay.json_api.signing import (
    signature_header,
    signature_in,
    signed_bytes,
    verifying_key,
)
from merchant_portal.alipay.signing import (
    RSAPrivateKey,
    RSAPublicKey,
    SignType,
    sign,
    verifies,
)
from tests.alipay.counter_samples import (
    gateway_vectors,
    json_cases,
    private_key,
    private_pem,
    public_key,
    public_pem,
)
from tests.alipay.rsa import RSAPair

DIGESTS = {SignType.RSA: "-sha1", SignType.RSA2: "-sha256"}
TEXTS = ["subject=海鲜面&total_fee=12.50", *[each["pre_sign"] for each in gateway_vectors()[:3]]]


@cache
def traditional_pem(owner: str) -> str:
    """The same key as PKCS #1, the only form Alipay's client reads."""
    key = load_pem_private_key(private_pem(owner).encode(), password=None)
    form = PrivateFormat.TraditionalOpenSSL
    return key.private_bytes(Encoding.PEM, form, NoEncryption()).decode().strip()


def openssl_sign(content: bytes, pem: str, digest: str, folder: Path) -> str:
    key = folder / "private.pem"
    key.write_text(pem)
    command = ["openssl", "dgst", digest, "-sign", str(key)]
    made = subprocess.run(command, input=content, capture_output=True, check=True, timeout=60)
    return b64encode(made.stdout).decode()


def openssl_verifies(content: bytes, signature: str, pem: str, digest: str, folder: Path) -> bool:
    key, given_ = folder / "public.pem", folder / "signature"
    key.write_text(pem)
    given_.write_bytes(b64decode(signature))
    command = ["openssl", "dgst", digest, "-verify", str(key), "-signature", str(given_)]
    checked = subprocess.run(command, input=content, capture_output=True, check=False, timeout=60)
    return checked.returncode == 0


@pytest.mark.parametrize("sign_type", list(DIGESTS))
@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_openssl_signs_the_gateways_text_the_same(
    text: str, sign_type: SignType, rsa2: RSAPair, tmp_path: Path
) -> None:
    ours = RSAPrivateKey(rsa2.private.pem, sign_type)
    theirs = RSAPublicKey(rsa2.public.pem, sign_type)
    content, digest = text.encode(), DIGESTS[sign_type]
    made = openssl_sign(content, rsa2.private.pem, digest, tmp_path)
    assert sign(text, ours) == made
    assert verifies(text, made, theirs)
    assert openssl_verifies(content, sign(text, ours), rsa2.public.pem, digest, tmp_path)
    assert not openssl_verifies(content + b" ", made, rsa2.public.pem, digest, tmp_path)


@pytest.mark.parametrize("case", json_cases()[::8], ids=lambda case: case["file"])
def test_openssl_signs_the_json_apis_content_the_same(case: dict[str, str], tmp_path: Path) -> None:
    content = f"{case['method']} {case['path']}\n{case['client_id']}.{case['time']}.{case['body']}"
    pem = private_pem(case["signer"])
    made = openssl_sign(content.encode(), pem, "-sha256", tmp_path)
    assert signature_in(case["signature_header"]) == made


@pytest.mark.parametrize("case", json_cases(), ids=lambda case: case["file"])
def test_alipays_client_signs_and_verifies_the_same(case: dict[str, str]) -> None:
    signer = case["signer"]
    parts = (case["method"], case["path"], case["client_id"], case["time"], case["body"])
    made = signature_tool.sign(*parts, traditional_pem(signer))
    assert case["signature_header"] == f"algorithm=RSA256,keyVersion=1,signature={made}"
    assert signature_tool.verify(*parts, made, public_pem(signer))


words = st.text(st.characters(exclude_categories=["Cs"]), max_size=60)
ids = st.text("ABCxyz0123456789_-", min_size=1, max_size=20)


@settings(max_examples=6)
@given(words, ids, ids)
def test_alipays_client_verifies_what_we_sign_and_we_what_it_signs(
    body: str, client_id: str, time: str
) -> None:
    path = "/ams/sandbox/api/v1/payments/pay"
    parts = ("POST", path, client_id, time, body)
    content = signed_bytes("POST", path, client_id=client_id, time=time, body=body.encode())
    ours = signature_header(content, private_key("merchant"), key_version="1")
    theirs = signature_tool.sign(*parts, traditional_pem("merchant"))
    escaped = ours.partition("signature=")[2]
    assert signature_tool.verify(*parts, escaped, public_pem("merchant"))
    assert verifying_key(content, f"signature={theirs}", [public_key("merchant")])
    assert unquote(theirs) == signature_in(ours)
