"""Reads tables from SQLite's catalogue: one query on ``sqlite_master``, and our own parser for its statements.

PRAGMAs would need several queries per table, and do not return CHECKs, names, ON CONFLICT, the expressions of generated
columns or deferrability; SQLAlchemy's Inspector searches the text for them with patterns that fail on hand-written
statements.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import sqlalchemy as sa

from schemashift.dialects.sqlite.ddl import SQLiteDDL
from schemashift.dialects.sqlite.normal import normal_table
from schemashift.dialects.sqlite.parse import ColumnItem, IndexText, ParseError, TableText, parse_index, parse_table
from schemashift.dialects.sqlite.types import type_engine
from schemashift.schema import (
    SQL,
    Column,
    Computed,
    Constraint,
    Default,
    Doubt,
    ForeignKey,
    Index,
    IndexPart,
    Key,
    PrimaryKey,
    Table,
    TableName,
    Type,
    options,
)
from schemashift.sqla import reflect
from schemashift.sqla.errors import driver_message

_MANY = 400
"""For more names than this everything is read, without a condition."""


class Row(NamedTuple):
    """A row of ``sqlite_master``."""

    type: str
    name: str
    table: str
    sql: str


@dataclass(frozen=True, slots=True)
class CatalogueEntry:
    """The payload of a table that was read from the catalogue: the statements that it was read from.

    ``table`` is the table as it was read: where it differs from the table that has this payload, the texts are stale.
    Where the parser does not understand the statement, ``text`` is None and ``fault`` is the reason.
    """

    table: Table
    sql: str
    text: TableText | None
    fault: str | None = None
    indexes: tuple[Row, ...] = ()
    triggers: tuple[Row, ...] = ()
    programs: tuple[Row, ...] = field(default=(), repr=False)
    """All views and triggers of the schema."""
    statistics: tuple[str, ...] = ()
    """The tables in which ANALYZE keeps its statistics."""


def read_tables(
    connection: sa.Connection, names: Collection[TableName] | None = None, *, schemas: Iterable[str] = ()
) -> Iterator[Table | Doubt]:
    """Yield tables in normal form, and a doubt for each that cannot be read. With *names* None, all tables of the main
    database and of the attached *schemas*."""
    if names is None:
        listed = list(schemas)
        existing = attached(connection) if listed else frozenset()
        for schema in dict.fromkeys([None, *(each for each in listed if each.lower() in existing)]):
            yield from _Catalogue(connection, schema).tables()
        return
    for schema in dict.fromkeys(name.schema for name in names):
        wanted = [name.name for name in names if name.schema == schema]
        yield from _Catalogue(connection, schema).tables(wanted)


def attached(connection: sa.Connection) -> frozenset[str]:
    """Return the existing schemas in lower case: the main database, its temporary tables, and attached files."""
    rows = connection.exec_driver_sql("PRAGMA database_list")
    return frozenset({"main", "temp", *(str(row[1]).lower() for row in rows)})


def unreadable(connection: sa.Connection, names: Collection[TableName]) -> dict[TableName, str]:
    """Return those of *names*, none of which `read_tables` returned, that exist, each with the parser's error."""
    errors: dict[TableName, str] = {}
    for schema in dict.fromkeys(name.schema for name in names):
        wanted = [name.name for name in names if name.schema == schema]
        for row in _ordinary_tables(_Catalogue(connection, schema).rows(wanted), wanted):
            errors[TableName(row.name, schema)] = _parsed(parse_table, row.sql)[1] or "its statement is not understood"
    return errors


class _Dependents:
    """The objects that depend on tables, looked up once for all tables."""

    def __init__(self, rows: list[Row]) -> None:
        self.by_table: dict[str, list[Row]] = {}
        for row in rows:
            self.by_table.setdefault(row.table.lower(), []).append(row)
        self.programs = tuple(row for row in rows if row.type in ("view", "trigger"))
        self.statistics = tuple(row.name for row in rows if row.name in ("sqlite_stat1", "sqlite_stat4"))


class _Catalogue:
    """One database file's catalogue."""

    def __init__(self, connection: sa.Connection, schema: str | None) -> None:
        self.connection = connection
        self.schema = schema
        self.quote = SQLiteDDL(connection.dialect).quote

    def rows(self, names: Collection[str] | None = None) -> list[Row]:
        """Return the catalogue's rows; with *names*, those of these tables, and all views, triggers and virtual
        tables."""
        if names is not None and not names:
            return []
        master = f"{self.quote(self.schema)}.sqlite_master" if self.schema else "sqlite_master"
        sql = f"SELECT type, name, tbl_name, sql FROM {master}"
        parameters: tuple[str, ...] = ()
        if names is not None and len(names) <= _MANY:
            parameters = tuple(names)
            marks = ", ".join("?" * len(parameters))
            sql += " WHERE type IN ('view', 'trigger') OR sql LIKE 'CREATE VIRTUAL%' OR name LIKE 'sqlite_stat%'"
            sql += f" OR tbl_name COLLATE NOCASE IN ({marks})"
        found = self.connection.exec_driver_sql(sql, parameters)
        return [Row(type_, name, table, text or "") for type_, name, table, text in found]

    def tables(self, names: Collection[str] | None = None) -> Iterator[Table | Doubt]:
        """Yield the tables *names*, or all tables, sorted by name; a doubt in place of each that cannot be read."""
        rows = self.rows(names)
        ordinary = sorted(_ordinary_tables(rows, names), key=lambda row: row.name)
        texts = {row.name: _parsed(parse_table, row.sql) for row in ordinary}
        keys = _primary_keys(text for text, _ in texts.values() if text is not None)
        missing = _open_targets(text for text, _ in texts.values() if text is not None) - keys.keys()
        if missing:
            others = (row for row in self.rows(missing) if row.type == "table")
            keys |= _primary_keys(text for row in others if (text := _parsed(parse_table, row.sql)[0]) is not None)
        dependents = _Dependents(rows)
        for row in ordinary:
            text, fault = texts[row.name]
            table = self.raw_table(text, keys) if text is not None else self.from_inspector(row)
            if isinstance(table, Table):
                yield self.with_source(table, row, text, fault, dependents)
            elif table is not None:
                yield table

    def raw_table(self, text: TableText, keys: dict[str, TableText]) -> Table:
        """Return the table of a statement, without indexes."""
        table = table_of(text, self.schema)
        constraints = (self.resolved(constraint, keys) for constraint in table.constraints)
        return replace(table, constraints=tuple(constraints))

    def resolved(self, constraint: Constraint, keys: dict[str, TableText]) -> Constraint:
        """Return *constraint*, where a foreign key without target columns gets those of the primary key."""
        if not isinstance(constraint, ForeignKey):
            return constraint
        target = keys.get(constraint.target.name.lower())
        if target is None:
            return constraint
        columns = constraint.target_columns or _primary_key(target)
        spelled = {column.name.lower(): column.name for column in target.columns}
        return replace(
            constraint,
            target=TableName(target.name, self.schema),
            target_columns=tuple(spelled.get(name.lower(), name) for name in columns),
        )

    def from_inspector(self, row: Row) -> Table | Doubt | None:
        """Read a table that the parser does not understand with SQLAlchemy's Inspector; None if it no longer exists."""
        name = TableName(row.name, self.schema)
        try:
            found = reflect.tables(self.connection, [name])
        except sa.exc.SQLAlchemyError as error:
            return Doubt(about=Key.of_table(name), reason=driver_message(error))
        except ValueError as error:
            return Doubt(about=Key.of_table(name), reason=str(error))
        return next(iter(found), None)

    def with_source(
        self, table: Table, row: Row, text: TableText | None, fault: str | None, dependents: _Dependents
    ) -> Table:
        """Return *table* in normal form, with its indexes, and the statements that it was read from as its payload."""
        dependent = dependents.by_table.get(row.name.lower(), [])
        indexes = tuple(each for each in dependent if each.type == "index" and each.sql)
        if text is not None:
            table = replace(table, indexes=tuple(_index(each) for each in indexes))
        table = _with_engines(normal_table(table, self.quote))
        return replace(
            table,
            payload=CatalogueEntry(
                table=table,
                sql=row.sql,
                text=text,
                fault=fault,
                indexes=indexes,
                triggers=tuple(each for each in dependent if each.type == "trigger"),
                programs=dependents.programs,
                statistics=dependents.statistics,
            ),
        )


def _ordinary_tables(rows: list[Row], names: Collection[str] | None) -> Iterator[Row]:
    """Yield the rows of ordinary tables: not SQLite's own, no virtual tables, and not the tables with their content."""
    virtual = [row.name.lower() for row in rows if row.type == "table" and _is_virtual(row.sql)]
    for row in rows:
        if row.type != "table" or row.name.lower().startswith("sqlite_") or _is_virtual(row.sql):
            continue
        if names is not None and row.name not in names:
            continue
        if any(row.name.lower().startswith(f"{name}_") and _is_shadow(row.name, name) for name in virtual):
            continue
        yield row


_SHADOWS = frozenset(
    # fts3 to fts5, rtree, geopoly, and common vector search extensions
    "data idx content docsize config segments segdir stat node rowid parent chunks rowids info auxiliary".split()
)


def _is_shadow(name: str, virtual: str) -> bool:
    """Whether a virtual table keeps its content in the table *name*.

    ``pragma_table_list`` returns that, but only since SQLite 3.37, and only if the module is loaded.
    """
    rest = name[len(virtual) + 1 :].lower()
    return rest in _SHADOWS or rest.startswith(("vector_chunks", "metadata"))


def _is_virtual(sql: str) -> bool:
    return sql[:40].upper().startswith("CREATE VIRTUAL")


def _parsed(parse: Callable[[str], TableText], sql: str) -> tuple[TableText | None, str | None]:
    try:
        return parse(sql), None
    except ParseError as error:
        line = sql.count("\n", 0, error.position) + 1
        return None, f"{error} at character {error.position + 1} (line {line}) of its CREATE statement"


def _primary_key(text: TableText) -> tuple[str, ...]:
    clauses = [clause.constraint for column in text.columns for clause in column.clauses]
    everywhere = [*clauses, *(item.constraint for item in text.constraints)]
    return next((each.columns for each in everywhere if isinstance(each, PrimaryKey)), ())


def _primary_keys(texts: Iterable[TableText]) -> dict[str, TableText]:
    return {text.name.lower(): text for text in texts}


def _open_targets(texts: Iterable[TableText]) -> set[str]:
    """Return the tables to whose primary key a foreign key points without naming its columns."""
    return {
        constraint.target.name.lower()
        for text in texts
        for constraint in raw_constraints(text)
        if isinstance(constraint, ForeignKey) and not constraint.target_columns
    }


def raw_constraints(text: TableText) -> Iterator[Constraint]:
    """Yield all constraints of a statement, of columns and of the table."""
    for column in text.columns:
        for clause in column.clauses:
            if clause.constraint is not None:
                yield clause.constraint
    for item in text.constraints:
        yield item.constraint


def table_of(text: TableText, schema: str | None = None) -> Table:
    """Return the raw `Table` for a CREATE TABLE statement."""
    return Table(
        name=text.name,
        schema=schema,
        columns=tuple(column_of(item) for item in text.columns),
        constraints=tuple(_in_schema(constraint, schema) for constraint in raw_constraints(text)),
        options=options(
            [
                ("sqlite_autoincrement", text.autoincrement or None),
                ("sqlite_strict", text.strict or None),
                ("sqlite_with_rowid", False if text.without_rowid else None),
            ]
        ),
    )


def _in_schema(constraint: Constraint, schema: str | None) -> Constraint:
    if isinstance(constraint, ForeignKey):
        return replace(constraint, target=TableName(constraint.target.name, schema))
    return constraint


def column_of(item: ColumnItem) -> Column:
    """Return the raw `Column` for a column definition, without its constraints."""
    default, collation, generated = item.of("default"), item.of("collate"), item.of("generated")
    conflict = next((clause.text for clause in item.of("not null") if clause.text), None)
    return Column(
        name=item.name,
        type=Type(sql=item.type, collation=collation[-1].text if collation else None),
        nullable=not item.of("not null"),
        default=Default(sql=default[-1].text) if default else None,
        computed=Computed(sql=generated[-1].text, stored=generated[-1].stored) if generated else None,
        options=options([("sqlite_on_conflict_not_null", conflict)]),
    )


def _with_engines(table: Table) -> Table:
    """Return *table* with a SQLAlchemy type for each column that has none."""
    columns = (
        column
        if column.type.payload is not None
        else replace(column, type=replace(column.type, payload=type_engine(column.type.sql, column.type.collation)))
        for column in table.columns
    )
    return replace(table, columns=tuple(columns))


def _index(row: Row) -> Index:
    try:
        text = parse_index(row.sql)
    except ParseError:
        # The index exists, and only its text is known.
        return Index(name=row.name, parts=(IndexPart(expression=row.sql),))
    return index_of(text)


def index_of(text: IndexText) -> Index:
    """Return the raw `Index` for a CREATE INDEX statement."""
    parts = tuple(
        IndexPart(expression=part.text, descending=part.descending, collation=part.collation) for part in text.parts
    )
    where = SQL(text.where) if text.where is not None else None
    return Index(name=text.name, parts=parts, unique=text.unique, options=options([("sqlite_where", where)]))
