"""Named refusals of the accounts' verbs. Their texts are sentences for people."""

from collections.abc import Mapping, Sequence

from django_stubs_ext import StrOrPromise


class AccountRefused(Exception):
    """A change to an account that cannot be made; ``problems`` says why, by field."""

    def __init__(
        self, sentence: StrOrPromise = "", *, problems: Mapping[str, Sequence[str]] | None = None
    ) -> None:
        self.problems = {field: list(texts) for field, texts in (problems or {}).items()}
        told = (text for texts in self.problems.values() for text in texts)
        super().__init__(str(sentence) or " ".join(told))


class AccountExists(AccountRefused):
    """An account with this partner id and region is there already."""


class KeyMissing(AccountRefused):
    """An account lacks the key a call needs."""

    def __init__(self, sentence: StrOrPromise, *, purpose: str, algorithm: str) -> None:
        super().__init__(sentence)
        self.purpose = purpose
        self.algorithm = algorithm


class AgentTokenMissing(AccountRefused):
    """A call under an integrator's own client id lacks the token of the merchant it is about."""


class LastKey(AccountRefused):
    """Retiring this key would leave the account without one it needs; naming it confirms."""

    def __init__(self, sentence: StrOrPromise, *, fingerprint: str) -> None:
        super().__init__(sentence)
        self.fingerprint = fingerprint
