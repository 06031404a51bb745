"""Recording a verified notification, and the effect of a paid one."""

from typing import Any

from django.conf import settings
from django.db import connection

from merchant_portal import clock, due, rows
from merchant_portal.alipay.messages import Notice, TradeStatus
from merchant_portal.money import Money
from payments.errors import WordUnusable
from payments.models import Notification, Payment, Sale
from payments.services import moves, placing, steps
from payments.services.arriving import Arrival, Received
from payments.services.finding import look_for_payment_of
from payments.services.words import Place, Word, read_amount
from payments.states import NOTIFICATION_MACHINE, NotificationState, Question, WaitReason

#: Reasons that time alone may cure; the others wait for a person.
_CURED_BY_TIME = frozenset({WaitReason.FAILED, WaitReason.REFUND_UNBOOKED})


def record_notification(arrival: Received) -> Notification:
    """Store what came, once: an honest resend is the same row, other content a second one.

    One statement, so that two deliveries at the same instant are one row. The caller holds the
    transaction.
    """
    row = _row_of(arrival)
    table = connection.ops.quote_name(Notification._meta.db_table)
    known = f"SELECT 1 FROM {table} WHERE account_id = %s AND notify_id = %s AND digest <> %s"
    identity = [row["account_id"], row["notify_id"], row["digest"]]
    [(pk, received_count, conflicting)] = rows.run(
        f"INSERT INTO {table} ({', '.join(row)}, conflicting) "
        f"VALUES ({', '.join(['%s'] * len(row))}, {_HAS_ID} AND EXISTS ({known})) "
        f"ON CONFLICT (account_id, notify_id, digest) DO UPDATE SET "
        f"received_count = {table}.received_count + 1, last_received_at = excluded.received_at "
        f"RETURNING id, received_count, conflicting",
        [*row.values(), row["notify_id"], *identity],
    )
    if received_count > 1:
        return Notification.objects.get(pk=pk)
    notification = Notification(id=pk, conflicting=bool(conflicting), **row)
    notification._state.adding = False
    return notification


#: Without an id there is nothing another content could be under.
_HAS_ID = "%s <> ''"


def _row_of(arrival: Received) -> dict[str, Any]:
    identity, post, received_at = arrival.identity, arrival.post, arrival.received_at
    return {
        "account_id": arrival.account.pk,
        "code_id": arrival.code.pk if arrival.code else None,
        "verified_with_id": arrival.key.pk,
        "notify_id": _fit(identity.notify_id, 128),
        "digest": identity.digest,
        "body": post.body,
        "content_type": post.content_type[:100],
        "headers": post.headers,
        "received_at": received_at,
        "last_received_at": received_at,
        "received_count": 1,
        "alipay_trans_id": _fit(identity.alipay_trans_id, 64),
        "partner_trans_id": _fit(identity.partner_trans_id, 64),
        "trade_status": _fit(identity.status, 32),
        "state": NotificationState.WAITING.value,
        "reason": WaitReason.ARRIVED.value,
        "reason_text": "",
        "attempts": 0,
        "last_answer": "",
        "next_attempt_at": received_at,
    }


def _fit(text: str, longest: int) -> str:
    """A field of the wire as a column takes it; the body keeps what was sent."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}")[:longest]


def apply_paid(notification: Notification, arrival: Arrival) -> Payment | None:
    """The effect of a notification about a trade's status; raises WordUnusable."""
    _refuse_strange(arrival)
    place, disagrees = placing.place_of(arrival.account, arrival.code, arrival.notice)
    word = _word(notification, arrival.notice, place)
    payment = moves.hear(arrival.account, word)
    if payment is not None:
        _raise_questions(payment, arrival, notification, place_disagrees=disagrees)
    return payment


def hear_refund(notification: Notification, arrival: Arrival) -> Payment | None:
    """A refund notice's payment, if it is known; if not, Alipay is asked about it.

    Raises WordUnusable.
    """
    _refuse_strange(arrival)
    payment = arrival.account.payments.filter(
        alipay_trans_id=arrival.notice.alipay_trans_id
    ).first()
    if payment is None:
        look_for_payment_of(notification)
    return payment


def mark_applied(notification: Notification, payment: Payment | None) -> None:
    """It has had its effect."""
    NOTIFICATION_MACHINE.check(NotificationState(notification.state), NotificationState.APPLIED)
    notification.payment = payment
    notification.state = NotificationState.APPLIED
    notification.reason = notification.reason_text = ""
    notification.applied_at = clock.now()
    notification.next_attempt_at = notification.lease_until = None
    _store_end(notification)


def _store_end(notification: Notification) -> None:
    """The same row once more, so it is written as plainly as it was put in."""
    names = (
        *("state", "reason", "reason_text", "applied_at", "next_attempt_at", "lease_until"),
        "payment_id",
    )
    table = connection.ops.quote_name(Notification._meta.db_table)
    rows.run(
        f"UPDATE {table} SET {', '.join(f'{name} = %s' for name in names)} WHERE id = %s "
        "RETURNING id",
        [*(getattr(notification, name) for name in names), notification.pk],
    )


def keep_waiting(notification: Notification, reason: WaitReason, text: str) -> None:
    """It has no effect yet: people see the reason, and the clock tries what time may cure."""
    notification.reason, notification.reason_text = reason, _fit(text, 300)
    notification.lease_until = notification.next_attempt_at = None
    notification.attempts = max(notification.attempts, 1)
    if reason in _CURED_BY_TIME:
        ladder = settings.APPLY_LADDER_SECONDS
        notification.next_attempt_at = due.later(notification, ladder, now=clock.now())
    notification.save(
        update_fields=[
            "reason", "reason_text", "next_attempt_at", "lease_until", "attempts", "payment"
        ]
    )  # fmt: skip


def _refuse_strange(arrival: Arrival) -> None:
    notice = arrival.notice
    if notice.seller_id not in {"", arrival.account.partner_id}:
        raise WordUnusable(WaitReason.FOREIGN_SELLER, notice.seller_id)
    if not notice.alipay_trans_id:
        raise WordUnusable(WaitReason.NO_TRADE_NUMBER)
    if "gmt_payment" in notice.unreadable:  # unreadable is not "never paid"
        raise WordUnusable(WaitReason.NO_PAYMENT_TIME, "gmt_payment")


def _word(notification: Notification, notice: Notice, place: Place) -> Word:
    if notice.status is None:
        raise WordUnusable(WaitReason.UNKNOWN_STATUS, notice.status_word)
    closed_unpaid = notice.status == TradeStatus.TRADE_CLOSED and notice.paid_at is None
    return Word(
        status=notice.status,
        alipay_trans_id=notice.alipay_trans_id,
        partner_trans_id=notice.partner_trans_id,
        amount=None if closed_unpaid else _amount(notification, notice, place),
        paid_at=notice.paid_at,
        buyer=notice.buyer_login,
        wallet=notice.payment_inst,
        place=place,
        discount_text=notice.m_discount_forex_amount,
        notification=notification,
    )


def _amount(notification: Notification, notice: Notice, place: Place) -> Money:
    """In pricing currency: Alipay does not say which one ``total_fee`` is in, so that is ours."""
    currency = notice.trans_currency or _pricing_currency(place) or _begun_in(notification)
    currency = currency or notice.currency
    if not currency:
        raise WordUnusable(WaitReason.NO_CURRENCY)
    return read_amount(notice.total_fee, currency)


def _begun_in(notification: Notification) -> str:
    """The currency in which the shop itself began the payment; empty where it did not."""
    sales = Sale.objects.filter(
        payment__account=notification.account_id,
        payment__partner_trans_id=notification.partner_trans_id,
    )
    return sales.values_list("payment__currency", flat=True).first() or ""


def _pricing_currency(place: Place) -> str:
    return place.code.enrolment.pricing_currency if place.code else ""


def _raise_questions(
    payment: Payment, arrival: Arrival, notification: Notification, *, place_disagrees: bool
) -> None:
    """What the notice says beside the payment's state, and a person should know."""
    before = payment.question
    expected = _pricing_currency(Place(code=payment.code))
    if arrival.notice.trans_currency and expected not in {"", arrival.notice.trans_currency}:
        steps.raise_question(payment, Question.CURRENCY_DIFFERS)
    if place_disagrees:
        steps.raise_question(payment, Question.PLACE_DIFFERS)
    if notification.conflicting:
        steps.raise_question(payment, Question.CONTENT_DIFFERS)
    if payment.question != before:
        payment.save(update_fields=["question", "question_since", "question_owner"])
