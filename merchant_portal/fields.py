"""Columns and conditions of our own kind."""

import json
from typing import TYPE_CHECKING, Any

from django.db import models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.sql.compiler import SQLCompiler

if TYPE_CHECKING:
    _Text = models.CharField[str, str]
    _Condition = models.Lookup[Any]
else:  # where neither takes arguments
    _Text, _Condition = models.CharField, models.Lookup


class IdentifierField(_Text):
    """A number by which a trade, a refund or an entry is known; compared byte by byte.

    It is never put into the order of a language. PostgreSQL would do so on most machines, and its
    indexes and joins of a million numbers then take half as long again.
    """

    def db_parameters(self, connection: BaseDatabaseWrapper) -> Any:
        """The column's type; its collation where the database has to be told."""
        parameters = super().db_parameters(connection)
        if connection.vendor == "postgresql":
            return {**parameters, "collation": "C"}
        return parameters


@models.Field.register_lookup
@models.ForeignKey.register_lookup
class Among(_Condition):
    """``field__among=values``: ``in`` for thousands of texts or whole numbers, sent as one value.

    With ``in`` each is a parameter of its own, and writing and reading the statement then takes
    longer than finding the rows.
    """

    lookup_name = "among"
    prepare_rhs = False

    def as_sql(self, compiler: SQLCompiler, connection: BaseDatabaseWrapper) -> Any:
        """The condition and its values."""
        column, values = self.process_lhs(compiler, connection)
        if connection.vendor == "postgresql":
            return f"{column} = ANY(%s)", [*values, list(self.rhs)]
        return f"{column} IN (SELECT value FROM json_each(%s))", [
            *values,
            json.dumps(list(self.rhs)),
        ]
