"""Which columns of the payments list a person wants to see."""

from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

_SECONDS_OF_A_YEAR = 365 * 24 * 3600
#: Between names in the cookie; a cookie that says only this wants none of them.
_BETWEEN = "."


class Column(models.TextChoices):
    """A column beside time, amount and state, which are always there."""

    STORE = "store", _("Store")
    COUNTER = "counter", _("Counter")
    ALIPAY_NUMBER = "alipay_number", _("Alipay no.")
    OUR_NUMBER = "our_number", _("Our no.")
    BUYER = "buyer", _("Buyer")
    WALLET = "wallet", _("Wallet")
    PRODUCT = "product", _("Product")
    ACCOUNT = "account", _("Account")
    MARKS = "marks", _("Who has spoken: N Q F")


_UNUSUAL = (Column.WALLET, Column.PRODUCT, Column.ACCOUNT)
USUAL = tuple(each for each in Column if each not in _UNUSUAL)


def chosen_columns(request: HttpRequest) -> tuple[Column, ...]:
    """As this person chose in this browser, else the usual ones."""
    said = request.COOKIES.get(_cookie(request))
    if not said:
        return USUAL
    names = said.split(_BETWEEN)
    return tuple(each for each in Column if each.value in names)


def keep_columns(request: HttpRequest, answer: HttpResponse, columns: Iterable[str]) -> None:
    """Remember the choice for a year; nobody but this person sees it."""
    answer.set_cookie(
        _cookie(request),
        _BETWEEN.join(columns) or _BETWEEN,
        max_age=_SECONDS_OF_A_YEAR,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def _cookie(request: HttpRequest) -> str:
    """Several people share a browser behind the counter: each has a choice of their own."""
    return f"payment_columns_{request.user.pk}"
