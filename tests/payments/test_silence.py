"""The silence alarm: it rings once, says what the neighbours say, and ends by the next payment."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest
import time_machine
from django.db import IntegrityError
from django.test import Client
from django.urls import reverse

from merchant_portal.accounts.models import Account, AccountKey, GatewayCall
from merchant_portal.models import AuditEntry, User
from payments import services, tasks
from payments.models import (
    GatewayHeard,
    Notification,
    Payment,
    SilenceAlarm,
    SilenceEnd,
    SilenceReason,
    SilenceWatch,
)
from payments.services.silence import Neighbours, likely
from payments.states import PaymentState, Product
from qrcodes import services as codes
from qrcodes.models import Counter, QRCode, QRCodeMove, Store
from qrcodes.states import CodeState
from tests import factories
from tests.alipay_side import AlipaySide
from tests.conftest import ACTOR

SignIn = Callable[[User], Client]
#: A Wednesday noon in New York, where the test shop stands; it opens at nine.
NOON = datetime(2026, 3, 18, 16, 0, tzinfo=UTC)
OPENED = datetime(2026, 3, 18, 13, 0, tzinfo=UTC)
CLOSING = datetime(2026, 3, 18, 22, 0, tzinfo=UTC)
_DAY = (time(9), time(18))


@pytest.fixture
def watched(code: QRCode) -> Counter:
    """A counter with a code in force for days, in a store with hours, silent at most an hour."""
    counter = code.enrolment.counter
    assert counter
    QRCodeMove.objects.update(at=NOON - timedelta(days=9))
    AccountKey.objects.update(valid_from=NOON - timedelta(days=90))
    codes.change_opening_hours(counter.store, dict.fromkeys(range(5), _DAY), actor=ACTOR)
    services.set_silence_threshold(counter, 60, actor=ACTOR)
    SilenceWatch.objects.update(next_attempt_at=OPENED - timedelta(days=30))
    return counter


@pytest.fixture
def pay(account: Account) -> Callable[..., Payment]:
    """A payment at a counter, at an instant."""

    def make(counter: Counter, at: datetime) -> Payment:
        number = Payment.objects.count() + 1
        return Payment.objects.create(
            account=account,
            product=Product.MERCHANT_QR,
            store=counter.store,
            counter=counter,
            alipay_trans_id=f"2026031822001{number:015d}",
            partner_trans_id=f"88{number:08d}",
            amount_minor=500,
            currency="USD",
            state=PaymentState.PAID,
            paid_at=at,
            occurred_at=at,
            first_heard_at=at,
        )

    return make


@pytest.fixture
def look() -> Callable[[datetime], None]:
    """The clock's door at an instant, with every watch due."""

    def at(instant: datetime) -> None:
        SilenceWatch.objects.update(next_attempt_at=instant, lease_until=None)
        with time_machine.travel(instant, tick=False):
            tasks.watch_silence()

    return at


Look = Callable[[datetime], None]
Pay = Callable[[Counter, datetime], Payment]


def test_a_counter_that_is_silent_for_too_long_rings(
    watched: Counter, pay: Pay, look: Look
) -> None:
    pay(watched, NOON - timedelta(minutes=61))
    look(NOON)
    alarm = SilenceAlarm.objects.get()
    assert alarm.counter == watched
    assert alarm.silent_since == NOON - timedelta(minutes=61)
    assert (alarm.noticed_at, alarm.threshold_minutes) == (NOON, 60)


def test_a_counter_that_was_just_paid_does_not_ring(watched: Counter, pay: Pay, look: Look) -> None:
    pay(watched, NOON - timedelta(minutes=59))
    look(NOON)
    assert not SilenceAlarm.objects.exists()
    assert SilenceWatch.objects.get().next_attempt_at == NOON + timedelta(minutes=1)


def test_the_night_does_not_count(watched: Counter, pay: Pay, look: Look) -> None:
    pay(watched, OPENED - timedelta(hours=15))
    look(OPENED + timedelta(minutes=59))
    assert not SilenceAlarm.objects.exists()
    look(OPENED + timedelta(minutes=60))
    assert SilenceAlarm.objects.get().silent_since == OPENED


@pytest.mark.parametrize(
    "instant",
    [OPENED - timedelta(minutes=1), CLOSING, NOON + timedelta(days=3)],
    ids=["before it opens", "once it is closed", "on Saturday"],
)
def test_a_closed_store_does_not_ring(watched: Counter, look: Look, instant: datetime) -> None:
    look(instant)
    assert not SilenceAlarm.objects.exists()


def test_without_opening_hours_nothing_rings(watched: Counter, look: Look) -> None:
    codes.change_opening_hours(watched.store, {}, actor=ACTOR)
    look(NOON)
    assert not SilenceAlarm.objects.exists()


def test_a_bar_is_silent_past_midnight(watched: Counter, pay: Pay, look: Look) -> None:
    late = dict.fromkeys(range(7), (time(18), time(3)))
    codes.change_opening_hours(watched.store, late, actor=ACTOR)
    midnight = datetime(2026, 3, 19, 4, 0, tzinfo=UTC)
    pay(watched, midnight - timedelta(minutes=10))
    look(midnight + timedelta(minutes=49))
    assert not SilenceAlarm.objects.exists()
    look(midnight + timedelta(minutes=50))
    assert SilenceAlarm.objects.get().silent_since == midnight - timedelta(minutes=10)


def test_in_the_night_clocks_go_forward_an_hour_is_still_an_hour(
    watched: Counter, pay: Pay, look: Look
) -> None:
    """At 02:00 on 8 March 2026 New York's clocks go to 03:00."""
    always = dict.fromkeys(range(7), (time(0), time(0)))
    codes.change_opening_hours(watched.store, always, actor=ACTOR)
    QRCodeMove.objects.update(at=datetime(2026, 2, 1, tzinfo=UTC))
    paid_at = datetime(2026, 3, 8, 6, 30, tzinfo=UTC)  # 01:30; an hour later it is 03:30
    pay(watched, paid_at)
    look(paid_at + timedelta(minutes=59))
    assert not SilenceAlarm.objects.exists()
    look(paid_at + timedelta(minutes=60))
    assert SilenceAlarm.objects.count() == 1


def test_an_alarm_rings_once_however_long_the_silence(watched: Counter, look: Look) -> None:
    for minutes in (0, 1, 5, 60):
        look(NOON + timedelta(minutes=minutes))
    assert SilenceAlarm.objects.count() == 1
    assert GatewayCall.objects.filter(service__contains="query").count() == 0


def test_the_next_payment_ends_it(watched: Counter, pay: Pay, look: Look) -> None:
    look(NOON)
    pay(watched, NOON + timedelta(minutes=3))
    look(NOON + timedelta(minutes=4))
    alarm = SilenceAlarm.objects.get()
    assert (alarm.end, alarm.ended_at) == (SilenceEnd.PAID, NOON + timedelta(minutes=4))


def test_after_a_payment_it_may_ring_again(watched: Counter, pay: Pay, look: Look) -> None:
    look(NOON)
    pay(watched, NOON + timedelta(minutes=3))
    look(NOON + timedelta(minutes=4))
    look(NOON + timedelta(minutes=64))
    assert SilenceAlarm.objects.open().count() == 1
    assert SilenceAlarm.objects.count() == 2


def test_closing_ends_it_and_the_morning_begins_anew(watched: Counter, look: Look) -> None:
    look(NOON)
    look(CLOSING)
    assert SilenceAlarm.objects.get().end == SilenceEnd.CLOSED
    look(OPENED + timedelta(days=1, minutes=30))
    assert not SilenceAlarm.objects.open().exists()


def test_a_stopped_code_ends_it(watched: Counter, code: QRCode, look: Look) -> None:
    look(NOON)
    codes.send_code(codes.want_state(code, CodeState.STOPPED, actor=ACTOR))
    look(NOON + timedelta(minutes=5))
    assert SilenceAlarm.objects.get().end == SilenceEnd.NO_CODE


def test_a_code_that_just_came_into_force_has_its_time(watched: Counter, look: Look) -> None:
    QRCodeMove.objects.update(at=NOON - timedelta(minutes=20))
    look(NOON)
    assert not SilenceAlarm.objects.exists()


def test_switching_it_off_ends_it(watched: Counter, look: Look) -> None:
    look(NOON)
    services.set_silence_threshold(watched, None, actor=ACTOR)
    assert SilenceAlarm.objects.get().end == SilenceEnd.CHANGED
    look(NOON + timedelta(hours=1))
    assert SilenceAlarm.objects.count() == 1


def test_more_patience_ends_it(watched: Counter, look: Look) -> None:
    look(NOON)
    services.set_silence_threshold(watched, 600, actor=ACTOR)
    look(NOON + timedelta(minutes=1))
    assert SilenceAlarm.objects.get().end == SilenceEnd.CHANGED


def test_two_alarms_of_one_counter_cannot_ring_at_once(watched: Counter, look: Look) -> None:
    look(NOON)
    alarm = SilenceAlarm.objects.get()
    alarm.pk = None
    with pytest.raises(IntegrityError):
        alarm.save()


def test_a_paid_neighbour_points_to_the_sticker(watched: Counter, pay: Pay, look: Look) -> None:
    pay(factories.counter(watched.store, number=2), NOON - timedelta(minutes=5))
    look(NOON)
    alarm = SilenceAlarm.objects.get()
    assert (alarm.neighbours_paid, alarm.reason) == (1, SilenceReason.STICKER)
    assert alarm.neighbours_paid_at == NOON - timedelta(minutes=5)


def test_a_silent_gateway_points_to_the_network(
    watched: Counter, pay: Pay, look: Look, alipay: AlipaySide
) -> None:
    pay(watched, NOON - timedelta(hours=2))
    alipay.switch("down")
    look(NOON)
    alarm = SilenceAlarm.objects.get()
    assert (alarm.gateway, alarm.reason) == (GatewayHeard.SILENT, SilenceReason.NETWORK)


def test_a_gateway_that_answers_while_nothing_is_notified_points_to_the_notifications(
    watched: Counter, code: QRCode, alipay: AlipaySide, client: Client, look: Look
) -> None:
    alipay.pay(code.value, "12.50")
    alipay.carry_due(client)
    when = NOON - timedelta(hours=2)
    Payment.objects.update(paid_at=when, occurred_at=when, first_heard_at=when)
    Notification.objects.update(received_at=when + timedelta(seconds=2))
    look(NOON)
    alarm = SilenceAlarm.objects.get()
    assert (alarm.gateway, alarm.notified_at) == (
        GatewayHeard.ANSWERS,
        when + timedelta(seconds=2),
    )
    assert alarm.reason == SilenceReason.NOTIFICATIONS


@pytest.mark.parametrize(
    ("paid", "notified", "gateway", "reason"),
    [
        (0, None, GatewayHeard.NOT_ASKED, SilenceReason.UNCLEAR),
        (0, None, GatewayHeard.ANSWERS, SilenceReason.NOTIFICATIONS),
        (0, OPENED, GatewayHeard.ANSWERS, SilenceReason.NOTIFICATIONS),
        (0, NOON, GatewayHeard.ANSWERS, SilenceReason.STORE),
        (0, NOON, GatewayHeard.NOT_ASKED, SilenceReason.STORE),
        (2, NOON, GatewayHeard.ANSWERS, SilenceReason.STICKER),
        (2, NOON, GatewayHeard.SILENT, SilenceReason.NETWORK),
    ],
)
def test_what_is_likely_follows_from_the_neighbours(
    paid: int, notified: datetime | None, gateway: GatewayHeard, reason: SilenceReason
) -> None:
    told = Neighbours(paid, None, notified_at=NOON, others_notified_at=notified, gateway=gateway)
    assert likely(told, since=NOON - timedelta(hours=1)) == reason


@pytest.mark.parametrize("reason", [each for each in SilenceReason if each != "unclear"])
def test_no_sentence_claims_more_than_is_known(reason: SilenceReason) -> None:
    """Each names a reason, and that it may be none at all."""
    assert "may" in reason.label or "Or nobody came" in reason.label


def test_the_alarm_is_shown_where_people_look(
    watched: Counter, look: Look, cashier: User, outsider: User, signed_in: SignIn
) -> None:
    look(NOON)
    pages = ["/", watched.store.get_absolute_url(), watched.get_absolute_url()]
    for page in pages:
        shown = signed_in(cashier).get(page).content.decode()
        assert "no payment for more than 60 minutes" in shown
        assert f"/patrol/?counter={watched.pk}" in shown
    assert "#silent" in [each.url for each in signed_in(cashier).get("/").context["concerns"]]
    assert "no payment for more" not in signed_in(outsider).get("/").content.decode()


def test_an_alarm_that_ended_is_shown_no_more(
    watched: Counter, look: Look, cashier: User, signed_in: SignIn
) -> None:
    look(NOON)
    look(CLOSING)
    page = signed_in(cashier).get(watched.get_absolute_url()).content.decode()
    assert "no payment for more" not in page
    assert "the store closed" in page


def test_a_manager_sets_the_alarm(counter: Counter, manager: User, signed_in: SignIn) -> None:
    client, address = signed_in(manager), reverse("counter_silence", args=[counter.pk])
    assert "no opening hours yet" in client.get(address).content.decode()
    assert client.post(address, {"threshold_minutes": "45"}).status_code == 302
    assert SilenceWatch.objects.get().threshold_minutes == 45
    client.post(address, {"threshold_minutes": ""})
    assert not SilenceWatch.objects.exists()
    assert AuditEntry.objects.filter(verb="set_silence_threshold").count() == 2


@pytest.mark.parametrize("minutes", ["4", "1441", "-1", "soon", "1e2"])
def test_minutes_that_make_no_sense_are_refused(
    counter: Counter, manager: User, signed_in: SignIn, minutes: str
) -> None:
    address = reverse("counter_silence", args=[counter.pk])
    assert signed_in(manager).post(address, {"threshold_minutes": minutes}).status_code == 422
    assert not SilenceWatch.objects.exists()


def test_the_alarm_is_set_by_who_may_change_the_store(
    counter: Counter, signed_in: SignIn, cashier: User, outsider: User, client: Client
) -> None:
    address = reverse("counter_silence", args=[counter.pk])
    assert client.get(address).headers["Location"].startswith(reverse("account_login"))
    assert signed_in(cashier).get(address).status_code == 403
    assert signed_in(outsider).get(address).status_code == 404


def test_a_manager_sets_opening_hours(store: Store, manager: User, signed_in: SignIn) -> None:
    client, address = signed_in(manager), reverse("store_hours", args=[store.pk])
    said = {"opens_0": "09:00", "closes_0": "18:00", "opens_5": "18:00", "closes_5": "02:00"}
    assert client.post(address, said).status_code == 302
    assert [row.weekday for row in store.opening_hours.all()] == [0, 5]
    assert 'value="18:00"' in client.get(address).content.decode()
    assert "02:00" in client.get(store.get_absolute_url()).content.decode()


def test_half_a_day_is_refused(store: Store, manager: User, signed_in: SignIn) -> None:
    address = reverse("store_hours", args=[store.pk])
    assert signed_in(manager).post(address, {"opens_0": "09:00"}).status_code == 422
    assert not store.opening_hours.exists()


def test_the_clock_looks_again_soon_while_it_rings(watched: Counter, look: Look) -> None:
    look(NOON)
    due_at = SilenceWatch.objects.get().next_attempt_at
    assert due_at is not None
    assert due_at - NOON == timedelta(seconds=20)
