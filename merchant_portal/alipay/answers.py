"""The gateway's answers: told apart into an answer, a refusal, and no answer at all.

Shape: docs.antom.com/ac/gr/apispec; fields: global.alipay.com/docs/ac/global/qrcode_create,
/overseas_query and their Hong Kong editions. The echo of the request inside an answer is not
signed and never read.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NoReturn

from merchant_portal.alipay.charsets import media_type
from merchant_portal.alipay.errors import GatewayRefused, GatewayUnreachable, NoAnswer
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.signing import SignType, VerifyingKey, presign, verifies
from merchant_portal.alipay.times import parse_compact, parse_text
from merchant_portal.alipay.words import TradeStatus
from merchant_portal.alipay.xml_documents import (
    Document,
    DocumentUnreadable,
    Element,
    read_document,
)

SYSTEM_ERROR = "SYSTEM_ERROR"


@dataclass(frozen=True)
class CodeAnswer:
    """What create, modify and modifyStatus answer. The picture's address comes with create only."""

    qrcode: str
    qrcode_img_url: str
    exchange: Exchange


@dataclass(frozen=True)
class TradeAnswer:
    """What a query says about a payment; `amount` is the text as sent, in `currency`.

    `paid_at` is None while the payment has no pay time; `fields` are all the signed ones.
    """

    status: TradeStatus
    alipay_trans_id: str
    partner_trans_id: str
    amount: str
    currency: str
    paid_at: datetime | None
    buyer_login: str
    buyer_user_id: str
    payment_inst: str
    fields: Mapping[str, str]
    exchange: Exchange


def _no_answer(reason: NoAnswer, exchange: Exchange, detail: str) -> NoReturn:
    raise GatewayUnreachable(reason, exchange=exchange, detail=detail)


def read_fields(
    exchange: Exchange, *, sign_type: SignType, keys: Sequence[VerifyingKey]
) -> Mapping[str, str]:
    """The signed fields of an answer that says yes.

    Raises GatewayRefused for a no, and GatewayUnreachable for everything that is neither.
    """
    refuse_http(exchange)
    try:
        document = _document(exchange)
        _refuse_unsuccessful(document.root, exchange)
        fields = _signed_fields(document, exchange, sign_type=sign_type, keys=keys)
        _refuse_result(document.root, fields, exchange)
    except DocumentUnreadable as error:
        _no_answer(NoAnswer.UNREADABLE, exchange, str(error))
    return fields


def read_refusal(exchange: Exchange) -> NoReturn:
    """An answer that can only be the gateway's refusal; raises it, or says it is unreadable."""
    try:
        _refuse_unsuccessful(_document(exchange).root, exchange)
    except DocumentUnreadable as error:
        _no_answer(NoAnswer.UNREADABLE, exchange, str(error))
    _no_answer(NoAnswer.UNREADABLE, exchange, "a success where none can be")


def refuse_http(exchange: Exchange) -> None:
    """Anything but 200 is no answer: the gateway answers failures of business with 200 too."""
    if exchange.http_status != 200:
        _no_answer(NoAnswer.HTTP_STATUS, exchange, f"status {exchange.http_status}")


def _document(exchange: Exchange) -> Document:
    if media_type(exchange.content_type)[0] == "text/html":
        raise DocumentUnreadable("a page instead of an answer")
    document = read_document(exchange.body, content_type=exchange.content_type)
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
        _no_answer(NoAnswer.SYSTEM_ERROR, exchange, "root error")
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
        _no_answer(NoAnswer.BAD_SIGNATURE, exchange, f"signed as {named[:40]}, not {sign_type}")
    text, signature = presign(fields), root.child_text("sign")
    for charset in dict.fromkeys((document.encoding, "utf-8")):
        for key in keys:
            if key.sign_type is sign_type and verifies(text, signature, key, charset=charset):
                return fields
    _no_answer(
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


def _refuse_result(root: Element, fields: Mapping[str, str], exchange: Exchange) -> None:
    """Look for the reason in all three places; the signed ones count first."""
    result = fields.get("result_code", "")
    if result not in ("", "SUCCESS", "FAIL"):
        _no_answer(NoAnswer.UNKNOWN_RESULT, exchange, f"result_code {result[:40]}")
    signed_reasons = (fields.get("detail_error_code", ""), fields.get("error", ""))
    reasons = [reason for reason in (*signed_reasons, root.child_text("error")) if reason]
    if SYSTEM_ERROR in reasons:
        _no_answer(NoAnswer.SYSTEM_ERROR, exchange, "the reason given")
    if result == "FAIL" or (reasons and not result):
        code = reasons[0] if reasons else result
        raise GatewayRefused(code, signed=True, exchange=exchange, text=_description(fields))


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
        _no_answer(NoAnswer.UNREADABLE, exchange, "no qrcode")
    if asked_qrcode and qrcode != asked_qrcode:
        _no_answer(NoAnswer.UNREADABLE, exchange, "the answer is about another code")
    return CodeAnswer(qrcode, fields.get("qrcode_img_url", ""), exchange)


def read_trade_answer(
    exchange: Exchange,
    *,
    sign_type: SignType,
    keys: Sequence[VerifyingKey],
    partner_trans_id: str,
    alipay_trans_id: str,
) -> TradeAnswer:
    """The answer about a payment, which must be the one asked for."""
    fields = read_fields(exchange, sign_type=sign_type, keys=keys)
    if fields.get("result_code") != "SUCCESS":
        _no_answer(NoAnswer.UNREADABLE, exchange, "no result_code")
    answer_partner_id = _one_of(fields, ("partner_trans_id", "out_trade_no"), exchange)
    answer_alipay_id = _one_of(fields, ("alipay_trans_id", "trade_no"), exchange)
    asked_and_answered = (
        (partner_trans_id, answer_partner_id),
        (alipay_trans_id, answer_alipay_id),
    )
    if any(asked and asked != answered for asked, answered in asked_and_answered):
        _no_answer(NoAnswer.UNREADABLE, exchange, "the answer is about another payment")
    return TradeAnswer(
        status=_status(fields, exchange),
        alipay_trans_id=answer_alipay_id,
        partner_trans_id=answer_partner_id,
        amount=fields.get("trans_amount", ""),
        currency=fields.get("currency", ""),
        paid_at=_paid_at(fields, exchange),
        buyer_login=fields.get("alipay_buyer_login_id", ""),
        buyer_user_id=fields.get("alipay_buyer_user_id", ""),
        payment_inst=fields.get("payment_inst", ""),
        fields=fields,
        exchange=exchange,
    )


def _one_of(fields: Mapping[str, str], names: tuple[str, str], exchange: Exchange) -> str:
    """An id the wire sends under two names; they must agree."""
    found = {fields[name] for name in names if fields.get(name)}
    if len(found) > 1:
        _no_answer(NoAnswer.UNREADABLE, exchange, f"{' and '.join(names)} differ")
    return found.pop() if found else ""


def _status(fields: Mapping[str, str], exchange: Exchange) -> TradeStatus:
    word = fields.get("alipay_trans_status", "")
    if word not in TradeStatus.__members__:
        _no_answer(NoAnswer.UNKNOWN_RESULT, exchange, f"alipay_trans_status {word[:40]!r}")
    return TradeStatus(word)


def _paid_at(fields: Mapping[str, str], exchange: Exchange) -> datetime | None:
    """A pay time that cannot be read is not "never paid"."""
    text = fields.get("alipay_pay_time", "")
    if not text:
        return None
    try:
        return parse_text(text) if "-" in text else parse_compact(text)
    except ValueError as error:
        _no_answer(NoAnswer.UNREADABLE, exchange, f"alipay_pay_time: {error}")
