"""Recording a verified notification, and the effect of a paid one."""

from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from merchant_portal.accounts.models import Account, AccountKey
from merchant_portal.alipay.messages import Notice, Posted, TradeStatus
from merchant_portal.money import AmountUnusable, Money
from payments.errors import NoticeMustWait
from payments.models import Notification, Payment
from payments.services import moves
from payments.services.moves import TAKEN, Place, Word
from payments.states import NotificationState, Question, WaitReason
from qrcodes.models import Enrolment, QRCode


@dataclass(frozen=True, slots=True)
class Arrival:
    """A body on a known key whose signature held."""

    account: Account
    code: QRCode | None
    key: AccountKey
    posted: Posted
    notice: Notice
    body: bytes
    content_type: str
    received_at: datetime


def record_notification(arrival: Arrival) -> Notification:
    """Store what came, once: an honest resend is the same row, other content a second one.

    One statement, so that two deliveries at the same instant are one row. The caller holds the
    transaction.
    """
    posted, notice = arrival.posted, arrival.notice
    table = connection.ops.quote_name(Notification._meta.db_table)
    received_at = connection.ops.adapt_datetimefield_value(arrival.received_at)
    values = {
        "account_id": arrival.account.pk,
        "code_id": arrival.code.pk if arrival.code else None,
        "verified_with_id": arrival.key.pk,
        "notify_id": notice.notify_id[:128],
        "digest": posted.digest,
        "body": arrival.body,
        "content_type": arrival.content_type[:100],
        "received_at": received_at,
        "last_received_at": received_at,
        "received_count": 1,
        "alipay_trans_id": notice.alipay_trans_id[:64],
        "partner_trans_id": notice.partner_trans_id[:64],
        "trade_status": notice.status_word[:32],
        "state": NotificationState.WAITING.value,
        "reason": WaitReason.ARRIVED.value,
        "reason_text": "",
        "attempts": 0,
        "last_answer": "",
        "next_attempt_at": received_at,
    }
    same_id = (
        f"EXISTS (SELECT 1 FROM {table} WHERE account_id = %s AND notify_id = %s AND digest <> %s)"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({', '.join(values)}, conflicting) "
            f"VALUES ({', '.join(['%s'] * len(values))}, {same_id}) "
            f"ON CONFLICT (account_id, notify_id, digest) DO UPDATE SET "
            f"received_count = {table}.received_count + 1, last_received_at = excluded.received_at "
            f"RETURNING id, received_count",
            [*values.values(), arrival.account.pk, values["notify_id"], posted.digest],
        )
        pk, received_count = cursor.fetchone()
    if received_count > 1:
        return Notification.objects.get(pk=pk)
    times = dict.fromkeys(
        ("received_at", "last_received_at", "next_attempt_at"), arrival.received_at
    )
    notification = Notification(id=pk, **(values | times))
    notification._state.adding = False
    return notification


def apply_paid(notification: Notification, arrival: Arrival) -> Payment | None:
    """The effect of a notification about a trade's status; raises NoticeMustWait."""
    notice = arrival.notice
    _refuse_strange(arrival)
    place, disagrees = _place_of(arrival)
    status = _status(notice)
    word = Word(
        status=status,
        alipay_trans_id=notice.alipay_trans_id,
        partner_trans_id=notice.partner_trans_id,
        amount=_amount(notice, place) if notice.total_fee or status in TAKEN else None,
        paid_at=notice.paid_at,
        buyer=notice.buyer_login,
        wallet=notice.payment_inst,
        place=place,
        notification=notification,
    )
    payment = moves.hear(arrival.account, word)
    if payment is not None and disagrees:
        moves.raise_question(payment, Question.PLACE_DIFFERS)
        payment.save()
    return payment


def _refuse_strange(arrival: Arrival) -> None:
    notice = arrival.notice
    if notice.seller_id != arrival.account.partner_id:
        raise NoticeMustWait(WaitReason.FOREIGN_SELLER, notice.seller_id)
    if not notice.alipay_trans_id:
        raise NoticeMustWait(WaitReason.NO_TRADE_NUMBER)
    if notice.unreadable:
        raise NoticeMustWait(WaitReason.NO_PAYMENT_TIME, ", ".join(notice.unreadable))


def _status(notice: Notice) -> TradeStatus:
    if notice.status is None:
        raise NoticeMustWait(WaitReason.UNKNOWN_STATUS, notice.status_word)
    status = notice.status
    if notice.paid_at is None and status in TAKEN:
        raise NoticeMustWait(WaitReason.NO_PAYMENT_TIME)
    return status


def _amount(notice: Notice, place: Place) -> Money:
    currency = notice.trans_currency or _pricing_currency(place) or notice.currency
    if not currency:
        raise NoticeMustWait(WaitReason.NO_CURRENCY)
    try:
        return Money.parse(notice.total_fee, currency)
    except AmountUnusable as unusable:
        raise NoticeMustWait(WaitReason.UNUSABLE_AMOUNT, str(unusable)) from unusable


def _pricing_currency(place: Place) -> str:
    return place.code.enrolment.pricing_currency if place.code else ""


def _place_of(arrival: Arrival) -> tuple[Place, bool]:
    """The path's key wins; fields are asked only where it names no code. True: they disagree."""
    named = _code_by_fields(arrival)
    code = arrival.code or named
    if code is None:
        return Place(), False
    enrolment = code.enrolment
    place = Place(store=enrolment.store, counter=enrolment.counter, code=code)
    return place, named is not None and named.enrolment_id != code.enrolment_id


def _code_by_fields(arrival: Arrival) -> QRCode | None:
    notice = arrival.notice
    if arrival.code is not None and _agrees(arrival.code, notice):
        return None
    codes = QRCode.objects.select_related("enrolment__store", "enrolment__counter").filter(
        enrolment__account=arrival.account
    )
    if notice.qrcode:
        found = codes.filter(value=notice.qrcode).order_by("-id").first()
        if found is not None:
            return found
    if notice.store_id and notice.secondary_merchant_id:
        found = (
            codes.filter(
                enrolment__alipay_store_id=notice.store_id,
                enrolment__secondary_merchant_id=notice.secondary_merchant_id,
            )
            .order_by("-id")
            .first()
        )
        if found is not None:
            return found
    return codes.filter(key=notice.passback).first() if notice.passback else None


def _agrees(code: QRCode, notice: Notice) -> bool:
    """Whether no field names another place than the path's code."""
    enrolment: Enrolment = code.enrolment
    return (
        notice.qrcode in {"", code.value}
        and notice.store_id in {"", enrolment.alipay_store_id}
        and notice.secondary_merchant_id in {"", enrolment.secondary_merchant_id}
    )
