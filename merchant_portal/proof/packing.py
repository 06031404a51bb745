"""One payment's evidence as a file: its members from the rows, and the manifest over them."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

from merchant_portal.alipay.signing import RSAPublicKey
from merchant_portal.evidence.archive import MANIFEST, pack
from merchant_portal.evidence.checking import README
from merchant_portal.evidence.manifest import (
    CallRecord,
    Facts,
    KeyRecord,
    LineRecord,
    Manifest,
    NoticeRecord,
    as_json,
    digests_of,
    write_manifest,
)
from merchant_portal.evidence.readme import readme
from merchant_portal.evidence.signatures import signature_of, signed_string
from merchant_portal.proof.gathering import CallProof, LineProof, OpenKey, Proof
from payments.models import CancelMove, LedgerEntry, Payment, PaymentMove
from payments.states import PAYMENT_TAKEN
from payments.timeline import NoticeEvidence
from refunds.models import RefundMove

_LEDGER, _MOVES = "ledger.json", "moves.json"


def pack_evidence(payment: Payment) -> bytes:
    """The evidence of a payment; the same bytes as long as nothing new is known of it."""
    return _Packer(Proof(payment)).pack()


class _Packer:
    """Puts members in as it writes the manifest's records of them."""

    def __init__(self, proof: Proof) -> None:
        self._proof = proof
        self._members: dict[str, bytes] = {}
        self._key_ids = {each.row.pk: f"K{at}" for at, each in enumerate(proof.keys, start=1)}

    def pack(self) -> bytes:
        proof = self._proof
        records = {
            "keys": tuple(self._key(each) for each in proof.keys),
            "notifications": tuple(self._notice(*each) for each in _numbered("N", proof.notices)),
            "calls": tuple(self._call(*each) for each in _numbered("C", proof.calls)),
            "lines": tuple(self._line(*each) for each in _numbered("L", proof.lines)),
        }
        self._members[_LEDGER] = as_json([_entry(each) for each in proof.entries])
        self._members[_MOVES] = as_json(list(_moves(proof.payment)))
        common: dict[str, Any] = {
            **records, "payment": facts_of(proof.payment), "ledger": _LEDGER, "moves": _MOVES
        }  # fmt: skip
        self._members[README] = readme(Manifest(**common, members={}))
        manifest = Manifest(**common, members=digests_of(self._members))
        return pack({**self._members, MANIFEST: write_manifest(manifest)})

    def _put(self, name: str, content: bytes) -> str:
        self._members[name] = content
        return name

    def _key(self, each: OpenKey) -> KeyRecord:
        name, member = self._key_ids[each.row.pk], ""
        if isinstance(each.key, RSAPublicKey):
            member = self._put(f"keys/{name}.pem", each.key.pem.encode())
        return KeyRecord(
            id=name,
            purpose=each.row.purpose,
            sign_type=each.row.algorithm,
            fingerprint=each.row.fingerprint,
            sha256=each.sha256,
            member=member,
        )

    def _notice(self, name: str, evidence: NoticeEvidence) -> NoticeRecord:
        row, posted = evidence.notification, evidence.posted
        key = next((k.key for k in self._proof.keys if k.row.pk == row.verified_with_id), None)
        string = signed_string(posted, key) if posted else b""
        signature = signature_of(posted).encode() if posted else b""
        headers = row.headers.encode()
        return NoticeRecord(
            id=name,
            notify_id=row.notify_id,
            received_at=_written(row.received_at),
            content_type=row.content_type,
            body=self._put(f"notifications/{name}/body.bin", bytes(row.body)),
            signed_string=self._put(f"notifications/{name}/signed-string.txt", string),
            signature=self._put(f"notifications/{name}/signature.txt", signature),
            sign_type=row.verified_with.algorithm,
            key=self._key_ids.get(row.verified_with_id, ""),
            held_when_packed=evidence.holds,
            headers=self._put(f"notifications/{name}/headers.json", headers) if headers else "",
        )

    def _call(self, name: str, call: CallProof) -> CallRecord:
        row, key = call.row, call.held_by
        answer, headers = bytes(row.body), row.headers.encode()
        return CallRecord(
            id=name,
            service=row.service,
            started_at=_written(row.started_at),
            url=row.url,
            http_status=row.http_status,
            content_type=row.content_type,
            outcome=row.outcome,
            code=row.code,
            request=self._put(f"calls/{name}/request.txt", row.presign.encode()),
            answer=self._put(f"calls/{name}/answer.bin", answer) if answer else "",
            sign_type=key.row.algorithm if key else "",
            key=self._key_ids[key.row.pk] if key else "",
            headers=self._put(f"calls/{name}/headers.json", headers) if headers else "",
        )

    def _line(self, name: str, line: LineProof) -> LineRecord:
        row, found = line.row, line.from_file
        heading, content = found or (0, row.text.encode())
        return LineRecord(
            id=name,
            file=row.file.name,
            file_sha256=row.file.sha256,
            line_number=row.line_number,
            heading_lines=heading,
            charset=row.file.charset if found else "utf-8",
            member=self._put(f"lines/{name}.txt", content),
            from_file=found is not None,
            found=line.found,
        )


def _numbered(letter: str, things: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    return ((f"{letter}{number}", thing) for number, thing in enumerate(things, start=1))


def facts_of(payment: Payment) -> Facts:
    """The payment as the portal holds it now."""
    return Facts(
        alipay_trans_id=payment.alipay_trans_id,
        partner_trans_id=payment.partner_trans_id,
        amount=payment.amount.decimal_text,
        amount_minor=payment.amount_minor,
        currency=payment.currency,
        refunded_minor=payment.refunded_minor,
        cancelled_minor=payment.cancelled_minor,
        state=payment.state,
        taken=payment.state in PAYMENT_TAKEN,
        paid_at=_written(payment.paid_at) if payment.paid_at else None,
        product=payment.product,
        store=payment.store.name if payment.store else "",
        counter=payment.counter.name if payment.counter else "",
        account=payment.account.name,
        partner_id=payment.account.partner_id,
        region=payment.account.region,
    )


def _written(instant: datetime) -> str:
    """In UTC whatever database it comes from."""
    return instant.astimezone(UTC).isoformat()


def _entry(entry: LedgerEntry) -> dict[str, Any]:
    return {
        "kind": entry.kind,
        "reference": entry.reference,
        "debit": entry.debit,
        "credit": entry.credit,
        "amount": entry.amount.decimal_text,
        "amount_minor": entry.amount_minor,
        "currency": entry.currency,
        "occurred_at": _written(entry.occurred_at),
        "posted_at": _written(entry.posted_at),
    }


def _moves(payment: Payment) -> Iterator[dict[str, Any]]:
    """Every move of the payment, its cancels and its refunds, each noun's in order."""
    for move in payment.moves.order_by("pk"):
        yield {"of": "payment", "number": payment.alipay_trans_id, **_move(move)}
    for cancel in payment.cancels.order_by("pk"):
        for step in cancel.moves.order_by("pk"):
            yield {"of": "cancel", "number": payment.alipay_trans_id, **_move(step)}
    for refund in payment.refunds.order_by("pk"):
        for each in refund.moves.order_by("pk"):
            yield {"of": "refund", "number": refund.partner_refund_id, **_move(each)}


def _move(move: PaymentMove | CancelMove | RefundMove) -> dict[str, Any]:
    return {
        "from_state": move.from_state,
        "to_state": move.to_state,
        "actor_name": move.actor_name,
        "at": _written(move.at),
    }
