"""Money that goes back in a World: who asks, agrees and looks, and what Alipay's books then say."""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import pytest

from merchant_portal.access import Role
from merchant_portal.accounts.models import CallOutcome, GatewayCall
from merchant_portal.audit import Actor
from merchant_portal.money import Money
from payments import services as payments
from payments.errors import ApprovalRefused, GiveBackRefused
from payments.models import Cancel, CancelMove, Payment
from payments.states import CancelState, PaymentState
from qrcodes.services.idempotency import RequestKey
from refunds import services as refunds
from refunds.models import Refund, RefundMove
from refunds.states import RefundOrigin, RefundState
from tests import factories
from tests.properties.world import World

REFUND = "alipay.acquire.overseas.spot.refund"
CANCEL = "alipay.acquire.cancel"
#: How our refund may stand when Alipay's books say this of its number.
_ENDS = {
    "SUCCESS": {RefundState.REFUNDED, RefundState.RETURNED},
    "FAIL": {RefundState.FAILED},
    "": {RefundState.FAILED, RefundState.DECLINED},
}
_PAID_BACK = (RefundState.REFUNDED, RefundState.RETURNED)


@dataclass
class GoingBack(World):
    """A World whose people give money back: two of them, and from ``limit_minor`` on both."""

    limit_minor: int | None = None
    #: Of each refund anybody asked for: its number, which is its name at Alipay for ever.
    numbers: dict[int, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        for account in self.accounts.values():
            account.approval_limit_minor = self.limit_minor
            account.save()
        self.people = [
            Actor.person(factories.person(Role.MANAGER, name=name)) for name in ("asks", "agrees")
        ]

    # ---- What people do -------------------------------------------------------------------

    def give_back(self, payment: Payment, percent: int, *, person: int, key: str) -> int | None:
        """Somebody wants some percent of a payment back, or with 0 the payment undone; the id of
        what came of it. Asked again with the same key it is the same one; nobody approves alone.
        """
        request = RequestKey.over(owner="a till", key=key, verb=f"{payment.pk}/{percent}")
        asked = {"reason": "returned", "note": "", "request": request}
        actor = self.people[person]
        made: Refund | Cancel
        try:
            if percent == 0:
                made = payments.request_cancel(payment, actor=actor, **asked)
            else:
                amount = Money(max(1, payment.amount_minor * percent // 100), payment.currency)
                made = refunds.request_refund(payment, amount=amount, actor=actor, **asked)
                self.numbers[made.pk] = made.partner_refund_id
        except GiveBackRefused:
            return None
        with pytest.raises(ApprovalRefused):
            self.approve(made, person=person)
        return made.pk

    def decide(self, row: Refund | Cancel, *, agrees: bool, person: int) -> None:
        """Somebody approves or declines; who asked must not approve."""
        actor = self.people[person]
        is_alone = row.requested_by == actor.user
        try:
            if agrees:
                self.approve(row, person=person)
            else:
                self._decline(row, actor)
        except ApprovalRefused:
            assert is_alone, "a second person was refused"
        else:
            assert not (agrees and is_alone), "who asked has approved"

    def approve(self, row: Refund | Cancel, *, person: int) -> None:
        if isinstance(row, Refund):
            refunds.approve_refund(row, actor=self.people[person])
        else:
            payments.approve_cancel(row, actor=self.people[person])

    def look(self, row: Refund | Cancel) -> None:
        """Somebody asks Alipay now what became of it."""
        if isinstance(row, Refund):
            refunds.ask_refund(row, actor=self.people[0])
        else:
            payments.ask_cancel(row, actor=self.people[0])

    def tell_of_files(self) -> None:
        """What the nights' files tell, and people book: refunds made elsewhere, money returned."""
        for theirs in self.alipay.books("refunds"):
            if theirs["state"] == "SUCCESS" and theirs["origin"] == "portal":
                self._book(theirs)
            if theirs["returned_at"]:
                self._book_return(theirs)

    def waiting(self) -> list[Refund | Cancel]:
        """What waits for a second person."""
        return [
            *Refund.objects.waiting_for_approval().order_by("pk"),
            *Cancel.objects.waiting_for_approval().order_by("pk"),
        ]

    def all_of_ours(self) -> list[Refund | Cancel]:
        return [
            *Refund.objects.filter(origin=RefundOrigin.OURS).order_by("pk"),
            *Cancel.objects.order_by("pk"),
        ]

    # ---- What Alipay does -----------------------------------------------------------------

    def refund_in_portal(self, trade: dict[str, Any], percent: int) -> None:
        whole = Money.parse(trade["amount"], trade["currency"])
        part = Money(max(1, whole.minor * percent // 100), whole.currency)
        self._may("/control/refunds", {"trade_no": trade["trade_no"], "amount": part.decimal_text})

    def move_trade(self, trade: dict[str, Any], status: str) -> None:
        self._may(f"/control/trades/{trade['trade_no']}", {"status": status})

    def return_money(self, number: int) -> None:
        """Money of some refund cannot reach the buyer and comes back."""
        made = self.alipay.books("refunds")
        if made:
            self._may(f"/control/refunds/{made[number % len(made)]['refund_id']}/return", {})

    def limit_balance(self, amount: str) -> None:
        """What Alipay holds for refunds; empty: enough for all."""
        for account, currency in (("global", "USD"), ("hk", "HKD")):
            partner_id = self.accounts[account].partner_id
            wish = {"partner_id": partner_id, "currency": currency, "amount": amount}
            self.alipay.http.post("/control/balances", json=wish).raise_for_status()

    # ---- What is true ---------------------------------------------------------------------

    def hold_what_is_always_true(self, *, quiet: bool = True) -> None:
        super().hold_what_is_always_true(quiet=quiet)
        now = dict(Refund.objects.values_list("pk", "partner_refund_id"))
        assert self.numbers.items() <= now.items(), "a refund has changed its number"
        sent = Refund.objects.filter(state=RefundState.SUBMITTED)
        assert not sent.exclude(asked_without_answer=True).exists(), "a crash would be no silence"

    def calm_of_money(self) -> None:
        """What only Alipay's people can end, they end."""
        self.limit_balance("")
        for trade in self.alipay.books("trades"):
            if trade["status"] == "TRADE_PENDING":
                self.move_trade(trade, "TRADE_SUCCESS")

    def compare(self) -> None:
        super().compare()
        theirs = {row["out_biz_no"]: row for row in self._by_gateway("refunds")}
        assert theirs.keys() <= set(self.numbers.values()), "a refund was sent under another number"
        for refund in Refund.objects.filter(origin=RefundOrigin.OURS):
            self._compare_refund(refund, theirs.get(refund.partner_refund_id))
        for cancel in Cancel.objects.select_related("payment"):
            self._compare_cancel(cancel)
        self._compare_calls()
        for end in (
            *RefundMove.objects.filter(to_state=RefundState.FAILED, call__service=REFUND),
            *CancelMove.objects.filter(to_state=CancelState.REFUSED, call__service=CANCEL),
        ):
            self._compare_refusal(end)

    def compare_sums(self) -> None:
        """Once the files have told of what others did: the same money went back on both sides."""
        trades = {trade["trade_no"]: trade for trade in self.alipay.books("trades")}
        undone = {row["trade_no"] for row in self._by_portal("cancels")}
        for payment in Payment.objects.all():
            trade = trades[payment.alipay_trans_id]
            gone = payment.refunded_minor + payment.cancelled_minor + self._returned(payment)
            assert payment.reserved_minor == 0
            if payment.alipay_trans_id in undone and payment.state == PaymentState.PAID:
                assert payment.question, "undone at Alipay's portal, and nobody is asked"
            else:
                assert gone == _minor(trade["refunded"])

    def _compare_refund(self, refund: Refund, theirs: dict[str, Any] | None) -> None:
        assert refund.state in _ENDS[theirs["state"] if theirs else ""]
        if theirs:
            assert refund.amount == Money.parse(theirs["amount"], theirs["currency"])
            assert refund.payment.alipay_trans_id == theirs["trade_no"]

    def _compare_cancel(self, cancel: Cancel) -> None:
        """Done is done at Alipay too, or another undid it first. What is not, nobody undid but
        another."""
        undone = [
            row["origin"]
            for row in self.alipay.books("cancels")
            if row["trade_no"] == cancel.payment.alipay_trans_id and row["action"] == "refund"
        ]
        if cancel.state == CancelState.DONE:
            assert cancel.payment.state == PaymentState.CANCELLED
            assert undone or self._is_refunded_whole(cancel.payment)
        else:
            assert not cancel.is_open
            done = cancel.payment.cancels.filter(state=CancelState.DONE).exists()
            assert done or "gateway" not in undone

    def _compare_refusal(self, end: RefundMove | CancelMove) -> None:
        """The refusal of a call ended it: then no call before had left without an answer."""
        assert end.call is not None
        calls = GatewayCall.objects.filter(
            subject_type=end.call.subject_type,
            subject_id=end.call.subject_id,
            service=end.call.service,
            pk__lt=end.call.pk,
        )
        lost = calls.filter(outcome=CallOutcome.NO_ANSWER).exclude(code="CONNECTION")
        assert not lost.exists(), "a refusal after silence has ended it"

    def _compare_calls(self) -> None:
        """Every call about a refund bore the one number of it, and no cancel left too late."""
        sent: dict[int, set[str]] = defaultdict(set)
        for call in GatewayCall.objects.filter(subject_type="refund"):
            found = re.search(r"(?:partner_refund_id|out_return_no)=([^&]*)", call.presign)
            sent[call.subject_id].add(found[1] if found else "")
        assert sent == {pk: {self.numbers[pk]} for pk in sent}
        for cancel in Cancel.objects.all():
            calls = GatewayCall.objects.filter(subject_type="cancel", subject_id=cancel.pk)
            assert not calls.filter(started_at__gte=cancel.deadline_at).exists()

    # ---- Small things ---------------------------------------------------------------------

    def _decline(self, row: Refund | Cancel, actor: Actor) -> None:
        if isinstance(row, Refund):
            refunds.decline_refund(row, note="not today", actor=actor)
        else:
            payments.decline_cancel(row, note="not today", actor=actor)

    def _book(self, theirs: dict[str, Any]) -> None:
        payment = Payment.objects.filter(alipay_trans_id=theirs["trade_no"]).first()
        if payment is None:
            return
        reference = f"alipay:{theirs['out_biz_no']}"
        try:
            refunds.book_refund_made_elsewhere(
                payment,
                amount=Money.parse(theirs["amount"], theirs["currency"]),
                reference=reference,
                refunded_at=datetime.fromisoformat(theirs["refunded_at"]),
                actor=self.people[1],
            )
        except GiveBackRefused:
            assert not Refund.objects.filter(partner_refund_id=reference).exists()

    def _book_return(self, theirs: dict[str, Any]) -> None:
        numbers = [theirs["out_biz_no"], f"alipay:{theirs['out_biz_no']}"]
        refund = Refund.objects.filter(partner_refund_id__in=numbers, state__in=_PAID_BACK).first()
        if refund is not None and refund.booked_at is not None:
            at = datetime.fromisoformat(theirs["returned_at"])
            refunds.record_return(refund, returned_at=at, actor=self.people[1])

    def _returned(self, payment: Payment) -> int:
        returned = payment.refunds.filter(state=RefundState.RETURNED)
        return sum(returned.values_list("amount_minor", flat=True))

    def _is_refunded_whole(self, payment: Payment) -> bool:
        rows = [row for row in self._by_portal("refunds") if row["state"] == "SUCCESS"]
        mine = [row for row in rows if row["trade_no"] == payment.alipay_trans_id]
        gone = sum(_minor(row["amount"]) for row in mine)
        return gone == payment.amount_minor

    def _by_gateway(self, book: str) -> Iterator[dict[str, Any]]:
        return (row for row in self.alipay.books(book) if row["origin"] == "gateway")

    def _by_portal(self, book: str) -> Iterator[dict[str, Any]]:
        return (row for row in self.alipay.books(book) if row["origin"] == "portal")

    def _may(self, address: str, wish: dict[str, Any]) -> None:
        assert self.alipay.http.post(address, json=wish).status_code in {200, 409}

    def _is_anything_open(self) -> bool:
        asks = any(row.question for row in self.all_of_ours())
        return super()._is_anything_open() or bool(self.waiting()) or asks

    def _decide_questions(self) -> None:
        """People approve what waits, and look at what asks for them."""
        super()._decide_questions()
        for row in self.waiting():
            other = self.people[0].user == row.requested_by
            self.decide(row, agrees=True, person=int(other))
        for row in self.all_of_ours():
            if row.question:
                self.look(row)


def _minor(text: str) -> int:
    """An amount of the books in cents: the World's currencies have two decimals."""
    return int(text.replace(".", ""))
