"""Merchants, stores, counters, how they are known at Alipay, their codes, and who may see them."""

from qrcodes.models.agents import AgentToken
from qrcodes.models.codes import QRCode, QRCodeMove, QRCodeQuerySet
from qrcodes.models.devices import Device, DeviceQuerySet, Pairing, PairingMiss
from qrcodes.models.hours import OpeningHours
from qrcodes.models.people import ApiKey, IdempotencyKey, Membership
from qrcodes.models.places import (
    Counter,
    Enrolment,
    EnrolmentQuerySet,
    Merchant,
    Store,
    in_review_state,
    known_time_zone,
    no_dash,
)
from qrcodes.models.prints import MerchantLogo, Print, PrintRun
from qrcodes.models.registrations import Registrant, Registration, RegistrationMove

__all__ = [
    "AgentToken",
    "ApiKey",
    "Counter",
    "Device",
    "DeviceQuerySet",
    "Enrolment",
    "EnrolmentQuerySet",
    "IdempotencyKey",
    "Membership",
    "Merchant",
    "MerchantLogo",
    "OpeningHours",
    "Pairing",
    "PairingMiss",
    "Print",
    "PrintRun",
    "QRCode",
    "QRCodeMove",
    "QRCodeQuerySet",
    "Registrant",
    "Registration",
    "RegistrationMove",
    "Store",
    "in_review_state",
    "known_time_zone",
    "no_dash",
]
