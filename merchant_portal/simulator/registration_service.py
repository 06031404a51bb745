"""`alipay.overseas.secmerchant.offline.maintain` and `.maintain.queryStatus`.

Sources: global.alipay.com/docs/ac/global/offline_maintain, /docs/ac/global/offline_querystatus,
/docs/ac/hkapi/offline_maintain.
"""

import re
from collections.abc import Mapping

from . import clockwork, registrations
from .biz_data import TAXI
from .books import Books
from .checks import Call, is_web_address
from .records import Partner, Region

MAINTAIN = "alipay.overseas.secmerchant.offline.maintain"
QUERY_STATUS = "alipay.overseas.secmerchant.maintain.queryStatus"
IN_STORE = "INSTORE_PAYMENT"
MOST_DRIVERS = 10
REQUIRED = (
    *("secondary_merchant_name", "secondary_merchant_id", "store_id", "store_name"),
    *("store_country", "store_address", "store_industry"),
)
REQUIRED_OF_ACQUIRERS = (
    *("secondary_merchant_type", "registration_no", "register_country", "register_address"),
)
OPTIONAL = (
    *("extend_params", "internal_store_photo", "external_storefront_photo", "shareholder_name"),
    *("shareholder_id", "representative_name", "representative_id", "settlement_no"),
    *("contact_no", "contact_email", "cs_no", "cs_email"),
)
NUMBER, EMAIL = r"[0-9+\- ]+", r"[^@\s]+@[^@\s]+"
PATTERNS = {
    "secondary_merchant_name": r"(?s:.{1,128})",
    "secondary_merchant_id": r"[A-Za-z0-9_]{1,64}",
    "store_id": r"[A-Za-z0-9_-]{1,64}",
    "store_country": r"[A-Z]{2}",
    "store_industry": r"[0-9]{4}",
    "secondary_merchant_type": r"INDIVIDUAL|ENTERPRISE",
    "register_country": r"[A-Z]{2}",
    "contact_no": NUMBER,
    "contact_email": EMAIL,
    "cs_no": NUMBER,
    "cs_email": EMAIL,
}
DRIVER_PATTERNS = {
    "operation_id": r"[A-Za-z0-9]{1,64}",
    "contact_way": r"[0-9+\- ]{1,256}",
    "contact_person": r"(?s:.{1,64})",
}


class UnfitField(ValueError):
    """A parameter is missing, too long or malformed; the text names it."""


def maintain(books: Books, call: Call) -> Mapping[str, str]:
    """Register or change a store: SUCCESS only means that it will be reviewed."""
    clockwork.catch_up(books)
    fields = {
        name: text
        for name in (*REQUIRED, *REQUIRED_OF_ACQUIRERS, *OPTIONAL)
        if (text := call.text(name))
    }
    try:
        _check_required(books, fields, call.partner)
        _check(fields, call.partner)
        _check_same_drivers(books, fields, call.partner)
    except UnfitField:
        return {"result_code": "FAIL", "error": "PARAM_ILLEGAL"}
    registrations.submit(books, partner_id=call.partner.partner_id, fields=fields)
    return {"result_code": "SUCCESS"}


def query_status(books: Books, call: Call) -> Mapping[str, str]:
    """Where the review of a store stands."""
    merchant_id, store_id = call.text("secondary_merchant_id"), call.text("store_id")
    if not merchant_id or not store_id or call.text("payment_method") != IN_STORE:
        return {"result_code": "FAIL", "error": "PARAM_ILLEGAL"}
    clockwork.catch_up(books)
    found = registrations.find(
        books,
        partner_id=call.partner.partner_id,
        merchant_id=merchant_id,
        store_id=store_id,
    )
    return {
        "payment_method": IN_STORE,
        "reject_reason": found.reject_reason if found else "",
        "result_code": "SUCCESS",
        "secondary_merchant_id": merchant_id,
        "status": found.status if found else "DATA_NOT_EXIST",
        "store_id": store_id,
    }


def _check_required(books: Books, fields: Mapping[str, str], partner: Partner) -> None:
    """A system integrator says less about the merchant than an acquirer must."""
    integrates = registrations.is_integrator(books, partner.partner_id)
    for name in REQUIRED if integrates else (*REQUIRED, *REQUIRED_OF_ACQUIRERS):
        if name not in fields:
            raise UnfitField(name)
    if not integrates and not fields.get("contact_no") and not fields.get("contact_email"):
        raise UnfitField("contact_no or contact_email")


def _check(fields: Mapping[str, str], partner: Partner) -> None:
    for name, text in fields.items():
        if re.fullmatch(PATTERNS.get(name, r"(?s:.+)"), text, re.ASCII) is None:
            raise UnfitField(name)
        if name.endswith("_photo") and not is_web_address(text):
            raise UnfitField(name)
        # The HK pages forbid the half-width double quotation mark inside names and addresses.
        if partner.region == Region.HK and '"' in text and name != "extend_params":
            raise UnfitField(name)
    _check_drivers(fields)


def _check_drivers(fields: Mapping[str, str]) -> None:
    """A taxi business names one to ten drivers, each with a number of its own."""
    try:
        drivers = registrations.drivers_of(fields.get("extend_params", ""))
    except (ValueError, RecursionError) as unreadable:
        raise UnfitField("extend_params") from unreadable
    if len(drivers) > MOST_DRIVERS or (fields["store_industry"] == TAXI and not drivers):
        raise UnfitField("extend_params")
    for driver in drivers:
        for name, pattern in DRIVER_PATTERNS.items():
            text = driver.get(name)
            if not isinstance(text, str) or re.fullmatch(pattern, text, re.ASCII) is None:
                raise UnfitField(name)
    if len({driver["operation_id"] for driver in drivers}) != len(drivers):
        raise UnfitField("operation_id")


def _check_same_drivers(books: Books, fields: Mapping[str, str], partner: Partner) -> None:
    """Drivers' numbers are set when a store is first registered, never by a change of it."""
    known = registrations.find(
        books,
        partner_id=partner.partner_id,
        merchant_id=fields["secondary_merchant_id"],
        store_id=fields["store_id"],
    )
    drivers = registrations.drivers_of(fields.get("extend_params", ""))
    numbers = {driver["operation_id"] for driver in drivers}
    if known is not None and numbers != registrations.operation_ids(known):
        raise UnfitField("operation_id")
