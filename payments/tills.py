"""Where sales begin: at a counter, by a person or by a paired device."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from django.urls import reverse

from merchant_portal.access import Right
from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from payments import services
from payments.models import Payment
from payments.states import Product
from qrcodes.models import Counter, Device, Enrolment
from qrcodes.permissions import PortalRequest

#: What a form may carry as its idempotency key.
usable_key = re.compile(r"[A-Za-z0-9_-]{16,64}", re.ASCII)
#: How a counter begins payments, in the order it is offered.
PRODUCTS = (Product.BARCODE, Product.ORDER_CODE)


@dataclass(frozen=True, slots=True)
class Offer:
    """An account under which a counter takes payments, its currency there, and in which ways."""

    enrolment: Enrolment
    products: frozenset[Product]

    @property
    def account(self) -> Account:
        return self.enrolment.account

    @property
    def currency(self) -> str:
        """In which the store's prices are there."""
        return self.enrolment.pricing_currency

    def __str__(self) -> str:
        return f"{self.account} ({self.currency})"


@dataclass(frozen=True)
class Till:
    """A counter as somebody stands at it, and where its pages are."""

    counter: Counter
    actor: Actor
    #: Whose idempotency keys its forms carry.
    owner: str
    #: Whether payments may be taken and given up from here; else they are only watched.
    may_sell: bool
    device: Device | None = None

    @classmethod
    def of_person(cls, request: PortalRequest, counter: Counter) -> "Till":
        """A counter's page, opened by somebody who signed in."""
        may_sell = request.principal.may(Right.TAKE_PAYMENTS, store=counter.store)
        return cls(counter, request.principal.actor, f"person:{request.user.pk}", may_sell)

    @classmethod
    def of_device(cls, device: Device) -> "Till":
        """The counter a device is paired with."""
        actor = Actor(f"{device.name} ({device.counter})")
        return cls(device.counter, actor, f"device:{device.pk}", may_sell=True, device=device)

    @cached_property
    def offers(self) -> list[Offer]:
        """The accounts that take payments here, by name; none where nothing is set up, or nobody
        here may take any."""
        return list(_offers(self.counter)) if self.may_sell else []

    @property
    def products(self) -> list[Product]:
        """The ways in which at least one account takes payments here."""
        can = frozenset[Product]().union(*(offer.products for offer in self.offers))
        return [product for product in PRODUCTS if product in can]

    @property
    def url(self) -> str:
        """Where a payment is taken."""
        return reverse("device_sell") if self.device else self._of_counter("counter_sell")

    @property
    def screen_url(self) -> str:
        """Where the counter's newest payments stand."""
        return reverse("device_screen") if self.device else self._of_counter("counter_screen")

    @property
    def feed_url(self) -> str:
        """The part of the screen that changes."""
        return reverse("device_feed") if self.device else self._of_counter("counter_feed")

    @property
    def shows_takings(self) -> bool:
        """Whether the screen tells what the counter has taken today."""
        return self.device is None or self.device.shows_takings

    def url_of(self, payment: Payment) -> str:
        """Where it stands how a sale goes on."""
        name = "device_sale" if self.device else "payment_sale"
        return reverse(name, args=[payment.pk])

    def end_url_of(self, payment: Payment) -> str:
        name = "device_sale_end" if self.device else "payment_sale_end"
        return reverse(name, args=[payment.pk])

    def slip_url_of(self, payment: Payment) -> str:
        name = "device_slip" if self.device else "payment_slip"
        return reverse(name, args=[payment.pk])

    def _of_counter(self, name: str) -> str:
        return reverse(name, args=[self.counter.pk])


def _offers(counter: Counter) -> Iterable[Offer]:
    by_product = {
        product: {each.pk: each for each in services.sale_enrolments(counter, product)}
        for product in PRODUCTS
    }
    enrolments = {pk: each for found in by_product.values() for pk, each in found.items()}
    for enrolment in sorted(enrolments.values(), key=lambda each: str(each.account)):
        can = frozenset(each for each in PRODUCTS if enrolment.pk in by_product[each])
        yield Offer(enrolment, can)
