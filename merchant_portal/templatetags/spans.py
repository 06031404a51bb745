"""How long something lasts, in the reader's language."""

from datetime import datetime, timedelta

from django import template
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from merchant_portal import clock

register = template.Library()

_HOUR, _DAY = 60, 24 * 60
#: Up to here hours are counted on: "30 hours" says more than "a day".
_IN_HOURS = 2 * _DAY


@register.filter
def since(instant: datetime, now: datetime | None = None) -> str:
    """How long ago: ``13 hours, 14 minutes``."""
    return _in_words((now or clock.now()) - instant)


@register.filter
def until(instant: datetime, now: datetime | None = None) -> str:
    """How long from now: ``13 hours, 14 minutes``."""
    return _in_words(instant - (now or clock.now()))


def _in_words(span: timedelta) -> str:
    minutes = max(int(span.total_seconds()), 0) // 60
    if not minutes:
        return _("less than a minute")
    if minutes < _HOUR:
        return _minutes(minutes)
    if minutes < _IN_HOURS:
        return _joined(_hours(minutes // _HOUR), _minutes(minutes % _HOUR))
    return _joined(_days(minutes // _DAY), _hours(minutes % _DAY // _HOUR))


def _joined(*parts: str) -> str:
    return pgettext("between the parts of a duration", ", ").join(filter(None, parts))


def _minutes(number: int) -> str:
    return ngettext("%(num)d minute", "%(num)d minutes", number) % {"num": number} if number else ""


def _hours(number: int) -> str:
    return ngettext("%(num)d hour", "%(num)d hours", number) % {"num": number} if number else ""


def _days(number: int) -> str:
    return ngettext("%(num)d day", "%(num)d days", number) % {"num": number}
