"""What Alipay says of the payment in a notification or an answer, held against the facts."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from merchant_portal.alipay.errors import NotificationUnreadable
from merchant_portal.alipay.json_api import notifications as messages
from merchant_portal.alipay.json_api.amounts import MinorAmount
from merchant_portal.alipay.json_api.answers import Members, MembersUnreadable
from merchant_portal.alipay.json_api.payments import read_details
from merchant_portal.alipay.json_api.words import Call, PaymentStatus, ResultStatus
from merchant_portal.alipay.messages import TradeStatus, read_notice
from merchant_portal.alipay.times import parse_compact, parse_text
from merchant_portal.evidence.manifest import Facts
from merchant_portal.evidence.signatures import Signed
from merchant_portal.money import AmountUnusable, Money

QUERY = "alipay.acquire.overseas.query"
_TAKEN = frozenset(
    {TradeStatus.TRADE_SUCCESS.value, TradeStatus.TRADE_FINISHED.value, TradeStatus.TRADE_PENDING}
)


@dataclass(frozen=True, kw_only=True)
class Word:
    """One thing Alipay says; ``amount_text`` is empty where it says none of the payment itself.

    ``is_proven`` is whether its signature was verified, and so whether it is Alipay's.
    """

    source: str
    is_proven: bool
    alipay_trans_id: str
    partner_trans_id: str
    seller_id: str
    says_taken: bool
    amount_text: str
    currency: str
    paid_at: datetime | None

    def amount(self, facts: Facts) -> Money | None:
        """Where Alipay names no currency it is the shop's own, as the portal books it."""
        try:
            return Money.parse(self.amount_text, self.currency or facts.currency)
        except AmountUnusable:
            return None


def word_of_notice(source: str, posted: Signed, *, is_proven: bool) -> Word:
    if isinstance(posted, messages.Posted):
        return _word_of_message(source, posted, is_proven=is_proven)
    notice = read_notice(posted)
    says_taken = not notice.is_refund and notice.status_word in _TAKEN
    return Word(
        source=source,
        is_proven=is_proven,
        alipay_trans_id=notice.alipay_trans_id,
        partner_trans_id=notice.partner_trans_id,
        seller_id=notice.seller_id,
        says_taken=says_taken,
        amount_text=notice.total_fee if says_taken else "",
        currency=notice.trans_currency,
        paid_at=notice.paid_at,
    )


def _word_of_message(source: str, posted: messages.Posted, *, is_proven: bool) -> Word:
    """Of a message that cannot be read as a whole the numbers it names."""
    payment_id, payment_request_id = messages.ids_in(posted)
    taken = None
    try:
        notice = messages.read_notice(posted)
        taken = notice.details if notice.is_paid else None
    except NotificationUnreadable:
        pass
    amount = taken.amount if taken else None
    return Word(
        source=source,
        is_proven=is_proven,
        alipay_trans_id=payment_id,
        partner_trans_id=payment_request_id,
        seller_id="",
        says_taken=taken is not None,
        amount_text=_decimal(amount) if amount else "",
        currency=amount.currency if amount else "",
        paid_at=taken.paid_at if taken else None,
    )


def _decimal(amount: MinorAmount) -> str:
    """The amount as it is written at the gateway; in an unknown currency as it came."""
    try:
        return Money(amount.value, amount.currency).decimal_text
    except AmountUnusable:
        return str(amount.value)


def word_of_answer(source: str, service: str, fields: Mapping[str, str]) -> Word:
    """A signed answer; only a query's tells the amount and the time of the payment itself."""
    is_query = service == QUERY
    says_taken = is_query and fields.get("alipay_trans_status", "") in _TAKEN
    return Word(
        source=source,
        is_proven=True,
        alipay_trans_id=fields.get("alipay_trans_id", "") or fields.get("trade_no", ""),
        partner_trans_id=fields.get("partner_trans_id", "") or fields.get("out_trade_no", ""),
        seller_id="",
        says_taken=says_taken,
        amount_text=fields.get("trans_amount", "") if says_taken else "",
        currency=fields.get("currency", "") if says_taken else "",
        paid_at=_time(fields.get("alipay_pay_time", "")) if is_query else None,
    )


def word_of_json_answer(source: str, service: str, members: Members) -> Word:
    """A signed answer of the JSON API; one that cannot be read as a whole says nothing."""
    try:
        details, says_taken = read_details(members), _says_taken(service, members)
    except MembersUnreadable:
        details, says_taken = read_details(Members({})), False
    amount = details.amount if says_taken else None
    return Word(
        source=source,
        is_proven=True,
        alipay_trans_id=details.payment_id,
        partner_trans_id=details.payment_request_id,
        seller_id="",
        says_taken=says_taken,
        amount_text=_decimal(amount) if amount else "",
        currency=amount.currency if amount else "",
        paid_at=details.paid_at if says_taken else None,
    )


def _says_taken(service: str, members: Members) -> bool:
    """Whether an answer says that the payment was taken; a code that was issued is not paid."""
    if members.result().status is not ResultStatus.SUCCESS:
        return False
    if service == Call.INQUIRY_PAYMENT:
        return members.text("paymentStatus").upper() == PaymentStatus.SUCCESS
    return service == Call.PAY and not members.inner("orderCodeForm").raw


def _time(text: str) -> datetime | None:
    try:
        return parse_text(text) if "-" in text else parse_compact(text)
    except ValueError:
        return None


def contradictions(words: Sequence[Word], facts: Facts) -> Iterator[str]:
    """Where Alipay's words and the facts disagree, each as a sentence."""
    for word in words:
        yield from _other_payment(word, facts)
    yield from _other_amount(words, facts)
    yield from _other_time(words, facts)


def _other_payment(word: Word, facts: Facts) -> Iterator[str]:
    named = [
        ("Alipay's number", word.alipay_trans_id, facts.alipay_trans_id),
        ("the merchant order number", word.partner_trans_id, facts.partner_trans_id),
        ("the seller", word.seller_id, facts.partner_id),
    ]
    for what, said, fact in named:
        if said and said != fact:
            yield f"{word.source}: Alipay says {what} is {said}, the facts say {fact or 'none'}."


def _other_amount(words: Sequence[Word], facts: Facts) -> Iterator[str]:
    """One word must bear the amount out; that others name another is for `remarks_on`."""
    fact = Money(facts.amount_minor, facts.currency)
    if facts.amount != fact.decimal_text:
        yield f"manifest.json: the amount is written as {facts.amount} and as {fact}."
    telling = [word for word in words if word.amount_text]
    if telling and not any(word.amount(facts) == fact for word in telling):
        said = ", ".join(f"{word.source} says {word.amount_text}" for word in telling)
        yield f"No word of Alipay's bears out the amount of {fact}: {said}."


def _other_time(words: Sequence[Word], facts: Facts) -> Iterator[str]:
    told = [word.paid_at for word in words if word.paid_at is not None]
    if facts.paid_at and told and datetime.fromisoformat(facts.paid_at) not in told:
        yield f"No word of Alipay's bears out that it was paid at {facts.paid_at}."


def remarks_on(words: Sequence[Word], facts: Facts) -> Iterator[str]:
    """What is no contradiction, but whoever reads the evidence should know."""
    fact = Money(facts.amount_minor, facts.currency)
    for word in words:
        if word.amount_text and word.amount(facts) != fact:
            yield f"{word.source} says {word.amount_text}; another word bears out {fact}."


def bears_out(word: Word, facts: Facts) -> bool:
    """Whether a word proves the payment: its number, and where it was taken its amount."""
    is_named = word.alipay_trans_id == facts.alipay_trans_id != ""
    is_named = is_named or word.partner_trans_id == facts.partner_trans_id != ""
    if not facts.taken:
        return is_named
    return is_named and word.amount(facts) == Money(facts.amount_minor, facts.currency)
