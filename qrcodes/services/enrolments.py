"""How counters are known at Alipay."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from merchant_portal import audit
from merchant_portal.accounts.models import Account
from merchant_portal.audit import Actor
from qrcodes.errors import EnrolmentFrozen, EnrolmentRefused, StoreIdTaken
from qrcodes.models import Counter, Enrolment, Registration, Store
from qrcodes.services.moves import lock_settled, owe_changed_details

#: Fixed once Alipay may keep a code: they say which code it is, and what its amounts mean.
_FROZEN = ("alipay_store_id", "pricing_currency", "known_at_alipay")
_CHANGEABLE = (*_FROZEN, "settlement_currency")


def enrol_counter(counter: Counter, *, account: Account, actor: Actor) -> Enrolment:
    """How the counter is known at Alipay under an account; made with our defaults once.

    Raises StoreIdTaken where another place has the default store id already.
    """
    store_id = f"{counter.store.code}-{counter.code}"
    return _enrol(counter.store, counter, account=account, store_id=store_id, actor=actor)


def enrol_store(store: Store, *, account: Account, actor: Actor) -> Enrolment:
    """The same of a store as a whole: under it every counter of the store begins payments."""
    return _enrol(store, None, account=account, store_id=store.code, actor=actor)


def _enrol(
    store: Store, counter: Counter | None, *, account: Account, store_id: str, actor: Actor
) -> Enrolment:
    try:
        with transaction.atomic():
            enrolment, is_new = Enrolment.objects.get_or_create(
                account=account,
                store=store,
                counter=counter,
                defaults={
                    "secondary_merchant_id": store.merchant.secondary_merchant_id,
                    "alipay_store_id": store_id,
                    "pricing_currency": store.pricing_currency,
                    "settlement_currency": account.settlement_currency,
                },
            )
            if is_new:
                audit.record(actor, "enrol_counter" if counter else "enrol_store", enrolment)
    except IntegrityError as taken:
        raise StoreIdTaken(_taken(store_id)) from taken
    return enrolment


def change_enrolment(enrolment: Enrolment, *, terms: dict[str, object], actor: Actor) -> Enrolment:
    """Change how a counter is known at Alipay; codes in force are modified where that matters.

    Raises EnrolmentFrozen and StoreIdTaken.
    """
    try:
        with transaction.atomic():
            locked = Enrolment.objects.select_for_update().get(pk=enrolment.pk)
            changed = _take_terms(locked, terms)
            locked.save()
            codes = lock_settled(enrolment=locked)
            owe_changed_details(codes, actor=actor, note=_("enrolment changed"))
            if changed:
                audit.record(actor, "change_enrolment", locked, changed=changed)
    except IntegrityError as taken:
        raise StoreIdTaken(_taken(str(terms.get("alipay_store_id")))) from taken
    return locked


def _take_terms(enrolment: Enrolment, terms: dict[str, object]) -> dict[str, list[str]]:
    """Set what differs, and answer it as pairs of before and after."""
    changed = {}
    for name, wanted in terms.items():
        before = getattr(enrolment, name)
        if before == wanted:
            continue
        if name not in _CHANGEABLE:
            raise EnrolmentRefused(f"An enrolment has no term named {name}.")
        if name in _FROZEN and is_frozen(enrolment):
            raise EnrolmentFrozen(_("Alipay knows a code under this store id: it is fixed now."))
        if name == "alipay_store_id" and is_registered(enrolment):
            raise EnrolmentFrozen(_("Alipay reviews the store by this store id: it is fixed now."))
        setattr(enrolment, name, wanted)
        changed[name] = [str(before), str(wanted)]
    return changed


def is_frozen(enrolment: Enrolment) -> bool:
    """Whether Alipay keeps, or may keep, a code under the store id."""
    return enrolment.frozen_at is not None or enrolment.live_codes().exists()


def is_registered(enrolment: Enrolment) -> bool:
    """Whether Alipay was told, or is about to be told, about the store by its store id."""
    registration = Registration.objects.filter(enrolment=enrolment).first()
    return registration is not None and registration.may_be_known


def _taken(store_id: str) -> str:
    return _("Another counter is known at Alipay as %s under this account.") % store_id
