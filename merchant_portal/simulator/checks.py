"""What the gateway looks at before it works: charset, partner, signature, contract, time.

Each refusal is one of the gateway's own codes (global.alipay.com/docs/ac/global/refundquery).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from urllib.parse import unquote_to_bytes, urlsplit

from .books import ALIPAY_TIME, Books
from .records import Partner, Region
from .signing import SignType, md5_matches, pre_sign_string, rsa_matches

CHARSETS = {"UTF-8": "utf-8", "GBK": "gbk", "GB2312": "gb2312"}
LONGEST_URL = 200
MOST_PARAMETERS = 100
CONTROL_CHARACTERS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
ALL_SIGN_TYPES = frozenset(SignType)


class GatewayCode(StrEnum):
    """The gateway's refusals."""

    ILLEGAL_SIGN = "ILLEGAL_SIGN"
    ILLEGAL_ARGUMENT = "ILLEGAL_ARGUMENT"
    ILLEGAL_SERVICE = "ILLEGAL_SERVICE"
    ILLEGAL_PARTNER = "ILLEGAL_PARTNER"
    ILLEGAL_PARTNER_EXTERFACE = "ILLEGAL_PARTNER_EXTERFACE"
    ILLEGAL_SECURITY_PROFILE = "ILLEGAL_SECURITY_PROFILE"
    ILLEGAL_SIGN_TYPE = "ILLEGAL_SIGN_TYPE"
    ILLEGAL_CHARSET = "ILLEGAL_CHARSET"
    INVALID_CHARACTER_SET = "INVALID_CHARACTER_SET"
    HAS_NO_PRIVILEGE = "HAS_NO_PRIVILEGE"
    SYSTEM_ERROR = "SYSTEM_ERROR"
    SESSION_TIMEOUT = "SESSION_TIMEOUT"


class Refused(Exception):
    """The gateway does not accept the call (`is_success` F)."""

    def __init__(self, code: str, reason: str = "") -> None:
        super().__init__(f"{code}: {reason}" if reason else code)
        self.code = code


@dataclass(frozen=True)
class ServiceRules:
    """What the checks must know of a service."""

    needs_timestamp: bool
    takes_milliseconds: bool = False
    hk_may_omit_charset: bool = False
    sign_types: Mapping[Region, frozenset[SignType]] | None = None

    def accepts(self, sign_type: SignType, region: Region) -> bool:
        """Whether the service takes this algorithm in this region."""
        return self.sign_types is None or sign_type in self.sign_types[region]


@dataclass(frozen=True)
class Call:
    """An accepted call: who asks for what, in which charset, signed how."""

    service: str
    partner: Partner
    parameters: Mapping[str, str]
    charset: str
    sign_type: SignType

    def text(self, name: str) -> str:
        """A parameter, empty if it was not sent."""
        return self.parameters.get(name, "")

    def required(self, name: str, *, longest: int) -> str:
        """A parameter that must be there and fit; refuses otherwise."""
        text = self.text(name)
        if not text or len(text) > longest:
            raise Refused(GatewayCode.ILLEGAL_ARGUMENT, name)
        return text

    def optional(self, name: str, *, longest: int) -> str:
        """A parameter that must fit if it is there; refuses otherwise."""
        text = self.text(name)
        if len(text) > longest:
            raise Refused(GatewayCode.ILLEGAL_ARGUMENT, name)
        return text

    def notify_url(self) -> str:
        """Where notices of this code shall go; empty if not sent."""
        url = self.optional("notify_url", longest=LONGEST_URL)
        if url and not is_web_address(url):
            raise Refused(GatewayCode.ILLEGAL_ARGUMENT, "notify_url")
        return url


@dataclass(frozen=True)
class Received:
    """A request as it came in: undecoded query and body, and the method."""

    method: str
    query: bytes
    body: bytes

    @property
    def charset_in_url(self) -> str:
        """_input_charset as the URL's query string names it."""
        return latin_parameters(self.query).get("_input_charset", "")

    @property
    def loose(self) -> dict[str, str]:
        """All parameters, read without strictness: enough to know service and partner."""
        return {**latin_parameters(self.body), **latin_parameters(self.query)}

    def parameters(self, charset: str) -> dict[str, str]:
        """Every parameter decoded in the charset; refuses what cannot be read or contradicts."""
        parameters: dict[str, str] = {}
        for name, text in split_pairs(self.query) + split_pairs(self.body):
            try:
                key, decoded = name.decode(charset), text.decode(charset)
            except UnicodeDecodeError as unreadable:
                raise Refused(GatewayCode.INVALID_CHARACTER_SET) from unreadable
            if CONTROL_CHARACTERS.search(key + decoded):
                raise Refused(GatewayCode.INVALID_CHARACTER_SET, "control characters")
            if parameters.setdefault(key, decoded) != decoded:
                raise Refused(GatewayCode.ILLEGAL_ARGUMENT, f"{key} was sent twice")
        return parameters


def split_pairs(encoded: bytes) -> list[tuple[bytes, bytes]]:
    """Form-encoded bytes as pairs of raw bytes."""
    parts = [part for part in encoded.replace(b"+", b" ").split(b"&") if part]
    if len(parts) > MOST_PARAMETERS:
        raise Refused(GatewayCode.ILLEGAL_ARGUMENT, "too many parameters")
    pairs = [part.partition(b"=") for part in parts]
    return [(unquote_to_bytes(name), unquote_to_bytes(text)) for name, _, text in pairs]


def latin_parameters(encoded: bytes) -> dict[str, str]:
    """Parameters read byte by byte, for names and values that are ASCII anyway."""
    return {name.decode("latin-1"): text.decode("latin-1") for name, text in split_pairs(encoded)}


def is_web_address(url: str) -> bool:
    """Whether the text is an http or https address with a host."""
    try:
        parts = urlsplit(url)
        return parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def admit(received: Received, *, books: Books, services: Mapping[str, ServiceRules]) -> Call:
    """Check a request in the gateway's order and answer the call it makes; raises Refused."""
    loose = received.loose
    service = loose.get("service", "")
    if service not in services:
        raise Refused(GatewayCode.ILLEGAL_SERVICE, service)
    rules = services[service]
    partner = _known_partner(loose.get("partner", ""), books)
    charset = _declared_charset(received, rules, partner)
    parameters = received.parameters(CHARSETS[charset])
    sign_type = permitted_sign_type(parameters.get("sign_type", ""), rules, partner)
    check_signature(parameters, partner=partner, sign_type=sign_type, charset=CHARSETS[charset])
    if not partner.may_call(service):
        raise Refused(GatewayCode.ILLEGAL_PARTNER_EXTERFACE, service)
    if rules.needs_timestamp:
        sent = read_timestamp(parameters.get("timestamp", ""), rules)
        check_timestamp(sent, now=books.now(), window=timestamp_window(books))
    return Call(service, partner, parameters, charset, sign_type)


def _known_partner(partner_id: str, books: Books) -> Partner:
    partner = books.partner(partner_id)
    if partner is None:
        raise Refused(GatewayCode.ILLEGAL_PARTNER, partner_id)
    return partner


def _declared_charset(received: Received, rules: ServiceRules, partner: Partner) -> str:
    named = received.charset_in_url
    if named.upper() in CHARSETS:
        return named.upper()
    if named or "_input_charset" in received.loose:
        # Unknown, or sent in the body alone: with POST it must travel in the URL.
        raise Refused(GatewayCode.ILLEGAL_CHARSET, named)
    if partner.region == Region.HK and rules.hk_may_omit_charset:
        return "GBK"
    raise Refused(GatewayCode.ILLEGAL_CHARSET, "_input_charset is missing")


def permitted_sign_type(name: str, rules: ServiceRules, partner: Partner) -> SignType:
    """The algorithm, if service, contract and uploaded keys allow it; refuses otherwise."""
    if name not in ALL_SIGN_TYPES:
        raise Refused(GatewayCode.ILLEGAL_SIGN_TYPE, name)
    sign_type = SignType(name)
    if not rules.accepts(sign_type, Region(partner.region)) or not partner.allows(sign_type):
        raise Refused(GatewayCode.ILLEGAL_SIGN_TYPE, name)
    if not partner.holds_key_for(sign_type):
        raise Refused(GatewayCode.ILLEGAL_SECURITY_PROFILE, name)
    return sign_type


def check_signature(
    parameters: Mapping[str, str],
    *,
    partner: Partner,
    sign_type: SignType,
    charset: str,
) -> None:
    """Refuse unless the signature over every parameter sent fits the partner's key."""
    content = pre_sign_string(parameters).encode(charset)
    signature = parameters.get("sign", "")
    if sign_type is SignType.MD5:
        fits = md5_matches(content, signature, key=partner.md5_key, charset=charset)
    else:
        key = partner.merchant_public_key_pem
        fits = rsa_matches(content, signature, sign_type=sign_type, public_key_pem=key)
    if not fits:
        raise Refused(GatewayCode.ILLEGAL_SIGN)


def read_timestamp(text: str, rules: ServiceRules) -> datetime:
    """The instant a request was sent at; refuses what the service does not read.

    The cancel page says milliseconds since 1970, while Alipay's own examples for it send the
    two texts in GMT+8: all three pass there.
    """
    shapes = {r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}": "%Y-%m-%d %H:%M:%S"}
    if rules.takes_milliseconds:
        shapes[r"[0-9]{14}"] = "%Y%m%d%H%M%S"
        if re.fullmatch(r"[0-9]{13}", text):
            return datetime.fromtimestamp(int(text) / 1000, ALIPAY_TIME)
    for pattern, shape in shapes.items():
        if re.fullmatch(pattern, text):
            try:
                return datetime.strptime(text, shape).replace(tzinfo=ALIPAY_TIME)
            except ValueError as impossible:
                raise Refused(GatewayCode.ILLEGAL_ARGUMENT, "timestamp") from impossible
    raise Refused(GatewayCode.ILLEGAL_ARGUMENT, "timestamp")


def timestamp_window(books: Books) -> timedelta:
    """How far a request's time may be off: half an hour unless a person has changed it."""
    return timedelta(minutes=float(books.setting("timestamp_window_minutes", "30")))


def check_timestamp(sent: datetime, *, now: datetime, window: timedelta) -> None:
    """Refuse a request that was sent too long ago, or will be."""
    if abs(now - sent) > window:
        raise Refused(GatewayCode.SESSION_TIMEOUT, sent.isoformat())
