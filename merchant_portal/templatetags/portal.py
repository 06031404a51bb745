"""How pages show money, numbers, icons and pills."""

from functools import cache

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext
from lucide.templatetags.lucide import lucide as drawn

from merchant_portal.money import Money

register = template.Library()

#: An icon in the page, by name and size. Each is drawn once a process: the packaged tag copies and
#: writes its tree anew for every row of a list.
lucide = cache(drawn)
register.simple_tag(lucide, name="lucide")

_MESSAGE_ICONS = {
    "success": "circle-check",
    "warning": "triangle-alert",
    "error": "circle-alert",
}
_SHORT = 6


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


@register.simple_tag
def message_icon(level: str) -> SafeString:
    """The icon of a message's level."""
    return SafeString(lucide(_MESSAGE_ICONS.get(level, "info"), size=18))
