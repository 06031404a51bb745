"""The set-up map, and what must hold besides before real money moves."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.conf import settings
from django.db.models import Max
from django.utils.translation import gettext as _

from merchant_portal import clock
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account
from merchant_portal.views.setup_lights import Light, Step
from merchant_portal.views.setup_steps import address_problems, last_check
from merchant_portal.wording import listed
from payments.sentences import said
from qrcodes.models import Enrolment, QRCode
from qrcodes.states import CodeState


@dataclass(frozen=True, slots=True)
class Mapped:
    """An account on the set-up map: what hangs on it, each with its light."""

    account: Account
    keys: Light
    connection: Light
    stores: int
    codes: int
    last_notice: datetime | None
    last_file: datetime | None


def read_map() -> list[Mapped]:
    """Account, keys, stores, codes, last notification, last file."""
    now = clock.now()
    return [_mapped(account, now) for account in Account.objects.all()]


def _mapped(account: Account, now: datetime) -> Mapped:
    last = last_check(account)
    missing = accounts.missing_keys(account, at=now) or accounts.unfit_keys(account, at=now)
    has_gap = bool(missing or accounts.json_gap(account))
    newest = account.notifications.order_by("-pk").values_list("last_received_at", flat=True)
    enrolments = Enrolment.objects.filter(account=account)
    asked = Light.DONE if last and last.details["works"] else Light.PROBLEM
    return Mapped(
        account,
        keys=Light.PROBLEM if has_gap else Light.DONE,
        connection=asked if last else Light.TO_DO,
        stores=enrolments.values("store").distinct().count(),
        codes=QRCode.objects.filter(enrolment__account=account, state=CodeState.ACTIVE).count(),
        last_notice=newest.first(),
        last_file=account.statement_files.aggregate(at=Max("received_at"))["at"],
    )


def go_live_steps() -> list[Step]:
    """What must hold besides, before real money moves."""
    known = list(Account.objects.all())
    training = [account.name for account in known if account.points_at_simulator]
    made_here = listed(settings.SECRETS_MADE_HERE)
    return [
        _held(
            "real",
            _("No account points at the simulator"),
            _("Training: %s") % listed(training) if training else "",
        ),
        _held("https", _("Alipay can reach the portal over https"), " ".join(address_problems())),
        _held("debug", _("Debugging is off"), _("DEBUG is on.") if settings.DEBUG else ""),
        _held(
            "secrets",
            _("Secrets are given from outside"),
            _("Made beside the data: %s.") % made_here if made_here else "",
        ),
        *_json_step(known),
    ]


def _json_step(known: Sequence[Account]) -> Iterator[Step]:
    """Only where an account has something of the JSON API."""
    named = [account for account in known if account.client_id or account.json_url]
    if named:
        now = clock.now()
        gaps = [
            said(account, sentence)
            for account in named
            for sentence in (
                accounts.json_gap(account),
                *(need.sentence for need in accounts.missing_keys(account, at=now)),
            )
            if sentence
        ]
        yield _held("json", _("The JSON API has its client id, address and keys"), " ".join(gaps))


def _held(name: str, title: str, problem: str) -> Step:
    return Step(name, title, Light.PROBLEM if problem else Light.DONE, problem or _("Looked at."))
