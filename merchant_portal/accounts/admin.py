"""Accounts as the administrator's pages show them: to be read; changes have pages of their own."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from merchant_portal.accounts.models import Account


@admin.register(Account)
class AccountAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    list_display = ("name", "partner_id", "region", "sign_type", "settlement_currency")
    search_fields = ("name", "partner_id")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False
