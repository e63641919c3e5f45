"""Emptying the database after a test that committed: Django's way costs more than most tests.

`flush` truncates every table and then asks every app what belongs into an empty database. Here only
tables with rows are emptied, and what migrations keep (content types, permissions) stays. Models
are imported late: this file loads before Django.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.test import TransactionTestCase

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper
    from django.db.backends.utils import CursorWrapper

KEPT = {"django_migrations", "django_content_type", "auth_permission"}
BY_HAND = 1_000
"""Tables with more rows are truncated: deleted rows would be in the way of later tests."""
ROUNDS = 40
"""So many times in a row rows are deleted by hand, for the same reason."""


class Emptier:
    def __init__(self) -> None:
        self._rounds = 0
        self._flush: Any = TransactionTestCase._fixture_teardown  # type: ignore[attr-defined]

    def install(self, patch: Any) -> None:
        patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: self.empty(case))

    def empty(self, case: TransactionTestCase) -> None:
        from django.db import connection

        self._rounds += 1
        if self._rounds % ROUNDS == 0 or not _delete_rows(connection):
            self._flush(case)
            return
        tell_migrated()


def _delete_rows(connection: BaseDatabaseWrapper) -> bool:
    """False when there are too many."""
    from django.db import transaction

    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    tables = [connection.ops.quote_name(name) for name in names if name not in KEPT]
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            # Whoever still writes, in a server's process, is waited for.
            cursor.execute(f"LOCK TABLE {', '.join(tables)} IN EXCLUSIVE MODE")
        counts = _count_rows(cursor, tables)
        if any(count > BY_HAND for count in counts.values()):
            return False
        for table in counts:
            cursor.execute(f"DELETE FROM {table}")
    return True


def _count_rows(cursor: CursorWrapper, tables: list[str]) -> dict[str, int]:
    """Of each table that has any; counting stops beyond BY_HAND."""
    one = "SELECT {index}, (SELECT count(*) FROM (SELECT 1 FROM {table} LIMIT {most}) AS rows_of)"
    cursor.execute(
        " UNION ALL ".join(
            one.format(index=index, table=table, most=BY_HAND + 1)
            for index, table in enumerate(tables)
        )
    )
    return {tables[index]: count for index, count in cursor.fetchall() if count}


def tell_migrated() -> None:
    """What `migrate` tells at its end: then the shipped prices are added."""
    from django.apps import apps
    from django.db.models.signals import post_migrate

    ours = apps.get_app_config("AI_model")
    post_migrate.send(
        sender=ours,
        app_config=ours,
        verbosity=0,
        interactive=False,
        using="default",
        apps=apps,
        plan=[],
    )
