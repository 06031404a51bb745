"""Addresses that people, Alipay and monitoring know do not change their names."""

import pytest
from django.urls import URLPattern, URLResolver, get_resolver

_NAMES = (
    "home",
    "payment_list",
    "payment_detail",
    "payment_ask",
    "payment_place",
    "lookup_new",
    "lookup_detail",
    "counter_screen",
    "counter_feed",
    "counter_devices",
    "device_screen",
    "device_feed",
    "device_pair",
    "counter_sell",
    "device_sell",
    "device_pay",
    "payment_sale",
    "payment_slip",
    "receipt",
    "counter_real",
    "payment_real",
    "shift_list",
    "counter_shift",
    "z_report",
    "z_report_list",
    "store_list",
    "store_new",
    "store_detail",
    "store_edit",
    "merchant_new",
    "counter_new",
    "counter_detail",
    "counter_edit",
    "enrolment_edit",
    "code_new",
    "code_detail",
    "code_stop",
    "code_restart",
    "code_delete",
    "code_send_again",
    "code_image_svg",
    "code_image_png",
    "notification_list",
    "notification_detail",
    "notification_apply",
    "quarantine_list",
    "own_pin",
    "unknown_desk",
    "alipay_notify",
    "healthz",
    "readyz",
    "metrics",
    "report_list",
    "report_show",
    "report_download",
    "report_job",
    "account_list",
    "account_new",
    "account_detail",
    "account_edit",
    "account_key_new",
    "account_key_retire",
    "account_login",
    "account_logout",
)

_PATHS = {
    "alipay_notify": "alipay/notify/<str:key>/",
    "healthz": "healthz/",
    "readyz": "readyz/",
    "metrics": "metrics",
    # It stands on slips that customers keep.
    "receipt": "receipt/<str:key>/",
}


def _named(resolver: URLResolver) -> dict[str, str]:
    found: dict[str, str] = {}
    for each in resolver.url_patterns:
        if isinstance(each, URLPattern):
            found[str(each.name)] = str(each.pattern)
        elif each.namespace is None:
            found |= _named(each)
    return found


@pytest.mark.parametrize("name", _NAMES)
def test_the_address_has_its_name(name: str) -> None:
    assert name in _named(get_resolver())


@pytest.mark.parametrize("name", _PATHS)
def test_what_others_call_from_outside_keeps_its_path(name: str) -> None:
    assert _named(get_resolver())[name] == _PATHS[name]
