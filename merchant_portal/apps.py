from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class PortalConfig(AppConfig):
    """The portal's own nouns (people, the audit log) and its checks."""

    name = "merchant_portal"
    label = "merchant_portal"
    verbose_name = _("Portal")

    def ready(self) -> None:
        from . import celery, checks, languages  # noqa: F401  (registering is importing)

        languages.compile_catalogs()
