"""SQL by hand, for the few statements that every batch of every run executes.

Django puts a statement together anew each time, which takes ten times as long as SQLite needs to execute it.
The statements are the same on SQLite and PostgreSQL and hold no values; those are parameters.
"""

from collections.abc import Collection, Sequence
from typing import Any

from django.db import connection
from django.db.models import Model


def table(model: type[Model]) -> str:
    """The quoted name of a model's table."""
    return connection.ops.quote_name(model._meta.db_table)


def columns(names: Sequence[str]) -> str:
    """Quoted names of columns, separated by commas."""
    return ", ".join(map(connection.ops.quote_name, names))


def marks(values: Collection[Any]) -> str:
    """As many placeholders as values, for IN (…)."""
    return ", ".join(["%s"] * len(values))


def rows(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    """What a query finds. Values come as the driver has them: only for numbers and texts."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return cursor.fetchall()


def execute(statement: str, values: Sequence[Any]) -> None:
    """Execute a statement."""
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
