"""What stands above the apps: doors for programs, the home page, the notifications inspector."""

from merchant_portal.views.doors import alipay_notify, healthz, metrics, readyz
from merchant_portal.views.home import home
from merchant_portal.views.inspector import (
    notification_apply,
    notification_detail,
    notification_list,
    quarantine_list,
    quarantined_detail,
)

__all__ = [
    "alipay_notify",
    "healthz",
    "home",
    "metrics",
    "notification_apply",
    "notification_detail",
    "notification_list",
    "quarantine_list",
    "quarantined_detail",
    "readyz",
]
