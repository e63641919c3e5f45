"""UPDATE and INSERT … RETURNING: write and read in one statement, as both databases can."""

from typing import Any, TypeVar, cast

from django.db import connections, models
from django.db.models.sql import UpdateQuery

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
