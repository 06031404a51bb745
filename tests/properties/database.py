"""The whole database at once: what breaks a check, and nothing at all."""

from functools import cache

from django.core.management.color import no_style
from django.db import connection

from merchant_portal.verifying import CHECKS


@cache
def _all_checks() -> tuple[str, tuple[object, ...]]:
    """Every check in one statement: made once, because making it takes longer than running it."""
    parts: list[str] = []
    values: list[object] = []
    for check in CHECKS:
        sql, used = check.breaches().order_by().values("pk").query.sql_with_params()
        parts.append(f"SELECT '{check.name}' FROM ({sql}) AS {check.name}")
        values += used
    return " UNION ALL ".join(parts), tuple(values)


def broken_checks() -> list[str]:
    """The names of the checks that some row breaks."""
    with connection.cursor() as cursor:
        cursor.execute(*_all_checks())
        return sorted({row[0] for row in cursor.fetchall()})


def empty_database() -> None:
    """Delete every row, committed: the verbs make transactions of their own (durable ones)."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    kept = {"django_migrations", "django_content_type", "auth_permission"}
    flush = connection.ops.sql_flush(
        no_style(), [table for table in tables if table not in kept], allow_cascade=True
    )
    connection.ops.execute_sql_flush(flush)
