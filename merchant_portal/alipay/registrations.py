"""Acquirers and integrators tell Alipay about a store, and ask how its review goes.

Pages: global.alipay.com/docs/ac/global/offline_maintain and /offline_querystatus, and the same
under /docs/ac/hkapi.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from merchant_portal.alipay.answers import (
    Verified,
    no_answer,
    read_verified,
    refuse_other,
    refuse_result,
    require_named,
)
from merchant_portal.alipay.contract import refuse_address
from merchant_portal.alipay.errors import NoAnswer, RequestInvalid
from merchant_portal.alipay.exchange import Exchange
from merchant_portal.alipay.fitting import (
    ID_LENGTH,
    fit_text,
    fit_words,
    refuse_quotes,
    require_form,
)
from merchant_portal.alipay.signing import SignType, VerifyingKey
from merchant_portal.alipay.words import MerchantType, Region, ReviewStatus

NAME_LENGTH = 128
TAXI_INDUSTRY = "4121"
IN_STORE = "INSTORE_PAYMENT"
DATA_NOT_EXIST = "DATA_NOT_EXIST"

# The page says 64; the same id stands in a code's details, where Hong Kong takes 32.
_merchant_id_lengths = {Region.GLOBAL: ID_LENGTH, Region.HK: 32}
_merchant_id = re.compile(r"[A-Za-z0-9_]+")  # no dash: this page has no older text with one
_store_id = re.compile(r"[A-Za-z0-9_-]+")
_industry = re.compile(r"\d{4}", re.ASCII)
_country = re.compile(r"[A-Z]{2}")


@dataclass(frozen=True, kw_only=True)
class Registrant:
    """Who stands behind the store: what acquirers add, integrators do not.

    Pages do not say which of these must be given. Ours: type, registration number, country,
    address, and a number or an e-mail to reach them by.
    """

    type: MerchantType
    registration_no: str
    register_country: str
    register_address: str
    contact_no: str = ""
    contact_email: str = ""
    shareholder_name: str = ""
    shareholder_id: str = ""
    representative_name: str = ""
    representative_id: str = ""
    settlement_no: str = ""
    cs_no: str = ""
    cs_email: str = ""

    def as_fields(self) -> dict[str, str]:
        """The parameters under Alipay's names, without the empty ones."""
        fields = {
            "secondary_merchant_type": self.type.value,
            "registration_no": self.registration_no,
            "register_country": self.register_country,
            "register_address": self.register_address,
            "shareholder_name": self.shareholder_name,
            "shareholder_id": self.shareholder_id,
            "representative_name": self.representative_name,
            "representative_id": self.representative_id,
            "settlement_no": self.settlement_no,
            "contact_no": self.contact_no,
            "contact_email": self.contact_email,
            "cs_no": self.cs_no,
            "cs_email": self.cs_email,
        }
        return {name: text for name, text in fields.items() if text}

    def refuse_unfit(self) -> None:
        """RequestInvalid, naming Alipay's parameter, for what is missing or cannot be sent."""
        _require_text("registration_no", self.registration_no)
        require_form(_country, "register_country", self.register_country)
        _require_text("register_address", self.register_address)
        if not (self.contact_no or self.contact_email):
            raise RequestInvalid("contact_no", "a number or an e-mail is needed")
        for name, text in self.as_fields().items():
            fit_words(name, text)


@dataclass(frozen=True, kw_only=True)
class StoreRegistration:
    """A store as Alipay is to know it. The same ids again are an update.

    `secondary_merchant_id` must be the one in the store's codes. `registrant` is for acquirers.
    """

    secondary_merchant_name: str
    secondary_merchant_id: str
    store_id: str
    store_name: str
    store_country: str
    store_address: str
    store_industry: str
    internal_store_photo: str = ""
    external_storefront_photo: str = ""
    registrant: Registrant | None = None

    def as_fields(self, region: Region) -> dict[str, str]:
        """The service's own parameters; RequestInvalid if unfit."""
        self.refuse_unfit(region)
        fields = {
            "secondary_merchant_name": self.secondary_merchant_name,
            "secondary_merchant_id": self.secondary_merchant_id,
            "store_id": self.store_id,
            "store_name": self.store_name,
            "store_country": self.store_country,
            "store_address": self.store_address,
            "store_industry": self.store_industry,
            "internal_store_photo": self.internal_store_photo,
            "external_storefront_photo": self.external_storefront_photo,
        }
        fields |= self.registrant.as_fields() if self.registrant else {}
        refuse_quotes(region, fields)
        return {name: text for name, text in fields.items() if text}

    def refuse_unfit(self, region: Region) -> None:
        """RequestInvalid, naming Alipay's parameter; a text of no stated length has none here."""
        _refuse_ids(self.secondary_merchant_id, self.store_id, region=region)
        _require_text("secondary_merchant_name", self.secondary_merchant_name, NAME_LENGTH)
        _require_text("store_name", self.store_name)
        require_form(_country, "store_country", self.store_country)
        _require_text("store_address", self.store_address)
        require_form(_industry, "store_industry", self.store_industry)
        if self.store_industry == TAXI_INDUSTRY:
            raise RequestInvalid("store_industry", "taxis are not offered")
        self._refuse_photos()
        if self.registrant is not None:
            self.registrant.refuse_unfit()

    def _refuse_photos(self) -> None:
        photos = {
            "internal_store_photo": self.internal_store_photo,
            "external_storefront_photo": self.external_storefront_photo,
        }
        for name, address in photos.items():
            if address:
                refuse_address(name, fit_words(name, address))


def _refuse_ids(merchant_id: str, store_id: str, *, region: Region) -> None:
    require_form(_merchant_id, "secondary_merchant_id", merchant_id)
    longest = _merchant_id_lengths[region]
    fit_text("secondary_merchant_id", merchant_id, longest=longest)
    require_form(_store_id, "store_id", store_id)
    fit_text("store_id", store_id, longest=ID_LENGTH)


def _require_text(field: str, text: str, longest: int | None = None) -> None:
    if not text:
        raise RequestInvalid(field, "missing")
    fit_words(field, text, longest=longest)


@dataclass(frozen=True)
class RegistrationAnswer:
    """Alipay will look at it: accepted for review, not approved."""

    fields: Mapping[str, str]
    exchange: Exchange


def read_registration_answer(
    exchange: Exchange,
    registration: StoreRegistration,
    *,
    sign_type: SignType,
    keys: Sequence[VerifyingKey],
) -> RegistrationAnswer:
    """The answer to a registration; it need not name the store, but must not name another."""
    verified = read_verified(exchange, sign_type=sign_type, keys=keys)
    asked = {
        "secondary_merchant_id": registration.secondary_merchant_id,
        "store_id": registration.store_id,
    }
    refuse_other(verified.fields, asked, exchange)
    refuse_result(verified, exchange)
    if not verified.fields.get("result_code"):
        no_answer(NoAnswer.UNREADABLE, exchange, "no result_code")
    return RegistrationAnswer(verified.fields, exchange)


@dataclass(frozen=True, kw_only=True)
class ReviewQuery:
    """Which store's review is asked about."""

    secondary_merchant_id: str
    store_id: str

    def as_fields(self, region: Region) -> dict[str, str]:
        """The service's own parameters; RequestInvalid if unfit."""
        _refuse_ids(self.secondary_merchant_id, self.store_id, region=region)
        fields = {
            "secondary_merchant_id": self.secondary_merchant_id,
            "store_id": self.store_id,
            "payment_method": IN_STORE,
        }
        refuse_quotes(region, fields)
        return fields


@dataclass(frozen=True)
class ReviewAnswer:
    """Where the review stands; `reject_reason` where Alipay gave one."""

    status: ReviewStatus
    reject_reason: str
    secondary_merchant_id: str
    store_id: str
    fields: Mapping[str, str]
    exchange: Exchange


def read_review_answer(
    exchange: Exchange,
    query: ReviewQuery,
    *,
    sign_type: SignType,
    keys: Sequence[VerifyingKey],
) -> ReviewAnswer:
    """The answer about this store. "Nothing registered" is a status, also where it is refused."""
    verified = read_verified(exchange, sign_type=sign_type, keys=keys)
    asked = {
        "secondary_merchant_id": query.secondary_merchant_id,
        "store_id": query.store_id,
    }
    named = refuse_other(verified.fields, asked, exchange)
    status = _review_status(verified, exchange)
    if status is not ReviewStatus.DATA_NOT_EXIST:
        require_named(named, list(asked), exchange)
    return ReviewAnswer(
        status=status,
        reject_reason=verified.fields.get("reject_reason", ""),
        secondary_merchant_id=query.secondary_merchant_id,
        store_id=query.store_id,
        fields=verified.fields,
        exchange=exchange,
    )


def _review_status(verified: Verified, exchange: Exchange) -> ReviewStatus:
    """The page gives DATA_NOT_EXIST both as a status and as an error; they mean the same."""
    if DATA_NOT_EXIST in verified.signed_reasons:
        return ReviewStatus.DATA_NOT_EXIST
    refuse_result(verified, exchange)
    word = verified.fields.get("status", "")
    if word not in ReviewStatus.__members__:
        no_answer(NoAnswer.UNKNOWN_RESULT, exchange, f"status {word[:40]!r}")
    return ReviewStatus(word)
