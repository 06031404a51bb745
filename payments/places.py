"""The stores and counters somebody looks at, and the zone their times are shown in."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from merchant_portal.access import Right
from qrcodes.models import Store
from qrcodes.permissions import Principal

#: Alipay's own day, where stores of several zones are shown together. (POSIX turns the sign.)
ALIPAY_ZONE = "Etc/GMT-8"


@dataclass(frozen=True, slots=True)
class Places:
    """The stores somebody may see, and of them the one that was chosen."""

    stores: tuple[Store, ...]
    chosen: Store | None = None

    @property
    def time_zone(self) -> str:
        """The chosen store's zone, the one all stores share, or Alipay's."""
        zones = {store.time_zone for store in ([self.chosen] if self.chosen else self.stores)}
        return zones.pop() if len(zones) == 1 else ALIPAY_ZONE

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.time_zone)

    @property
    def are_of_several_zones(self) -> bool:
        return self.chosen is None and len({store.time_zone for store in self.stores}) > 1


def visible_stores(principal: Principal, *, right: Right = Right.SEE_PAYMENTS) -> tuple[Store, ...]:
    """The stores a right reaches, by name."""
    return tuple(Store.objects.filter(principal.scope_stores(right)))


def business_day_start(store: Store, *, now: datetime) -> datetime:
    """When the store's present business day began."""
    return business_day_bounds(store, business_day(store, now=now))[0]


def business_day(store: Store, *, now: datetime) -> date:
    """The store's own day of an instant; it begins when the store says."""
    local = now.astimezone(ZoneInfo(store.time_zone))
    has_begun = local.time() >= store.business_day_starts
    return local.date() if has_begun else local.date() - timedelta(days=1)


def business_day_bounds(store: Store, day: date) -> tuple[datetime, datetime]:
    """When a business day begins, and when the next one does."""
    zone, starts = ZoneInfo(store.time_zone), store.business_day_starts
    begins = datetime.combine(day, starts, tzinfo=zone)
    return begins, datetime.combine(day + timedelta(days=1), starts, tzinfo=zone)
