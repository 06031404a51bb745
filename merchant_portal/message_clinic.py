"""The signature clinic for messages of the JSON API, in the portal's words."""

from collections.abc import Iterator
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_stubs_ext import StrOrPromise

from merchant_portal.accounts.models import Account
from merchant_portal.alipay.clinic import Cause, Whose
from merchant_portal.alipay.clinic.messages import (
    MessageCause,
    MessageDiagnosis,
    diagnose_message,
    read_message,
)
from merchant_portal.clinic import SENTENCES, WHOSE, Explained, keys_for

#: For each cause what it is, and what to do about it.
_SENTENCES: dict[MessageCause, tuple[StrOrPromise, StrOrPromise]] = {
    MessageCause.OTHER_PATH: (
        gettext_lazy("Signed for another address"),
        gettext_lazy(
            "Alipay signs the path of the address it was given. Give it the account's own one, with"
            " its last slash; behind a proxy PUBLIC_URL names the path as Alipay sees it."
        ),
    ),
    MessageCause.LINE_ENDS: (
        gettext_lazy("Blanks or line ends too many"),
        gettext_lazy(
            "Blanks or line ends of the body are others than those that were signed. If they came"
            " only with the pasting, the message itself is fine."
        ),
    ),
    MessageCause.WRITTEN_AGAIN: (
        gettext_lazy("The JSON was written again"),
        gettext_lazy(
            "Something read the body and wrote it anew. The signature is made over the very bytes:"
            " pass them on as they came."
        ),
    ),
    MessageCause.OTHER_CLIENT: (
        gettext_lazy("Another client id"),
        gettext_lazy("It is for another client id than the account's. One of the two is wrong."),
    ),
    MessageCause.HEADERS_MISSING: (
        gettext_lazy("Headers are missing"),
        gettext_lazy(
            "Client-Id, Request-Time and Signature are all signed with, or are the signature: a"
            " proxy must pass them on."
        ),
    ),
}
_OF_THE_KEY = {
    Whose.RETIRED: Cause.RETIRED_KEY,
    Whose.OWN: Cause.SIGNED_BY_US,
    Whose.ANOTHER: Cause.OTHER_ACCOUNT,
}


class MessageChart:
    """A diagnosis as a page shows it."""

    def __init__(self, diagnosis: MessageDiagnosis) -> None:
        self._diagnosis = diagnosis
        self.signed = diagnosis.posted.signed_bytes.decode("utf-8", "backslashreplace")

    @property
    def causes(self) -> list[Explained]:
        return list(self._causes())

    def _causes(self) -> Iterator[Explained]:
        for cause in self._diagnosis.causes:
            yield Explained(*_SENTENCES[cause], "")
        made = self._diagnosis.made
        if made and made.whose in _OF_THE_KEY:
            yield Explained(*SENTENCES[_OF_THE_KEY[made.whose]], made.name)

    @property
    def tried(self) -> list[tuple[str, StrOrPromise, bool]]:
        """Each key, whose it is, and whether the signature holds under it."""
        made = self._diagnosis.made
        return [(each.name, WHOSE[each.whose], each is made) for each in self._diagnosis.tried]

    @property
    def verdict(self) -> str:
        if self._diagnosis.made is None:
            return "unknown"
        return "proven" if self.causes else "holds"

    @property
    def summary(self) -> str:
        match self.verdict:
            case "holds":
                return _("The signature holds")
            case "proven":
                return _("Found: undo this, and the signature holds")
        return _("Nothing known explains it")

    @property
    def advice(self) -> str:
        if self._diagnosis.made is not None:
            return ""
        return _(
            "No key here made this signature: Alipay's key is another one, the signature is"
            " damaged, or the message is forged. Compare the key with the one Alipay shows."
        )


def examine_message(pasted: str, *, account: Account) -> MessageChart | None:
    """Why a pasted message of the JSON API does not verify; None where it is none of those."""
    path = urlsplit(settings.PUBLIC_URL).path
    path += reverse("alipay_json_notify", args=[account.notify_key])
    posted = read_message(pasted, path=path)
    if posted is None:
        return None
    if "?" in posted.path:
        path += "?" + posted.path.partition("?")[2]
    keys = list(keys_for(account))
    return MessageChart(diagnose_message(posted, path=path, client_id=account.client_id, keys=keys))
