"""An acquirer's account: two secondary merchants sell under it, and neither sees of the other."""

from collections.abc import Iterator
from dataclasses import dataclass

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from merchant_portal.access import Role
from merchant_portal.accounts.models import Account, GatewayCall, Integration
from merchant_portal.models import User
from merchant_portal.money import Money
from payments.models import Payment, Sale
from qrcodes import services as codes
from qrcodes.models import Merchant, Store
from refunds import services as refunds
from refunds.models import Refund
from refunds.tasks import submit_due_refunds
from tests import factories
from tests.alipay.rsa import RSAPair
from tests.alipay_side import AlipaySide
from tests.factories import ACTOR
from tests.matrix.routes import all_routes
from tests.matrix.table import rows
from tests.matrix.world import OF_NO_SHOP
from tests.reconciliation.nights import compare_night
from tests.sales.conftest import speak_json
from tests.sales.till import Till

pytestmark = pytest.mark.django_db

#: Who sees most of what a merchant may see.
_ROLES = (Role.ADMINISTRATOR, Role.FINANCE)
#: Signing in has pages of its own that know of no shop.
_OF_SIGNING_IN = ("account_", "mfa_", "device_")
_OF_ACCOUNTS = {"account_list", "account_detail"}


@dataclass(frozen=True)
class Shop:
    """One secondary merchant: its till, and what it sold."""

    till: Till
    paid: Sale
    waiting: Sale
    refund: Refund

    @property
    def store(self) -> Store:
        return self.till.counter.store

    @property
    def merchant(self) -> Merchant:
        return self.store.merchant

    @property
    def marks(self) -> set[str]:
        """What tells a reader of this shop, wherever it stands."""
        payments = [Payment.objects.get(pk=sale.payment_id) for sale in (self.paid, self.waiting)]
        numbers = {number for each in payments for number in _numbers(each)}
        return numbers | {
            self.store.code,
            self.merchant.name,
            self.refund.partner_refund_id,
            self.paid.receipt_key,
            self.paid.payment.amount.decimal_text,
        }


def _numbers(payment: Payment) -> set[str]:
    found = {payment.partner_trans_id, payment.alipay_trans_id}
    return {number for number in found if number} | {number[-6:] for number in found if number}


@pytest.fixture
def acquirer(alipay: AlipaySide, interface: str, pair: RSAPair) -> Account:
    account = factories.account(alipay, integration=Integration.ACQUIRER)
    if interface == "json":
        speak_json(account, alipay, pair)
    return account


@pytest.fixture
def shops(
    acquirer: Account, alipay: AlipaySide, traveller: time_machine.Traveller, client: Client
) -> tuple[Shop, Shop]:
    """Each with a sale that is paid, one that waits, and money going back; the night is over."""
    stores = (
        factories.store(code="OURS_PIER"),
        factories.store(code="THEIR_HILL", merchant=factories.other_store().merchant),
    )
    made = []
    for store, amount in zip(stores, ("31.41", "27.18"), strict=True):
        codes.enrol_store(store, account=acquirer, actor=ACTOR)
        till = Till(factories.counter(store), acquirer, alipay, traveller, client)
        made.append(_trade(till, amount))
    assert set(made[0].till.carry()) <= {True}
    compare_night(acquirer, alipay)
    return made[0], made[1]


def _trade(till: Till, amount: str) -> Shop:
    paid = till.scan(amount)
    refund = refunds.request_refund(
        paid.payment, amount=Money(100, "USD"), reason="returned", note="", actor=ACTOR
    )
    submit_due_refunds()
    waiting = till.scan(shown=till.show_code(outcome="waiting"))
    return Shop(till, paid, waiting, refund)


def _person(role: Role, merchant: Merchant) -> User:
    user = User.objects.create(username=f"{role.value} of {merchant.pk}")
    codes.add_membership(user, role=role, merchant=merchant, stores=[], actor=ACTOR)
    return user


def _key(role: Role, merchant: Merchant) -> str:
    """The key of a program of a merchant."""
    name = f"{role.value} of {merchant.pk}"
    return codes.issue_api_key(
        name=name, role=role, merchant=merchant, store=None, actor=ACTOR
    ).text


def _addresses(account: Account) -> Iterator[str]:
    """Every page and every address of the API that names no shop, and the shared account's own."""
    things = OF_NO_SHOP | {"account": [account.pk]}
    for name in sorted(set(all_routes()) & set(rows()) - {"admin:*"}):
        row = rows()[name]
        is_about_shops = not name.startswith(_OF_SIGNING_IN) or name in _OF_ACCOUNTS
        if row.get.is_there and row.thing in things and is_about_shops:
            yield reverse(name, args=things[row.thing])


def _read(browser: Client, address: str, **headers: str) -> str:
    """What is told there to somebody."""
    response = browser.get(address, headers=headers)
    assert response.status_code < 500, address
    return b"".join(response).decode("utf-8", "replace")  # type: ignore[call-overload]


def _told(shop: Shop, account: Account, other: Shop) -> dict[str, set[str]]:
    """Where a shop's people and programs are told of another one's marks."""
    found: dict[str, set[str]] = {}
    marks = other.marks
    for role in _ROLES:
        browser, program = Client(), {"Authorization": f"Api-Key {_key(role, shop.merchant)}"}
        browser.force_login(_person(role, shop.merchant))
        for address in _addresses(account):
            is_api = address.startswith("/api/v1/") and "docs" not in address
            text = _read(Client(), address, **program) if is_api else _read(browser, address)
            if seen := {mark for mark in marks if mark in text}:
                found[f"{role.value}: {address}"] = seen
    return found


def test_no_page_list_report_or_answer_tells_of_the_other_merchant(
    shops: tuple[Shop, Shop], acquirer: Account
) -> None:
    ours, theirs = shops
    assert _told(ours, acquirer, theirs) == {}
    assert len(_told(theirs, acquirer, theirs)) > 15  # the same look finds one's own


def test_what_belongs_to_the_other_merchant_is_not_there(shops: tuple[Shop, Shop]) -> None:
    ours, theirs = shops
    program = {"Authorization": f"Api-Key {_key(Role.MANAGER, ours.merchant)}"}
    browser = Client()
    browser.force_login(_person(Role.MANAGER, ours.merchant))
    for shop, answered in ((ours, 200), (theirs, 404)):
        pk, counter = shop.paid.payment_id, shop.till.counter.pk
        pages = [
            reverse("payment_detail", args=[pk]),
            reverse("payment_proof", args=[pk]),
            reverse("payment_sale", args=[pk]),
            reverse("payment_slip", args=[pk]),
            reverse("refund_detail", args=[shop.refund.pk]),
            reverse("counter_screen", args=[counter]),
            reverse("counter_sell", args=[counter]),
            reverse("store_detail", args=[shop.store.pk]),
        ]
        assert {browser.get(page, follow=True).status_code for page in pages} == {answered}
        api = reverse("api-payment-detail", args=[pk])
        assert Client().get(api, headers=program).status_code == answered


def test_nobody_finds_the_others_payment_by_its_number(shops: tuple[Shop, Shop]) -> None:
    ours, theirs = shops
    browser = Client()
    browser.force_login(_person(Role.MANAGER, ours.merchant))
    for number in (theirs.paid.payment.partner_trans_id, _alipay_number(theirs)):
        page = browser.get(reverse("payment_list"), {"q": number}, follow=True).content.decode()
        assert reverse("payment_detail", args=[theirs.paid.payment_id]) not in page
        assert "27.18" not in page


def test_who_types_the_others_number_is_told_that_it_is_not_theirs_and_no_more(
    shops: tuple[Shop, Shop], acquirer: Account
) -> None:
    ours, theirs = shops
    number = _alipay_number(theirs)
    browser = Client()
    browser.force_login(_person(Role.MANAGER, ours.merchant))
    asked = {"account": acquirer.pk, "alipay_trans_id": number, "counter": ours.till.counter.pk}
    lookup = browser.post(reverse("lookup_new"), asked, follow=True).content.decode()
    real = reverse("counter_real", args=[ours.till.counter.pk])
    seen = browser.get(real, {"number": number}).content.decode()
    assert "at a store you do not work for" in lookup
    for page in (lookup, seen):
        told = {mark for mark in theirs.marks if mark in page}
        assert told <= {number, number[-6:]}  # what they typed themselves
    assert Payment.objects.get(alipay_trans_id=number).store == theirs.store


def _alipay_number(shop: Shop) -> str:
    return Payment.objects.get(pk=shop.paid.payment_id).alipay_trans_id


def test_alipay_is_told_which_merchant_sells(shops: tuple[Shop, Shop]) -> None:
    for shop in shops:
        calls = GatewayCall.objects.filter(
            subject_type="payment", subject_id=shop.paid.payment_id, service=shop.till.words.pay
        )
        assert shop.merchant.secondary_merchant_id in calls.get().presign
        assert shop.store.code in calls.get().presign
