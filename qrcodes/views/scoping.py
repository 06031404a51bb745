"""What of the stores and codes somebody may see; rows of other people are not there."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from merchant_portal.access import Right
from qrcodes.models import Counter, Enrolment, Merchant, QRCode, Store
from qrcodes.permissions import Principal


def visible_stores(principal: Principal) -> QuerySet[Store]:
    scope = principal.scope_stores(Right.SEE_STORES)
    return Store.objects.filter(scope).select_related("merchant")


def visible_merchants(principal: Principal) -> QuerySet[Merchant]:
    return Merchant.objects.filter(principal.scope_merchants(Right.SEE_STORES))


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
    if principal.holds_everywhere(Right.CHANGE_STORES):
        return Merchant.objects.all()
    whole = [
        grant.merchant_id
        for grant in principal.grants
        if grant.merchant_id is not None
        and not grant.store_ids
        and grant.carries(Right.CHANGE_STORES)
    ]
    return Merchant.objects.filter(pk__in=whole)


def may_change_merchant(principal: Principal, merchant: Merchant) -> bool:
    """Whether every store of the merchant may be changed."""
    return merchants_to_extend(principal).filter(pk=merchant.pk).exists()
