"""Whether the payment a customer shows is real: what the ledger knows of it, nobody is asked.

The answer is for a counter: the same payment is green at its own and orange at every other.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum

from django.db.models import Q, QuerySet
from django.db.models.functions import Right as LastSigns
from django.utils.translation import gettext as _

from merchant_portal.access import Right
from merchant_portal.accounts.models import Account
from merchant_portal.money import CURRENCIES
from payments.models import Lookup, Payment
from payments.places import business_day_start, visible_stores
from payments.sentences import advice
from payments.states import PAYMENT_TAKEN, LookupState, PaymentState
from qrcodes.models import Counter, Store
from qrcodes.permissions import Principal

#: So many last signs of Alipay's number are kept in an index of all payments.
INDEXED_SIGNS = 4
#: Last digits say something about recent payments only.
RECENT = timedelta(days=3)
#: A payment of the business day before is no old one in the minutes after the day began.
_YOUNG = timedelta(minutes=30)
_FRESH = timedelta(minutes=1)
#: More than this many fit: the digits say nothing.
MOST_SHOWN = 6
#: From here on a number may be asked about as a merchant order number.
LEAST_ORDER_NUMBER = 10
#: Alipay may not know a payment in its first seconds: one denial is none.
_ASKED_ENOUGH = 2
_NOT_THERE = "TRADE_NOT_EXIST"
_alipays = re.compile(r"20[0-9]{26}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Shown:
    """What stands on the customer's screen: a whole number or its last digits, and the amount."""

    number: str
    amount: Decimal | None = None

    @property
    def is_alipays(self) -> bool:
        """Whether it is a whole number of Alipay's: 28 digits that begin with the date."""
        return bool(_alipays.fullmatch(self.number))

    @property
    def can_be_asked(self) -> bool:
        """Whether Alipay could answer to it; to last digits it cannot."""
        return self.is_alipays or len(self.number) >= LEAST_ORDER_NUMBER

    def fits(self) -> Q:
        """The payments of this amount, in whichever currency."""
        if self.amount is None:
            return Q()
        whole = [code for code, decimals in CURRENCIES.items() if decimals == 0]
        fits = ~Q(currency__in=whole) & Q(amount_minor=int(self.amount * 100))
        if self.amount == self.amount.to_integral_value():
            fits |= Q(currency__in=whole, amount_minor=int(self.amount))
        return fits

    def is_of(self, payment: Payment) -> bool:
        """Whether the amount, where one was said, is the payment's."""
        return self.amount is None or self.amount == Decimal(payment.amount.decimal_text)


class Sign(StrEnum):
    """What a payment that fits means at this counter."""

    HERE = "here"
    EARLIER = "earlier"
    DOUBTFUL = "doubtful"
    ELSEWHERE = "elsewhere"
    HIDDEN = "hidden"
    UNPLACED = "unplaced"
    UNPAID = "unpaid"

    @property
    def tone(self) -> str:
        """Green, grey or orange; never alone, a word and an icon stand with it."""
        match self:
            case Sign.HERE:
                return "good"
            case Sign.UNPAID:
                return "quiet"
            case _:
                return "warn"


@dataclass(frozen=True, slots=True)
class Match:
    """A payment that fits what is shown; none where its place is nobody's business here."""

    sign: Sign
    payment: Payment | None
    doubts: tuple[str, ...] = ()
    #: It was made within the last minute.
    is_fresh: bool = False


def recognise(
    shown: Shown, counter: Counter, *, principal: Principal, now: datetime
) -> list[Match]:
    """The payments that fit, the newest first; the counter's own hide others of the same digits."""
    found = list(_whole(shown.number))
    if not found and not shown.is_alipays:
        found = _ending_so(shown, counter, principal=principal, now=now)
    return [_match(payment, shown, counter, principal=principal, now=now) for payment in found]


def _whole(number: str) -> QuerySet[Payment]:
    """By a whole number, Alipay's or the merchant's, wherever it was paid."""
    numbered = Payment.objects.numbered(number).select_related("store", "counter", "account")
    return numbered.newest_first()[:MOST_SHOWN]


def _ending_so(
    shown: Shown, counter: Counter, *, principal: Principal, now: datetime
) -> list[Payment]:
    """By last digits: at this counter; else at the stores one sees, from four digits on."""
    recent = Payment.objects.filter(occurred_at__gte=now - RECENT).select_related(
        "store", "counter", "account"
    )
    here = recent.filter(
        Q(alipay_trans_id__endswith=shown.number) | Q(partner_trans_id__endswith=shown.number),
        counter=counter,
    )
    is_telling = len(shown.number) >= INDEXED_SIGNS
    found = _newest(here.filter(shown.fits()))
    if not found and is_telling:
        found = _newest(here) or _newest(
            _at_stores(recent, shown, visible_stores(principal)).filter(shown.fits())
        )
    return found


def _at_stores(
    recent: QuerySet[Payment], shown: Shown, stores: Iterable[Store]
) -> QuerySet[Payment]:
    """Through the index of last signs, whatever the number of stores and payments."""
    return recent.alias(last_signs=LastSigns("alipay_trans_id", INDEXED_SIGNS)).filter(
        last_signs=shown.number[-INDEXED_SIGNS:],
        alipay_trans_id__endswith=shown.number,
        store__in=[store.pk for store in stores],
    )


def _newest(rows: QuerySet[Payment]) -> list[Payment]:
    return list(rows.order_by("-occurred_at", "-pk")[:MOST_SHOWN])


def _match(
    payment: Payment, shown: Shown, counter: Counter, *, principal: Principal, now: datetime
) -> Match:
    sees = principal.may_at(Right.SEE_PAYMENTS, payment.store)
    sign = _sign(payment, counter, now=now, sees=sees)
    if not sees and payment.counter_id != counter.pk:
        return Match(sign, None)
    doubts = tuple(_doubts(payment, shown))
    is_fresh = now - payment.occurred_at < _FRESH
    return Match(Sign.DOUBTFUL if sign is Sign.HERE and doubts else sign, payment, doubts, is_fresh)


def _sign(payment: Payment, counter: Counter, *, now: datetime, sees: bool) -> Sign:
    if payment.state not in (*PAYMENT_TAKEN, PaymentState.CANCELLED):
        return Sign.UNPAID
    if payment.store_id is None:
        return Sign.UNPLACED
    if payment.counter_id != counter.pk:
        return Sign.ELSEWHERE if sees else Sign.HIDDEN
    return Sign.EARLIER if _is_old(payment, counter.store, now=now) else Sign.HERE


def _is_old(payment: Payment, store: Store, *, now: datetime) -> bool:
    """Of an earlier business day: an old screen shown again, or a customer who comes back."""
    began = business_day_start(store, now=now)
    return payment.occurred_at < min(began, now - _YOUNG)


def _doubts(payment: Payment, shown: Shown) -> Iterable[str]:
    """Why a payment that was made does not mean that goods are to be handed over."""
    if not shown.is_of(payment):
        yield _("It is another amount than the one you typed.")
    if payment.given_back.minor or payment.reserved_minor or _is_cancelled(payment):
        yield advice(payment)
    if payment.frozen:
        yield _("Alipay holds this payment for now.")
    if payment.question:
        yield payment.get_question_display()


def _is_cancelled(payment: Payment) -> bool:
    return payment.state == PaymentState.CANCELLED


# ---- What Alipay was asked ----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Asked:
    """What Alipay was asked here about a whole number, and how that stands."""

    lookups: tuple[Lookup, ...]
    accounts: int
    is_alipays: bool

    @property
    def is_denied(self) -> bool:
        """Alipay has said, of a whole number and under every account, that it does not know it."""
        return (
            self.is_alipays
            and 0 < self.accounts == len(self.lookups)
            and all(_denies(lookup) for lookup in self.lookups)
        )

    @property
    def latest(self) -> Lookup | None:
        return self.lookups[0] if self.lookups else None

    @property
    def silence(self) -> str:
        """Why there is no answer; empty where there is one, or none was asked for."""
        latest = self.latest
        if latest is None or latest.last_answer in {"", _NOT_THERE}:
            return ""
        return latest.last_answer

    @property
    def is_unknown_so_far(self) -> bool:
        """Alipay did not know it, which alone proves nothing."""
        return self.latest is not None and self.latest.last_answer == _NOT_THERE


def accounts_at(counter: Counter) -> list[Account]:
    """The accounts that payments at a counter can be made under."""
    here = Q(enrolments__counter=counter) | Q(
        enrolments__store=counter.store_id, enrolments__counter__isnull=True
    )
    return list(Account.objects.filter(here).distinct().order_by("pk"))


def asked_about(shown: Shown, counter: Counter) -> Asked:
    """The newest question of each account, asked here, about the number."""
    accounts = accounts_at(counter)
    name = "alipay_trans_id" if shown.is_alipays else "partner_trans_id"
    lookups: dict[int, Lookup] = {}
    for lookup in Lookup.objects.filter(counter=counter, account__in=accounts).filter(
        **{name: shown.number}
    ):
        lookups.setdefault(lookup.account_id, lookup)
    return Asked(tuple(lookups.values()), len(accounts), shown.is_alipays)


def _denies(lookup: Lookup) -> bool:
    if lookup.state == LookupState.NOT_FOUND:
        return True
    has_answered = lookup.lease_until is None and lookup.last_answer == _NOT_THERE
    is_asking = lookup.state == LookupState.ASKING
    return is_asking and has_answered and lookup.attempts >= _ASKED_ENOUGH
