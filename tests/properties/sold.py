"""What counters have sold, held against Alipay's own books, to the cent."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from payments.models import EntryKind, LedgerEntry, Payment, Sale
from payments.selling import SaleOutcome, outcome_of
from payments.states import PaymentState, Product, Question
from refunds.models import Refund
from tests.alipay_side import AlipaySide
from tests.sales.till import WORDS

NOTHING_TAKEN = frozenset({SaleOutcome.NOT_PAID, SaleOutcome.REFUSED})
BACK = (EntryKind.REFUND, EntryKind.CANCEL)


@dataclass(frozen=True)
class Sold:
    """One sale: what is said of it here, and the trade of it at Alipay, if there is one."""

    sale: Sale
    trade: dict[str, Any] | None

    @property
    def payment(self) -> Payment:
        return self.sale.payment

    @cached_property
    def outcome(self) -> SaleOutcome:
        return outcome_of(self.sale)

    @property
    def was_paid(self) -> bool:
        return self.trade is not None and self.trade["paid_at"] is not None

    @property
    def went_back_minor(self) -> int:
        return self._minor("refunded") if self.was_paid else 0

    @property
    def is_back(self) -> bool:
        """Whether the customer, who was charged, has all of it back."""
        return self.was_paid and self.went_back_minor == self.payment.amount_minor

    def hold_what_is_said(self) -> None:
        """At no moment is more said at the till than Alipay knows."""
        if self.outcome == SaleOutcome.PAID:
            assert self.was_paid, "goods were handed over for nothing"
        if self.outcome in NOTHING_TAKEN:
            assert not self.was_paid, "charged, and called not paid"
        if self.outcome == SaleOutcome.GIVEN_BACK:
            assert self.is_back, "called given back, and it is not"

    def hold_its_end(self) -> None:
        """Paid once and wanted, or not paid, or given back, or a person sees the money."""
        match PaymentState(self.payment.state):
            case PaymentState.PAID:
                assert self.was_paid
                is_wanted = self.sale.ending_at is None
                assert is_wanted or self.payment.question == Question.PAID_AFTER_END
                said = SaleOutcome.PAID if is_wanted else SaleOutcome.ASK
            case PaymentState.CANCELLED:
                assert self.is_back
                said = SaleOutcome.GIVEN_BACK
            case PaymentState.CLOSED:
                assert not self.was_paid, "charged, and nobody here knows"
                said = self._said_of_closed()
            case state:
                raise AssertionError(f"{state} at the end")
        assert self.outcome == said
        self._hold_its_money()

    def _said_of_closed(self) -> SaleOutcome:
        """What Alipay cancelled after silence, without a word of what it had been, is asked."""
        if self.payment.question == Question.CANCELLED_UNSAID:
            return SaleOutcome.ASK
        return SaleOutcome.REFUSED if self.sale.refusal else SaleOutcome.NOT_PAID

    def _hold_its_money(self) -> None:
        entries = LedgerEntry.objects.filter(payment=self.payment)
        taken = [entry.amount_minor for entry in entries if entry.kind == EntryKind.PAYMENT]
        back = sum(entry.amount_minor for entry in entries if entry.kind in BACK)
        assert taken == ([self.payment.amount_minor] if self.was_paid else [])
        assert back == self.went_back_minor == self._given_back_minor
        assert self.payment.reserved_minor == 0
        if self.trade is not None:
            assert self._minor("amount") == self.payment.amount_minor

    @property
    def _given_back_minor(self) -> int:
        return self.payment.refunded_minor + self.payment.cancelled_minor

    def _minor(self, name: str) -> int:
        assert self.trade is not None
        whole, _point, cents = self.trade[name].partition(".")
        assert len(cents) == 2, "the counters sell in a currency of two decimals"
        return int(whole + cents)


def all_sold(alipay: AlipaySide) -> list[Sold]:
    """Every sale with its trade; nothing stands at Alipay that is not here."""
    trades = {trade["out_trade_no"]: trade for trade in alipay.books("trades")}
    sales = Sale.objects.select_related("payment__account").order_by("pk")
    sold = [Sold(sale, trades.pop(sale.payment.partner_trans_id, None)) for sale in sales]
    assert not trades, "Alipay was asked for a sale that is not here"
    return sold


def hold_the_end(alipay: AlipaySide) -> None:
    """Once all is quiet: each sale has one end, and both sides have the same money."""
    for each in all_sold(alipay):
        each.hold_its_end()
        if each.payment.product == Product.BARCODE:
            assert _times_sent(each.payment) <= 1, "a scan was sent twice"
    numbers = set(Refund.objects.values_list("partner_refund_id", flat=True))
    asked = {row["out_biz_no"] for row in alipay.books("refunds") if row["origin"] == "gateway"}
    assert asked <= numbers, "a refund was sent under another number"


def _times_sent(payment: Payment) -> int:
    pays = [words.pay for words in WORDS.values()]
    calls = payment.account.calls.filter(subject_type="payment", subject_id=payment.pk)
    return calls.filter(service__in=pays).count()
