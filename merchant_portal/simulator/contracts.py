"""Partners as they are given over HTTP: who has which contract, signing how."""

import secrets
from dataclasses import asdict
from typing import Any

from . import signing
from .checks import CHARSETS
from .records import Partner, Region
from .signing import SignType
from .web import BadRequest

USUAL_REFUND_WINDOW_DAYS = 90
LONGEST_REFUND_WINDOW_DAYS = 3650


def partner_from(fields: dict[str, Any], known: Partner | None) -> Partner:
    """A partner as described; what is not said stays as it was. Raises BadRequest."""
    partner_id = text_of(fields.get("partner_id"))
    if len(partner_id) != 16 or not partner_id.isascii() or not partner_id.isdecimal():
        raise BadRequest("partner_id has 16 digits")
    before = asdict(known) if known else {}

    def given(name: str, default: str = "") -> str:
        return text_of(fields.get(name)) or str(before.get(name) or default)

    region = given("region", Region.GLOBAL)
    if region not in list(Region):
        raise BadRequest("region is global or hk")
    sign_types = _sign_types(fields.get("sign_types") or before.get("sign_types") or ["MD5"])
    uses_rsa = bool({SignType.RSA, SignType.RSA2} & set(sign_types))
    notify_with = text_of(fields.get("notify_with")) or str(before.get("notify_with") or "")
    if notify_with not in sign_types:
        notify_with = sign_types[0]
    private = given("alipay_private_key_pem")
    public = given("merchant_public_key_pem")
    _check_keys(private=private, public=public)
    answer_charset = given("answer_charset").upper()
    if answer_charset and answer_charset not in CHARSETS:
        raise BadRequest("answer_charset is UTF-8, GBK or GB2312")
    return Partner(
        partner_id=partner_id,
        region=region,
        sign_types=",".join(sign_types),
        md5_key=given("md5_key", secrets.token_hex(16) if "MD5" in sign_types else ""),
        merchant_public_key_pem=public,
        alipay_private_key_pem=private or (signing.generate_private_key_pem() if uses_rsa else ""),
        seller_email=given("seller_email", f"seller-{partner_id[-4:]}@example.com"),
        notify_with=notify_with,
        services=_services(fields["services"]) if "services" in fields else given("services"),
        answer_charset=answer_charset,
        refund_window_days=_days(given("refund_window_days", str(USUAL_REFUND_WINDOW_DAYS))),
    )


def _check_keys(*, private: str, public: str) -> None:
    try:
        if public:
            signing.check_public_key(public)
        if private:
            signing.public_key_pem_of(private)
    except ValueError as unusable:
        raise BadRequest("a key is not an RSA key in PEM") from unusable


def _days(text: str) -> int:
    if not (text.isascii() and text.isdecimal() and 0 < int(text) <= LONGEST_REFUND_WINDOW_DAYS):
        raise BadRequest("refund_window_days is a whole number of days")
    return int(text)


def _services(wish: Any) -> str:
    """The services of the contract; an empty list means all of them."""
    if not isinstance(wish, list):
        raise BadRequest("services is a list of names")
    return ",".join(str(name) for name in wish)


def _sign_types(wish: Any) -> list[SignType]:
    names = wish.replace(" ", "").split(",") if isinstance(wish, str) else wish
    if (
        not names
        or not isinstance(names, list)
        or any(name not in list(SignType) for name in names)
    ):
        raise BadRequest("sign_types are of MD5, RSA, RSA2")
    return [SignType(name) for name in names]


def text_of(member: Any) -> str:
    """A member as text, empty if it is not there."""
    return "" if member is None else str(member).strip()
