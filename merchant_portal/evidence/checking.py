"""Checking an evidence file: whole, unchanged, signed by Alipay, and saying what its facts say."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from merchant_portal.alipay.errors import KeyUnusable, NotificationUnreadable
from merchant_portal.alipay.signing import MD5Key, RSAPublicKey, SignType, VerifyingKey
from merchant_portal.evidence import books, words
from merchant_portal.evidence.archive import MANIFEST, EvidenceUnreadable, unpack
from merchant_portal.evidence.manifest import (
    CallRecord,
    Facts,
    KeyRecord,
    Manifest,
    NoticeRecord,
    digest,
    digests_of,
    read_manifest,
)
from merchant_portal.evidence.readme import readme
from merchant_portal.evidence.signatures import (
    Signed,
    answer_fields,
    answer_members,
    key_digest,
    notice_holds,
    read_signed,
    signature_of,
    signed_string,
)
from merchant_portal.evidence.words import Word

README = "README.txt"


class Outcome(StrEnum):
    """UNPROVEN: whole and without contradiction, but nothing shows that it comes from Alipay."""

    VERIFIED = "verified"
    UNPROVEN = "unproven"
    REFUSED = "refused"


@dataclass(frozen=True, kw_only=True)
class Keys:
    """What whoever checks brings along: the MD5 secrets, and Alipay's keys from another source."""

    md5: Sequence[MD5Key] = ()
    pinned: Sequence[RSAPublicKey] = ()


@dataclass(frozen=True, kw_only=True)
class Judgement:
    """What checking found; each refusal and each remark is a sentence."""

    outcome: Outcome
    sha256: str
    facts: Facts | None
    refusals: tuple[str, ...]
    remarks: tuple[str, ...]
    proven: tuple[str, ...]


def check_evidence(raw: bytes, *, keys: Keys) -> Judgement:
    """Everything that can be said of an evidence file; whatever its bytes are, it only answers."""
    try:
        members = unpack(raw)
        manifest = _read_manifest(members)
    except EvidenceUnreadable as error:
        return _judgement(raw, None, refusals=[str(error)])
    refusals = list(_other_members(manifest, members))
    if refusals:
        return _judgement(raw, manifest.payment, refusals=refusals)
    return _judge(raw, manifest, members, keys)


def _read_manifest(members: Mapping[str, bytes]) -> Manifest:
    if MANIFEST not in members:
        raise EvidenceUnreadable("The ZIP has no manifest.json: it is no evidence file.")
    manifest = read_manifest(members[MANIFEST])
    _refuse_odd_facts(manifest)
    return manifest


def _refuse_odd_facts(manifest: Manifest) -> None:
    """What later lines count on: an amount, a time with its zone, ids that name one thing each."""
    facts = manifest.payment
    try:
        books.amount_of(facts)
        if facts.paid_at and datetime.fromisoformat(facts.paid_at).tzinfo is None:
            raise EvidenceUnreadable("The manifest's time of payment has no zone.")
    except ValueError as error:
        raise EvidenceUnreadable(f"The manifest's payment is not readable: {error}") from error
    ids = [key.id for key in manifest.keys]
    ids += [notice.id for notice in manifest.notifications]
    ids += [call.id for call in manifest.calls]
    if len(set(ids)) != len(ids):
        raise EvidenceUnreadable("The manifest names two things alike.")


def _other_members(manifest: Manifest, members: Mapping[str, bytes]) -> Iterator[str]:
    """Members that are missing, too many, or not the ones that were packed."""
    found = digests_of(members)
    for name in sorted(manifest.members.keys() - found.keys()):
        yield f"{name} is missing."
    for name in sorted(found.keys() - manifest.members.keys()):
        yield f"{name} is not in the manifest: somebody added it."
    for name in sorted(manifest.members.keys() & found.keys()):
        if manifest.members[name] != found[name]:
            yield f"{name} was changed: its SHA-256 is not the manifest's."
    for name in sorted(_named_members(manifest) - manifest.members.keys()):
        yield f"{name} is spoken of in the manifest and not among its members."


def _named_members(manifest: Manifest) -> set[str]:
    named = {README, manifest.ledger, manifest.moves}
    named |= {key.member for key in manifest.keys if key.member}
    for notice in manifest.notifications:
        named |= {notice.body, notice.signed_string, notice.signature}
        named |= {notice.headers} - {""}
    for call in manifest.calls:
        named |= {name for name in (call.request, call.answer, call.headers) if name}
    return named | {line.member for line in manifest.lines}


def _judge(raw: bytes, manifest: Manifest, members: Mapping[str, bytes], keys: Keys) -> Judgement:
    court = _Court(manifest, members, keys)
    heard = [*court.hear_notices(), *court.hear_calls()]
    facts = manifest.payment
    refusals = [*court.refusals, *words.contradictions(heard, facts)]
    refusals += books.contradictions(manifest, members)
    if members[README] != readme(manifest):
        refusals.append(f"{README} is not the page that belongs to this manifest.")
    if not refusals and not any(word.is_proven and words.bears_out(word, facts) for word in heard):
        court.remarks.append(_UNPROVEN)
        outcome = Outcome.UNPROVEN
    else:
        outcome = Outcome.REFUSED if refusals else Outcome.VERIFIED
    return Judgement(
        outcome=outcome,
        sha256=digest(raw),
        facts=facts,
        refusals=tuple(refusals),
        remarks=(
            *court.remarks,
            *words.remarks_on(heard, facts),
            *books.remarks(manifest, members),
        ),
        proven=tuple(court.proven),
    )


_UNPROVEN = "No verified word of Alipay's bears out the payment's number and amount."


def _judgement(raw: bytes, facts: Facts | None, *, refusals: Sequence[str]) -> Judgement:
    return Judgement(
        outcome=Outcome.REFUSED,
        sha256=digest(raw),
        facts=facts,
        refusals=tuple(refusals),
        remarks=(),
        proven=(),
    )


class _Court:
    """Hears each thing Alipay signed, and notes what was proven and what does not hold."""

    def __init__(self, manifest: Manifest, members: Mapping[str, bytes], keys: Keys) -> None:
        self._manifest, self._members, self._brought = manifest, members, keys
        self.refusals: list[str] = []
        self.remarks: list[str] = []
        self.proven: list[str] = []
        self._keys = {key.id: self._open(key) for key in manifest.keys}

    def _open(self, record: KeyRecord) -> Sequence[VerifyingKey] | None:
        """The keys a record stands for: one public key, or the secrets brought along.

        None where there is none that may be used; why is noted.
        """
        if record.sign_type == SignType.MD5:
            return self._brought.md5
        try:
            pem = self._members[record.member].decode("ascii")
            key = RSAPublicKey(pem, SignType(record.sign_type))
        except (KeyError, ValueError, KeyUnusable):
            self.refusals.append(f"{record.id} is not a public key of a kind that is used.")
            return None
        if key_digest(key) != record.sha256:
            self.refusals.append(f"{record.id} is not the key whose SHA-256 the manifest names.")
            return None
        pinned = {key_digest(each) for each in self._brought.pinned}
        if pinned and record.sha256 not in pinned:
            self.refusals.append(f"{record.id} is not the key of Alipay's that you gave.")
            return None
        return [key]

    def hear_notices(self) -> Iterator[Word]:
        for record in self._manifest.notifications:
            try:
                posted = self._posted(record)
            except NotificationUnreadable as error:
                self.refusals.append(f"{record.id}: the body cannot be read: {error}.")
                continue
            yield words.word_of_notice(
                record.id, posted, is_proven=self._notice_is_proven(record, posted)
            )

    def _posted(self, record: NoticeRecord) -> Signed:
        headers = self._members[record.headers] if record.headers else b""
        return read_signed(
            self._members[record.body],
            content_type=record.content_type,
            headers=headers.decode("ascii", "replace"),
        )

    def _notice_is_proven(self, record: NoticeRecord, posted: Signed) -> bool:
        keys = self._usable(record)
        held = next((key for key in keys or () if notice_holds(posted, key)), None)
        if self._members[record.signed_string] != signed_string(posted, held):
            self.refusals.append(f"{record.id}: the signed string is not the one of the body.")
        if self._members[record.signature] != signature_of(posted).encode():
            self.refusals.append(f"{record.id}: the signature is not the one in the body.")
        if keys and held is None:
            self.refusals.append(f"{record.id}: the signature does not hold.")
        if held is not None:
            self._note_proven(record)
        return held is not None

    def hear_calls(self) -> Iterator[Word]:
        """The answers that are signed; what carries no signature proves nothing."""
        for record in self._manifest.calls:
            if not record.key:
                self.remarks += _unproven_answer(record)
                continue
            keys = self._usable(record)
            word = next(filter(None, (self._word(record, key) for key in keys or ())), None)
            if word is not None:
                self._note_proven(record)
                yield word
            elif keys:
                self.refusals.append(f"{record.id}: the answer's signature does not hold.")

    def _word(self, record: CallRecord, key: VerifyingKey) -> Word | None:
        """What an answer says that a key verifies; None where it verifies nothing."""
        if record.headers:
            headers = self._members[record.headers].decode("ascii", "replace")
            members = answer_members(self._members.get(record.answer, b""), headers, key)
            if members is None:
                return None
            return words.word_of_json_answer(record.id, record.service, members)
        fields = self._fields(record, key)
        return words.word_of_answer(record.id, record.service, fields) if fields else None

    def _fields(self, record: CallRecord, key: VerifyingKey) -> Mapping[str, str] | None:
        return answer_fields(
            self._members.get(record.answer, b""),
            service=record.service,
            http_status=record.http_status,
            content_type=record.content_type,
            key=key,
        )

    def _usable(self, record: NoticeRecord | CallRecord) -> Sequence[VerifyingKey] | None:
        """The keys that may verify something; where there are none, why is noted."""
        key = self._manifest.key(record.key)
        if key is None or key.sign_type != record.sign_type:
            self.refusals.append(f"{record.id}: the manifest names no key for it.")
            return None
        found = self._keys[key.id]
        if found is not None and not found:
            self.remarks.append(
                f"{record.id} is signed with MD5: nobody can verify it without the secret that "
                "Alipay and the shop share (--md5-key-file)."
            )
        return found

    def _note_proven(self, record: NoticeRecord | CallRecord) -> None:
        key = self._manifest.key(record.key)
        named = f"key {key.id}, SHA-256 {key.sha256}" if key and key.sha256 else "the shared secret"
        self.proven.append(f"{record.id}: {record.sign_type} signature holds ({named})")


def _unproven_answer(record: CallRecord) -> Iterator[str]:
    """Why an answer of the JSON API proves nothing, where its signature cannot be verified."""
    if record.is_json and record.answer:
        why = (
            "no key in this file verifies its signature"
            if record.headers
            else "what its signature covers beside its body was not kept"
        )
        yield f"{record.id}: the answer to {record.service} is NOT PROVEN: {why}."
