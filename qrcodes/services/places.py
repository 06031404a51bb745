"""Merchants, stores and counters."""

from collections.abc import Mapping
from typing import TypeVar

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from merchant_portal import audit
from merchant_portal.audit import Actor
from qrcodes.errors import PlaceRefused
from qrcodes.models import Counter, Enrolment, Merchant, Store
from qrcodes.services.moves import lock_settled, owe_changed_details
from qrcodes.services.registering import ask_to_tell_again

Terms = Mapping[str, object]
Place = TypeVar("Place", bound=models.Model)


def add_merchant(*, terms: Terms, actor: Actor) -> Merchant:
    """A legal person that owns stores; raises PlaceRefused."""
    return _add(Merchant(**terms), "add_merchant", actor)


def add_store(*, merchant: Merchant, terms: Terms, actor: Actor) -> Store:
    """A shop of a merchant; raises PlaceRefused."""
    return _add(Store(merchant=merchant, **terms), "add_store", actor)


def add_counter(*, store: Store, terms: Terms, actor: Actor) -> Counter:
    """A till of a store; raises PlaceRefused."""
    return _add(Counter(store=store, **terms), "add_counter", actor)


@transaction.atomic
def change_merchant(merchant: Merchant, *, terms: Terms, actor: Actor) -> Merchant:
    """Change a merchant; the codes in force of its stores are modified at Alipay."""
    locked = Merchant.objects.select_for_update().get(pk=merchant.pk)
    number = locked.secondary_merchant_id
    if terms.get("secondary_merchant_id", number) != number and is_enrolled(locked):
        raise PlaceRefused(_("Alipay knows the merchant by this secondary merchant id."))
    _change(locked, terms, "change_merchant", actor)
    codes = lock_settled(enrolment__store__merchant=locked)
    owe_changed_details(codes, actor=actor, note=_("merchant changed"))
    ask_to_tell_again(enrolment__store__merchant=locked)
    return locked


def is_enrolled(merchant: Merchant) -> bool:
    """Whether a counter of the merchant is, or is to be, known at Alipay."""
    return Enrolment.objects.filter(store__merchant=merchant).exists()


@transaction.atomic
def change_store(store: Store, *, terms: Terms, actor: Actor) -> Store:
    """Change a store; its codes in force are modified where Alipay shows what changed."""
    locked = Store.objects.select_for_update().get(pk=store.pk)
    if terms.get("code", locked.code) != locked.code:
        raise PlaceRefused(_("The code of a store is part of its store ids: it is fixed."))
    _change(locked, terms, "change_store", actor)
    codes = lock_settled(enrolment__store=locked)
    owe_changed_details(codes, actor=actor, note=_("store changed"))
    ask_to_tell_again(enrolment__store=locked)
    return locked


@transaction.atomic
def change_counter(counter: Counter, *, terms: Terms, actor: Actor) -> Counter:
    """Change what a counter is called here; Alipay does not know its name."""
    locked = Counter.objects.select_for_update().get(pk=counter.pk)
    if terms.get("code", locked.code) != locked.code:
        raise PlaceRefused(_("The code of a counter is part of its store id: it is fixed."))
    _change(locked, terms, "change_counter", actor)
    return locked


def _add(place: Place, verb: str, actor: Actor) -> Place:
    try:
        with transaction.atomic():
            place.save()
            audit.record(actor, verb, place)
    except IntegrityError as taken:
        raise PlaceRefused(_("This code is taken already.")) from taken
    return place


def _change(place: models.Model, terms: Terms, verb: str, actor: Actor) -> None:
    changed = {
        name: [str(getattr(place, name)), str(wanted)]
        for name, wanted in terms.items()
        if getattr(place, name) != wanted
    }
    if not changed:
        return
    for name in changed:
        setattr(place, name, terms[name])
    place.save()
    audit.record(actor, verb, place, changed=changed)
