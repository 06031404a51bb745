"""How a sale stands, as the people on both sides of the counter read it. Pure reads."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _
from django_stubs_ext import StrOrPromise

from merchant_portal import clock
from payments.models import Payment, Sale
from payments.sale_sentences import refusal_sentence
from payments.selling import OVER, SaleOutcome, outcome_of
from payments.states import PAYMENT_UNSETTLED, Question
from qrcodes.models import Counter

#: So long the counter's screen reminds of a sale without an end; older ones stand on the desk of
#: what is unknown alone.
_REMINDED = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Words:
    """What is said of an outcome: shortly, and what to do; with tone and icon."""

    headline: StrOrPromise
    what_to_do: StrOrPromise
    tone: str
    icon: str


_NOT_YET = _("Do not hand over the goods yet.")
_MAY_HAVE_BEEN_PAID = _(
    "Alipay has cancelled it and does not say whether it had been paid. If it was, the money has "
    "gone back: the customer's wallet shows it."
)
_AGAIN = _("Nothing was taken. The customer may pay again.")

_WORDS: Mapping[SaleOutcome, Words] = MappingProxyType(
    {
        SaleOutcome.WAITING: Words(
            _("Waiting for the customer to confirm"), _NOT_YET, "wait", "hourglass"
        ),
        SaleOutcome.ISSUED: Words(
            _("Waiting for the customer to scan and pay"), _NOT_YET, "wait", "scan-qr-code"
        ),
        SaleOutcome.ENDING: Words(
            _("Being cancelled: Alipay has not confirmed it yet"),
            _("Do not hand over the goods, and do not take the money in another way yet."),
            "warn",
            "loader",
        ),
        SaleOutcome.PAID: Words(_("Paid"), _("Hand over the goods."), "good", "circle-check"),
        SaleOutcome.NOT_PAID: Words(
            _("Not paid, nothing was taken"), _("The customer may pay again."), "quiet", "ban"
        ),
        SaleOutcome.REFUSED: Words(_("Not paid: refused"), _AGAIN, "bad", "circle-x"),
        SaleOutcome.GIVEN_BACK: Words(
            _("Cancelled: the money went back"),
            _("Do not hand over the goods. The customer may pay again."),
            "quiet",
            "undo-2",
        ),
        SaleOutcome.ASK: Words(
            _("A person must look at this payment"),
            _("Do not hand over the goods, and do not take the money again: ask the manager."),
            "bad",
            "circle-alert",
        ),
    }
)
#: What customers read in the place of what staff does.
_FOR_CUSTOMERS: Mapping[SaleOutcome, tuple[StrOrPromise, StrOrPromise]] = MappingProxyType(
    {
        SaleOutcome.WAITING: (_("Waiting for your payment"), ""),
        SaleOutcome.ISSUED: (_("Scan with Alipay or your wallet to pay"), ""),
        SaleOutcome.ENDING: (_("Being cancelled"), _("Please do not pay this any more.")),
        SaleOutcome.PAID: (_("Paid. Thank you!"), ""),
        SaleOutcome.NOT_PAID: (_("Not paid, nothing was taken"), ""),
        SaleOutcome.REFUSED: (_("Not paid, nothing was taken"), _("Please ask our staff.")),
        SaleOutcome.GIVEN_BACK: (_("Cancelled: the money went back to you"), ""),
        SaleOutcome.ASK: (_("Please ask our staff"), _("Please do not pay again.")),
    }
)
#: While it stands so, the buyer may still pay, and staff may give it up.
_OPEN = frozenset({SaleOutcome.WAITING, SaleOutcome.ISSUED})


@dataclass(frozen=True, slots=True)
class Standing:
    """A sale at this moment, in words."""

    sale: Sale
    outcome: SaleOutcome
    now: datetime

    @property
    def payment(self) -> Payment:
        return self.sale.payment

    @property
    def words(self) -> Words:
        return _WORDS[self.outcome]

    @property
    def why(self) -> str:
        """Why Alipay refused it, or leaves open whether it was paid, and what the cashier does
        about it; empty where it does neither."""
        if self.payment.question == Question.CANCELLED_UNSAID:
            return str(_MAY_HAVE_BEEN_PAID)
        if self.outcome != SaleOutcome.REFUSED:
            return ""
        return refusal_sentence(self.sale.refusal)

    @property
    def headline_for_customers(self) -> str:
        return str(_FOR_CUSTOMERS[self.outcome][0])

    @property
    def advice_for_customers(self) -> str:
        return str(_FOR_CUSTOMERS[self.outcome][1])

    @property
    def is_paid(self) -> bool:
        return self.outcome == SaleOutcome.PAID

    @property
    def is_open(self) -> bool:
        """Whether the buyer may still pay; it can be given up."""
        return self.outcome in _OPEN

    @property
    def is_over(self) -> bool:
        """Whether it has its end, so that nobody looks again."""
        return self.outcome in OVER

    @property
    def is_waited_for(self) -> bool:
        """Whether whoever stands at the till waits for it; what a person must look at first need
        not keep them there."""
        return not self.is_over and self.outcome != SaleOutcome.ASK

    @property
    def seconds_left(self) -> int:
        """Until the buyer's time is over; 0 after that."""
        until = self.sale.order_code_expires_at or self.sale.ends_at
        return max(0, int((until - self.now).total_seconds()))

    @property
    def order_code(self) -> str:
        """The text of the code to show; empty as soon as it must not be shown any more."""
        is_shown = self.outcome == SaleOutcome.ISSUED and self.seconds_left > 0
        return self.sale.order_code if is_shown else ""

    @property
    def version(self) -> str:
        """Changes with what a page says of it: what looks again is told of changes only."""
        parts = (self.outcome.value, self.payment.alipay_trans_id, bool(self.order_code))
        return "-".join(str(part) for part in parts)


def standing_of(sale: Sale) -> Standing:
    """The sale as it is now; its payment has been read freshly."""
    return Standing(sale, outcome_of(sale), clock.now())


def unfinished_sales(counter: Counter) -> list[Sale]:
    """What was begun at a counter and has no end yet, the newest first."""
    return list(
        Sale.objects.filter(
            payment__counter=counter,
            payment__occurred_at__gte=clock.now() - _REMINDED,
            payment__state__in=PAYMENT_UNSETTLED,
        )
        .select_related("payment__store", "payment__counter")
        .order_by("-payment__occurred_at", "-pk")[:20]
    )
