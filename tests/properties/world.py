"""Two accounts, three counters, Alipay's side, and what must be true between them at the end.

Alipay's truth is read from the simulator's books and from the bodies that were posted; signatures
are judged here by lines of our own, so that neither side of the wire is believed.
"""

import hashlib
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import time_machine
from django.conf import settings
from django.db import models
from django.db.models import Q
from django.test import Client
from django.urls import reverse

from merchant_portal import clock
from merchant_portal.accounts import services as accounts
from merchant_portal.accounts.models import Account, CallOutcome, GatewayCall, KeyPurpose, SignType
from merchant_portal.money import Money
from merchant_portal.tasks import apply_waiting_notifications, verify_quarantine
from merchant_portal.verifying import find_breaches
from payments import services as payments
from payments.models import (
    Cancel,
    EntryKind,
    LedgerEntry,
    Lookup,
    Notification,
    Payment,
    Quarantined,
)
from payments.states import LookupState, NotificationState, PaymentState, WaitReason
from payments.tasks import poll_due_payments, run_due_lookups, submit_due_cancels
from qrcodes import services as codes
from qrcodes.errors import CodeRefused
from qrcodes.models import Enrolment, QRCode
from qrcodes.states import CodeState
from qrcodes.tasks import poll_due_codes
from refunds.models import Refund
from refunds.tasks import poll_due_refunds, submit_due_refunds
from tests import factories
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.properties.database import broken_checks
from tests.properties.letters import Letter, letter_of

BEGINNING = datetime(2026, 3, 2, 1, 30, tzinfo=UTC)
WRONG_KEY = "wrong0key0only0for0tests0wrong00"
HALF_A_DAY_SECONDS = 12 * 3600
#: States of a payment that was paid, whatever went back since.
BOOKED = (PaymentState.PAID, PaymentState.CANCELLED)
#: The clock's doors, as it comes by them.
CLOCK = (
    poll_due_codes,
    verify_quarantine,
    apply_waiting_notifications,
    poll_due_payments,
    run_due_lookups,
    submit_due_cancels,
    submit_due_refunds,
    poll_due_refunds,
)


@dataclass
class World:
    """One run: the shop, Alipay, and everything that was ever posted."""

    alipay: AlipaySide
    amount_source: str = "auto"
    settlement_currency: str = "USD"
    honest: list[Letter] = field(default_factory=list)
    forged: list[Letter] = field(default_factory=list)
    acknowledged: list[Letter] = field(default_factory=list)
    asked: set[str] = field(default_factory=set)
    _addressees: dict[str, Account] = field(default_factory=dict)
    _entries: dict[int, tuple[object, ...]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.alipay.reset()
        self.accounts = {
            region: self._account(region, number)
            for number, region in enumerate(("global", "hk"), start=1)
        }
        self.enrolments = [
            self._enrolment("global", "USD", 1),
            self._enrolment("global", "USD", 2),
            self._enrolment("hk", "HKD", 1),
        ]

    # ---- What people and Alipay do --------------------------------------------------------

    def key_of(self, account: Account) -> str:
        """The MD5 key Alipay knows for an account."""
        return f"{account.region:x<6}key0only0for0tests0000000"[:32]

    def set_wrong_key(self, account: Account) -> None:
        """Somebody pastes a wrong key, and retires the right one."""
        factories.add_md5_key(account, WRONG_KEY)
        self._retire(account, keep=WRONG_KEY)

    def set_right_key(self, account: Account) -> None:
        factories.add_md5_key(account, self.key_of(account))
        self._retire(account, keep=self.key_of(account))

    def post(self, letter: Letter) -> str:
        """Post a body to the portal; an answer is held against what it may be and must leave."""
        answer = Client().post(letter.path, data=letter.body, content_type=letter.content_type)
        said = answer.content.decode()
        account = self._addressee(letter)
        is_honest = letter.is_signed_with(self.key_of(account))
        (self.honest if is_honest else self.forged).append(letter)
        assert said in {"success", "fail"}
        assert is_honest or said == "fail", "a letter Alipay did not sign was acknowledged"
        assert self._is_kept(letter, account, said), f"answered {said} and not kept"
        self.acknowledged += [letter] if said == "success" else []
        return said

    def carry(self, notice: dict[str, Any], *, answer_is_lost: bool = False) -> str:
        """Carry a due notice to the portal, and its answer to Alipay, unless that is lost."""
        said = self.post(letter_of(notice))
        heard = {"status": None} if answer_is_lost else {"status": 200, "body": said}
        self.alipay.http.post(f"/outbox/{notice['id']}/answered", json=heard).raise_for_status()
        return said

    def post_elsewhere(self, letter: Letter, path: str) -> None:
        """Post an old letter to another address of ours; the fields must say where it belongs."""
        if "trans_currency" in letter.fields:
            self.post(Letter(path, letter.content_type, letter.body))

    def path_of_account(self, letter: Letter) -> str:
        return reverse("alipay_notify", args=[self._addressee(letter).notify_key])

    def look_up(self, trade: dict[str, Any]) -> Lookup:
        self.asked.add(trade["trade_no"])
        return payments.find_payment(
            self._account_of(trade),
            actor=ACTOR,
            alipay_trans_id=trade["trade_no"],
            partner_trans_id=trade["out_trade_no"],
        )

    def tick(self, doors: Iterable[Callable[[], object]] = CLOCK) -> None:
        """Everything that is due is done, by the clock's own doors."""
        for door in doors:
            door()

    # ---- What is true at every moment -----------------------------------------------------

    def hold_what_is_always_true(self, *, quiet: bool = True) -> None:
        """``quiet``: nobody else is at work, so nothing has failed for another's sake."""
        assert broken_checks() == [], find_breaches()
        entries = {
            row[0]: row for row in LedgerEntry.objects.values_list("pk", "kind", "amount_minor")
        }
        assert self._entries.items() <= entries.items(), "an entry was changed or is gone"
        self._entries = entries
        given_up = Lookup.objects.exclude(state__in=[LookupState.ASKING, LookupState.FOUND])
        early = given_up.filter(attempts__lte=len(settings.ASK_LADDER_SECONDS))
        assert not early.exists(), "one answer is no proof that a payment does not exist"
        assert not (quiet and Notification.objects.filter(reason=WaitReason.FAILED).exists())

    # ---- What is true at the end ----------------------------------------------------------

    def calm(self, traveller: time_machine.Traveller) -> None:
        """Every mishap ends, the right keys are in force, and everything due is done."""
        self.alipay.clear_mishaps()
        for account in self.accounts.values():
            self.set_right_key(account)
        for _round in range(20):
            self.tick()
            notices = self.alipay.due()
            for notice in notices:
                self.carry(notice)
            self._decide_questions()
            if not notices and not self._is_anything_open():
                return
            traveller.shift(HALF_A_DAY_SECONDS)
        raise AssertionError("what is due never comes to an end")

    def ask_about_all(self) -> None:
        """A person asks about whatever is not known to be paid."""
        for payment in Payment.objects.exclude(state=PaymentState.PAID):
            payments.ask_payment(payment, actor=ACTOR)

    def look_up_unknown(self) -> None:
        """A person looks up every paid trade the portal has not heard of."""
        known = set(Payment.objects.values_list("alipay_trans_id", flat=True))
        for trade in self.alipay.books("trades"):
            if trade["paid_at"] and trade["trade_no"] not in known:
                self.look_up(trade)

    def compare(self) -> None:
        """The portal agrees with Alipay's books about every trade it can have heard of."""
        trades = {trade["trade_no"]: trade for trade in self.alipay.books("trades")}
        booked = {payment.alipay_trans_id: payment for payment in Payment.objects.all()}
        told = self._amounts_told()
        refunded = {letter.fields["trade_no"] for letter in self.honest if letter.is_refund}
        assert Payment.objects.count() == len(booked)
        assert told.keys() <= booked.keys(), "a payment Alipay told of is missing"
        assert booked.keys() <= told.keys() | refunded | self.asked, "a payment nobody told of"
        for trade_no, payment in booked.items():
            self._compare_payment(payment, trades[trade_no], told.get(trade_no, set()))
        self._compare_entries()
        self._compare_codes()
        self._compare_notifications()

    def compare_whole(self) -> None:
        """After every lost one was looked up: exactly what Alipay was paid is paid here."""
        paid = {trade["trade_no"] for trade in self.alipay.books("trades") if trade["paid_at"]}
        ours = Payment.objects.filter(state__in=BOOKED)
        assert set(ours.values_list("alipay_trans_id", flat=True)) == paid

    def _compare_payment(self, payment: Payment, trade: dict[str, Any], texts: set[str]) -> None:
        assert payment.partner_trans_id == trade["out_trade_no"]
        assert payment.account == self._account_of(trade)
        assert (payment.state in BOOKED) == bool(trade["paid_at"])
        truth = Money.parse(trade["amount"], trade["currency"])
        told = {Money.parse(text, trade["currency"]) for text in texts}
        if payment.account.amount_source == "query" or told <= {truth}:
            assert payment.amount == truth
        else:
            assert payment.amount in told | {truth}
        if payment.code and payment.code.value != trade["qrcode"]:
            assert payment.question, "paid at another counter and nobody is asked"
        if len(told | ({truth} if self._has_answered(payment) else set())) > 1:
            assert payment.question, "different amounts were told and nobody is asked"

    def _has_answered(self, payment: Payment) -> bool:
        """Whether Alipay, asked, has told the amount."""
        asked = GatewayCall.objects.filter(subject_type="payment", subject_id=payment.pk)
        is_found = payment.lookups.filter(state=LookupState.FOUND).exists()
        return is_found or asked.filter(outcome=CallOutcome.ANSWERED).exists()

    def _compare_entries(self) -> None:
        paid = Payment.objects.filter(state__in=BOOKED)
        entries = LedgerEntry.objects.filter(kind=EntryKind.PAYMENT)
        booked = entries.values_list("reference", "amount_minor", "currency")
        ours = paid.values_list("alipay_trans_id", "amount_minor", "currency")
        assert sorted(booked) == sorted(ours)

    def _compare_codes(self) -> None:
        theirs = {code["qrcode"]: code["state"] for code in self.alipay.books("codes")}
        for code in QRCode.objects.exclude(state=CodeState.REFUSED):
            assert theirs[code.value] == code.state, f"{code} is not what Alipay says"

    def _compare_notifications(self) -> None:
        """Every honest letter is a notification; every word about money has had its effect."""
        for letter in self.honest:
            row = self._stored(letter, self._addressee(letter)).get()
            strange = letter.fields["seller_id"] != row.account.partner_id
            is_applied = row.state == NotificationState.APPLIED
            assert is_applied or strange or letter.is_refund, row.reason
            assert not (is_applied and strange)
        for forged in self.forged:
            held = self._quarantined(forged, self._addressee(forged))
            assert held.filter(notification__isnull=True).exists()

    def _amounts_told(self) -> dict[str, set[str]]:
        """By Alipay's number: the amounts in honest letters that say the trade was paid."""
        told: dict[str, set[str]] = defaultdict(set)
        for letter in self.honest:
            said = letter.fields
            if letter.says_paid and said["seller_id"] == self._addressee(letter).partner_id:
                told[said["trade_no"]].add(said["total_fee"])
        return told

    # ---- Small things ---------------------------------------------------------------------

    def _account(self, region: str, number: int) -> Account:
        made = Account(partner_id=f"208800000000{number:04}", region=region)
        self.alipay.add_partner(
            partner_id=made.partner_id,
            region=region,
            sign_types=["MD5"],
            md5_key=self.key_of(made),
        )
        saved = accounts.save_account(
            partner_id=made.partner_id,
            region=region,
            actor=ACTOR,
            terms={
                "name": region,
                "sign_type": SignType.MD5,
                "gateway_url": self.alipay.gateway_url,
                "settlement_currency": "HKD" if region == "hk" else self.settlement_currency,
                "amount_source": self.amount_source,
            },
        )
        factories.add_md5_key(saved, self.key_of(saved))
        return saved

    def _enrolment(self, region: str, currency: str, number: int) -> Enrolment:
        store = factories.store(code=f"{region}{number}", currency=currency)
        counter = factories.counter(store)
        return codes.enrol_counter(counter, account=self.accounts[region], actor=ACTOR)

    def _retire(self, account: Account, *, keep: str) -> None:
        for key in account.keys.live(clock.now()).filter(purpose=KeyPurpose.SHARED):
            opened = accounts.open_verifying_key(key)
            if getattr(opened, "secret", "") != keep:
                accounts.retire_key(key, actor=ACTOR)

    def _addressee(self, letter: Letter) -> Account:
        if letter.path not in self._addressees:
            key = letter.path.rstrip("/").rsplit("/", 1)[-1]
            by_code = Q(pk__in=QRCode.objects.filter(key=key).values("enrolment__account"))
            self._addressees[letter.path] = Account.objects.get(by_code | Q(notify_key=key))
        return self._addressees[letter.path]

    def _account_of(self, trade: dict[str, Any]) -> Account:
        return next(
            account
            for account in self.accounts.values()
            if account.partner_id == trade["partner_id"]
        )

    def _is_kept(self, letter: Letter, account: Account, said: str) -> bool:
        if said == "success":
            return self._stored(letter, account).exists()
        return self._quarantined(letter, account).exists()

    def _quarantined(self, letter: Letter, account: Account) -> models.QuerySet[Quarantined]:
        digest = hashlib.sha256(letter.body.encode()).hexdigest()
        return Quarantined.objects.filter(account=account, body_digest=digest)

    def _stored(self, letter: Letter, account: Account) -> models.QuerySet[Notification]:
        said = letter.fields
        return Notification.objects.filter(
            account=account, notify_id=said["notify_id"], trade_status=said["trade_status"]
        )

    def _is_anything_open(self) -> bool:
        return any(
            model.objects.filter(next_attempt_at__isnull=False).exists()
            for model in (Payment, Notification, Lookup, QRCode, Cancel, Refund)
        )

    def _decide_questions(self) -> None:
        """People do what only they can: ask again, and say what became of a code."""
        for payment in Payment.objects.exclude(question="").exclude(state=PaymentState.PAID):
            payments.ask_payment(payment, actor=ACTOR)
        theirs = {code["qrcode"]: code["state"] for code in self.alipay.books("codes")}
        for code in QRCode.objects.exclude(question=""):
            truth = CodeState(theirs.get(code.value, CodeState.REFUSED))
            if truth in codes.outcomes_of(code):
                codes.decide(code, truth, reason="Looked at Alipay's side.", actor=ACTOR)
            else:
                self._send_again(code)

    def _send_again(self, code: QRCode) -> None:
        try:
            codes.send_again(code, actor=ACTOR)
        except CodeRefused:
            assert not code.next_call

    def found_lookups(self) -> set[str]:
        found = Lookup.objects.filter(state=LookupState.FOUND)
        return set(found.values_list("payment__alipay_trans_id", flat=True))
