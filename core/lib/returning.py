"""UPDATE and INSERT … RETURNING: write and read in one statement, as both databases can."""

from collections.abc import Sequence
from typing import Any, TypeVar, cast

from django.db import connections, models, router
from django.db.models.constants import OnConflict
from django.db.models.sql import InsertQuery, UpdateQuery

M = TypeVar("M", bound=models.Model)


def update_returning(rows: models.QuerySet[M], **changes: Any) -> M | None:
    """Apply `changes` to the one row that `rows` selects, and return it as it is then.

    None when no row fits. Django has this for INSERT only, so the statement is its own UPDATE with
    the columns asked back.
    """
    model, alias = rows.model, rows.db
    update = cast(UpdateQuery, rows.query.chain(UpdateQuery))
    update.add_update_values(changes)
    sql, params = update.get_compiler(alias).as_sql()
    fields = model._meta.concrete_fields
    quote = connections[alias].ops.quote_name
    columns = ", ".join(quote(str(field.column)) for field in fields)
    with connections[alias].cursor() as cursor:
        cursor.execute(f"{sql} RETURNING {columns}", params)
        row = cursor.fetchone()
    if row is None:
        return None
    reader = model._default_manager.using(alias).query.get_compiler(alias)
    converters = reader.get_converters([field.cached_col for field in fields])
    values = next(iter(reader.apply_converters([row], converters))) if converters else row
    return model.from_db(alias, [field.attname for field in fields], values)


def insert_missing(rows: Sequence[M]) -> list[M]:
    """Insert the rows that no UNIQUE constraint forbids, and return those.

    Their keys have to be set before. Django's own bulk_create does not tell which were new.
    """
    if not rows:
        return []
    model = type(rows[0])
    alias = router.db_for_write(model)
    connection, fields = connections[alias], model._meta.concrete_fields
    key = connection.ops.quote_name(str(model._meta.pk.column))
    size = connection.ops.bulk_batch_size(fields, rows)
    inserted: set[Any] = set()
    for start in range(0, len(rows), size):
        query = InsertQuery(model, on_conflict=OnConflict.IGNORE)
        query.insert_values(fields, list[models.Model](rows[start : start + size]))
        [(sql, params)] = query.get_compiler(alias).as_sql()
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} RETURNING {key}", params)
            inserted.update(row[0] for row in cursor.fetchall())
    made = [row for row in rows if row.pk in inserted]
    for row in made:
        row._state.adding, row._state.db = False, alias
    return made
