"""Named refusals of the payments' verbs and of notifications that cannot be applied."""

from payments.states import WaitReason


class NoticeMustWait(Exception):
    """A verified notification has no effect yet; it stays, with this reason, for people to see."""

    def __init__(self, reason: WaitReason, text: str = "") -> None:
        super().__init__(f"{reason.label}: {text}" if text else str(reason.label))
        self.reason = reason
        self.text = text


class LookupRefused(Exception):
    """A number cannot be asked about; the text says why, for people."""
