"""Programs that run inside the portal, in processes of their own whose ``DATABASE_URL`` names a
scratch database. Importing this package sets Django up, so that its modules may import models."""

import os

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "merchant_portal.settings")
django.setup()
