"""Named refusals of the accounts' verbs."""


class AccountRefused(Exception):
    """A change to an account that cannot be made; the text says why, for people."""


class KeyMissing(AccountRefused):
    """An account lacks the key a call needs."""

    def __init__(self, account: object, purpose: str, algorithm: str) -> None:
        super().__init__(f"{account} has no live {algorithm} key ({purpose}).")
        self.purpose = purpose
        self.algorithm = algorithm
