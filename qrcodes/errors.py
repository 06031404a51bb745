"""Named refusals of the verbs about stores, counters and codes."""


class Refusal(Exception):
    """Something a person asked for is not done; the text says why, for people."""


class PlaceRefused(Refusal):
    """A merchant, store or counter cannot be saved so."""


class EnrolmentRefused(Refusal):
    """An enrolment cannot be changed so."""


class EnrolmentFrozen(EnrolmentRefused):
    """Alipay's store id and the pricing currency cannot change once a code was asked for."""


class StoreIdTaken(EnrolmentRefused):
    """Another place is known at Alipay by this store id under the account."""


class CodeRefused(Refusal):
    """Something cannot be done to a code."""


class CodeExists(CodeRefused):
    """A counter has a live code of this kind already."""


class PrintRefused(Refusal):
    """Posters cannot be made, or a print cannot be marked so."""


class RegistrationRefused(Refusal):
    """A store cannot be registered at Alipay, or asked about, as things stand."""


class PersonRefused(Refusal):
    """A person or an API key cannot be added so."""


class KeyReused(Refusal):
    """A caller's own key for one write came again with another content."""


class PairingRefused(Refusal):
    """A device is not paired: the code is wrong, used up or too old."""


class TooManyTries(PairingRefused):
    """An address has typed so many wrong codes that it must wait."""
