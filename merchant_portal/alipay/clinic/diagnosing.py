"""The examination: each cause undone, alone and together, until a signature holds."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import chain, islice

from merchant_portal.alipay.charsets import UTF8, codec_of
from merchant_portal.alipay.clinic import guesses, repairs
from merchant_portal.alipay.clinic.causes import Cause, Finding
from merchant_portal.alipay.clinic.keys import KeyCouncil, KnownKey, Made, Whose, form_of
from merchant_portal.alipay.clinic.pasted import Field, Message, Printed
from merchant_portal.alipay.clinic.repairs import SIGN, SIGN_TYPE, Attempt
from merchant_portal.alipay.signing import SignType

#: How many strings are tried before the clinic says that it cannot tell.
MOST_ATTEMPTS = 12_000
_DEEPEST = 3
#: Without one of these it is hardly a whole notification.
EXPECTED = ("notify_id", "notify_time", "notify_type", "trade_no", "out_trade_no", "trade_status")


class Verdict(StrEnum):
    """HOLDS as pasted; PROVEN: holds once the causes are undone; SEEN: causes that do not explain
    all of it; UNKNOWN: nothing known explains it."""

    HOLDS = "holds"
    PROVEN = "proven"
    SEEN = "seen"
    UNKNOWN = "unknown"


class Fit(StrEnum):
    """What a key says of the signature."""

    HOLDS = "holds"
    MADE_IT = "made_it"  # over another text: the signature is its, what is signed is not this
    NOT = "not"


@dataclass(frozen=True)
class Tried:
    known: KnownKey
    fit: Fit


@dataclass(frozen=True, kw_only=True)
class Diagnosis:
    """What came of an examination.

    `signed` is the string that holds, where one was found; `fields` are those it is made of, else
    the ones that were pasted.
    """

    verdict: Verdict
    message: Message
    canonical: bytes
    signed: bytes
    fields: tuple[Field, ...]
    made: Made | None
    findings: tuple[Finding, ...]
    tried: tuple[Tried, ...]
    missing: tuple[str, ...]

    @property
    def signature(self) -> str:
        return self.message.get(SIGN).decode("utf-8", "replace").strip()

    @property
    def is_genuine(self) -> bool:
        """Whether a key of Alipay's made the signature, whatever became of the text since."""
        fits = (each for each in self.tried if each.known.whose in {Whose.ALIPAYS, Whose.RETIRED})
        return any(each.fit is not Fit.NOT for each in fits)


def diagnose(
    pasted: str, *, sign_type: SignType, partner_id: str, council: KeyCouncil
) -> Diagnosis:
    """Why a pasted notification does not verify under an account; raises PastedUnreadable.

    `sign_type` and `partner_id` are the account's. Nothing is kept.
    """
    start = list(repairs.whole_text_readings(pasted))
    found = _first_holding(start, council, partner_id)
    if found is None:
        return _without_answer(start, council, sign_type)
    attempt, made = found
    findings = (
        *attempt.findings,
        *_of_charset(start[0], attempt),
        *_of_key(made, attempt, sign_type),
    )
    return Diagnosis(
        verdict=Verdict.PROVEN if findings else Verdict.HOLDS,
        message=Message(start[0].fields, start[0].printed),
        canonical=start[0].string,
        signed=attempt.string,
        fields=attempt.fields,
        made=made,
        findings=_once(findings),
        tried=_tried(council, start, made),
        missing=(),
    )


def _first_holding(
    start: Sequence[Attempt], council: KeyCouncil, partner_id: str
) -> tuple[Attempt, Made] | None:
    seen: set[tuple[bytes, bytes]] = set()
    for attempt in islice(_attempts(start, partner_id), MOST_ATTEMPTS):
        if not council.may_know(attempt.signature):
            continue
        pair = attempt.string, attempt.signature
        if pair in seen:
            continue
        seen.add(pair)
        made = council.signer_of(*pair)
        if made is not None:
            return attempt, made
    return None


def _attempts(start: Sequence[Attempt], partner_id: str) -> Iterator[Attempt]:
    """Those with fewer causes first; what gives many attempts is tried last at each depth."""
    level = list(start)
    yield from level
    before: list[Attempt] = []
    for _depth in range(_DEEPEST):
        following = list(chain.from_iterable(map(_narrowed, level)))
        yield from following
        yield from chain.from_iterable(_widened(each, partner_id) for each in level)
        before, level = level, _distinct(following, before)
    yield from repairs.without_two_fields(start[0])


def _narrowed(attempt: Attempt) -> Iterator[Attempt]:
    """Each cause at most once, and each field looked at as it is after the others."""
    causes = {finding.cause for finding in attempt.findings}
    for repair in repairs.NARROW:
        for each in repair(attempt):
            if each.findings[-1].cause not in causes:
                yield each


def _widened(attempt: Attempt, partner_id: str) -> Iterator[Attempt]:
    wide = (
        repairs.plus_in_a_value,
        repairs.without_one_field,
        partial(guesses.with_a_usual_field, partner_id=partner_id),
        guesses.with_empty_fields,
    )
    return chain.from_iterable(repair(attempt) for repair in wide)


def _distinct(attempts: Iterable[Attempt], before: Sequence[Attempt]) -> list[Attempt]:
    """One attempt for each string and signature: others would only be tried again."""
    known = {(each.string, each.signature) for each in before}
    kept: dict[tuple[bytes, bytes], Attempt] = {}
    for each in attempts:
        pair = each.string, each.signature
        if pair not in known:
            kept.setdefault(pair, each)
    return list(kept.values())


def _of_key(made: Made, attempt: Attempt, sign_type: SignType) -> Iterator[Finding]:
    """What is wrong with key and algorithm, where the text is right."""
    match made.known.whose:
        case Whose.RETIRED:
            yield Finding(Cause.RETIRED_KEY, made.known.name)
        case Whose.OWN:
            yield Finding(Cause.SIGNED_BY_US, made.known.name)
        case Whose.ANOTHER:
            yield Finding(Cause.OTHER_ACCOUNT, made.known.name)
    named = dict(attempt.fields).get(SIGN_TYPE, b"").decode("ascii", "replace").strip().upper()
    if made.sign_type is not sign_type or named not in {"", made.sign_type}:
        yield Finding(Cause.OTHER_SIGN_TYPE, made.sign_type)


def _of_charset(pasted: Attempt, holding: Attempt) -> Iterator[Finding]:
    """The bytes are right and nothing says how to read them: whoever reads them as UTF-8 fails."""
    if pasted.printed is not Printed.FORM:
        return
    fields = dict(holding.fields)
    hint = fields.get(b"_input_charset") or fields.get(b"charset") or b""
    named = pasted.charset or hint.decode("ascii", "replace")
    content = b"&".join(fields.values())
    if _reads(content, codec_of(named or UTF8)):
        return
    yield Finding(Cause.CHARSET, next((c for c in ("UTF-8", "GBK") if _reads(content, c)), ""))


def _reads(content: bytes, codec: str | None) -> bool:
    try:
        content.decode(codec or "utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _without_answer(
    start: Sequence[Attempt], council: KeyCouncil, sign_type: SignType
) -> Diagnosis:
    """No string was found that any key signed: what can be seen all the same."""
    plain = start[0]
    mistaken = council.mistaken
    findings = [Finding(Cause.OWN_KEY, mistaken.name)] if mistaken else []
    findings += _of_signature(plain, sign_type)
    findings += [finding for each in start[1:] for finding in each.findings]
    findings += _visible(plain)
    missing = tuple(name for name in EXPECTED if not dict(plain.fields).get(name.encode()))
    return Diagnosis(
        verdict=Verdict.SEEN if findings or missing else Verdict.UNKNOWN,
        message=Message(plain.fields, plain.printed),
        canonical=plain.string,
        signed=b"",
        fields=plain.fields,
        made=None,
        findings=_once(findings),
        tried=_tried(council, start, None),
        missing=missing,
    )


def _of_signature(attempt: Attempt, sign_type: SignType) -> Iterator[Finding]:
    signature = attempt.signature.decode("ascii", "replace").strip()
    if not signature:
        yield Finding(Cause.NO_SIGNATURE)
        return
    form = form_of(signature)
    if form is None:
        yield Finding(Cause.DAMAGED_SIGNATURE)
    elif (form is SignType.MD5) != (sign_type is SignType.MD5):
        yield Finding(Cause.OTHER_SIGN_TYPE, "MD5" if form is SignType.MD5 else "RSA, RSA2")


#: What is a cause wherever it is seen; an order or a charset cannot be seen.
_VISIBLE = (Cause.LISTS, Cause.PLUS_LOST, Cause.DOUBLE_ENCODED, Cause.NOT_DECODED, Cause.BLANKS)
_REPLACED = "\N{REPLACEMENT CHARACTER}".encode()


def _visible(attempt: Attempt) -> Iterator[Finding]:
    for each in _narrowed(attempt):
        finding = each.findings[-1]
        is_shown = finding.cause in _VISIBLE and not _is_reencoding(attempt, each)
        if is_shown:
            yield finding
    if any(_REPLACED in value for _name, value in attempt.fields):
        yield Finding(Cause.CHARSET)


def _is_reencoding(before: Attempt, after: Attempt) -> bool:
    """Encoding again is an attempt and shows nothing: every text can be encoded."""
    return sum(map(len, chain(*after.fields))) > sum(map(len, chain(*before.fields)))


def _tried(council: KeyCouncil, start: Sequence[Attempt], made: Made | None) -> tuple[Tried, ...]:
    makers = {
        id(each.known) for signature in _signatures(start) for each, _ in council.makers(signature)
    }
    tried = []
    for known in council.keys:
        fit = Fit.MADE_IT if id(known) in makers else Fit.NOT
        # Two accounts may share a secret; then it holds for both.
        tried.append(Tried(known, Fit.HOLDS if made and made.known.key == known.key else fit))
    return tuple(tried)


def _signatures(start: Sequence[Attempt]) -> set[bytes]:
    """The signature as pasted, and as it most likely was."""
    plain = {each.signature for each in start}
    mended = {each.signature for attempt in start for each in _narrowed(attempt)}
    return {each for each in plain | mended if each}


def _once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Each cause once, the one that knows more before the one that knows less."""
    kept: dict[Cause, Finding] = {}
    for finding in findings:
        if finding.cause not in kept or (finding.about and not kept[finding.cause].about):
            kept[finding.cause] = finding
    return tuple(kept.values())
