"""What buyers, Alipay and the shops' people do in a simulated month, and what goes wrong meanwhile.

All of it follows from one seed: which buyer pays what and when, which notice is lost, who asks for
whose money back. Only numbers are minted anew each time, as they are at Alipay.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from random import Random

from merchant_portal import clock
from merchant_portal.management.simulating import rules
from merchant_portal.management.simulating.stage import Act, Shop, Stage
from merchant_portal.money import Money
from merchant_portal.simulator import mishaps, refunds, trading
from merchant_portal.simulator.mishaps import GatewayMishap, NoticeMishap
from merchant_portal.simulator.records import Mishap, Trade, TradeStatus
from payments import services as payment_services
from payments.models import Cancel, Payment
from payments.states import CancelState, GiveBackReason, PaymentState
from reconciliation.states import LineKind
from refunds import services as refund_services
from refunds.models import Refund

_OPENS, _CLOSES = 9.0, 22.5
#: What may happen to a payment's notice, and how often among a hundred.
_NOTICES: tuple[tuple[str, str, int], ...] = (
    ("", "", 72),
    (NoticeMishap.DOUBLED, "", 6),
    (NoticeMishap.REORDERED, "", 4),
    (NoticeMishap.WITHOUT_OPTIONAL, "", 4),
    (NoticeMishap.TAMPERED, "", 4),
    (NoticeMishap.LATE, "7200", 4),
    (NoticeMishap.LATE, "129600", 3),
    (NoticeMishap.LOST, "", 3),
)
#: What may happen to a call about money going back.
_CALLS: tuple[tuple[str, str], ...] = (
    ("", ""),
    ("", ""),
    (GatewayMishap.DONE_BUT_NO_ANSWER, ""),
    (GatewayMishap.UNKNOWN_THEN, "done"),
    (GatewayMishap.UNKNOWN_THEN, ""),
    (GatewayMishap.HTTP_500, ""),
    (GatewayMishap.HALF, ""),
)
_MAY_COME_AFTER_THE_FILE = frozenset({NoticeMishap.LATE, NoticeMishap.REORDERED})
_REASON = GiveBackReason.RETURNED.value
_CANCELS, _REFUNDS = "alipay.acquire.cancel", "alipay.acquire.overseas.spot.refund"


@dataclass(frozen=True, slots=True)
class Seeded:
    """Something outside the files that their comparing is to find."""

    name: str
    partner_id: str
    at: datetime
    kind: LineKind
    partner_trans_id: str
    transaction_id: str


@dataclass
class Month:
    """The acts of a month, written into the stage's diary day by day."""

    stage: Stage
    random: Random
    payments_per_day: int
    seeded: list[Seeded] = field(default_factory=list)
    touched: set[str] = field(default_factory=set)

    def known_to_alipay_alone(self) -> frozenset[tuple[str, str]]:
        """Kind and number of each event that we have not booked by ourselves."""
        return frozenset((each.kind.value, each.transaction_id) for each in self.seeded)

    def plan(self, midnight: datetime, *, number: int) -> None:
        """One day of every shop; ``number`` counts them from 0."""
        for shop in self.stage.shops:
            for _payment in range(self.payments_per_day):
                self._put(midnight, self._any_time(), partial(self._pay_somehow, shop))
            for act, every in self._habits:
                if number % every == every - 1:
                    self._put(midnight, self._any_time(), partial(act, shop))
            if number % 4 == 1:
                at = midnight + timedelta(days=1, seconds=-self.random.randint(5, 300))
                self.stage.diary.put(at, partial(self._pay, shop))
            if number % 9 == 5:
                self._put(midnight, 23 + 50 / 60, partial(self._pay, shop))
                self._put(midnight, 23 + 58 / 60, partial(self._cancel_too_late, shop))

    @property
    def _habits(self) -> tuple[tuple[Callable[[Shop], None], int], ...]:
        """What happens to every shop, and each how many days."""
        return (
            (self._cancel, 1),
            (self._refund_part, 1),
            (self._refund_whole, 2),
            (self._refund_in_portal, 3),
            (self._refund_in_portal_twice, 7),
            (self._cancel_in_portal, 5),
            (self._leave_unpaid, 4),
        )

    def _put(self, midnight: datetime, hours: float, act: Act) -> None:
        self.stage.diary.put(midnight + timedelta(hours=hours), act)

    def _any_time(self) -> float:
        return self.random.uniform(_OPENS, _CLOSES)

    # ---- Buyers -------------------------------------------------------------------------------

    def _pay_somehow(self, shop: Shop) -> None:
        """A buyer pays, and something may happen to the notice of it."""
        weights = [weight for *_others, weight in _NOTICES]
        name, value, _weight = self.random.choices(_NOTICES, weights)[0]
        if name:
            self._switch_on(shop, name, value)
        trade = self._pay(shop)
        told = rules.NOTICE_LOST if name == NoticeMishap.LOST else rules.NOTICE_LATE
        if name == NoticeMishap.LOST or name in _MAY_COME_AFTER_THE_FILE:
            self._note(told, shop, LineKind.PAYMENT, trade.out_trade_no, trade.trade_no)

    def _pay(self, shop: Shop, *, outcome: str = "paid") -> Trade:
        code = self.random.choice(shop.codes)
        currency = code.enrolment.pricing_currency
        minor = self.random.randint(150, 9_000)
        purchase = trading.Purchase(
            code.value,
            _decimal(Money(minor, currency)),
            wallet=self.random.choice(shop.wallets),
            outcome=outcome,
        )
        return trading.pay(self.stage.alipay.books, purchase)

    def _leave_unpaid(self, shop: Shop) -> None:
        """A buyer begins, and never finishes: nothing of it stands in any file."""
        self._pay(shop, outcome="waiting")

    # ---- The shops' people --------------------------------------------------------------------

    def _cancel(self, shop: Shop) -> None:
        payment = self._choose(shop, days=1)
        if payment is None:
            return
        self._upset_call(shop, _CANCELS)
        cancel = payment_services.request_cancel(
            payment, actor=self.stage.manager, reason=_REASON, note=""
        )
        self._have_approved(cancel.needs_approval, partial(self._approve_cancel, cancel))

    def _cancel_too_late(self, shop: Shop) -> None:
        """Asked for before midnight at Alipay, approved after it: a refund has to follow."""
        payment = self._choose(shop, days=1, least_minor=60_01)
        if payment is None:
            return
        cancel = payment_services.request_cancel(
            payment, actor=self.stage.manager, reason=_REASON, note=""
        )
        at = self.stage.now + timedelta(minutes=22)
        self.stage.diary.put(at, partial(self._approve_cancel, cancel))

    def _approve_cancel(self, cancel: Cancel) -> None:
        ended = payment_services.approve_cancel(cancel, actor=self.stage.finance)
        if ended.state == CancelState.LAPSED:
            self._refund(ended.payment, ended.amount, instead_of=ended)

    def _refund_part(self, shop: Shop) -> None:
        payment = self._choose(shop, days=12)
        if payment is not None:
            self._upset_call(shop, _REFUNDS)
            self._refund(payment, Money(payment.amount_minor // 3, payment.currency))
            if self.random.random() < 0.5:
                self._refund(payment, Money(payment.amount_minor // 4, payment.currency))

    def _refund_whole(self, shop: Shop) -> None:
        payment = self._choose(shop, days=12)
        if payment is not None:
            self._upset_call(shop, _REFUNDS)
            self._refund(payment, payment.amount)

    def _refund(
        self, payment: Payment, amount: Money, *, instead_of: Cancel | None = None
    ) -> Refund:
        refund = refund_services.request_refund(
            payment,
            amount=amount,
            actor=self.stage.manager,
            instead_of=instead_of,
            reason=_REASON,
            note="",
        )
        self._have_approved(refund.needs_approval, partial(self._approve_refund, refund))
        return refund

    def _approve_refund(self, refund: Refund) -> None:
        refund_services.approve_refund(refund, actor=self.stage.finance)

    def _have_approved(self, needs_approval: bool, approve: Act) -> None:
        if needs_approval:
            wait = timedelta(minutes=self.random.randint(3, 60))
            self.stage.diary.put(self.stage.now + wait, approve)

    def _choose(self, shop: Shop, *, days: int, least_minor: int = 100) -> Payment | None:
        """A payment of these last days of which nobody has given back anything yet."""
        known = Payment.objects.filter(
            account=shop.account,
            state=PaymentState.PAID,
            question="",
            occurred_at__gte=_midnight(self.stage.now) - timedelta(days=days - 1),
            amount_minor__gte=least_minor,
        )
        candidates = known.exclude(alipay_trans_id__in=self.touched).order_by("paid_at", "pk")
        if not candidates:
            return None
        chosen = self.random.choice(list(candidates))
        self.touched.add(chosen.alipay_trans_id)
        return chosen

    # ---- At Alipay's side ---------------------------------------------------------------------

    def _refund_in_portal(self, shop: Shop) -> None:
        """A part goes back at Alipay's portal; one notice in three of it is lost."""
        payment = self._choose(shop, days=12)
        if payment is not None:
            if self.random.random() < 0.33:
                self._switch_on(shop, NoticeMishap.LOST, "")
            self._give_back_in_portal(shop, payment)

    def _refund_in_portal_twice(self, shop: Shop) -> None:
        """Two equal parts, minutes apart: two refunds, whatever their numbers say."""
        payment = self._choose(shop, days=12)
        if payment is not None:
            self._give_back_in_portal(shop, payment)
            at = self.stage.now + timedelta(minutes=2)
            self.stage.diary.put(at, partial(self._give_back_in_portal, shop, payment))

    def _give_back_in_portal(self, shop: Shop, payment: Payment) -> None:
        part = Money(payment.amount_minor // 4, payment.currency)
        number = payment.alipay_trans_id
        refund = refunds.refund_in_portal(
            self.stage.alipay.books, number, amount=_decimal(part), out_biz_no=""
        )
        its_own = number if shop.account.is_hk else refund.out_biz_no
        order = payment.partner_trans_id
        self._note(rules.PORTAL_REFUND, shop, LineKind.REFUND, order, its_own)

    def _cancel_in_portal(self, shop: Shop) -> None:
        payment = self._choose(shop, days=1)
        if payment is not None:
            number, closed = payment.alipay_trans_id, TradeStatus.TRADE_CLOSED
            trading.move_trade(self.stage.alipay.books, number, closed)
            order = payment.partner_trans_id
            self._note(rules.PORTAL_CANCEL, shop, LineKind.CANCEL, order, number)

    # ---- What goes wrong ----------------------------------------------------------------------

    def _upset_call(self, shop: Shop, service: str) -> None:
        name, value = self.random.choice(_CALLS)
        if name:
            self._switch_on(shop, name, value, service=service)

    def _switch_on(self, shop: Shop, name: str, value: str, *, service: str = "") -> None:
        """Once, for this shop; what an earlier one has left over is forgotten."""
        books = self.stage.alipay.books
        for left in books.select(Mishap, "partner_id = ? AND name = ?", shop.partner_id, name):
            books.remove(left)
        mishap = Mishap(
            mishap_id=None,
            name=name,
            value=value,
            times=1,
            service=service,
            partner_id=shop.partner_id,
        )
        mishaps.switch_on(books, mishap)

    def _note(self, name: str, shop: Shop, kind: LineKind, order: str, number: str) -> None:
        at = self.stage.now
        self.seeded.append(Seeded(name, shop.partner_id, at, kind, order, number))


def _midnight(instant: datetime) -> datetime:
    at_alipay = instant.astimezone(clock.GMT8)
    return at_alipay.replace(hour=0, minute=0, second=0, microsecond=0)


def _decimal(amount: Money) -> str:
    return str(amount).split(" ")[1]
