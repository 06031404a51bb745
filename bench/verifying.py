"""Verifying alone: parse, canonical string, verify; beside python-alipay-sdk and the bare line."""

import base64
import hashlib
from collections.abc import Callable, Iterator
from urllib.parse import parse_qsl

from alipay import AliPay
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import load_pem_public_key

from bench.goals import Goal, interleaved, tell
from bench.notices import CONTENT_TYPE, MD5_SECRET, TestKeys, signed_body
from merchant_portal.alipay.notifications import parse_posted, verify_posted
from merchant_portal.alipay.signing import MD5Key, RSAPublicKey, SignType, VerifyingKey


def measure(*, rounds: int) -> Iterator[Goal]:
    """The goals about verifying alone."""
    keys = TestKeys.make()
    body = signed_body(keys.signer, number=1)
    public = load_pem_public_key(keys.public_pem.encode())
    assert isinstance(public, rsa.RSAPublicKey)
    acts = {
        "ours": _ours(body, RSAPublicKey(keys.public_pem, SignType.RSA2)),
        "bare": lambda: _bare_rsa2(body, public),
        "python-alipay-sdk": _sdk(body, keys),
    }
    taken = interleaved(acts, rounds=rounds, for_seconds=0.5)
    _show("RSA2", taken)
    yield Goal("verify RSA2, ours / sdk", taken["python-alipay-sdk"] / taken["ours"], at_least=5)
    yield Goal("verify RSA2, ours / bare line", taken["bare"] / taken["ours"], at_least=0.9)
    secret = MD5Key(MD5_SECRET)
    md5_body = signed_body(secret, number=1)
    acts = {"ours": _ours(md5_body, secret), "bare": lambda: _bare_md5(md5_body)}
    _show("MD5 (the sdk has none)", interleaved(acts, rounds=rounds, for_seconds=0.5))


def _show(name: str, taken: dict[str, float]) -> None:
    rates = ", ".join(f"{who} {1 / seconds:,.0f}/s" for who, seconds in taken.items())
    tell(f"verify {name}: {rates}")


def _ours(body: bytes, key: VerifyingKey) -> Callable[[], object]:
    def act() -> None:
        posted = parse_posted(body, content_type=CONTENT_TYPE)
        assert verify_posted(posted, sign_type=key.sign_type, keys=[key]) is key

    return act


def _canonical(fields: dict[str, str]) -> bytes:
    left_out = ("sign", "sign_type")
    return "&".join(
        f"{name}={value}"
        for name, value in sorted(fields.items())
        if value and name not in left_out
    ).encode()


def _bare_rsa2(body: bytes, key: rsa.RSAPublicKey) -> None:
    fields = dict(parse_qsl(body.decode()))
    signature = base64.b64decode(fields["sign"])
    key.verify(signature, _canonical(fields), padding.PKCS1v15(), hashes.SHA256())


def _bare_md5(body: bytes) -> None:
    fields = dict(parse_qsl(body.decode()))
    digest = hashlib.md5(_canonical(fields) + MD5_SECRET.encode()).hexdigest()
    assert digest == fields["sign"]


def _sdk(body: bytes, keys: TestKeys) -> Callable[[], object]:
    sdk = AliPay(
        appid="2021000000000000",
        app_private_key_string=keys.private_pem,
        alipay_public_key_string=keys.public_pem,
        sign_type="RSA2",
    )

    def act() -> None:
        fields = dict(parse_qsl(body.decode()))
        assert sdk.verify(fields, fields.pop("sign"))

    return act
