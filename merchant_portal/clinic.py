"""The signature clinic in the portal's words: which keys are asked, and what each cause means."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from merchant_portal import clock
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.errors import AccountRefused
from merchant_portal.accounts.models import Account, AccountKey, KeyPurpose
from merchant_portal.alipay.clinic import (
    Cause,
    Diagnosis,
    Finding,
    KeyCouncil,
    KnownKey,
    Verdict,
    Whose,
    compare,
    diagnose,
)
from merchant_portal.alipay.errors import KeyUnusable
from merchant_portal.alipay.signing import RSAPublicKey, SignType, VerifyingKey
from merchant_portal.vault import SealBroken
from payments.sentences import said

WHOSE: dict[Whose, StrOrPromise] = {
    Whose.ALIPAYS: gettext_lazy("this account's, in force"),
    Whose.RETIRED: gettext_lazy("this account's, not in force"),
    Whose.OWN: gettext_lazy("your own, which signs requests"),
    Whose.ANOTHER: gettext_lazy("another account's"),
}

#: For each cause what it is, and what to do about it.
SENTENCES: dict[Cause, tuple[StrOrPromise, StrOrPromise]] = {
    Cause.LISTS: (
        gettext_lazy("The values are lists"),
        gettext_lazy(
            "A QueryDict was taken for a dict: dict(request.POST) gives ['12.50'] for 12.50. Use "
            "request.POST.dict(), or read the raw body."
        ),
    ),
    Cause.PLUS_LOST: (
        gettext_lazy("A + became a blank"),
        gettext_lazy(
            "Somebody decoded it once too often, or sent it on without encoding it: in a form a + "
            "means a blank, and must travel as %2B. This portal puts them back in a signature."
        ),
    ),
    Cause.CHARSET: (
        gettext_lazy("The charset is another one"),
        gettext_lazy(
            "The signature is made over bytes. Sign and verify in the charset that the message is "
            "written in, and decode only what was verified."
        ),
    ),
    Cause.DOUBLE_ENCODED: (
        gettext_lazy("Encoded twice"),
        gettext_lazy(
            "After decoding, values still contain %xx: a proxy or a program encoded what was "
            "encoded already. Pass the body on byte for byte."
        ),
    ),
    Cause.NOT_DECODED: (
        gettext_lazy("Values are not decoded"),
        gettext_lazy("The signed string has the values themselves, not their %xx form."),
    ),
    Cause.HTML_ESCAPED: (
        gettext_lazy("Escaped for a web page"),
        gettext_lazy(
            "It passed through HTML: & became &amp;, or a browser took &notify for a sign of its "
            "own. Take the text from the raw body, not from a page."
        ),
    ),
    Cause.BLANKS: (
        gettext_lazy("Blanks or line ends too many"),
        gettext_lazy(
            "There are blanks or line ends that were not signed. If they came only with the "
            "pasting, the message itself is fine; if your program has them too, take them away."
        ),
    ),
    Cause.UNSORTED: (
        gettext_lazy("The fields were signed in another order"),
        gettext_lazy(
            "They must be sorted by the bytes of their names: capitals before _ before small "
            "letters, whatever the order in which they came."
        ),
    ),
    Cause.SIGN_TYPE_SIGNED: (
        gettext_lazy("sign_type was signed too"),
        gettext_lazy("Leave out sign and sign_type before signing and before verifying."),
    ),
    Cause.EMPTY_SIGNED: (
        gettext_lazy("Empty fields were signed too"),
        gettext_lazy("Fields without a value are no part of the signed string."),
    ),
    Cause.EXTRA_FIELD: (
        gettext_lazy("A field that Alipay did not send"),
        gettext_lazy(
            "Your own query parameters, or something a framework adds, stand among the fields. "
            "Verify exactly what was posted, and keep the notify address free of parameters."
        ),
    ),
    Cause.MISSING_FIELD: (
        gettext_lazy("A field that Alipay sent is missing"),
        gettext_lazy(
            "Every posted field is signed, also those you do not know. Something on the way keeps "
            "only the ones it knows, or drops empty ones that were signed."
        ),
    ),
    Cause.OTHER_SIGN_TYPE: (
        gettext_lazy("Signed with another algorithm"),
        gettext_lazy(
            "The account says one sign type, the message was signed with another. Set the one "
            "agreed with Alipay at the account, and the same in your contract's settings there."
        ),
    ),
    Cause.OWN_KEY: (
        gettext_lazy("Your own public key stands in the place of Alipay's"),
        gettext_lazy(
            "The key you upload at Alipay verifies what you sign. What Alipay signs is verified by "
            "Alipay's own public key, which its portal shows after the upload. Add that one."
        ),
    ),
    Cause.SIGNED_BY_US: (
        gettext_lazy("You signed this yourself"),
        gettext_lazy(
            "It was made with your own private key: a request of yours or a test, and no "
            "notification of Alipay's."
        ),
    ),
    Cause.RETIRED_KEY: (
        gettext_lazy("Made with a key that is not in force"),
        gettext_lazy(
            "It is genuine, but the key is retired or not yet in force at this account. Alipay "
            "still uses it: put it in force again."
        ),
    ),
    Cause.OTHER_ACCOUNT: (
        gettext_lazy("Made with another account's key"),
        gettext_lazy(
            "It belongs to the account named here. The code's notify address, or the account you "
            "chose, is the wrong one."
        ),
    ),
    Cause.NO_SIGNATURE: (
        gettext_lazy("There is no signature"),
        gettext_lazy("Alipay signs every notification. What carries no sign is not one."),
    ),
    Cause.DAMAGED_SIGNATURE: (
        gettext_lazy("The signature is damaged"),
        gettext_lazy(
            "It is neither 32 hexadecimal digits (MD5) nor base64 of a whole RSA signature: it was "
            "cut, or signs were lost from it."
        ),
    ),
}


@dataclass(frozen=True, slots=True)
class Explained:
    """A cause as people read it."""

    title: StrOrPromise
    text: StrOrPromise
    about: str


@dataclass(frozen=True, slots=True)
class ShownField:
    """A field as it was read, and whether it is part of the signed string."""

    name: str
    value: str
    is_signed: bool


class Chart:
    """A diagnosis as a page shows it; ``own`` is the string of somebody's own program, if given."""

    def __init__(self, diagnosis: Diagnosis, *, account: Account, own: str) -> None:
        self.diagnosis = diagnosis
        self._account = account
        right = diagnosis.signed or diagnosis.canonical
        self.comparison = compare(own, right=right, fields=diagnosis.fields) if own else None
        self.verdict = diagnosis.verdict
        self.canonical = _shown(diagnosis.canonical)
        self.signed = "" if diagnosis.signed == diagnosis.canonical else _shown(diagnosis.signed)

    @property
    def causes(self) -> list[Explained]:
        return _explained(self.diagnosis.findings)

    @property
    def own_causes(self) -> list[Explained]:
        return _explained(self.comparison.findings) if self.comparison else []

    @property
    def other_seller(self) -> str:
        """The partner id that the message names, where it is not the account's."""
        seller = dict(self.diagnosis.fields).get(b"seller_id", b"").decode("utf-8", "replace")
        return "" if seller == self._account.partner_id else seller

    @property
    def fields(self) -> list[ShownField]:
        left_out = {b"sign", b"sign_type"}
        return [
            ShownField(_shown(name), _shown(value), bool(value) and name not in left_out)
            for name, value in self.diagnosis.message.fields
        ]

    @property
    def tried(self) -> list[tuple[str, StrOrPromise, str]]:
        """Each key, whose it is, and what it says."""
        return [
            (each.known.name, WHOSE[each.known.whose], each.fit) for each in self.diagnosis.tried
        ]

    @property
    def summary(self) -> str:
        match self.verdict:
            case Verdict.HOLDS:
                return _("The signature holds")
            case Verdict.PROVEN:
                return _("Found: undo this, and the signature holds")
            case Verdict.SEEN:
                return _("Not proven: this is wrong, and does not explain all of it")
        return _("Nothing known explains it")

    @property
    def advice(self) -> str:
        """What is known beyond the causes; where nothing can be told, that is said."""
        if self.verdict in {Verdict.HOLDS, Verdict.PROVEN}:
            return ""
        if self.diagnosis.is_genuine:
            return _(
                "Alipay's key made this signature, so the key is right and the message was genuine:"
                " a signed field was changed, added or lost on the way, and which one cannot be"
                " told. Compare with the raw body as it arrived."
            )
        if len(self.diagnosis.signature) == _MD5_LENGTH:
            return _(
                "The clinic cannot tell: an MD5 signature does not say whether the secret is"
                " another one, the text was changed, or somebody forged it."
            )
        return _(
            "No key here made this signature: Alipay's key is another one, the signature is"
            " damaged, or the message is forged. Compare the key with the one Alipay shows."
        )


_MD5_LENGTH = 32


def _explained(findings: Sequence[Finding]) -> list[Explained]:
    return [Explained(*SENTENCES[each.cause], each.about) for each in findings]


def _shown(content: bytes) -> str:
    return content.decode("utf-8", "backslashreplace")


def examine(pasted: str, *, account: Account, own: str = "") -> Chart:
    """Why a pasted notification does not verify; raises PastedUnreadable. Nothing is kept."""
    diagnosis = diagnose(
        pasted,
        sign_type=SignType(account.sign_type),
        partner_id=account.partner_id,
        council=KeyCouncil(list(keys_for(account))),
    )
    return Chart(diagnosis, account=account, own=own)


def keys_for(account: Account) -> Iterator[KnownKey]:
    """The account's keys, then those that verify for other accounts."""
    now = clock.now()
    for row in account.keys.order_by("-valid_from", "-pk"):
        whose = Whose.ALIPAYS if row.is_live(now) else Whose.RETIRED
        yield from _known(row, Whose.OWN if row.is_ours else whose, str(row))
    others = AccountKey.objects.live(now).exclude(account=account).exclude(purpose=KeyPurpose.OURS)
    for row in others.select_related("account"):
        yield from _known(row, Whose.ANOTHER, said(row.account, row))


def _known(row: AccountKey, whose: Whose, name: str) -> Iterator[KnownKey]:
    """The key, unless it cannot be opened."""
    try:
        yield KnownKey(name, whose, _opened(row))
    except (SealBroken, KeyUnusable, AccountRefused):
        return


def _opened(row: AccountKey) -> VerifyingKey:
    if row.is_ours:
        return RSAPublicKey(accounts.public_half(row), SignType(row.algorithm))
    return accounts.open_verifying_key(row)
