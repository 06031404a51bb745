"""The gateway's answers: told apart into an answer, a refusal, and no answer at all.

Shape: docs.antom.com/ac/gr/apispec; a code's fields:
global.alipay.com/docs/ac/global/qrcode_create.
The echo of the request inside an answer is not signed and never read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NoReturn

from merchant_portal.alipay.charsets import media_type
from merchant_portal.alipay.errors import GatewayRefused, GatewayUnreachable, NoAnswer
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.signing import SignType, VerifyingKey, presign, verifies
from merchant_portal.alipay.xml_documents import (
    Document,
    DocumentUnreadable,
    Element,
    read_document,
)

SYSTEM_ERROR = "SYSTEM_ERROR"

_partner_names = ("partner_trans_id", "out_trade_no")
_alipay_names = ("alipay_trans_id", "trade_no")
_both_names = {"partner_trans_id": _partner_names, "alipay_trans_id": _alipay_names}


@dataclass(frozen=True)
class CodeAnswer:
    """What create, modify and modifyStatus answer. The picture's address comes with create only."""

    qrcode: str
    qrcode_img_url: str
    exchange: Exchange


@dataclass(frozen=True)
class Verified:
    """The signed fields of an answer, and the reason its root gives, which nobody signed."""

    fields: Mapping[str, str]
    root_error: str

    @property
    def signed_reasons(self) -> tuple[str, ...]:
        """Why not, in the wrapper's two places."""
        found = (self.fields.get("detail_error_code", ""), self.fields.get("error", ""))
        return tuple(reason for reason in found if reason)

    @property
    def reasons(self) -> tuple[str, ...]:
        """Why not, in all three places; the signed ones count first."""
        return (*self.signed_reasons, *([self.root_error] if self.root_error else ()))


def no_answer(reason: NoAnswer, exchange: Exchange, detail: str) -> NoReturn:
    """Nothing that may be believed came back."""
    raise GatewayUnreachable(reason, exchange=exchange, detail=detail)


def read_fields(
    exchange: Exchange, *, sign_type: SignType, keys: Sequence[VerifyingKey]
) -> Mapping[str, str]:
    """The signed fields of an answer that says yes.

    Raises GatewayRefused for a no, and GatewayUnreachable for everything that is neither.
    """
    verified = read_verified(exchange, sign_type=sign_type, keys=keys)
    refuse_result(verified, exchange)
    return verified.fields


def read_verified(
    exchange: Exchange, *, sign_type: SignType, keys: Sequence[VerifyingKey]
) -> Verified:
    """What Alipay signed, be it a yes or a no; the gateway's own refusals are raised."""
    refuse_http(exchange)
    try:
        document = _document(exchange)
        _refuse_unsuccessful(document.root, exchange)
        fields = _signed_fields(document, exchange, sign_type=sign_type, keys=keys)
        seen = {name: exchange.seen(value) for name, value in fields.items()}
        return Verified(seen, document.root.child_text("error"))
    except DocumentUnreadable as error:
        no_answer(NoAnswer.UNREADABLE, exchange, str(error))


def read_refusal(exchange: Exchange) -> NoReturn:
    """An answer that can only be the gateway's refusal; raises it, or says it is unreadable."""
    try:
        _refuse_unsuccessful(_document(exchange).root, exchange)
    except DocumentUnreadable as error:
        no_answer(NoAnswer.UNREADABLE, exchange, str(error))
    no_answer(NoAnswer.UNREADABLE, exchange, "a success where none can be")


def refuse_http(exchange: Exchange) -> None:
    """Anything but 200 is no answer: the gateway answers failures of business with 200 too."""
    if exchange.http_status != 200:
        no_answer(NoAnswer.HTTP_STATUS, exchange, f"status {exchange.http_status}")


def _document(exchange: Exchange) -> Document:
    if media_type(exchange.content_type)[0] == "text/html":
        raise DocumentUnreadable("a page instead of an answer")
    document = read_document(exchange.received, content_type=exchange.content_type)
    if document.root.name != "alipay":
        raise DocumentUnreadable(f"the root is <{document.root.name[:40]}>")
    return document


def _refuse_unsuccessful(root: Element, exchange: Exchange) -> None:
    success = root.child_text("is_success")
    if success == "T":
        return
    code = root.child_text("error")
    if success != "F" or not code:
        raise DocumentUnreadable("neither a success nor a refusal with its code")
    if code == SYSTEM_ERROR:
        no_answer(NoAnswer.SYSTEM_ERROR, exchange, "root error")
    raise GatewayRefused(code, signed=False, exchange=exchange)


def _signed_fields(
    document: Document,
    exchange: Exchange,
    *,
    sign_type: SignType,
    keys: Sequence[VerifyingKey],
) -> Mapping[str, str]:
    root = document.root
    fields = _wrapper_fields(root)
    named = root.child_text("sign_type")
    if named and named.upper() != sign_type:
        no_answer(NoAnswer.BAD_SIGNATURE, exchange, f"signed as {named[:40]}, not {sign_type}")
    text, signature = presign(fields), root.child_text("sign")
    for charset in dict.fromkeys((document.encoding, "utf-8")):
        for key in keys:
            if key.sign_type is sign_type and verifies(text, signature, key, charset=charset):
                return fields
    no_answer(
        NoAnswer.BAD_SIGNATURE,
        exchange,
        "the signature does not verify" if signature else "no signature",
    )


def _wrapper_fields(root: Element) -> dict[str, str]:
    response = root.child("response")
    if response is None or len(response.children) != 1:
        raise DocumentUnreadable("no single element inside <response>")
    flat = [child for child in response.children[0].children if not child.children]
    fields = {child.name: child.text for child in flat}
    if len(fields) != len(flat):
        raise DocumentUnreadable("a field is given twice")
    return fields


def refuse_result(verified: Verified, exchange: Exchange) -> None:
    """Raise what is not a yes: GatewayRefused for a no, GatewayUnreachable for neither."""
    result = verified.fields.get("result_code", "")
    reasons = verified.reasons
    if result not in ("", "SUCCESS", "FAIL"):
        no_answer(NoAnswer.UNKNOWN_RESULT, exchange, f"result_code {result[:40]}")
    if SYSTEM_ERROR in reasons:
        no_answer(NoAnswer.SYSTEM_ERROR, exchange, "the reason given")
    if result == "FAIL" or (reasons and not result):
        raise GatewayRefused(
            reasons[0] if reasons else result,
            signed=bool(result or verified.signed_reasons),
            exchange=exchange,
            text=_description(verified.fields),
            may_retry=verified.fields.get("retry_flag") == "Y",
        )


def refuse_unclear(verified: Verified, exchange: Exchange) -> None:
    """As refuse_result, for money going back: a yes beside a reason, or no result, is neither."""
    if not verified.fields.get("result_code"):
        no_answer(NoAnswer.UNREADABLE, exchange, "no result_code")
    refuse_result(verified, exchange)
    if verified.reasons:
        no_answer(NoAnswer.UNREADABLE, exchange, f"SUCCESS beside {verified.reasons[0][:48]}")


def refuse_other(
    fields: Mapping[str, str], asked: Mapping[str, str], exchange: Exchange
) -> Mapping[str, str]:
    """The ids an answer names, under the names they were asked by; another one is not ours.

    Payments' ids come under two names each. What is not named cannot differ: a no often names
    nothing.
    """
    named = {name: one_of(fields, _both_names.get(name, (name,)), exchange) for name in asked}
    for name, value in named.items():
        if value and asked[name] and value != asked[name]:
            no_answer(NoAnswer.UNREADABLE, exchange, f"the answer is about another {name}")
    return named


def require_named(named: Mapping[str, str], names: Sequence[str], exchange: Exchange) -> None:
    """A yes says what it is about: the signature does not cover the request."""
    for name in names:
        if not named[name]:
            no_answer(NoAnswer.UNREADABLE, exchange, f"no {name}")


def one_of(fields: Mapping[str, str], names: Sequence[str], exchange: Exchange) -> str:
    """An id the wire sends under two names; they must agree."""
    found = {fields[name] for name in names if fields.get(name)}
    if len(found) > 1:
        no_answer(NoAnswer.UNREADABLE, exchange, f"{' and '.join(names)} differ")
    return found.pop() if found else ""


def _description(fields: Mapping[str, str]) -> str:
    return fields.get("display_message", "") or fields.get("detail_error_des", "")


def read_code_answer(
    exchange: Exchange,
    *,
    sign_type: SignType,
    keys: Sequence[VerifyingKey],
    asked_qrcode: str = "",
) -> CodeAnswer:
    """The answer about a code; one about another code than asked for is not ours."""
    fields = read_fields(exchange, sign_type=sign_type, keys=keys)
    qrcode = fields.get("qrcode", "")
    if not qrcode:
        no_answer(NoAnswer.UNREADABLE, exchange, "no qrcode")
    if asked_qrcode and qrcode != asked_qrcode:
        no_answer(NoAnswer.UNREADABLE, exchange, "the answer is about another code")
    return CodeAnswer(qrcode, fields.get("qrcode_img_url", ""), exchange)


def read_verdict(exchange: Exchange) -> bool:
    """notify_verify's plain words `true` and `false`; a gateway refusal comes as XML."""
    refuse_http(exchange)
    verdict = exchange.body.strip().lower()
    if verdict == b"invalid":
        raise GatewayRefused("invalid", signed=False, exchange=exchange)
    if verdict not in (b"true", b"false"):
        read_refusal(exchange)
    return verdict == b"true"
