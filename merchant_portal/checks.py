"""System checks that name what a production configuration lacks."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Tags, Warning, register


@register(Tags.security, deploy=True)
def check_public_url(app_configs: Sequence[Any] | None, **kwargs: Any) -> list[CheckMessage]:
    """Alipay posts to PUBLIC_URL from outside: it must be https and not this machine."""
    if settings.PUBLIC_URL.startswith("https://"):
        return []
    return [
        Warning(
            "PUBLIC_URL is not https: Alipay's notifications and sign-ins would travel in clear.",
            hint="Set PUBLIC_URL to the https address under which Alipay reaches the portal.",
            id="portal.W001",
        )
    ]
