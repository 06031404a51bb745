"""Named refusals of the verbs about stores, counters and codes."""


class CodeRefused(Exception):
    """Something cannot be done to a code; the text says why, for people."""


class CodeExists(CodeRefused):
    """A counter has a live code of this kind already."""


class EnrolmentFrozen(CodeRefused):
    """Alipay's store id cannot change once a code was asked for."""
