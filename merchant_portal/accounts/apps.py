from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class AccountsConfig(AppConfig):
    """Alipay accounts (contracts), their keys, and the calls made to the gateway."""

    name = "merchant_portal.accounts"
    label = "accounts"
    verbose_name = _("Alipay accounts")

    def ready(self) -> None:
        from . import checks  # noqa: F401  (registering is importing)
