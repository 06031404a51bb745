"""What proves a payment, gathered from every app: Alipay's words as they came, checked again now,
the lines of its nightly files, and our books. Packed into one file that anybody can check."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from operator import attrgetter

from django.db.models import Min, Q, QuerySet

from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import (
    Account,
    AccountKey,
    CallOutcome,
    GatewayCall,
    KeyPurpose,
    SignType,
)
from merchant_portal.alipay.errors import KeyUnusable
from merchant_portal.alipay.json_api.answers import Members
from merchant_portal.alipay.json_api.words import Call
from merchant_portal.alipay.signing import RSAPublicKey, VerifyingKey
from merchant_portal.evidence.signatures import answer_fields, answer_members, key_digest
from merchant_portal.vault import SealBroken
from payments.models import LedgerEntry, Notification, Payment
from payments.timeline import Event, NoticeEvidence, answer_text, calls_about
from reconciliation.models import StatementLine, Verdict
from reconciliation.services import open_bytes
from reconciliation.states import FILE_USABLE
from refunds.models import RefundMove

#: A heading has two lines at most; more before the first row are lines set aside.
_MOST_HEADING_LINES = 10


@dataclass(frozen=True, slots=True)
class OpenKey:
    """A key of the account that verifies what Alipay signs, opened."""

    row: AccountKey
    key: VerifyingKey

    @property
    def sha256(self) -> str:
        """Of a public key; a secret is not told by its digest either."""
        return key_digest(self.key) if isinstance(self.key, RSAPublicKey) else ""


class CallProof:
    """A call about the payment, and which of Alipay's keys its answer holds under."""

    def __init__(self, row: GatewayCall, keys: Sequence[OpenKey]) -> None:
        self.row = row
        self._keys = keys

    @property
    def answer(self) -> str:
        return answer_text(self.row)

    @cached_property
    def held_by(self) -> OpenKey | None:
        """None where the answer carries no signature that holds."""
        holds = self._members if self.row.headers else self._fields
        return next((each for each in self._keys if holds(each)), None)

    @property
    def lacks_headers(self) -> bool:
        """Whether the JSON API answered and what its signature covers was not kept."""
        return self.row.service in set(Call) and bool(self.row.body) and not self.row.headers

    def _members(self, key: OpenKey) -> Members | None:
        return answer_members(bytes(self.row.body), self.row.headers, key.key)

    def _fields(self, key: OpenKey) -> Mapping[str, str] | None:
        return answer_fields(
            bytes(self.row.body),
            service=self.row.service,
            http_status=self.row.http_status,
            content_type=self.row.content_type,
            key=key.key,
        )


class LineProof:
    """A line of a nightly file that names the payment or what went back of it."""

    def __init__(self, row: StatementLine) -> None:
        self.row = row

    @cached_property
    def from_file(self) -> tuple[int, bytes] | None:
        """How many lines the heading has, and the bytes of heading and line; None if gone."""
        first = self.row.file.lines.aggregate(first=Min("line_number"))["first"] or 1
        heading = min(first - 1, _MOST_HEADING_LINES)
        try:
            with open_bytes(self.row.file) as stream:
                return heading, b"".join(_numbered(stream, heading, self.row.line_number))
        except FileNotFoundError:
            return None

    @property
    def found(self) -> str:
        """What comparing its day said of it; empty where it was not compared."""
        return self._verdict.word if self._verdict else ""

    @property
    def found_text(self) -> str:
        return str(self._verdict.get_word_display()) if self._verdict else ""

    @cached_property
    def _verdict(self) -> Verdict | None:
        return next(iter(sorted(self.row.verdicts.all(), key=attrgetter("pk"))), None)


def _numbered(lines: Iterator[bytes], heading: int, wanted: int) -> Iterator[bytes]:
    for number, line in enumerate(lines, start=1):
        if number <= heading or number == wanted:
            yield line
        if number >= wanted:
            return


class Proof:
    """Everything that is known of a payment, with what bears it out; each part read when asked."""

    def __init__(self, payment: Payment) -> None:
        self.payment = payment

    @cached_property
    def keys(self) -> list[OpenKey]:
        """Every key of the account that verified, or may, retired ones too, oldest first."""
        return list(_open_keys(self.payment.account))

    @cached_property
    def notices(self) -> list[NoticeEvidence]:
        rows = self.payment.notifications.select_related("verified_with", "account")
        return [NoticeEvidence(row) for row in rows.order_by("pk")]

    @cached_property
    def calls(self) -> list[CallProof]:
        rows = GatewayCall.objects.filter(calls_about(self.payment)).order_by("pk")
        return [CallProof(row, self.keys) for row in rows]

    @cached_property
    def lines(self) -> list[LineProof]:
        refunds = {refund.partner_refund_id for refund in self.payment.refunds.all()}
        found = _lines_of(self.payment, refunds)
        rows = found.select_related("file").prefetch_related("verdicts")
        return [LineProof(row) for row in rows.order_by("pk")]

    @cached_property
    def entries(self) -> list[LedgerEntry]:
        return list(self.payment.ledger_entries.order_by("pk"))

    @property
    def by_secret(self) -> bool:
        """Whether something was signed with the secret that Alipay and the shop share."""
        return any(
            each.notification.verified_with.algorithm == SignType.MD5 for each in self.notices
        )


@dataclass(frozen=True, slots=True)
class ShortProof:
    """How much bears a payment out, told from the events that its page has read already."""

    notices: Sequence[NoticeEvidence]
    #: Alipay answered, signed: each was verified when it came.
    answers: int
    lines: Sequence[LineProof]

    @property
    def holding(self) -> int:
        """How many notifications hold when they are checked just now."""
        return sum(bool(notice.holds) for notice in self.notices)

    @property
    def all_hold(self) -> bool:
        return self.holding == len(self.notices)


def short_proof(payment: Payment, events: Sequence[Event]) -> ShortProof:
    """What a payment's own page says of its proof; ``events`` are all of the payment."""
    rows = [event.row for event in events]
    refunds = {row.refund.partner_refund_id for row in rows if isinstance(row, RefundMove)}
    calls = [row for row in rows if isinstance(row, GatewayCall)]
    return ShortProof(
        notices=[NoticeEvidence(row) for row in rows if isinstance(row, Notification)],
        answers=sum(call.outcome == CallOutcome.ANSWERED for call in calls),
        lines=[
            LineProof(row)
            for row in _lines_of(payment, refunds).select_related("file").order_by("pk")
        ],
    )


def _open_keys(account: Account) -> Iterator[OpenKey]:
    for row in account.keys.exclude(purpose=KeyPurpose.OURS).order_by("pk"):
        try:
            yield OpenKey(row, accounts.open_verifying_key(row))
        except (SealBroken, KeyUnusable):
            continue  # a master key of before: what it sealed verifies nothing now


def _lines_of(payment: Payment, refunds: set[str]) -> QuerySet[StatementLine]:
    """The lines of files in force that carry a number of the payment or of its ``refunds``."""
    numbers = {payment.alipay_trans_id, payment.partner_trans_id, *refunds} - {""}
    named = Q(alipay_trans_id__in=numbers) | Q(partner_trans_id__in=numbers)
    return StatementLine.objects.filter(
        named, file__account=payment.account, file__state__in=FILE_USABLE
    )
