"""Accounts that point at the simulator, as far as somebody's sight or a store reaches."""

from django.db.models import QuerySet

from merchant_portal.access import Right
from merchant_portal.accounts.models import Account
from qrcodes.models import Store
from qrcodes.permissions import Principal


def training_names(principal: Principal, *, right: Right = Right.SEE_PAYMENTS) -> list[str]:
    """Of the accounts behind the stores that a right reaches those that are for training."""
    scope = principal.scope(right, store_path="enrolments__store")
    return _names(Account.objects.filter(scope).distinct())


def training_names_at(store: Store) -> list[str]:
    """Of the accounts a store is paid through those that are for training."""
    return _names(Account.objects.filter(enrolments__store=store).distinct())


def training_names_among(pk: int) -> list[str]:
    """The account's name, where it is for training."""
    return _names(Account.objects.filter(pk=pk))


def _names(accounts: QuerySet[Account]) -> list[str]:
    return [account.name for account in accounts if account.points_at_simulator]
