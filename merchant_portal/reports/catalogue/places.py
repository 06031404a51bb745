"""Columns that say where a payment was made, the same in every report."""

from django.utils.translation import gettext_lazy as _

from merchant_portal.reports.definition import Column, FilterName, Kind

#: What every report of single rows may be narrowed by.
USUAL_FILTERS = (
    FilterName.FIRST,
    FilterName.LAST,
    FilterName.ACCOUNT,
    FilterName.MERCHANT,
    FilterName.STORE,
    FilterName.COUNTER,
    FilterName.WALLET,
    FilterName.PRODUCT,
    FilterName.STATE,
    FilterName.CURRENCY,
    FilterName.LEAST,
    FilterName.MOST,
    FilterName.NUMBER,
)


def place_columns(*, payment: str) -> tuple[Column, ...]:
    """Merchant, store and counter; ``payment`` is the way from a row to its payment."""
    return (
        Column("merchant", _("Merchant"), Kind.TEXT, f"{payment}store__merchant__name"),
        Column("store_code", _("Store code"), Kind.ID, f"{payment}store__code"),
        Column("store", _("Store"), Kind.TEXT, f"{payment}store__name"),
        Column("counter_code", _("Counter code"), Kind.ID, f"{payment}counter__code"),
        Column("counter", _("Counter"), Kind.TEXT, f"{payment}counter__name"),
    )


def number_columns(*, payment: str) -> tuple[Column, ...]:
    """The numbers of the payment, Alipay's and the merchant's."""
    return (
        Column("alipay_trans_id", _("Alipay number"), Kind.ID, f"{payment}alipay_trans_id"),
        Column(
            "partner_trans_id", _("Merchant order number"), Kind.ID, f"{payment}partner_trans_id"
        ),
    )
