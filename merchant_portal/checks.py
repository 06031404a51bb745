"""System checks that name what a production configuration lacks.

`manage.py check --deploy` asks about the settings, `--database default` with it also about what
is stored: accounts, their keys, the codes.
"""

from collections.abc import Iterator, Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from django.conf import settings
from django.core.checks import CheckMessage, Info, Tags, Warning, register

from merchant_portal.accounts.models import Account
from qrcodes.models import QRCode
from qrcodes.states import CodeState


@register(Tags.security, deploy=True)
def check_address(**_: object) -> Iterator[CheckMessage]:
    """Alipay posts to PUBLIC_URL from outside, and people sign in there."""
    if not settings.PUBLIC_URL.startswith("https://"):
        yield Warning(
            "PUBLIC_URL is not https: Alipay's notifications and sign-ins would travel in clear.",
            hint="Set PUBLIC_URL to the https address under which Alipay reaches the portal.",
            id="portal.W001",
        )
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    if is_this_machine(host):
        yield Warning(
            f"PUBLIC_URL names this very machine ({host}): Alipay cannot post there.",
            hint="Set PUBLIC_URL to the address under which Alipay reaches the portal.",
            id="portal.W002",
        )
    if "*" in settings.ALLOWED_HOSTS or host not in settings.ALLOWED_HOSTS:
        yield Warning(
            f"ALLOWED_HOSTS admits every name, or not {host} of PUBLIC_URL.",
            hint="Leave ALLOWED_HOSTS unset, or list the names people and Alipay use.",
            id="portal.W003",
        )


@register(Tags.security, deploy=True)
def check_secrets(**_: object) -> Iterator[CheckMessage]:
    """A secret that was made beside the data is copied, and lost, together with it."""
    for name in settings.SECRETS_MADE_HERE:
        yield Warning(
            f"{name} was not given: one was made in {settings.VAR_DIR}, beside what it protects.",
            hint=f"Keep a copy of it elsewhere and give it as {name} or {name}_FILE.",
            id="portal.W004",
        )


@register(Tags.compatibility, deploy=True)
def check_services(**_: object) -> Iterator[CheckMessage]:
    """What is fine for one shop, and worth knowing for more."""
    if settings.DATABASES["default"]["ENGINE"].endswith("sqlite3"):
        yield Info(
            "The database is SQLite: right for one shop on one machine.",
            hint="Set DATABASE_URL to a PostgreSQL database for several shops or machines.",
            id="portal.I005",
        )
    if not settings.REDIS_URL:
        yield Info(
            "REDIS_URL is not set: jobs go through files, so web and jobs share one machine.",
            hint="Set REDIS_URL to run workers and beat as processes of their own.",
            id="portal.I006",
        )


@register(Tags.database, deploy=True)
def check_accounts(databases: Sequence[str] | None = None, **_: object) -> Iterator[CheckMessage]:
    """There is an account, and it is a real one. Its keys: `merchant_portal.accounts.checks`."""
    if not databases:
        return
    known = list(Account.objects.all())
    if not known:
        yield Warning(
            "There is no Alipay account: nothing can be asked and nothing will arrive.",
            hint="Add one with `manage.py add_account` or on the page Accounts.",
            id="portal.W012",
        )
    for account in known:
        if account.points_at_simulator and settings.PUBLIC_URL.startswith("https://"):
            yield Warning(
                f"The gateway of {account} is this very machine: no real money moves there.",
                hint="Give the account Alipay's gateway address, or close the demo.",
                obj=account,
                id="portal.W013",
            )


@register(Tags.database, deploy=True)
def check_notify_addresses(
    databases: Sequence[str] | None = None, **_: object
) -> Iterator[CheckMessage]:
    """Alipay posts where a code says; after a change of PUBLIC_URL the codes still say the old."""
    if not databases:
        return
    active = QRCode.objects.filter(state=CodeState.ACTIVE)
    astray = active.exclude(notify_url__startswith=f"{settings.PUBLIC_URL}/").count()
    if astray:
        yield Warning(
            f"{astray} codes in use have a notification address outside PUBLIC_URL.",
            hint="Run `manage.py refresh_notify_urls`.",
            id="portal.W014",
        )


def is_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
