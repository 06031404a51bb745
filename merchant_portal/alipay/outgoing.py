"""A request ready to leave: its fields signed and written as they travel."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from urllib.parse import urlencode

import httpx

from merchant_portal.alipay.charsets import codec_of
from merchant_portal.alipay.concealing import Secret
from merchant_portal.alipay.contract import Contract, Signing
from merchant_portal.alipay.errors import RequestInvalid
from merchant_portal.alipay.signing import presign, sign


@dataclass(frozen=True)
class Outgoing:
    """`fields` is what the request says, `body` how a POST carries it.

    `secrets` stand in these three openly, so none of the three is in a repr.
    """

    method: str
    service: str
    url: httpx.URL
    fields: tuple[tuple[str, str], ...] = field(repr=False)
    presign: str = field(repr=False)
    body: bytes = field(default=b"", repr=False)
    content_type: str = ""
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)
    secrets: tuple[Secret, ...] = ()

    def at(self, url: httpx.URL) -> "Outgoing":
        return replace(self, url=url)


def posted(
    contract: Contract,
    fields: Mapping[str, str],
    signing: Signing,
    *,
    secrets: tuple[Secret, ...] = (),
) -> Outgoing:
    """A POST; `_input_charset` is signed with the rest but travels in the address."""
    charset = contract.choices.charset
    codec = codec_of(charset)
    if codec is None:
        raise RequestInvalid("_input_charset", f"{charset} is not one in use")
    text = presign(fields)
    signature = sign(text, signing.key, charset=codec)
    pairs = (*fields.items(), ("sign_type", signing.sign_type.value), ("sign", signature))
    carried = [(name, value) for name, value in pairs if name != "_input_charset"]
    return Outgoing(
        method="POST",
        service=fields["service"],
        url=_with(contract.gateway_url, {"_input_charset": charset}),
        fields=pairs,
        presign=text,
        body=urlencode(carried, encoding=codec).encode("ascii"),
        content_type=f"application/x-www-form-urlencoded; charset={charset}",
        secrets=secrets,
    )


def unposted(contract: Contract, fields: Mapping[str, str]) -> Outgoing:
    """A GET, signed only where notify_verify is to be."""
    text = ""
    pairs = tuple(fields.items())
    if contract.choices.signs_notify_verify:
        key = contract.signing().key
        text = presign(fields)
        pairs += (("sign_type", key.sign_type.value), ("sign", sign(text, key)))
    return Outgoing("GET", fields["service"], _with(contract.gateway_url, dict(pairs)), pairs, text)


def _with(address: str, parameters: Mapping[str, str]) -> httpx.URL:
    return httpx.URL(address).copy_merge_params(dict(parameters))
