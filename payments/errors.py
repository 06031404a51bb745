"""Named refusals of the payments' verbs, and of what Alipay says that cannot be used."""

from payments.states import WaitReason


class WordUnusable(Exception):
    """What Alipay said cannot have its effect: a notification waits with this reason, an answer
    counts as none. Nothing is guessed from it."""

    def __init__(self, reason: WaitReason, text: str = "") -> None:
        super().__init__(f"{reason.label}: {text}" if text else str(reason.label))
        self.reason = reason
        self.text = text


class LookupRefused(Exception):
    """A number cannot be asked about; the text says why, for people."""


class PlaceRefused(Exception):
    """A payment cannot be given this counter; the text says why, for people."""


class NoteRefused(Exception):
    """A note cannot be written so; the text says why, for people."""


class QuestionRefused(Exception):
    """There is no open question to take or settle; the text says so, for people."""


class GiveBackRefused(Exception):
    """Money cannot go back so; the text says why, for people."""


class ApprovalRefused(Exception):
    """Money going back cannot be approved or declined so; the text says why, for people."""


class SaleRefused(Exception):
    """A sale cannot be begun or given up so, nothing was sent; the text says why, for people."""


class ShiftRefused(Exception):
    """A shift or a day cannot be opened, closed or changed so; the text says why, for people."""
