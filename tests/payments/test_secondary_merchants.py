"""Acquirers and system integrators, from the first registration to the payment at its store."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.accounts.models import Account, GatewayCall, Integration
from merchant_portal.models import User
from merchant_portal.verifying import find_breaches
from payments.models import Payment
from qrcodes import services as codes
from qrcodes.models import Enrolment, QRCode, Registration, Store
from qrcodes.states import CodeState, ReviewState
from tests import factories
from tests.alipay_side import AlipaySide

SignIn = Callable[[User], Client]
Carry = Callable[[], list[str]]
INTEGRATOR = "2088000000000333"
REGISTRANT = {
    "type": "ENTERPRISE",
    "registration_no": "7301-22",
    "register_country": "US",
    "register_address": "3 Pier Street, New York",
    "contact_no": "+1 212 555 0100",
}


@pytest.fixture(params=[Integration.ACQUIRER, Integration.INTEGRATOR])
def shared(request: pytest.FixtureRequest, alipay: AlipaySide, db: None) -> Account:
    """An account many merchants are paid through, while Alipay blocks stores it did not approve."""
    integration: Integration = request.param
    provider = INTEGRATOR if integration == Integration.INTEGRATOR else ""
    account = factories.account(alipay, integration=integration, service_provider_id=provider)
    alipay.add_partner(
        partner_id=account.partner_id, system_integrator=integration == Integration.INTEGRATOR
    )
    alipay.set_review(blocks_unregistered=True)
    return account


@pytest.fixture
def shops(db: None) -> tuple[Store, Store]:
    """Stores of two merchants."""
    stores = (factories.store(), factories.other_store())
    for store in stores:
        store.address = "3 Pier Street, New York"
        store.save()
    return stores


def managers_of(shops: tuple[Store, Store]) -> list[User]:
    """One manager for each merchant, of all its stores."""
    people = [factories.person(Role.MANAGER, name=f"of {shop.code}", store=shop) for shop in shops]
    for person in people:
        person.memberships.get().stores.clear()
    return people


@pytest.fixture
def browsers(shops: tuple[Store, Store]) -> list[Client]:
    browsers = []
    for person in managers_of(shops):
        browsers.append(Client())
        browsers[-1].force_login(person)
    return browsers


def register(browser: Client, store: Store, account: Account) -> Enrolment:
    """On the pages: say who stands behind the merchant, enrol a counter, register its store."""
    if account.names_registrants:
        browser.post(reverse("merchant_registrant", args=[store.merchant_id]), REGISTRANT)
    counter = factories.counter(store)
    wanted = {"account": account.pk, "then": "register"}
    browser.post(reverse("enrolment_new", args=[counter.pk]), wanted)
    enrolment = counter.enrolments.get()
    browser.post(reverse("registration_register", args=[enrolment.pk]))
    return enrolment


def clock_ticks() -> None:
    """The worker makes what is due: registrations and their questions."""
    for registration in Registration.objects.exclude(next_call=""):
        codes.send_registration(registration)


def make_code(browser: Client, enrolment: Enrolment) -> QRCode:
    counter = enrolment.counter
    assert counter
    wanted = {"account": enrolment.account_id, "kind": "plain"}
    browser.post(reverse("code_new", args=[counter.pk]), wanted)
    return codes.send_code(enrolment.codes.get())


@pytest.fixture
def opened(
    shared: Account, shops: tuple[Store, Store], browsers: list[Client], alipay: AlipaySide
) -> list[QRCode]:
    """Each merchant's store registered, approved, and with a code."""
    pairs = zip(browsers, shops, strict=True)
    enrolments = [register(browser, store, shared) for browser, store in pairs]
    clock_ticks()
    for enrolment in enrolments:
        alipay.decide_review(enrolment.alipay_store_id, "SUCCESS")
    clock_ticks()
    both = zip(browsers, enrolments, strict=True)
    return [make_code(browser, enrolment) for browser, enrolment in both]


def test_two_merchants_are_paid_through_one_account_each_at_its_own_store(
    opened: list[QRCode], alipay: AlipaySide, carry: Carry
) -> None:
    for code, amount in zip(opened, ("12.50", "8.00"), strict=True):
        assert code.state == CodeState.ACTIVE
        alipay.pay(code.value, amount)
    assert carry() == ["success", "success"]
    paid = {(row.store, row.amount_minor) for row in Payment.objects.select_related("store")}
    assert paid == {(opened[0].enrolment.store, 1250), (opened[1].enrolment.store, 800)}
    assert find_breaches() == []


def test_one_merchants_people_see_nothing_of_the_others(
    opened: list[QRCode], browsers: list[Client], alipay: AlipaySide, carry: Carry
) -> None:
    for code in opened:
        alipay.pay(code.value, "5.00")
    carry()
    theirs = Payment.objects.get(store=opened[1].enrolment.store)
    other = opened[1].enrolment
    lists = [reverse(name) for name in ("payment_list", "store_list", "registration_list")]
    shown = "".join(browsers[0].get(page).content.decode() for page in [*lists, "/"])
    assert other.store.name not in shown
    for page in (theirs.get_absolute_url(), other.registration.get_absolute_url()):
        assert browsers[0].get(page).status_code == 404
        assert browsers[1].get(page).status_code == 200


def test_a_store_in_review_cannot_be_paid_and_its_code_says_so(
    shared: Account, shops: tuple[Store, Store], browsers: list[Client], alipay: AlipaySide
) -> None:
    enrolment = register(browsers[0], shops[0], shared)
    clock_ticks()
    code = make_code(browsers[0], enrolment)
    assert alipay.try_to_pay(code.value, "5.00").status_code == 409
    page = browsers[0].get(code.get_absolute_url()).content.decode()
    assert "Alipay has not approved this store" in page


def test_a_rejected_merchant_does_not_hold_up_the_other(
    shared: Account, shops: tuple[Store, Store], browsers: list[Client], alipay: AlipaySide
) -> None:
    pairs = zip(browsers, shops, strict=True)
    first, second = (register(browser, store, shared) for browser, store in pairs)
    clock_ticks()
    alipay.decide_review(first.alipay_store_id, "FAILED", "high risk merchant")
    alipay.decide_review(second.alipay_store_id, "SUCCESS")
    clock_ticks()
    stands = [Registration.objects.get(enrolment=each).state for each in (first, second)]
    assert stands == [ReviewState.REJECTED, ReviewState.APPROVED]


def test_alipay_knows_each_code_by_its_merchant_and_the_integrator(
    shared: Account, opened: list[QRCode], alipay: AlipaySide
) -> None:
    merchants = {row["secondary_merchant_id"] for row in alipay.books("codes")}
    assert merchants == {"HARBOUR", "OTHER"}
    made = GatewayCall.objects.filter(service="alipay.commerce.qrcode.create")
    named = [f'"sys_service_provider_id":"{INTEGRATOR}"' in call.presign for call in made]
    assert named == [shared.integration == Integration.INTEGRATOR] * 2


def test_only_an_acquirer_tells_who_stands_behind_the_merchant(
    shared: Account, opened: list[QRCode]
) -> None:
    told = GatewayCall.objects.filter(service="alipay.overseas.secmerchant.offline.maintain")
    named = ["registration_no=7301-22" in call.presign for call in told]
    assert named == [shared.integration == Integration.ACQUIRER] * 2
