"""Paired devices: one counter's screen without a person, and nothing else."""

import hashlib
import re
from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import time_machine
from django.conf import LazySettings
from django.test import Client
from django.urls import reverse

from merchant_portal import clock
from merchant_portal.audit import Actor
from merchant_portal.models import AuditEntry, User
from payments.models import Payment
from qrcodes import services
from qrcodes.errors import PairingRefused, TooManyTries
from qrcodes.models import Counter, Device, Pairing
from qrcodes.services.devices import TRIES_PER_ADDRESS, TRIES_PER_CODE
from tests import factories
from tests.portal.conftest import NOON, PayMaker

SignIn = Callable[[User], Client]
SCREEN, FEED, PAIR = "/screen/", "/screen/payments/", "/pair/"


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    with time_machine.travel(NOON, tick=False):
        yield


@pytest.fixture
def offer(counter: Counter, manager: User) -> Callable[..., str]:
    """A manager makes a code for a device of the counter."""

    def make(name: str = "Tablet", *, shows_takings: bool = False) -> str:
        return services.offer_pairing(
            counter, name=name, shows_takings=shows_takings, by=manager, actor=Actor.person(manager)
        ).code

    return make


@pytest.fixture
def device(offer: Callable[..., str]) -> Client:
    """A browser that was paired with the counter, in which nobody has signed in."""
    return _paired(offer())


def _paired(code: str) -> Client:
    browser = Client()
    assert browser.post(PAIR, {"code": code}).headers["Location"] == SCREEN
    return browser


def _look_again(browser: Client, etag: str) -> int:
    """How a look is answered to a browser that has this answer already."""
    return browser.get(FEED, headers={"If-None-Match": etag}).status_code


def _pair(code: str, *, address: str = "192.0.2.1") -> services.PairedDevice:
    return services.pair_device(code, address=address)


def _wrong(code: str) -> str:
    return code[:-1] + ("A" if code[-1] != "A" else "B")


def test_a_manager_makes_a_code_and_a_device_types_it(
    counter: Counter, manager: User, signed_in: SignIn, pay: PayMaker
) -> None:
    pay()
    url = reverse("counter_devices", args=[counter.pk])
    page = signed_in(manager).post(url, {"name": "Tablet", "use": "staff"}).content.decode()
    shown = re.search(r'class="pairing-code">([A-Z0-9]{4}-[A-Z0-9]{4})<', page)
    assert shown is not None
    screen = _paired(shown[1].lower()).get(SCREEN).content.decode()
    assert "Counter 1" in screen
    assert "12.50" in screen


def test_the_link_fills_the_code_in_and_pairs_nothing_by_itself(
    offer: Callable[..., str], client: Client
) -> None:
    code = offer()
    page = client.get(PAIR, {"code": code}).content.decode()
    assert f'value="{code}"' in page
    assert not Device.objects.exists()


def test_of_the_token_only_the_digest_is_kept(device: Client) -> None:
    cookie = device.cookies["counter_device"]
    kept = Device.objects.get().token_digest
    assert kept == hashlib.sha256(cookie.value.encode()).hexdigest()
    assert len(cookie.value) >= 43
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", SCREEN)


def test_of_the_code_nothing_is_kept_in_the_clear(offer: Callable[..., str]) -> None:
    code = offer()
    pairing = Pairing.objects.get()
    assert pairing.prefix == code[:4]
    assert code[4:] not in pairing.digest.upper()


def test_a_code_works_once(offer: Callable[..., str]) -> None:
    code = offer()
    _pair(code)
    with pytest.raises(PairingRefused):
        _pair(code)


def test_a_code_older_than_ten_minutes_opens_nothing(offer: Callable[..., str]) -> None:
    code = offer()
    with (
        time_machine.travel(NOON + timedelta(minutes=10), tick=False),
        pytest.raises(PairingRefused),
    ):
        _pair(code)


def test_a_code_that_was_guessed_at_too_often_opens_nothing(offer: Callable[..., str]) -> None:
    code = offer()
    for number in range(TRIES_PER_CODE):
        with pytest.raises(PairingRefused):
            _pair(_wrong(code), address=f"192.0.2.{number}")
    with pytest.raises(PairingRefused):
        _pair(code)
    assert AuditEntry.objects.filter(verb="spoil_pairing").count() == 1


def test_an_address_that_guesses_must_wait(offer: Callable[..., str]) -> None:
    for _ in range(TRIES_PER_ADDRESS):
        with pytest.raises(PairingRefused):
            _pair("AAAABBBB")
    with pytest.raises(TooManyTries):
        _pair(offer())
    with time_machine.travel(NOON + timedelta(minutes=11), tick=False):
        assert _pair(offer()).device.name == "Tablet"


def test_another_address_is_not_held_up_by_one_that_guesses(offer: Callable[..., str]) -> None:
    for _ in range(TRIES_PER_ADDRESS):
        with pytest.raises(PairingRefused):
            _pair("AAAABBBB")
    assert _pair(offer(), address="192.0.2.2").device.name == "Tablet"


def test_too_many_tries_are_told_at_the_form(db: None, client: Client) -> None:
    statuses = [
        client.post(PAIR, {"code": "AAAA-BBBB"}).status_code for _ in range(TRIES_PER_ADDRESS + 1)
    ]
    assert statuses == [422] * TRIES_PER_ADDRESS + [429]


def _typed_from(client: Client, number: int) -> int:
    sent = {"X-Forwarded-For": f"192.0.2.{number}"}
    return client.post(PAIR, {"code": "AAAABBBB"}, headers=sent).status_code


def test_an_address_that_is_only_said_does_not_let_one_guess_on(db: None, client: Client) -> None:
    statuses = [_typed_from(client, number) for number in range(TRIES_PER_ADDRESS + 1)]
    assert statuses[-1] == 429


def test_behind_a_proxy_that_is_trusted_each_address_is_counted(
    db: None, client: Client, settings: LazySettings
) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    statuses = [_typed_from(client, number) for number in range(TRIES_PER_ADDRESS + 1)]
    assert statuses[-1] == 422


@pytest.mark.parametrize("code", ["", "A", "²²²²²²²²", "AAAA\x00BBB", "x" * 100])
def test_nonsense_is_no_code(code: str, db: None, client: Client) -> None:
    assert client.post(PAIR, {"code": code}).status_code == 422


def test_who_paired_and_who_disconnected_is_written_down(
    device: Client, manager: User, signed_in: SignIn
) -> None:
    url = reverse("device_revoke", args=[Device.objects.get().pk])
    signed_in(manager).post(url)
    verbs = AuditEntry.objects.filter(target_type="counter").order_by("pk")
    assert [entry.verb for entry in verbs] == ["offer_pairing", "pair_device", "revoke_device"]
    assert verbs[1].actor_name == "a device, by the code of manager"


def test_a_disconnected_device_is_told_at_its_next_look(
    device: Client, manager: User, pay: PayMaker
) -> None:
    pay()
    services.revoke_device(Device.objects.get(), actor=Actor.person(manager))
    feed, screen = device.get(FEED), device.get(SCREEN)
    assert (feed.status_code, screen.status_code) == (410, 410)
    assert "This device was disconnected" in screen.content.decode()
    assert "12.50" not in feed.content.decode() + screen.content.decode()


@pytest.mark.parametrize("url", [SCREEN, FEED])
def test_a_browser_that_was_not_paired_sees_nothing(
    url: str, counter: Counter, client: Client, pay: PayMaker
) -> None:
    pay()
    response = client.get(url)
    assert response.status_code == 403
    assert "12.50" not in response.content.decode()


@pytest.mark.parametrize("url", [SCREEN, FEED])
def test_a_screen_takes_no_post(url: str, device: Client) -> None:
    assert device.post(url).status_code == 405


@pytest.mark.parametrize(
    "name",
    ["home", "payment_list", "payment_detail", "give_back", "counter_screen", "counter_feed"],
)
def test_a_device_opens_no_other_door(name: str, device: Client, pay: PayMaker) -> None:
    payment = pay()
    pks = {"payment_detail": payment.pk, "give_back": payment.pk}
    args = [] if name in {"home", "payment_list"} else [pks.get(name, payment.counter_id)]
    for response in (device.get(reverse(name, args=args)), device.post(reverse(name, args=args))):
        assert response.status_code in {302, 405}
        assert response.headers.get("Location", "/auth/login/").startswith("/auth/login/")


def test_money_does_not_go_back_from_a_device_alone(device: Client, pay: PayMaker) -> None:
    payment = pay()
    device.cookies["counter_device"]["path"] = "/"
    device.post(reverse("give_back", args=[payment.pk]), {"how_much": "all", "reason": "OTHER"})
    assert Payment.objects.get().reserved_minor == 0


def test_a_device_shows_takings_where_the_manager_said_so(
    offer: Callable[..., str], pay: PayMaker
) -> None:
    pay(1250)
    pay(1000)
    quiet, open_one = _paired(offer()), _paired(offer("Till", shows_takings=True))
    assert "22.50" not in quiet.get(SCREEN).content.decode()
    assert "22.50" in open_one.get(SCREEN).content.decode()


def test_a_look_that_brings_nothing_asks_the_database_once(
    device: Client, pay: PayMaker, django_assert_num_queries: Callable[[int], object]
) -> None:
    pay()
    etag = device.get(FEED).headers["ETag"]
    with django_assert_num_queries(1):  # type: ignore[attr-defined]
        assert _look_again(device, etag) == 304


def test_the_next_look_brings_a_new_payment(device: Client, pay: PayMaker) -> None:
    etag = device.get(FEED).headers["ETag"]
    assert _look_again(device, etag) == 304
    pay()
    assert _look_again(device, etag) == 200


def test_a_payment_of_another_counter_brings_nothing(
    device: Client, pay: PayMaker, counter: Counter
) -> None:
    etag = device.get(FEED).headers["ETag"]
    pay(counter=factories.counter(counter.store, number=2))
    assert _look_again(device, etag) == 304


def test_a_look_in_vain_does_not_hide_that_the_device_was_disconnected(
    device: Client, manager: User
) -> None:
    etag = device.get(FEED).headers["ETag"]
    services.revoke_device(Device.objects.get(), actor=Actor.person(manager))
    assert _look_again(device, etag) == 410


def test_a_look_that_shows_what_another_device_was_shown_needs_a_pairing(
    device: Client, client: Client
) -> None:
    etag = device.get(FEED).headers["ETag"]
    assert _look_again(client, etag) == 403


def test_a_look_in_another_language_is_answered_in_it(device: Client, pay: PayMaker) -> None:
    pay()
    etag = device.get(FEED).headers["ETag"]
    device.cookies["django_language"] = "zh-hans"
    assert _look_again(device, etag) == 200


def test_who_signs_in_at_a_paired_browser_is_answered_in_their_own_language(
    device: Client, cashier: User
) -> None:
    etag = device.get(FEED).headers["ETag"]
    cashier.language = "zh-hans"
    cashier.save()
    device.force_login(cashier)
    assert _look_again(device, etag) == 200


def test_a_look_with_another_amount_is_answered(device: Client) -> None:
    etag = device.get(FEED).headers["ETag"]
    response = device.get(f"{FEED}?expect=5.00", headers={"If-None-Match": etag})
    assert response.status_code == 200


def test_a_look_in_vain_is_noted_every_half_minute_too(device: Client) -> None:
    etag = device.get(FEED).headers["ETag"]
    with time_machine.travel(NOON + timedelta(seconds=30), tick=False):
        _look_again(device, etag)
    assert Device.objects.get().last_seen_at == NOON + timedelta(seconds=30)


def test_when_a_device_last_looked_is_noted_every_half_minute(device: Client) -> None:
    for seconds in (10, 31):
        with time_machine.travel(NOON + timedelta(seconds=seconds), tick=False):
            device.get(FEED)
    assert Device.objects.get().last_seen_at == NOON + timedelta(seconds=31)


def test_the_list_of_devices_says_who_when_and_whether_it_looks(
    device: Client, counter: Counter, manager: User, signed_in: SignIn
) -> None:
    page = signed_in(manager).get(reverse("counter_devices", args=[counter.pk])).content.decode()
    assert "Tablet" in page
    assert "Looking now" in page
    assert "manager" in page


def test_the_page_with_the_code_says_when_it_was_used(
    offer: Callable[..., str], manager: User, signed_in: SignIn
) -> None:
    code = offer()
    url = reverse("pairing_standing", args=[Pairing.objects.get().pk])
    assert "Waiting for the device" in signed_in(manager).get(url).content.decode()
    _pair(code)
    assert "Paired" in signed_in(manager).get(url).content.decode()


def test_old_codes_and_misses_are_cleared_away(offer: Callable[..., str]) -> None:
    offer()
    with time_machine.travel(NOON + timedelta(hours=1), tick=False):
        offer()
        assert Pairing.objects.filter(expires_at__lt=clock.now()).count() == 0


_MANAGED = ["counter_devices", "device_revoke", "pairing_standing"]


def _managed_url(name: str) -> str:
    device, pairing = Device.objects.get(), Pairing.objects.get()
    pks = {"device_revoke": device.pk, "pairing_standing": pairing.pk}
    return reverse(name, args=[pks.get(name, device.counter_id)])


@pytest.mark.parametrize("name", _MANAGED)
def test_devices_are_not_there_for_an_outsider(
    name: str, device: Client, outsider: User, signed_in: SignIn
) -> None:
    browser = signed_in(outsider)
    send = browser.get if name == "pairing_standing" else browser.post
    assert send(_managed_url(name)).status_code == 404
    assert not Device.objects.get().is_revoked


@pytest.mark.parametrize("name", _MANAGED)
def test_a_cashier_pairs_and_disconnects_nothing(
    name: str, device: Client, cashier: User, signed_in: SignIn
) -> None:
    browser = signed_in(cashier)
    send = browser.get if name == "pairing_standing" else browser.post
    assert send(_managed_url(name)).status_code == 403


@pytest.mark.parametrize("name", _MANAGED)
def test_devices_send_the_signed_out_to_the_sign_in(
    name: str, device: Client, client: Client
) -> None:
    send = client.get if name == "pairing_standing" else client.post
    assert send(_managed_url(name)).headers["Location"].startswith("/auth/login/")


def test_a_device_is_not_disconnected_by_a_link(
    device: Client, manager: User, signed_in: SignIn
) -> None:
    assert signed_in(manager).get(_managed_url("device_revoke")).status_code == 405
