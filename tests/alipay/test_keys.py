"""Key texts: every form in which they are handed over, and every mistake people make with them."""

import base64

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from merchant_portal.alipay.errors import KeyProblem, KeyUnusable
from merchant_portal.alipay.signing import (
    MD5Key,
    RSAPrivateKey,
    RSAPublicKey,
    SignType,
    load_private_key_text,
    load_public_key_text,
    sign,
    verifies,
)
from tests.alipay.rsa import RSAPair

PLAIN = serialization.NoEncryption()


def bare(pem: str) -> str:
    return "".join(pem.splitlines()[1:-1])


def private_form(pem: str, form: serialization.PrivateFormat) -> str:
    key = serialization.load_pem_private_key(pem.encode(), password=None)
    return key.private_bytes(serialization.Encoding.PEM, form, PLAIN).decode()


def public_form(pem: str, form: serialization.PublicFormat) -> str:
    key = serialization.load_pem_public_key(pem.encode())
    return key.public_bytes(serialization.Encoding.PEM, form).decode()


@pytest.mark.parametrize(
    "form", [serialization.PrivateFormat.PKCS8, serialization.PrivateFormat.TraditionalOpenSSL]
)
def test_a_private_key_is_read_in_every_form(
    form: serialization.PrivateFormat, rsa2: RSAPair
) -> None:
    pem = private_form(rsa2.private.pem, form)
    assert load_private_key_text(pem) == rsa2.private.pem
    assert load_private_key_text(bare(pem)) == rsa2.private.pem


@pytest.mark.parametrize(
    "form", [serialization.PublicFormat.SubjectPublicKeyInfo, serialization.PublicFormat.PKCS1]
)
def test_a_public_key_is_read_in_every_form(
    form: serialization.PublicFormat, rsa2: RSAPair
) -> None:
    pem = public_form(rsa2.public.pem, form)
    assert load_public_key_text(pem) == rsa2.public.pem
    assert load_public_key_text(bare(pem)) == rsa2.public.pem


def test_blanks_and_line_ends_of_a_file_do_no_harm(rsa2: RSAPair) -> None:
    text = "\ufeff\r\n " + rsa2.public.pem.replace("\n", "\r\n") + "\r\n\r\n"
    assert load_public_key_text(text) == rsa2.public.pem


def test_a_key_loaded_from_bare_text_verifies(rsa2: RSAPair) -> None:
    pem = load_public_key_text(bare(rsa2.public.pem))
    signature = sign("a=1", rsa2.private)
    assert verifies("a=1", signature, RSAPublicKey(pem, SignType.RSA2))


def test_the_public_half_is_shown_for_the_upload_at_alipay(rsa2: RSAPair) -> None:
    assert rsa2.private.public_pem() == rsa2.public.pem


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("", KeyProblem.EMPTY),
        (" \n", KeyProblem.EMPTY),
        ("hello world!", KeyProblem.NOT_A_KEY),
        ("QUJD" * 20, KeyProblem.NOT_PUBLIC),
        ("-----BEGIN PUBLIC KEY-----\nQUJD\n-----END PUBLIC KEY-----", KeyProblem.NOT_PUBLIC),
        (
            "-----BEGIN CERTIFICATE-----\nQUJD\n-----END CERTIFICATE-----",
            KeyProblem.CERTIFICATE_GIVEN,
        ),
    ],
)
def test_a_text_that_is_no_public_key_is_refused(text: str, problem: KeyProblem) -> None:
    with pytest.raises(KeyUnusable) as refused:
        load_public_key_text(text)
    assert refused.value.problem is problem


def test_the_wrong_half_is_named_as_such(rsa2: RSAPair) -> None:
    for text in (rsa2.private.pem, bare(rsa2.private.pem)):
        with pytest.raises(KeyUnusable, match="private key; Alipay's public"):
            load_public_key_text(text)
    for text in (rsa2.public.pem, bare(rsa2.public.pem)):
        with pytest.raises(KeyUnusable, match="public key; the merchant's private"):
            load_private_key_text(text)


def test_a_private_key_with_a_password_is_refused(rsa2: RSAPair) -> None:
    key = serialization.load_pem_private_key(rsa2.private.pem.encode(), password=None)
    locked = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.BestAvailableEncryption(b"secret"),
    ).decode()
    with pytest.raises(KeyUnusable, match="password"):
        load_private_key_text(locked)


def test_a_key_of_another_kind_is_refused() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, PLAIN
    ).decode()
    with pytest.raises(KeyUnusable) as refused:
        load_private_key_text(pem)
    assert refused.value.problem is KeyProblem.NOT_RSA


def test_a_short_key_is_refused() -> None:
    short = rsa.RSAPublicNumbers(65537, 2**511 + 1).public_key()
    der = short.public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    with pytest.raises(KeyUnusable) as refused:
        load_public_key_text(base64.b64encode(der).decode())
    assert refused.value.problem is KeyProblem.TOO_SHORT


def test_an_rsa_key_cannot_be_one_for_md5(rsa2: RSAPair) -> None:
    with pytest.raises(KeyUnusable, match="cannot sign with MD5"):
        RSAPublicKey(rsa2.public.pem, SignType.MD5)
    with pytest.raises(KeyUnusable, match="cannot sign with MD5"):
        RSAPrivateKey(rsa2.private.pem, SignType.MD5)


def test_an_rsa_key_text_cannot_be_an_md5_key(rsa2: RSAPair) -> None:
    for text in (rsa2.public.pem, bare(rsa2.public.pem), rsa2.private.pem, bare(rsa2.private.pem)):
        with pytest.raises(KeyUnusable) as refused:
            MD5Key(text)
        assert refused.value.problem is KeyProblem.MD5_IS_RSA


def test_the_base64_of_any_rsa_key_cannot_be_an_md5_key() -> None:
    for bits in (1024, 2048):
        key = rsa.generate_private_key(public_exponent=65537, key_size=bits).public_key()
        der = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
        with pytest.raises(KeyUnusable, match="RSA key"):
            MD5Key(base64.b64encode(der).decode())


@pytest.mark.parametrize("secret", ["key\n", " key", "k e y", "schlüssel"])
def test_an_md5_key_with_blanks_or_accents_is_refused(secret: str) -> None:
    with pytest.raises(KeyUnusable) as refused:
        MD5Key(secret)
    assert refused.value.problem is KeyProblem.MD5_HAS_BLANKS


def test_an_empty_md5_key_is_refused() -> None:
    with pytest.raises(KeyUnusable, match="empty"):
        MD5Key("")


def test_secrets_are_not_shown(rsa2: RSAPair) -> None:
    assert "samplekey" not in repr(MD5Key("samplekey"))
    assert "BEGIN" not in repr(rsa2.private)
