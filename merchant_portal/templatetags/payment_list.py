"""How the payments list shows its rows: chosen columns, who has spoken, shortened numbers, ages."""

from datetime import datetime, timedelta

from django import template
from django.http import HttpRequest
from django.template import Context
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _
from django_stubs_ext import StrOrPromise

from merchant_portal import clock
from payments.columns import USUAL, Column, chosen_columns
from payments.models import Payment
from payments.states import Question

register = template.Library()

_SHOWN = 6
_ABSENT, _AGREES, _DIFFERS = "", "mark-on", "mark-off"
_NOTICE_DIFFERS = frozenset({Question.CONTENT_DIFFERS, Question.AMOUNT_DIFFERS})
_ANSWER_DIFFERS = frozenset(
    {Question.AMOUNT_DIFFERS, Question.STATUS_DIFFERS, Question.CLOSED_AT_ALIPAY}
)


@register.simple_tag(takes_context=True)
def columns_wanted(context: Context) -> tuple[Column, ...]:
    """The columns the person looking has chosen, on any page that shows payments."""
    request = context.get("request")
    return chosen_columns(request) if isinstance(request, HttpRequest) else USUAL


@register.simple_tag
def who_has_spoken(payment: Payment) -> SafeString:
    """N, Q and F: filled where notification, answer and file agree with what stands here."""
    marks = (
        ("N", *_said_by_notice(payment)),
        ("Q", *_said_by_answer(payment)),
        ("F", *_said_by_file(payment)),
    )
    return format_html_join(
        " ",
        '<span class="mark {}" role="img" aria-label="{}" title="{}">{}</span>',
        ((tone, meaning, meaning, letter) for letter, tone, meaning in marks),
    )


def _said_by_notice(payment: Payment) -> tuple[str, StrOrPromise]:
    if not getattr(payment, "has_notice", False):
        return _ABSENT, _("No notification yet")
    if payment.question in _NOTICE_DIFFERS:
        return _DIFFERS, _("A notification came and says something else")
    return _AGREES, _("A notification came")


def _said_by_answer(payment: Payment) -> tuple[str, StrOrPromise]:
    if not getattr(payment, "has_answer", False):
        return _ABSENT, _("Alipay was not asked yet")
    if payment.question in _ANSWER_DIFFERS:
        return _DIFFERS, _("Alipay answered a query and says something else")
    return _AGREES, _("Alipay answered a query")


def _said_by_file(payment: Payment) -> tuple[str, StrOrPromise]:
    if getattr(payment, "has_difference", False):
        return _DIFFERS, _("Alipay's file says something else")
    if not getattr(payment, "has_row", False):
        return _ABSENT, _("In no file of Alipay's yet")
    return _AGREES, _("Alipay's file agrees")


@register.simple_tag
def number_cell(number: str) -> SafeString:
    """The last digits of a number; pressed, the whole of it, which is copied as well."""
    if not number:
        return mark_safe("—")
    if len(number) <= _SHOWN + 1:
        return format_html('<span class="mono">{}</span>', number)
    return format_html(
        '<details class="number above"><summary title="{}"><span class="mono">…{}</span></summary>'
        '<code class="number-whole">{}</code></details>',
        _("Show the whole number and copy it"),
        number[-_SHOWN:],
        number,
    )


@register.filter
def age(instant: datetime) -> str:
    """How long something lasts already: ``2 m``, ``3 h``, ``4 d``."""
    lasted = max(clock.now() - instant, timedelta())
    minutes = int(lasted.total_seconds() // 60)
    if minutes < 60:
        return _("%(number)d m") % {"number": minutes}
    if minutes < 48 * 60:
        return _("%(number)d h") % {"number": minutes // 60}
    return _("%(number)d d") % {"number": minutes // (24 * 60)}
