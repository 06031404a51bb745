"""What stands above the apps: doors for programs, the home page, the notifications inspector."""

from merchant_portal.views.clinic import clinic
from merchant_portal.views.doors import alipay_json_notify, alipay_notify, healthz, metrics, readyz
from merchant_portal.views.home import home
from merchant_portal.views.inspector import (
    notification_apply,
    notification_detail,
    notification_list,
    quarantine_list,
    quarantined_detail,
)
from merchant_portal.views.language import choose_language
from merchant_portal.views.own_pin import own_pin
from merchant_portal.views.proof import payment_evidence, payment_proof
from merchant_portal.views.setting_up import (
    go_live_list,
    setup_check,
    setup_guide,
    setup_key_copied,
)
from merchant_portal.views.unknown import unknown_desk

__all__ = [
    "alipay_json_notify",
    "alipay_notify",
    "choose_language",
    "clinic",
    "go_live_list",
    "healthz",
    "home",
    "metrics",
    "notification_apply",
    "notification_detail",
    "notification_list",
    "own_pin",
    "payment_evidence",
    "payment_proof",
    "quarantine_list",
    "quarantined_detail",
    "readyz",
    "setup_check",
    "setup_guide",
    "setup_key_copied",
    "unknown_desk",
]
