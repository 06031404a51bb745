"""How pages show money, states, times, numbers, and what somebody may do."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import cache
from typing import Protocol
from zoneinfo import ZoneInfo

from django import template
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template import Context
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import gettext, pgettext
from django_stubs_ext import StrOrPromise
from lucide.templatetags.lucide import lucide as drawn

from merchant_portal.access import Right
from merchant_portal.money import Money
from payments.models import CancelMove, GivingBack, Notification, SilenceAlarm
from payments.places import ALIPAY_ZONE
from payments.sale_sentences import refusal_sentence
from payments.sentences import ACTORS, DETAILS, VERBS, call_words, said
from payments.states import CancelState, PaymentState
from payments.tills import Till
from payments.timeline import NoticeEvidence, answer_text
from payments.wallets import wallet_name
from qrcodes.models import Counter, Registration, Store
from qrcodes.permissions import Principal, principal_of
from qrcodes.states import ReviewState
from qrcodes.training import training_names, training_names_at
from reconciliation.sentences import DOCUMENTS, ROW_CODES, translated
from reconciliation.standing import DayStanding
from refunds.models import RefundMove
from refunds.states import RefundState

register = template.Library()

#: An icon in the page, by name and size. Each is drawn once a process: the packaged tag copies and
#: writes its tree anew for every row of a list.
lucide = cache(drawn)
register.simple_tag(lucide, name="lucide")

#: Tone and icon of each state's pill, whatever noun it belongs to.
_PILLS = {
    "PAID": ("good", "circle-check"),
    "CONFIRMING": ("good", "circle-check"),
    "PENDING": ("wait", "clock"),
    "UNKNOWN": ("warn", "circle-question-mark"),
    "CANCELLED": ("quiet", "undo-2"),
    "CLOSED": ("quiet", "ban"),
    "CREATING": ("wait", "loader"),
    "ADOPTING": ("wait", "loader"),
    "ACTIVE": ("good", "circle-check"),
    "STOPPED": ("warn", "circle-pause"),
    "DELETED": ("quiet", "trash-2"),
    "REFUSED": ("bad", "circle-x"),
    "WAITING": ("warn", "hourglass"),
    "APPLIED": ("good", "circle-check"),
    "ASKING": ("wait", "loader"),
    "FOUND": ("good", "circle-check"),
    "NOT_FOUND": ("quiet", "search-x"),
    "UNANSWERED": ("warn", "circle-question-mark"),
    "UNREGISTERED": ("quiet", "circle-dashed"),
    "IN_REVIEW": ("wait", "clock"),
    "APPROVED": ("good", "circle-check"),
    "REJECTED": ("bad", "circle-x"),
    "REQUESTED": ("wait", "user-round-check"),
    "DECLINED": ("quiet", "ban"),
    "SUBMITTED": ("wait", "send"),
    "ACCEPTED": ("wait", "clock"),
    "REFUNDED": ("good", "undo-2"),
    "FAILED": ("bad", "circle-x"),
    "RETURNED": ("warn", "redo-2"),
    "LAPSED": ("warn", "alarm-clock-off"),
    "DONE": ("good", "undo-2"),
    "RUNNING": ("wait", "loader"),
    "READY": ("good", "circle-check"),
    "EXPIRED": ("quiet", "archive-x"),
    "OPEN": ("warn", "circle-alert"),
    "RESOLVED": ("good", "circle-check"),
    "EXPLAINED": ("quiet", "history"),
}
#: Money that may go back has not gone: its APPROVED is no end, as a review's is.
_PILL_NOT_SENT = ("wait", "clock")
_FILE_PILLS = {
    "EXPECTED": ("wait", "clock"),
    "LATE": ("bad", "clock-alert"),
    "RECEIVED": ("wait", "loader"),
    "ACCEPTED": ("good", "circle-check"),
    "COUNT_MISMATCH": ("warn", "triangle-alert"),
    "SUPERSEDED": ("quiet", "history"),
}
_DAY_PILLS = {
    DayStanding.OPEN: ("bad", "circle-alert"),
    DayStanding.NO_FILE: ("wait", "file-clock"),
    DayStanding.INCOMPLETE: ("warn", "file-exclamation-point"),
    DayStanding.WAITING: ("wait", "clock"),
    DayStanding.SETTLED: ("quiet", "circle-check"),
    DayStanding.CLEAN: ("good", "circle-check"),
}
_MESSAGE_ICONS = {
    "success": "circle-check",
    "warning": "triangle-alert",
    "error": "circle-alert",
}
_SHORT = 6
_UTC = ZoneInfo("UTC")


class _Stateful(Protocol):
    """A row with a state."""

    state: str

    def get_state_display(self) -> str: ...


@register.filter
def money(amount: Money) -> SafeString:
    """``HKD 1,288.00``, kept on one line."""
    return format_html('<span class="money">{} {}</span>', amount.currency, digits(amount))


@register.filter
def digits(amount: Money) -> str:
    """The amount without its currency, thousands marked: ``1,288.00``."""
    sign = "-" if amount.minor < 0 else ""
    whole, point, fraction = amount.decimal_text.removeprefix("-").partition(".")
    return f"{sign}{int(whole):,}{point}{fraction}"


@register.simple_tag
def pill(word: str, tone: str, icon: str) -> SafeString:
    """A word with its icon; tones are good, wait, warn, bad, quiet."""
    return format_html('<span class="pill pill-{}">{}{}</span>', tone, lucide(icon, size=14), word)


@register.simple_tag
def state_pill(noun: _Stateful) -> SafeString:
    """The state of a payment, a refund, a code or any other noun, as word and icon."""
    tone, icon = _PILLS.get(noun.state, ("quiet", "circle"))
    if isinstance(noun, GivingBack) and noun.state == CancelState.APPROVED:
        tone, icon = _PILL_NOT_SENT
    return pill(noun.get_state_display(), tone, icon)


@register.simple_tag
def file_pill(file: _Stateful) -> SafeString:
    """Where a nightly file stands; some of its words mean something else elsewhere."""
    tone, icon = _FILE_PILLS.get(file.state, ("bad", "file-x"))
    return pill(file.get_state_display(), tone, icon)


@register.simple_tag
def day_pill(standing: DayStanding) -> SafeString:
    """How a compared day stands."""
    tone, icon = _DAY_PILLS[standing]
    return pill(str(standing.label), tone, icon)


_LIGHTS = {
    "done": ("good", "circle-check"),
    "to_do": ("wait", "circle-dashed"),
    "problem": ("bad", "circle-x"),
}


@register.simple_tag
def light(step: models.TextChoices) -> SafeString:
    """How a step of the set-up guide stands."""
    tone, icon = _LIGHTS[step.value]
    return pill(str(step.label), tone, icon)


@register.filter
def document_name(word: str) -> StrOrPromise:
    """What a nightly file lists."""
    return DOCUMENTS.get(word, word)


@register.filter
def row_code(word: str) -> StrOrPromise:
    """Why a line was set aside, in two words."""
    return ROW_CODES.get(word, word)


register.filter("translated", translated)


@register.simple_tag
def review_pill(registration: Registration) -> SafeString:
    """Where a store's review stands; one whose answer was lost is not called unregistered."""
    if registration.state == ReviewState.UNREGISTERED and registration.asked_without_answer:
        return pill(gettext("Unknown"), "warn", "circle-question-mark")
    if registration.state == ReviewState.UNREGISTERED and registration.is_under_way:
        return pill(gettext("Being asked"), "wait", "loader")
    return state_pill(registration)


@register.filter
def calendar_day(value: date) -> str:
    """A calendar day in the reader's language: ``20 Nov 2026``."""
    return formats.date_format(value, pgettext("date format", "j M Y"))


@register.filter
def calendar_day_short(value: date) -> str:
    """The same where the year is said elsewhere: ``20 Nov``."""
    return formats.date_format(value, pgettext("date format on a chart", "j M"))


@register.filter
def calendar_month(value: date) -> str:
    """A month in the reader's language: ``November 2026``."""
    return formats.date_format(value, pgettext("date format", "F Y"))


@register.filter
def listed(words: Iterable[object]) -> str:
    """Words one after the other, as the reader's language parts them."""
    return pgettext("between the words of a list", ", ").join(str(word) for word in words)


@register.simple_tag
def moment(instant: datetime | None, place: object = None) -> str:
    """Day, time and zone at a place: ``20 Nov 2026 14:03:12 HKT``."""
    return _time(instant, place, pgettext("date format", "j M Y H:i:s"))


@register.simple_tag
def hour(instant: datetime | None, place: object = None) -> str:
    """Time and zone at a place, where the day is said elsewhere: ``14:03:12 HKT``."""
    return _time(instant, place, "H:i:s")


@register.simple_tag
def hour_only(instant: datetime, place: object = None) -> SafeString:
    """The time alone, under a heading that names day and zone; pointing at it tells all."""
    local = instant.astimezone(zone_of(place))
    return format_html(
        '<time datetime="{}" title="{} {}">{}</time>',
        local.isoformat(),
        local.strftime("%Y-%m-%d %H:%M:%S"),
        zone_name(local),
        local.strftime("%H:%M:%S"),
    )


@register.filter
def zone_at(instant: datetime, place: object) -> str:
    """The name of a place's zone at an instant: ``EST`` in winter, ``EDT`` in summer."""
    return zone_name(instant.astimezone(zone_of(place)))


@register.simple_tag
def day(instant: datetime | None, place: object = None) -> str:
    """The day at a place: ``Friday 20 November 2026``."""
    if instant is None:
        return ""
    local = instant.astimezone(zone_of(place))
    return formats.date_format(local, pgettext("date format", "l j F Y"))


def _time(instant: datetime | None, place: object, layout: str) -> str:
    if instant is None:
        return "—"
    local = instant.astimezone(zone_of(place))
    return format_html(
        '<time datetime="{}" title="{}">{} <span class="zone">{}</span></time>',
        local.isoformat(),
        instant.astimezone(_UTC).strftime("%Y-%m-%d %H:%M:%S UTC"),
        formats.date_format(local, layout),
        zone_name(local),
    )


def zone_of(place: object) -> ZoneInfo:
    """The zone of a store, of what belongs to one (a counter, a payment), or Alipay's own."""
    store = getattr(place, "store", None) or place
    name = getattr(store, "time_zone", None)
    return ZoneInfo(name if isinstance(name, str) else ALIPAY_ZONE)


def zone_name(local: datetime) -> str:
    """``HKT``, or ``GMT+8`` where the zone has no letters of its own."""
    name = local.tzname() or "UTC"
    if name[0] not in "+-":
        return name
    hours, minutes = name[:3], name[3:]
    return f"GMT{name[0]}{int(hours[1:])}" + (f":{minutes}" if minutes else "")


@register.simple_tag
def id_text(number: str) -> SafeString:
    """A whole number of somebody's, with a button that copies it."""
    if not number:
        return mark_safe("—")
    return format_html(
        '<span class="id"><code>{}</code><button class="copy" type="button" data-copy="{}" '
        'aria-label="{}" title="{}"><span class="copy-icon">{}</span>'
        '<span class="copied-icon">{}</span></button></span>',
        number,
        number,
        gettext("Copy"),
        gettext("Copy"),
        lucide("copy", size=14),
        lucide("check", size=14),
    )


@register.filter
def short(number: str) -> SafeString:
    """The last digits of a number, the whole of it on hovering: ``…163184``."""
    shown = number if len(number) <= _SHORT + 1 else f"…{number[-_SHORT:]}"
    return format_html('<span class="mono" title="{}">{}</span>', number, shown)


@register.filter
def evidence(notification: Notification) -> NoticeEvidence:
    """A notification as it came, with its signed string and verdict."""
    return NoticeEvidence(notification)


register.filter("answer_text", answer_text)


@register.simple_tag
def silent_at(place: Counter | Store) -> QuerySet[SilenceAlarm]:
    """The counters of a store that are silent for too long now, or that one counter."""
    rows = SilenceAlarm.objects.open().select_related("counter__store")
    if isinstance(place, Counter):
        return rows.filter(counter=place)
    return rows.filter(counter__store=place)


@register.filter
def payment_state(state: str) -> str:
    """The word for a payment's state, where there is no payment to ask."""
    return str(PaymentState(state).label) if state else ""


@register.filter
def noun(row: GivingBack) -> str:
    """What a row is, as a heading says it: ``Refund``, ``Cancel``."""
    return capfirst(str(row._meta.verbose_name))


@register.filter
def moved_noun(move: CancelMove | RefundMove) -> GivingBack:
    """The refund or cancel that a move is of."""
    return move.refund if isinstance(move, RefundMove) else move.cancel


@register.filter
def state_before(move: CancelMove | RefundMove) -> str:
    """The word for the state a refund or cancel came from."""
    states = RefundState if isinstance(move, RefundMove) else CancelState
    return str(states(move.from_state).label)


register.filter("call_words", call_words)
register.simple_tag(said)


@register.filter
def detail_words(word: object) -> str:
    """A word that the audit log keeps beside a verb; what is not in our list stays as it is."""
    return str(DETAILS.get(str(word), word))


@register.filter
def actor_words(name: str) -> str:
    """Who did it; what is nobody's name is said in the reader's language."""
    return str(ACTORS.get(name, name))


#: A wallet as people know it.
register.filter("wallet_name", wallet_name)


@register.filter
def refusal_words(code: str) -> str:
    """Why Alipay refused a sale, as a sentence for the cashier."""
    return refusal_sentence(code)


@register.filter
def verb_words(verb: str) -> str:
    """A verb of the audit log as people say it: ``ask_alipay`` reads ``asked Alipay``."""
    return str(VERBS.get(verb, verb.replace("_", " ")))


@register.simple_tag
def message_icon(level: str) -> SafeString:
    """The icon of a message's level."""
    return SafeString(lucide(_MESSAGE_ICONS.get(level, "info"), size=18))


@register.simple_tag(takes_context=True)
def may(context: Context, right: str) -> bool:
    """Whether the person looking holds a right anywhere."""
    principal = _principal(context)
    return principal is not None and principal.may(Right(right))


@register.simple_tag(takes_context=True)
def may_everywhere(context: Context, right: str) -> bool:
    """Whether the person looking holds a right at every store, as what belongs to none needs."""
    principal = _principal(context)
    return principal is not None and principal.holds_everywhere(Right(right))


@register.simple_tag(takes_context=True)
def current(context: Context, url: str, exact: bool = False) -> str:
    """``aria-current`` where the page looked at stands below an address."""
    request = context.get("request")
    path = request.path if isinstance(request, HttpRequest) else ""
    is_here = path == url if exact else path.startswith(url)
    return mark_safe(' aria-current="page"') if is_here else ""


@register.simple_tag(takes_context=True)
def simulator_accounts(context: Context) -> list[str]:
    """Names of the training accounts in somebody's sight; a counter's screen shows the counter's,
    also on a paired device."""
    principal, counter = _principal(context), context.get("counter")
    if isinstance(counter, Counter) and (principal or isinstance(context.get("till"), Till)):
        return training_names_at(counter.store)
    return [] if principal is None else training_names(principal)


def _principal(context: Context) -> Principal | None:
    """Who looks: known on guarded pages, found once on the others."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    if not hasattr(request, "principal"):
        request.principal = principal_of(user)  # type: ignore[union-attr]
    principal: Principal = request.principal  # type: ignore[union-attr]
    return principal
