"""What proves a payment, for a page, and as a file that anybody can check."""

from merchant_portal.proof.gathering import (
    CallProof,
    LineProof,
    OpenKey,
    Proof,
    ShortProof,
    short_proof,
)
from merchant_portal.proof.packing import facts_of, pack_evidence

__all__ = [
    "CallProof",
    "LineProof",
    "OpenKey",
    "Proof",
    "ShortProof",
    "facts_of",
    "pack_evidence",
    "short_proof",
]
