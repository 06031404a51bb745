"""`refund` and `inquiryRefund`. No notification ever tells of a refund at the counter.

Pages: docs.antom.com/ac/ams/refund and /ir.
"""

from dataclasses import dataclass, field
from datetime import datetime

from merchant_portal.alipay.answers import no_answer
from merchant_portal.alipay.errors import NoAnswer, RequestInvalid
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.fitting import fit_words
from merchant_portal.alipay.json_api.amounts import MinorAmount, fit_amount
from merchant_portal.alipay.json_api.answers import (
    MembersUnreadable,
    Result,
    read_answer,
    refuse_failed,
    refuse_other,
    refuse_other_amount,
    require_success,
)
from merchant_portal.alipay.json_api.contract import JSONContract
from merchant_portal.alipay.json_api.orders import fit_id, kept
from merchant_portal.alipay.json_api.words import Call, ResultStatus
from merchant_portal.alipay.words import RefundResult

REASON_LENGTH = 256


@dataclass(frozen=True, kw_only=True)
class RefundRequest:
    """One refund of a payment, in the payment's currency; `refund_request_id` names it for ever."""

    refund_request_id: str
    payment_id: str
    amount: MinorAmount
    reference_refund_id: str = ""
    reason: str = ""

    def as_members(self) -> dict[str, object]:
        """The JSON members; RequestInvalid if unfit."""
        reference = self.reference_refund_id
        return kept(
            {
                "refundRequestId": fit_id("refundRequestId", self.refund_request_id),
                "paymentId": fit_id("paymentId", self.payment_id),
                "referenceRefundId": fit_id("referenceRefundId", reference) if reference else "",
                "refundAmount": fit_amount("refundAmount", self.amount).as_members(),
                "refundReason": fit_words("refundReason", self.reason, longest=REASON_LENGTH),
            }
        )


@dataclass(frozen=True)
class RefundAnswer:
    """SUCCESS: the buyer has the money. PROCESSING: recorded, ask by inquiryRefund."""

    state: RefundResult
    refund_request_id: str
    refund_id: str
    payment_id: str
    amount: MinorAmount | None
    settlement_amount: MinorAmount | None
    refunded_at: datetime | None
    exchange: Exchange = field(repr=False)


def read_refund_answer(
    exchange: Exchange, request: RefundRequest, contract: JSONContract
) -> RefundAnswer:
    """The answer to this refund; one about another id or amount is not ours.

    After no answer, and after U, the same id may be sent again; after a refusal never.
    """
    members = read_answer(exchange, contract, path=contract.path_of(Call.REFUND))
    asked = {"refundRequestId": request.refund_request_id, "paymentId": request.payment_id}
    try:
        refuse_other(members, asked)
        state = _state(refuse_failed(members, exchange, contract), exchange, contract)
        if state is RefundResult.SUCCESS:
            refuse_other(members, asked, required=("refundRequestId",))
            refuse_other_amount(members, "refundAmount", request.amount)
        return RefundAnswer(
            state=state,
            refund_request_id=request.refund_request_id,
            refund_id=members.text("refundId"),
            payment_id=request.payment_id,
            amount=members.amount("refundAmount"),
            settlement_amount=members.amount("grossSettlementAmount"),
            refunded_at=members.time("refundTime"),
            exchange=exchange,
        )
    except MembersUnreadable as error:
        no_answer(NoAnswer.UNREADABLE, exchange, str(error))


def _state(result: Result, exchange: Exchange, contract: JSONContract) -> RefundResult:
    if result.status is ResultStatus.SUCCESS:
        return RefundResult.SUCCESS
    if result.code not in contract.choices.refund_under_way:
        no_answer(NoAnswer.UNKNOWN_RESULT, exchange, f"U with {result.code[:48]}")
    return RefundResult.PROCESSING


@dataclass(frozen=True, kw_only=True)
class WhichRefund:
    """A refund by one of its two ids; of both Alipay goes by its own."""

    refund_request_id: str = ""
    refund_id: str = ""

    def as_members(self) -> dict[str, object]:
        """The JSON members; RequestInvalid if unfit."""
        asked = self.asked
        if not any(asked.values()):
            raise RequestInvalid("refundRequestId", "one of the two ids is needed")
        return kept({name: fit_id(name, text) if text else "" for name, text in asked.items()})

    @property
    def asked(self) -> dict[str, str]:
        return {"refundRequestId": self.refund_request_id, "refundId": self.refund_id}


@dataclass(frozen=True)
class RefundInquiryAnswer:
    """Where a refund stands."""

    state: RefundResult
    refund_request_id: str
    refund_id: str
    amount: MinorAmount | None
    reason: str
    refunded_at: datetime | None
    exchange: Exchange = field(repr=False)


def read_refund_inquiry_answer(
    exchange: Exchange, which: WhichRefund, contract: JSONContract
) -> RefundInquiryAnswer:
    """The answer about this refund; GatewayRefused says nothing final about it."""
    members = read_answer(exchange, contract, path=contract.path_of(Call.INQUIRY_REFUND))
    try:
        refuse_other(members, which.asked)
        require_success(members, exchange, contract)
        refuse_other(members, which.asked, required=tuple(which.asked))
        word = members.text("refundStatus")
        if word.upper() not in RefundResult.__members__:
            no_answer(NoAnswer.UNKNOWN_RESULT, exchange, f"refundStatus {word[:40]!r}")
        return RefundInquiryAnswer(
            state=RefundResult(word.upper()),
            refund_request_id=members.text("refundRequestId"),
            refund_id=members.text("refundId"),
            amount=members.amount("refundAmount"),
            reason=members.text("refundReason"),
            refunded_at=members.time("refundTime"),
            exchange=exchange,
        )
    except MembersUnreadable as error:
        no_answer(NoAnswer.UNREADABLE, exchange, str(error))
