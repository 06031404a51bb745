"""`inquiryPayment` and `cancel`: where a payment stands, and undoing it.

Pages: docs.antom.com/ac/ams/paymentri and /paymentc.
"""

from dataclasses import dataclass, field
from datetime import datetime

from merchant_portal.alipay.answers import no_answer
from merchant_portal.alipay.errors import NoAnswer, RequestInvalid
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.json_api.amounts import MinorAmount
from merchant_portal.alipay.json_api.answers import (
    Members,
    MembersUnreadable,
    read_answer,
    refuse_other,
    require_success,
)
from merchant_portal.alipay.json_api.contract import JSONContract
from merchant_portal.alipay.json_api.orders import fit_id, kept
from merchant_portal.alipay.json_api.payments import PaymentDetails, read_details
from merchant_portal.alipay.json_api.words import Call, PaymentStatus


@dataclass(frozen=True, kw_only=True)
class WhichPayment:
    """A payment by one of its two ids; of both Alipay goes by its own."""

    payment_request_id: str = ""
    payment_id: str = ""

    def as_members(self) -> dict[str, object]:
        """The JSON members; RequestInvalid if unfit."""
        asked = self.asked
        if not any(asked.values()):
            raise RequestInvalid("paymentRequestId", "one of the two ids is needed")
        return kept({name: fit_id(name, text) if text else "" for name, text in asked.items()})

    @property
    def asked(self) -> dict[str, str]:
        return {"paymentRequestId": self.payment_request_id, "paymentId": self.payment_id}

    def refuse_other(self, members: Members) -> None:
        """A yes names the payment it is about, as it was asked for."""
        refuse_other(members, self.asked, required=tuple(self.asked))


@dataclass(frozen=True)
class LaterEvent:
    """One of `transactions`: a refund, for instance, in Alipay's own words."""

    kind: str
    status: str
    transaction_id: str
    request_id: str
    amount: MinorAmount | None
    at: datetime | None


@dataclass(frozen=True)
class InquiryAnswer:
    """Where a payment stands; `code` says why. A refunded one stays SUCCESS: see `events`."""

    status: PaymentStatus
    code: str
    text: str
    details: PaymentDetails
    events: tuple[LaterEvent, ...]
    exchange: Exchange = field(repr=False)


def read_inquiry_answer(
    exchange: Exchange, which: WhichPayment, contract: JSONContract
) -> InquiryAnswer:
    """The answer about this payment.

    GatewayRefused means the question was refused, which says nothing final about the payment,
    ORDER_NOT_EXIST neither.
    """
    members = read_answer(exchange, contract, path=contract.path_of(Call.INQUIRY_PAYMENT))
    try:
        refuse_other(members, which.asked)
        require_success(members, exchange, contract)
        which.refuse_other(members)
        word = members.text("paymentStatus")
        if word.upper() not in PaymentStatus.__members__:
            no_answer(NoAnswer.UNKNOWN_RESULT, exchange, f"paymentStatus {word[:40]!r}")
        return InquiryAnswer(
            status=PaymentStatus(word.upper()),
            code=members.text("paymentResultCode"),
            text=members.text("paymentResultMessage"),
            details=read_details(members),
            events=tuple(_event(each) for each in members.each("transactions")),
            exchange=exchange,
        )
    except MembersUnreadable as error:
        no_answer(NoAnswer.UNREADABLE, exchange, str(error))


def _event(members: Members) -> LaterEvent:
    return LaterEvent(
        kind=members.text("transactionType"),
        status=members.text("transactionStatus"),
        transaction_id=members.text("transactionId"),
        request_id=members.text("transactionRequestId"),
        amount=members.amount("transactionAmount"),
        at=members.time("transactionTime"),
    )


@dataclass(frozen=True)
class CancelAnswer:
    """The payment is undone: closed if unpaid, given back in full if paid."""

    payment_request_id: str
    payment_id: str
    cancelled_at: datetime | None
    exchange: Exchange = field(repr=False)


def read_cancel_answer(
    exchange: Exchange, which: WhichPayment, contract: JSONContract
) -> CancelAnswer:
    """The answer to this cancel; after none, and after U, the same cancel may be sent again."""
    members = read_answer(exchange, contract, path=contract.path_of(Call.CANCEL))
    try:
        refuse_other(members, which.asked)
        require_success(members, exchange, contract)
        which.refuse_other(members)
        return CancelAnswer(
            payment_request_id=members.text("paymentRequestId"),
            payment_id=members.text("paymentId"),
            cancelled_at=members.time("cancelTime"),
            exchange=exchange,
        )
    except MembersUnreadable as error:
        no_answer(NoAnswer.UNREADABLE, exchange, str(error))
