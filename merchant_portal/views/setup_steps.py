"""The set-up guide's steps, each looked at as it really is: done, to do, or a problem."""

from collections.abc import Iterator, Sequence
from datetime import timedelta
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from merchant_portal import clock, health
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account
from merchant_portal.checks import is_this_machine
from merchant_portal.models import AuditEntry
from merchant_portal.views.setup_after import (
    file_source_step,
    file_step,
    master_key_step,
    query_step,
    second_person_step,
)
from merchant_portal.views.setup_lights import CHECKED, Light, Step, step_of, time_text
from merchant_portal.wording import listed
from payments.models import Notification, Payment, Quarantined
from payments.sentences import said
from qrcodes.models import Counter, Enrolment, Merchant, QRCode, Store
from qrcodes.states import CodeState


def read_steps() -> list[Step]:
    """Every step from an empty portal to days that are compared, in the order of doing."""
    known = list(Account.objects.all())
    return [
        _clock(),
        _account(known),
        _keys(known),
        _connection(known),
        _address(known),
        _shop(),
        _enrolment(),
        _code(),
        _notification(),
        _payment(),
        query_step(),
        file_source_step(known),
        file_step(),
        second_person_step(known),
        master_key_step(),
    ]


def _clock() -> Step:
    title, silence = _("Jobs run"), health.clock_silence()
    if silence is None:
        return step_of(
            "jobs", title, Light.TO_DO, _("No worker has been seen: start worker and beat.")
        )
    if silence > timedelta(seconds=settings.CLOCK_SILENT_SECONDS):
        return step_of(
            "jobs", title, Light.PROBLEM, _("Worker or beat has stopped: nothing is asked or sent.")
        )
    return step_of("jobs", title, Light.DONE, _("Worker and beat were seen just now."))


def _account(known: Sequence[Account]) -> Step:
    title = _("Alipay account")
    if known:
        names = listed(account.name for account in known)
        return step_of("account", title, Light.DONE, names, "account_list")
    return step_of(
        "account",
        title,
        Light.TO_DO,
        _("Partner id, gateway address and sign type, as they stand in the contract."),
        "account_new",
        _("Add the account"),
    )


def _keys(known: Sequence[Account]) -> Step:
    title, now = _("Keys, sealed"), clock.now()
    if any(accounts.unfit_keys(account, at=now) for account in known):
        return step_of(
            "keys",
            title,
            Light.PROBLEM,
            _(
                "The master key does not open every key. MASTER_KEY must name the one they were"
                " sealed with."
            ),
            "account_list",
        )
    lacking = [account for account in known if accounts.missing_keys(account, at=now)]
    if known and not lacking:
        return step_of(
            "keys",
            title,
            Light.DONE,
            _("Each account has its keys, and the master key opens them."),
        )
    if not lacking:
        return step_of("keys", title, Light.TO_DO, _("The account comes first."))
    need = accounts.missing_keys(lacking[0], at=now)[0]
    return Step(
        "keys",
        title,
        Light.TO_DO,
        said(lacking[0], need.sentence),
        reverse("account_key_new", args=[lacking[0].pk]),
        _("Add the key"),
    )


def _connection(known: Sequence[Account]) -> Step:
    """Told by the last harmless question, if no key has changed since."""
    title = _("Alipay takes our signature, and we verify its answer")
    unasked = False
    for account in known:
        last = last_check(account)
        if last is None:
            unasked = True
        elif not last.details["works"]:
            return step_of(
                "connection", title, Light.PROBLEM, said(account, last.details["sentence"])
            )
    if unasked or not known:
        return step_of(
            "connection",
            title,
            Light.TO_DO,
            _("Ask Alipay a question that changes nothing: the button stands above the list."),
        )
    return step_of("connection", title, Light.DONE, _("Asked, and the signed answer was verified."))


def last_check(account: Account) -> AuditEntry | None:
    """The last harmless question that was asked with the keys the account has now."""
    asked = AuditEntry.objects.filter(
        verb=CHECKED, target_type="account", target_id=account.pk
    ).order_by("-id")
    if account.keys_changed_at is not None:
        asked = asked.filter(at__gte=account.keys_changed_at)
    last = asked.first()
    return last if last and last.details.get("gateway") == account.gateway_url else None


def _address(known: Sequence[Account]) -> Step:
    title = _("Alipay can reach the portal")
    problems = list(address_problems())
    if not problems:
        found = _("Alipay posts to %(url)s.") % {"url": settings.PUBLIC_URL}
        return step_of("address", title, Light.DONE, found)
    if known and all(account.points_at_simulator for account in known):
        return step_of(
            "address",
            title,
            Light.DONE,
            _("Good for the simulator on this machine. For Alipay: %s") % " ".join(problems),
        )
    return step_of("address", title, Light.PROBLEM, " ".join(problems))


def address_problems() -> Iterator[str]:
    """Why Alipay could not post to PUBLIC_URL, in words."""
    host = urlsplit(settings.PUBLIC_URL).hostname or ""
    if not settings.PUBLIC_URL.startswith("https://"):
        yield _("PUBLIC_URL must begin with https.")
    if is_this_machine(host):
        yield _("PUBLIC_URL names this very machine (%s); Alipay cannot post there.") % host
    if "*" in settings.ALLOWED_HOSTS or host not in settings.ALLOWED_HOSTS:
        yield _("ALLOWED_HOSTS must name %s, and not every host.") % host


def _shop() -> Step:
    title = _("Store and counter")
    if Counter.objects.exists():
        return step_of("shop", title, Light.DONE, _("There is a counter."), "store_list")
    if Store.objects.exists():
        text = _("There is a store; add its first counter on its page.")
        return step_of("shop", title, Light.TO_DO, text, "store_list", _("Open the store"))
    text = _("The merchant, then its store, then the counter where customers pay.")
    page = "store_new" if Merchant.objects.exists() else "merchant_new"
    return step_of("shop", title, Light.TO_DO, text, page, _("Add it"))


def _enrolment() -> Step:
    title = _("Counter known at Alipay, with its currency")
    enrolment = Enrolment.objects.select_related("account").first()
    if enrolment is None:
        text = _("It is made with the counter's first code.")
        return step_of("enrolment", title, Light.TO_DO, text, "store_list", _("Open the stores"))
    text = _("%(id)s, priced in %(currency)s.") % {
        "id": enrolment.alipay_store_id,
        "currency": enrolment.pricing_currency,
    }
    return step_of("enrolment", title, Light.DONE, text)


def _code() -> Step:
    title = _("A code in force that notifies us")
    active = QRCode.objects.filter(state=CodeState.ACTIVE)
    astray = active.exclude(notify_url__startswith=f"{settings.PUBLIC_URL}/").count()
    if astray:
        text = _("%s codes post to another address: run refresh_notify_urls.") % astray
        return step_of("code", title, Light.PROBLEM, text, "store_list")
    if active.exists():
        return step_of("code", title, Light.DONE, _("Its notifications come here."), "store_list")
    text = _("Open a counter and ask Alipay for its code.")
    return step_of("code", title, Light.TO_DO, text, "store_list", _("Open the stores"))


def _notification() -> Step:
    title = _("First notification, verified")
    newest = Notification.objects.order_by("-pk").first()
    if newest is not None:
        text = _("The last one came at %s.") % time_text(newest.last_received_at)
        return step_of("notification", title, Light.DONE, text, "notification_list")
    if Quarantined.objects.held().exists():
        text = _("Messages arrive, but no key verifies them: Alipay's key here is wrong.")
        return step_of("notification", title, Light.PROBLEM, text, "quarantine_list", _("Look"))
    text = _("It comes with the first payment. Let somebody scan the code and pay a small amount.")
    return step_of("notification", title, Light.TO_DO, text)


def _payment() -> Step:
    title, newest = _("First payment"), Payment.objects.taken().order_by("-pk").first()
    if newest is None:
        return step_of("payment", title, Light.TO_DO, _("Scan the code and pay a small amount."))
    return Step("payment", title, Light.DONE, str(newest), newest.get_absolute_url())
