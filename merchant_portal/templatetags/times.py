"""How pages show days and times: at a place, and in the reader's language."""

from datetime import date, datetime
from zoneinfo import ZoneInfo

from django import template
from django.utils import formats
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

from payments.places import ALIPAY_ZONE

register = template.Library()

_UTC = ZoneInfo("UTC")


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
