"""What Alipay is told about a store, and a digest that tells whether it has been told."""

import hashlib

from django.utils.translation import gettext as _

from merchant_portal.accounts.models import Account, Integration
from merchant_portal.alipay import messages
from merchant_portal.alipay.errors import RequestInvalid
from merchant_portal.alipay.messages import MerchantType, Region, StoreRegistration
from qrcodes.errors import RegistrationRefused
from qrcodes.models import Enrolment, Merchant, Registrant


def store_details_of(enrolment: Enrolment) -> StoreRegistration:
    """Everything Alipay is told about a store; telling it again replaces it whole."""
    store = enrolment.store
    return StoreRegistration(
        secondary_merchant_name=store.merchant.name,
        secondary_merchant_id=enrolment.secondary_merchant_id,
        store_id=enrolment.alipay_store_id,
        store_name=store.name,
        store_country=store.country,
        store_address=store.address,
        store_industry=store.merchant.mcc,
        internal_store_photo=store.inside_photo_url,
        external_storefront_photo=store.front_photo_url,
        registrant=_named(enrolment),
    )


def registrant_of(merchant: Merchant) -> Registrant | None:
    """Who stands behind a merchant, once somebody has said so."""
    return Registrant.objects.filter(merchant=merchant).first()


def stores_are_registered() -> bool:
    """Whether any account registers its stores; where none does, nobody is asked about it."""
    return Account.objects.exclude(integration=Integration.DIRECT).exists()


def registrants_are_named() -> bool:
    """Whether any account is an acquirer's, of whom Alipay asks who stands behind a merchant."""
    return Account.objects.filter(integration=Integration.ACQUIRER).exists()


def digest_of_store(details: StoreRegistration) -> str:
    """Tells apart whatever differs in what Alipay is told."""
    return hashlib.sha256(repr(details).encode()).hexdigest()


def refuse_unregistrable(enrolment: Enrolment) -> None:
    """Raise RegistrationRefused where Alipay could not be told about the store as it stands."""
    account, store = enrolment.account, enrolment.store
    if not account.registers_stores:
        raise RegistrationRefused(
            _("%s is a direct account: its stores are not registered.") % account
        )
    if account.names_registrants and registrant_of(store.merchant) is None:
        raise RegistrationRefused(
            _("Say first who stands behind %s: Alipay asks acquirers.") % store.merchant
        )
    if not store.address:
        raise RegistrationRefused(_("Give the store's address first: Alipay asks for it."))
    try:
        store_details_of(enrolment).as_fields(Region(account.region))
    except RequestInvalid as unfit:
        raise RegistrationRefused(_("Alipay could not take this: %s") % unfit) from unfit


def _named(enrolment: Enrolment) -> messages.Registrant | None:
    """The registrant in the protocol's form; integrators do not name one."""
    if not enrolment.account.names_registrants:
        return None
    row = registrant_of(enrolment.store.merchant)
    if row is None:
        return None
    return messages.Registrant(
        type=MerchantType(row.type),
        registration_no=row.registration_no,
        register_country=row.register_country,
        register_address=row.register_address,
        contact_no=row.contact_no,
        contact_email=row.contact_email,
        shareholder_name=row.shareholder_name,
        shareholder_id=row.shareholder_id,
        representative_name=row.representative_name,
        representative_id=row.representative_id,
        settlement_no=row.settlement_no,
        cs_no=row.cs_no,
        cs_email=row.cs_email,
    )
