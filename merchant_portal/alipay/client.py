"""Calls to the gateway of the Merchant QR Code product, global and Hong Kong.

Each call either returns its answer, verified, or raises GatewayRefused (Alipay says no),
GatewayUnreachable (no answer: it may have taken effect or not) or RequestInvalid (not sent).
"""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from typing import TypeVar
from urllib.parse import urlencode

import httpx

from merchant_portal.alipay.answers import (
    CodeAnswer,
    TradeAnswer,
    read_code_answer,
    read_refusal,
    read_trade_answer,
    refuse_http,
)
from merchant_portal.alipay.charsets import codec_of
from merchant_portal.alipay.code_details import CodeDetails
from merchant_portal.alipay.contract import Choices, Contract, Signing, refuse_address
from merchant_portal.alipay.errors import (
    GatewayRefused,
    GatewayUnreachable,
    NoAnswer,
    RequestInvalid,
)
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.signing import presign, sign
from merchant_portal.alipay.times import gateway_timestamp
from merchant_portal.alipay.transport import Outgoing, Transport, open_http
from merchant_portal.alipay.words import CodeStatus, Region

__all__ = ["Choices", "Contract", "GatewayClient", "open_http"]

Answer = TypeVar("Answer")

BIZ_TYPE = "OVERSEASHOPQRCODE"
NOTIFY_URL_LENGTH = 200
ID_LENGTH = 64
QRCODE_LENGTH = 256  # not stated by Alipay


class GatewayClient:
    """Speaks for one account. Cheap to make; the HTTP client is the caller's to share and close."""

    def __init__(
        self, contract: Contract, *, http: httpx.Client, now: Callable[[], datetime]
    ) -> None:
        self._contract = contract
        self._choices = contract.choices
        self._now = now
        self._transport = Transport(
            http,
            now=now,
            timeout_seconds=self._choices.timeout_seconds,
            answer_within_seconds=self._choices.answer_within_seconds,
        )

    def create_qrcode(self, details: CodeDetails, *, notify_url: str) -> CodeAnswer:
        """`alipay.commerce.qrcode.create`; the answer may be a code that existed before."""
        if not notify_url:
            raise RequestInvalid("notify_url", "without it payments would never be heard of")
        signing = self._contract.signing()
        fields = self._code_fields("alipay.commerce.qrcode.create", details, notify_url)
        return read_code_answer(
            self._post(fields, signing), sign_type=signing.sign_type, keys=signing.answer_keys
        )

    def modify_qrcode(self, qrcode: str, details: CodeDetails, *, notify_url: str) -> CodeAnswer:
        """`alipay.commerce.qrcode.modify`; an empty `notify_url` is not sent.

        Hong Kong takes only MD5 here (global.alipay.com/docs/ac/hkapi/qrcode_modify).
        """
        signing = self._contract.modify_signing()
        fields = self._code_fields("alipay.commerce.qrcode.modify", details, notify_url)
        fields["qrcode"] = _fit_text("qrcode", qrcode, longest=QRCODE_LENGTH)
        return self._about(qrcode, fields, signing)

    def change_qrcode_status(self, qrcode: str, status: CodeStatus) -> CodeAnswer:
        """`alipay.commerce.qrcode.modifyStatus`: stop, restart, or delete for ever."""
        signing = self._contract.signing()
        fields = self._common("alipay.commerce.qrcode.modifyStatus")
        fields |= {
            "timestamp": gateway_timestamp(self._now()),
            "biz_type": BIZ_TYPE,
            "qrcode": _fit_text("qrcode", qrcode, longest=QRCODE_LENGTH),
            "status": status.value,
        }
        return self._about(qrcode, fields, signing)

    def query_payment(
        self, *, partner_trans_id: str = "", alipay_trans_id: str = ""
    ) -> TradeAnswer:
        """`alipay.acquire.overseas.query`; of two ids Alipay looks at its own first."""
        if self._contract.region is Region.HK and not partner_trans_id:
            raise RequestInvalid("partner_trans_id", "Hong Kong asks for the order number")
        if not (partner_trans_id or alipay_trans_id):
            raise RequestInvalid("partner_trans_id", "one of the two numbers is needed")
        signing = self._contract.signing()
        fields = self._common("alipay.acquire.overseas.query")
        for name, number in (
            ("partner_trans_id", partner_trans_id),
            ("alipay_trans_id", alipay_trans_id),
        ):
            if number:
                fields[name] = _fit_text(name, number, longest=ID_LENGTH)
        return self._asked(
            self._outgoing(fields, signing),
            lambda exchange: read_trade_answer(
                exchange,
                sign_type=signing.sign_type,
                keys=signing.answer_keys,
                partner_trans_id=partner_trans_id,
                alipay_trans_id=alipay_trans_id,
            ),
        )

    def verify_notification(self, notify_id: str) -> bool:
        """`notify_verify`: whether Alipay sent this notice. Ask before answering `success`.

        Afterwards the id is dead and the answer is False for an honest notice too.
        """
        self._contract.refuse_unfit()
        fields = {
            "service": "notify_verify",
            "partner": self._contract.partner,
            "notify_id": _fit_text("notify_id", notify_id, longest=ID_LENGTH * 2),
        }
        return self._asked(self._verify_request(fields), _read_verdict)

    def _verify_request(self, fields: Mapping[str, str]) -> Outgoing:
        text = ""
        pairs = tuple(fields.items())
        if self._choices.signs_notify_verify:
            key = self._contract.signing().key
            text = presign(fields)
            pairs += (("sign_type", key.sign_type.value), ("sign", sign(text, key)))
        url = httpx.URL(self._contract.gateway_url).copy_merge_params(dict(pairs))
        return Outgoing("GET", "notify_verify", url, pairs, text)

    def _common(self, service: str) -> dict[str, str]:
        return {
            "service": service,
            "partner": self._contract.partner,
            "_input_charset": self._choices.charset,
        }

    def _code_fields(self, service: str, details: CodeDetails, notify_url: str) -> dict[str, str]:
        if notify_url:
            _refuse_notify_url(notify_url)
        fields = self._common(service)
        fields["timestamp"] = gateway_timestamp(self._now())
        if notify_url:
            fields["notify_url"] = notify_url
        fields["biz_type"] = BIZ_TYPE
        fields["biz_data"] = self._named(details).as_biz_data(
            self._contract.region,
            channel_fee_form=self._choices.channel_fee_form,
            passback_form=self._choices.passback_form,
        )
        return fields

    def _named(self, details: CodeDetails) -> CodeDetails:
        """With the notifications' signing named, where that is our choice and not given."""
        if not self._choices.names_notify_signing:
            return details
        return replace(
            details,
            notify_sign_type=details.notify_sign_type or self._contract.sign_type.value,
            notify_charset=details.notify_charset or self._choices.charset,
        )

    def _about(self, qrcode: str, fields: Mapping[str, str], signing: Signing) -> CodeAnswer:
        return read_code_answer(
            self._post(fields, signing),
            sign_type=signing.sign_type,
            keys=signing.answer_keys,
            asked_qrcode=qrcode,
        )

    def _post(self, fields: Mapping[str, str], signing: Signing) -> Exchange:
        """Send to the first address only: this call changes something."""
        return self._transport.send(self._outgoing(fields, signing))

    def _outgoing(self, fields: Mapping[str, str], signing: Signing) -> Outgoing:
        """A POST; `_input_charset` is signed with the rest but travels in the address."""
        charset = self._choices.charset
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
            url=_with_charset(self._contract.gateway_url, charset),
            fields=pairs,
            presign=text,
            body=urlencode(carried, encoding=codec).encode("ascii"),
            content_type=f"application/x-www-form-urlencoded; charset={charset}",
        )

    def _asked(self, outgoing: Outgoing, read: Callable[[Exchange], Answer]) -> Answer:
        """Ask, and where nobody answers ask the spare address: the call changes nothing."""
        try:
            return read(self._transport.send(outgoing))
        except GatewayUnreachable as error:
            if not (self._contract.spare_url and _may_ask_elsewhere(error)):
                raise
        return read(self._transport.send(outgoing.at(self._spare(outgoing))))

    def _spare(self, outgoing: Outgoing) -> httpx.URL:
        return httpx.URL(self._contract.spare_url).copy_merge_params(outgoing.url.params)


def _with_charset(address: str, charset: str) -> httpx.URL:
    return httpx.URL(address).copy_merge_params({"_input_charset": charset})


def _may_ask_elsewhere(error: GatewayUnreachable) -> bool:
    if error.reason is NoAnswer.HTTP_STATUS:
        return (error.exchange.http_status or 0) >= 500
    return error.reason in (NoAnswer.CONNECTION, NoAnswer.TIMEOUT)


def _read_verdict(exchange: Exchange) -> bool:
    """The plain words `true` and `false`; a gateway refusal comes as XML."""
    refuse_http(exchange)
    verdict = exchange.body.strip().lower()
    if verdict == b"invalid":
        raise GatewayRefused("invalid", signed=False, exchange=exchange)
    if verdict not in (b"true", b"false"):
        read_refusal(exchange)
    return verdict == b"true"


def _fit_text(field: str, text: str, *, longest: int) -> str:
    if not text:
        raise RequestInvalid(field, "missing")
    if len(text) > longest:
        raise RequestInvalid(field, f"longer than {longest} characters")
    if not text.isprintable() or text != text.strip():
        raise RequestInvalid(field, "blanks at the ends or characters that cannot be printed")
    return text


def _refuse_notify_url(notify_url: str) -> None:
    _fit_text("notify_url", notify_url, longest=NOTIFY_URL_LENGTH)
    refuse_address("notify_url", notify_url)
