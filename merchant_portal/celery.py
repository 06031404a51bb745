"""Celery: the clock and the nudge. What is due stands in rows; a lost message loses nothing."""

import os
import warnings

from celery import Celery
from celery.platforms import SecurityWarning

from merchant_portal import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "merchant_portal.settings")

# Root is warned of because pickled messages could run anything; ours are JSON, and in a container
# root is who there is.
warnings.filterwarnings("ignore", category=SecurityWarning)

broker.register()
app = Celery("merchant_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(
    [
        "merchant_portal",
        "merchant_portal.reports",
        "qrcodes",
        "payments",
        "refunds",
        "reconciliation",
    ]
)
