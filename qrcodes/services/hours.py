"""When a store is open, as people say it."""

from collections.abc import Mapping
from datetime import time

from django.db import transaction

from merchant_portal import audit
from merchant_portal.audit import Actor
from qrcodes.hours import Hours
from qrcodes.models import OpeningHours, Store


@transaction.atomic
def change_opening_hours(
    store: Store, hours: Mapping[int, tuple[time, time]], *, actor: Actor
) -> None:
    """From now on the store is open on these weekdays, from and to."""
    Store.objects.select_for_update().get(pk=store.pk)
    before = [str(row) for row in store.opening_hours.all()]
    store.opening_hours.all().delete()
    after = [
        str(OpeningHours.objects.create(store=store, weekday=day, opens=opens, closes=closes))
        for day, (opens, closes) in sorted(hours.items())
    ]
    if before != after:
        audit.record(actor, "change_opening_hours", store, changed=[before, after])


def hours_of(store: Store) -> list[Hours]:
    """A store's hours, for reckoning with."""
    return [Hours(row.weekday, row.opens, row.closes) for row in store.opening_hours.all()]
