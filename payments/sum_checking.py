"""What is always true of the sums of days: they are what their payments add up to."""

from django.db import connection
from django.db.models.expressions import RawSQL
from django.utils.translation import gettext_lazy as _

from merchant_portal.truths import Check, Rows, telling
from payments.models import ChangedDay, DaySum, Payment

CHECKS: list[Check] = []
_always = telling(CHECKS)

#: The transaction day of a payment.
_DAY = {
    "postgresql": "(occurred_at AT TIME ZONE 'UTC' + interval '8 hours')::date",
    "sqlite": "date(substr(occurred_at, 1, 19), '+8 hours')",
}


def _unequal(key: str, condition: str) -> RawSQL:
    """Keys out of groups of payments whose kept sums, taken off their own, do not leave nothing;
    a set at a time, however many payments there are."""
    alike = "day, account_id, product, store_id, counter_id, wallet, state, currency"
    of_payment = alike.replace("day", f"{_DAY[connection.vendor]} AS day")
    return RawSQL(  # noqa: S611  nothing in it comes from outside
        f"""SELECT {key} FROM (
            SELECT {alike}, id AS kept_id, NULL AS payment_id, -number AS number,
                -total_minor AS total, -back_minor AS back
            FROM {DaySum._meta.db_table}
            UNION ALL
            SELECT {of_payment}, NULL, id, 1, amount_minor, refunded_minor + cancelled_minor
            FROM {Payment._meta.db_table}
        ) AS each
        WHERE day <= (SELECT MAX(day) FROM {DaySum._meta.db_table})
            AND day NOT IN (SELECT day FROM {ChangedDay._meta.db_table})
        GROUP BY {alike}
        HAVING (SUM(number) <> 0 OR SUM(total) <> 0 OR SUM(back) <> 0) AND {condition}""",
        (),
    )


@_always(_("What a past day was added up to is what its payments add up to."))
def day_sum_equals_payments() -> Rows:
    return DaySum.objects.filter(pk__in=_unequal("MAX(kept_id)", "MAX(kept_id) IS NOT NULL"))


@_always(_("Every payment of a day that was added up stands in its sums."))
def payment_is_in_day_sum() -> Rows:
    return Payment.objects.filter(pk__in=_unequal("MIN(payment_id)", "MAX(kept_id) IS NULL"))
