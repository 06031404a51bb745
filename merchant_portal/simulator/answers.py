"""Answers of the gateway as XML, signed by Alipay's side."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape, quoteattr

from .checks import CHARSETS, Call
from .records import Partner
from .signing import (
    SignType,
    generate_private_key_pem,
    md5_signature,
    pre_sign_string,
    rsa_signature,
)

FOREIGN_MD5_KEY = "notthekeynotthekeynotthekeynotth"


@dataclass(frozen=True)
class Answer:
    """What a service says: the wrapper's name and its flat fields."""

    wrapper: str
    fields: Mapping[str, str]


def signed_xml(call: Call, answer: Answer, *, charset: str, signer: Partner) -> bytes:
    """The whole document; its fields must be writable in the charset it declares."""
    fields = {name: text for name, text in sorted(answer.fields.items()) if text}
    signature = sign_fields(fields, partner=signer, sign_type=call.sign_type, charset=charset)
    echo = "".join(
        f"<param name={quoteattr(name)}>{escape(text)}</param>"
        for name, text in call.parameters.items()
    )
    inner = "".join(f"<{name}>{escape(text)}</{name}>" for name, text in fields.items())
    return _document(
        f"<is_success>T</is_success><request>{echo}</request>"
        f"<response><{answer.wrapper}>{inner}</{answer.wrapper}></response>"
        f"<sign>{escape(signature)}</sign><sign_type>{call.sign_type}</sign_type>",
        charset=charset,
    )


def refusal_xml(code: str) -> bytes:
    """A refusal is not signed and echoes nothing."""
    return _document(
        f"<is_success>F</is_success><error>{escape(code)}</error>",
        charset="UTF-8",
    )


def sign_fields(
    fields: Mapping[str, str],
    *,
    partner: Partner,
    sign_type: SignType,
    charset: str,
) -> str:
    """Alipay's signature over fields of an answer or a notice, for this partner."""
    codec = CHARSETS[charset]
    content = pre_sign_string(fields).encode(codec)
    if sign_type is SignType.MD5:
        return md5_signature(content, key=partner.md5_key, charset=codec)
    key = partner.alipay_private_key_pem
    return rsa_signature(content, sign_type=sign_type, private_key_pem=key)


def with_foreign_keys(partner: Partner) -> Partner:
    """The partner as somebody else would know it: same id, keys that are not Alipay's."""
    return replace(
        partner,
        md5_key=FOREIGN_MD5_KEY,
        alipay_private_key_pem=generate_private_key_pem(),
    )


def writable_charset(text: str, charset: str) -> str:
    """The charset, or UTF-8 where it cannot write the text."""
    try:
        text.encode(CHARSETS[charset])
    except UnicodeEncodeError:
        return "UTF-8"
    return charset


def _document(inner: str, *, charset: str) -> bytes:
    text = f'<?xml version="1.0" encoding="{charset}"?>\n<alipay>{inner}</alipay>'
    return text.encode(CHARSETS[charset], "xmlcharrefreplace")
