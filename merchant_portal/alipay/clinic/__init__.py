"""Why a notification's signature does not hold: each known cause is tried, none is guessed."""

from merchant_portal.alipay.clinic.causes import Cause, Finding
from merchant_portal.alipay.clinic.comparing import Comparison, compare
from merchant_portal.alipay.clinic.diagnosing import Diagnosis, Fit, Tried, Verdict, diagnose
from merchant_portal.alipay.clinic.keys import KeyCouncil, KnownKey, Whose
from merchant_portal.alipay.clinic.pasted import Message, PastedUnreadable, Printed, read_pasted

__all__ = [
    "Cause",
    "Comparison",
    "Diagnosis",
    "Finding",
    "Fit",
    "KeyCouncil",
    "KnownKey",
    "Message",
    "PastedUnreadable",
    "Printed",
    "Tried",
    "Verdict",
    "Whose",
    "compare",
    "diagnose",
    "read_pasted",
]
