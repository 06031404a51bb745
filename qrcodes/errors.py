"""Named refusals of the verbs about stores, counters and codes."""


class CodeRefused(Exception):
    """Something cannot be done to a code; the text says why, for people."""


class CodeExists(CodeRefused):
    """A counter has a live code of this kind already."""


class EnrolmentRefused(Exception):
    """An enrolment cannot be changed so; the text says why, for people."""


class EnrolmentFrozen(EnrolmentRefused):
    """Alipay's store id and the pricing currency cannot change once a code was asked for."""


class StoreIdTaken(EnrolmentRefused):
    """Another place is known at Alipay by this store id under the account."""


class PlaceRefused(Exception):
    """A merchant, store or counter cannot be saved so; the text says why, for people."""


class PersonRefused(Exception):
    """A person or an API key cannot be added so; the text says why, for people."""
