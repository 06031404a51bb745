"""What of the stores and codes somebody may see; rows of other people are not there."""

from django.db.models import Q, QuerySet
from django.shortcuts import get_object_or_404

from merchant_portal.access import RIGHTS, Right
from qrcodes.models import Counter, Enrolment, Merchant, QRCode, Store
from qrcodes.permissions import Principal


def visible_stores(principal: Principal) -> QuerySet[Store]:
    """Stores of the person's grants. Here the row is the store itself, so no path leads to it."""
    reach = Q(pk__in=[])
    for grant in principal.grants:
        if Right.SEE_STORES not in RIGHTS[grant.role]:
            continue
        if grant.is_everywhere:
            return Store.objects.select_related("merchant")
        if grant.store_ids:
            reach |= Q(pk__in=grant.store_ids)
        else:
            reach |= Q(merchant=grant.merchant_id)
    return Store.objects.filter(reach).select_related("merchant")


def visible_counters(principal: Principal) -> QuerySet[Counter]:
    scope = principal.scope(Right.SEE_STORES, store_path="store")
    return Counter.objects.filter(scope).select_related("store__merchant")


def visible_enrolments(principal: Principal) -> QuerySet[Enrolment]:
    scope = principal.scope(Right.SEE_STORES, store_path="store")
    return Enrolment.objects.filter(scope).select_related("account", "store", "counter__store")


def visible_codes(principal: Principal) -> QuerySet[QRCode]:
    scope = principal.scope(Right.SEE_STORES, store_path="enrolment__store")
    return QRCode.objects.filter(scope).with_place()


def visible_code(principal: Principal, pk: int) -> QRCode:
    """The code, or 404 where it is not there for this person."""
    return get_object_or_404(visible_codes(principal), pk=pk)


def merchants_to_extend(principal: Principal) -> QuerySet[Merchant]:
    """Merchants somebody may add stores to: those whose every store they may change."""
    grants = [
        grant
        for grant in principal.grants
        if Right.CHANGE_STORES in RIGHTS[grant.role] and not grant.store_ids
    ]
    if any(grant.is_everywhere for grant in grants):
        return Merchant.objects.all()
    return Merchant.objects.filter(pk__in=[grant.merchant_id for grant in grants])
