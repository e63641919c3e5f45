"""Statements of the hot path, compiled once.

Django builds and compiles a query at each call, which costs more than running it. A function that
is decorated here says in the ORM's own words what it asks; its SQL is kept, and a call only fills
in the parameters. Nothing else may change from call to call, which is checked when it is compiled.
"""

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any, Generic, ParamSpec, TypeVar, cast

from django.db import connections, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models.query import ModelIterable, get_related_populators
from django.db.models.sql import UpdateQuery
from django.db.models.sql.compiler import SQLCompiler

M = TypeVar("M", bound=models.Model)
P = ParamSpec("P")
Args = dict[str, Any]
Build = Callable[..., Any]

MAX_PARAMETERS = 30_000  # SQLite takes 32,766, PostgreSQL 65,535
FIRST_TIME = datetime(2001, 2, 3, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Update(Generic[M]):
    """The rows to change, and what to change in them."""

    rows: models.QuerySet[M]
    changes: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Statement:
    """SQL whose places are constants, or the name of a parameter."""

    sql: str
    constants: tuple[Any, ...]
    names: tuple[str, ...]

    def values(self, args: Args, connection: BaseDatabaseWrapper) -> list[Any]:
        adapted = {name: _adapted(value, connection) for name, value in args.items()}
        places = zip(self.names, self.constants, strict=True)
        return [adapted[name] if name else constant for name, constant in places]


def _adapted(value: Any, connection: BaseDatabaseWrapper) -> Any:
    if isinstance(value, datetime):
        return connection.ops.adapt_datetimefield_value(value)
    return value


def _sample(kind: Any, place: int, take: int) -> Any:
    """Values that every column of the kind can hold, others for each place and take."""
    if kind in {str, str | None}:
        return f"parameter {place} {take}"
    if kind is int:
        return 100 * (take + 1) + place
    if kind in {datetime, datetime | None}:
        return FIRST_TIME + timedelta(days=100 * take + place)
    raise TypeError(f"A prepared statement takes no parameter of type {kind}.")


def _samples(build: Build, take: int) -> Args:
    parameters = inspect.signature(build).parameters.values()
    return {p.name: _sample(p.annotation, place, take) for place, p in enumerate(parameters)}


def _statement(
    compiled: Callable[[Args], tuple[str, Sequence[Any]]],
    build: Build,
    connection: BaseDatabaseWrapper,
) -> Statement:
    """Compile it with two sets of samples: where they differ, a parameter stands."""
    first, second = _samples(build, 0), _samples(build, 1)
    (sql, constants), (other_sql, others) = compiled(first), compiled(second)
    places = {
        (_adapted(first[name], connection), _adapted(second[name], connection)): name
        for name in first
    }
    pairs = list(zip(constants, others, strict=True))
    names = tuple("" if one == other else places.get((one, other), "?") for one, other in pairs)
    if sql != other_sql or "?" in names or set(first) - set(names):
        raise TypeError(f"{build.__qualname__} is not the same statement at each call.")
    return Statement(sql, tuple(constants), names)


@dataclass(frozen=True, slots=True)
class Reader(Generic[M]):
    """Turns a row of the database into an instance, as Django's ModelIterable does."""

    model: type[M]
    attributes: list[str]
    start: int
    end: int
    converters: list[tuple[int, list[Any], Any]]
    populators: list[Any]

    @classmethod
    def of(cls, compiler: SQLCompiler, alias: str) -> "Reader[Any]":
        info, select = cast(Args, compiler.klass_info), cast(list[Any], compiler.select)
        places = info["select_fields"]
        start, end = places[0], places[-1] + 1
        attributes = [column[0].target.attname for column in select[start:end]]
        found = compiler.get_converters([column[0] for column in select])
        converters = [(place, convert, column) for place, (convert, column) in found.items()]
        populators = get_related_populators(info, select, alias)  # type: ignore[call-arg]
        return cls(info["model"], attributes, start, end, converters, populators)

    def read(self, row: Sequence[Any], connection: BaseDatabaseWrapper) -> M:
        values = list(row)
        for place, converters, column in self.converters:
            for convert in converters:
                values[place] = convert(values[place], column, connection)
        found = self.model.from_db(connection.alias, self.attributes, values[self.start : self.end])
        for populator in self.populators:
            populator.populate(values, found)
        return found


class PreparedRows(Generic[P, M]):
    """`rows(…)` gives the instances; see `prepared_rows`."""

    def __init__(self, build: Callable[P, models.QuerySet[M]]) -> None:
        self._build = build
        self._plans: dict[str, tuple[Statement, Reader[M]]] = {}

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> list[M]:
        connection = connections["default"]
        statement, reader = self._plans.get(connection.vendor) or self._prepare(connection)
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.values(kwargs, connection))
            return [reader.read(row, connection) for row in cursor.fetchall()]

    def first(self, *args: P.args, **kwargs: P.kwargs) -> M | None:
        found = self(*args, **kwargs)
        return found[0] if found else None

    def _prepare(self, connection: BaseDatabaseWrapper) -> tuple[Statement, Reader[M]]:
        build = cast(Build, self._build)

        def compiled(samples: Args) -> tuple[str, Sequence[Any]]:
            rows = build(**samples)
            assert rows._iterable_class is ModelIterable
            return cast(tuple[str, Sequence[Any]], rows.query.get_compiler("default").as_sql())

        statement = _statement(compiled, build, connection)
        compiler = build(**_samples(build, 0)).query.get_compiler("default")
        compiler.as_sql()
        plan = statement, cast(Reader[M], Reader.of(compiler, "default"))
        self._plans[connection.vendor] = plan
        return plan


class PreparedUpdate(Generic[P, M]):
    """A call gives the number of rows changed, `returning` the one row as it is then."""

    def __init__(self, build: Callable[P, Update[M]]) -> None:
        self._build = build
        self._plans: dict[str, tuple[Statement, str, Reader[M]]] = {}

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> int:
        connection = connections["default"]
        statement, _, _ = self._plans.get(connection.vendor) or self._prepare(connection)
        with connection.cursor() as cursor:
            cursor.execute(statement.sql, statement.values(kwargs, connection))
            return int(cursor.rowcount)

    def returning(self, *args: P.args, **kwargs: P.kwargs) -> M | None:
        connection = connections["default"]
        statement, columns, reader = self._plans.get(connection.vendor) or self._prepare(connection)
        with connection.cursor() as cursor:
            sql = f"{statement.sql} RETURNING {columns}"
            cursor.execute(sql, statement.values(kwargs, connection))
            row = cursor.fetchone()
        return None if row is None else reader.read(row, connection)

    def _prepare(self, connection: BaseDatabaseWrapper) -> tuple[Statement, str, Reader[M]]:
        build = cast(Build, self._build)

        def compiled(samples: Args) -> tuple[str, Sequence[Any]]:
            update = build(**samples)
            query = cast(UpdateQuery, update.rows.query.chain(UpdateQuery))
            query.add_update_values(update.changes)
            return cast(tuple[str, Sequence[Any]], query.get_compiler("default").as_sql())

        statement = _statement(compiled, build, connection)
        model = build(**_samples(build, 0)).rows.model
        compiler = model._base_manager.all().query.get_compiler("default")
        compiler.as_sql()
        quote = connection.ops.quote_name
        columns = ", ".join(quote(str(field.column)) for field in model._meta.concrete_fields)
        plan = statement, columns, cast(Reader[M], Reader.of(compiler, "default"))
        self._plans[connection.vendor] = plan
        return plan


def prepared_rows(build: Callable[P, models.QuerySet[M]]) -> PreparedRows[P, M]:
    """Decorates a function that makes a queryset of its keyword arguments."""
    return PreparedRows(build)


def prepared_update(build: Callable[P, Update[M]]) -> PreparedUpdate[P, M]:
    """Decorates a function that makes an Update of its keyword arguments."""
    return PreparedUpdate(build)


def insert_row(row: M) -> M:
    """Insert one new row; see `insert_rows`."""
    insert_rows([row])
    return row


def insert_rows(rows: Sequence[M]) -> None:
    """Insert new rows whose keys are set, or made by the database and not read back.

    For models without parents and without receivers of save signals.
    """
    for batch in _batches(rows):
        connection = connections["default"]
        with connection.cursor() as cursor:
            cursor.execute(_insert_sql(type(rows[0]), len(batch), connection), _values(batch))
        for row in batch:
            row._state.adding, row._state.db = False, "default"


def insert_later(rows: Sequence[M], *, rewrite: Sequence[str] = ()) -> Callable[[], None]:
    """As `insert_rows`, made ready now: the call only runs the statements, so its lock is short.

    With `rewrite` a row whose key is there already gets these of its fields.
    """
    ending = _rewriting(type(rows[0]), rewrite) if rows and rewrite else ""
    connection = connections["default"]
    ready = [
        (_insert_sql(type(rows[0]), len(batch), connection) + ending, _values(batch))
        for batch in _batches(rows)
    ]

    def run() -> None:
        with connections["default"].cursor() as cursor:
            for sql, values in ready:
                cursor.execute(sql, values)

    return run


def _rewriting(model: type[models.Model], names: Sequence[str]) -> str:
    quote = connections["default"].ops.quote_name
    columns = [quote(str(model._meta.get_field(name).column)) for name in names]  # type: ignore[union-attr]
    changes = ", ".join(f"{column} = EXCLUDED.{column}" for column in columns)
    return f" ON CONFLICT ({quote(str(model._meta.pk.column))}) DO UPDATE SET {changes}"


def insert_missing(rows: Sequence[M]) -> list[M]:
    """Insert the rows that no UNIQUE constraint forbids, and return those; their keys are set.

    Django's own bulk_create does not tell which were new.
    """
    made: list[M] = []
    for batch in _batches(rows):
        connection = connections["default"]
        key = connection.ops.quote_name(str(rows[0]._meta.pk.column))
        sql = _insert_sql(type(rows[0]), len(batch), connection)
        with connection.cursor() as cursor:
            cursor.execute(f"{sql} ON CONFLICT DO NOTHING RETURNING {key}", _values(batch))
            inserted = {row[0] for row in cursor.fetchall()}
        made += [row for row in batch if row.pk in inserted]
    for row in made:
        row._state.adding, row._state.db = False, "default"
    return made


def _batches(rows: Sequence[M]) -> Iterator[Sequence[M]]:
    """As many at a time as a statement may have parameters, in both databases."""
    size = MAX_PARAMETERS // len(_inserted_fields(type(rows[0]))) if rows else 1
    return (rows[start : start + size] for start in range(0, len(rows), size))


def _values(rows: Sequence[models.Model]) -> list[Any]:
    connection, fields = connections["default"], _inserted_fields(type(rows[0]))
    return [
        field.get_db_prep_save(field.pre_save(row, True), connection)
        for row in rows
        for field in fields
    ]


@cache
def _inserted_fields(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    made_by_database = (models.AutoField, models.BigAutoField)
    concrete = model._meta.concrete_fields
    return [field for field in concrete if not isinstance(field, made_by_database)]


def _insert_sql(model: type[models.Model], rows: int, connection: BaseDatabaseWrapper) -> str:
    quote, fields = connection.ops.quote_name, _inserted_fields(model)
    columns = ", ".join(quote(str(field.column)) for field in fields)
    places = ", ".join([f"({', '.join(['%s'] * len(fields))})"] * rows)
    table = quote(model._meta.db_table)
    return f"INSERT INTO {table} ({columns}) VALUES {places}"  # noqa: S608
