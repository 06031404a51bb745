"""Which Alipay accounts somebody sees, and which they may change."""

from django.db.models import QuerySet
from django.shortcuts import get_object_or_404

from merchant_portal.access import Right
from merchant_portal.accounts.models import Account
from qrcodes.permissions import PortalRequest, Principal


def visible_accounts(principal: Principal) -> QuerySet[Account]:
    """The accounts through which the stores somebody sees are paid; everywhere: all."""
    scope = principal.scope(Right.SEE_ACCOUNTS, store_path="enrolments__store")
    return Account.objects.filter(scope).distinct()


def account_to_change(request: PortalRequest, pk: int) -> Account:
    """An account belongs to no store, so changing it needs the right everywhere."""
    account = get_object_or_404(visible_accounts(request.principal), pk=pk)
    request.principal.require_everywhere(Right.CHANGE_ACCOUNTS)
    return account
