"""Celery: the clock and the nudge. What is due stands in rows; a lost message loses nothing."""

import os

from celery import Celery

from merchant_portal import broker

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "merchant_portal.settings")

broker.register()
app = Celery("merchant_portal")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["merchant_portal", "qrcodes", "payments"])
