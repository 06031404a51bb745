"""What a page shows by who looks at it, and what it looks up for them."""

from django import template
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template import Context
from django.utils.safestring import mark_safe

from merchant_portal.access import Right
from payments.models import Notification, SilenceAlarm
from payments.tills import Till
from payments.timeline import NoticeEvidence
from qrcodes.models import Counter, Store
from qrcodes.permissions import Principal, principal_of
from qrcodes.training import training_names, training_names_at

register = template.Library()


@register.filter
def evidence(notification: Notification) -> NoticeEvidence:
    """A notification as it came, with its signed string and verdict."""
    return NoticeEvidence(notification)


@register.simple_tag
def silent_at(place: Counter | Store) -> QuerySet[SilenceAlarm]:
    """The counters of a store that are silent for too long now, or that one counter."""
    rows = SilenceAlarm.objects.open().select_related("counter__store")
    if isinstance(place, Counter):
        return rows.filter(counter=place)
    return rows.filter(counter__store=place)


@register.simple_tag(takes_context=True)
def may(context: Context, right: str) -> bool:
    """Whether the person looking holds a right anywhere."""
    principal = _principal(context)
    return principal is not None and principal.may(Right(right))


@register.simple_tag(takes_context=True)
def may_everywhere(context: Context, right: str) -> bool:
    """Whether the person looking holds a right at every store, as what belongs to none needs."""
    principal = _principal(context)
    return principal is not None and principal.holds_everywhere(Right(right))


@register.simple_tag(takes_context=True)
def current(context: Context, url: str, exact: bool = False) -> str:
    """``aria-current`` where the page looked at stands below an address."""
    request = context.get("request")
    path = request.path if isinstance(request, HttpRequest) else ""
    is_here = path == url if exact else path.startswith(url)
    return mark_safe(' aria-current="page"') if is_here else ""


@register.simple_tag(takes_context=True)
def simulator_accounts(context: Context) -> list[str]:
    """Names of the training accounts in somebody's sight; a counter's screen shows the counter's,
    also on a paired device."""
    principal, counter = _principal(context), context.get("counter")
    if isinstance(counter, Counter) and (principal or isinstance(context.get("till"), Till)):
        return training_names_at(counter.store)
    return [] if principal is None else training_names(principal)


def _principal(context: Context) -> Principal | None:
    """Who looks: known on guarded pages, found once on the others."""
    request = context.get("request")
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return None
    if not hasattr(request, "principal"):
        request.principal = principal_of(user)  # type: ignore[union-attr]
    principal: Principal = request.principal  # type: ignore[union-attr]
    return principal
