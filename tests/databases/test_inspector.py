"""Our catalogue readers see what SQLAlchemy's Inspector sees, wherever both can; where it is wrong, the DDL shows it.

Raw dictionaries of the Inspector are compared with our values, so that no line of ours stands on both sides. Left out
are texts (defaults, CHECKs, expressions): each side has its own spelling of them, and `test_zoo` says what they mean.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from schemashift.dialects import Dialect, dialect_for
from schemashift.objects.domains import KIND as DOMAINS
from schemashift.objects.enums import KIND as ENUMS
from schemashift.schema import Check, Column, Index, Table, TableName, Type, Unique
from schemashift.sqla.lift_types import lift_type
from tests.cases.zoo import zoo
from tests.support import models

pytestmark = pytest.mark.filterwarnings("ignore:Skipped unsupported reflection of expression:sqlalchemy.exc.SAWarning")

SEEDS = range(30)
PLACES = {"postgresql": (None, "other")}
"""The schemas that are read; elsewhere the default one alone."""


def test_on_the_zoo(engine_name: str, database_url: str) -> None:
    compare(database_url, zoo(engine_name))


@pytest.mark.parametrize("seed", SEEDS)
def test_on_random_models(seed: int, engine_name: str, database_url: str) -> None:
    tables = models.random_models(random.Random(seed), engine_name)
    for tab in tables.values():  # create_all() comments a key of a cycle before it is there
        tab.notes = {name: note for name, note in tab.notes.items() if name not in {fk.name for fk in tab.fks}}
    compare(database_url, models.build(tables, engine_name))


@pytest.mark.parametrize("schema", [None, "other"])
def test_domains_and_enums(schema: str | None, postgresql_url: str) -> None:
    with made(postgresql_url, zoo("postgresql")).connect() as connection:
        inspector, dialect = sa.inspect(connection), dialect_for(connection.dialect)
        enums = [each for each in ENUMS.read(connection, [schema] if schema else []) if each.schema == schema]
        found = [DOMAINS.normal(each, dialect) for each in DOMAINS.read(connection, [schema] if schema else [])]
        domains = [each for each in found if each.schema == schema]
        assert {each.name: list(each.labels) for each in enums} == {
            each["name"]: each["labels"] for each in inspector.get_enums(schema=schema)
        }
        assert {
            each.name: (each.nullable, each.default is not None, [name for name, _ in each.checks], each.type.collation)
            for each in domains
        } == {
            each["name"]: (
                each["nullable"],
                each["default"] is not None,
                sorted(check["name"] for check in each["constraints"]),
                each["collation"] if each["collation"] != "default" else None,
            )
            for each in inspector.get_domains(schema=schema)
        }
        assert domains


def made(url: str, metadata: sa.MetaData) -> sa.Engine:
    """An engine for the database, with *metadata* made in it."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.schema.CreateSchema("other"))
        metadata.create_all(connection)
    return engine


def compare(url: str, metadata: sa.MetaData) -> None:
    """Make it, read it twice, and have both say the same."""
    engine = made(url, metadata)
    with engine.connect() as connection:
        places = PLACES.get(engine.dialect.name, (None,))
        dialect = dialect_for(connection.dialect)
        read = dialect.read(connection, schemas=[place for place in places if place]).schema
        inspector = sa.inspect(connection)
        seen = {TableName(name, place) for place in places for name in inspector.get_table_names(schema=place)}
        assert {table.table_name for table in read.tables} == seen
        for table in read.tables:
            theirs = Inspected(inspector, table, dialect).lines()
            ours = _ours(table, dialect)
            assert ours == theirs, _difference(ours, theirs)


Lines = dict[str, Any]


def _difference(ours: Lines, theirs: Lines) -> str:
    names = sorted(name for name in ours.keys() | theirs.keys() if ours.get(name) != theirs.get(name))
    return "\n".join(f"{name}\n  ours   {ours.get(name)}\n  theirs {theirs.get(name)}" for name in names)


def _ours(table: Table, dialect: Dialect) -> Lines:
    name = dialect.sa.name
    lines: Lines = {"comment": table.comment}
    for column in table.columns:
        lines[f"column {column.name}"] = (
            str(column.type) if name == "postgresql" else _seen_type(column.type.sql, dialect),
            column.nullable,
            _has_default(column),
            column.comment,
            column.computed.stored if column.computed else None,
            _identity(column.identity) if column.identity else None,
        )
    key = table.primary_key
    lines["primary key"] = (list(key.columns), key.name) if key else ([], None)
    for foreign in table.foreign_keys:
        lines[f"foreign key {sorted(foreign.columns)}"] = (
            foreign.columns,
            foreign.target,
            foreign.target_columns,
            foreign.name,
            foreign.on_delete,
            foreign.on_update,
            bool(foreign.deferrable),
            foreign.initially == "DEFERRED",
        )
    uniques = {(c.columns, c.name) for c in table.constraints if isinstance(c, Unique)}
    # MySQL knows a unique constraint as an index, and the Inspector tells both.
    lines["unique"] = uniques | ({(i.columns, i.name) for i in table.indexes if i.unique} if name == "mysql" else set())
    lines["checks"] = sorted(str(c.name) for c in table.constraints if isinstance(c, Check) and c.name)
    for index in table.indexes:
        # Expressions on SQLite and DESC beside PostgreSQL: see BLIND.
        if name != "sqlite" or all(part.column for part in index.parts):
            lines[f"index {index.name}"] = _index(index, descending=name == "postgresql")
    return lines


def _has_default(column: Column) -> bool:
    # A default that counts up is no default to the Inspector: see BLIND.
    return column.default is not None and not column.default.needs


def _seen_type(sql: str, dialect: Dialect) -> str:
    return "longtext" if sql == "json" and getattr(dialect.sa, "is_mariadb", False) else sql


def _index(index: Index, *, descending: bool) -> Any:
    parts = [(part.column, part.descending and descending) if part.column else None for part in index.parts]
    lengths = {part.column: part.length for part in index.parts if part.length}
    using = dict(index.options).get("postgresql_using", "btree")
    return parts, index.unique, lengths, using


def _identity(value: Any) -> tuple[Any, ...]:
    return (value.always, value.start, value.increment, value.minimum, value.maximum, value.cycle, value.cache)


class Inspected:
    """One table, as the Inspector sees it, in the same words as `_ours`."""

    def __init__(self, inspector: sa.Inspector, table: Table, dialect: Dialect) -> None:
        self.inspector = inspector
        self.table = table
        self.dialect = dialect
        self.name = dialect.sa.name
        self.at: dict[str, Any] = {"table_name": table.name, "schema": table.schema}

    def lines(self) -> Lines:
        lines: Lines = {"comment": None}
        if self.name != "sqlite":
            lines["comment"] = self.inspector.get_table_comment(**self.at)["text"] or None
        key = self.inspector.get_pk_constraint(**self.at)
        names = key["constrained_columns"]
        for column in self.inspector.get_columns(**self.at):
            lines[f"column {column['name']}"] = self.column(column, column["name"] in names)
        ours = self.table.primary_key
        # On MySQL the key's name is always PRIMARY, and the Inspector gives none.
        lines["primary key"] = (names, key["name"] if ours is None or self.name != "mysql" else ours.name)
        for foreign in self.inspector.get_foreign_keys(**self.at):
            lines[f"foreign key {sorted(foreign['constrained_columns'])}"] = self.foreign_key(foreign)
        uniques = self.inspector.get_unique_constraints(**self.at)
        lines["unique"] = {(tuple(each["column_names"]), each["name"]) for each in uniques}
        checks = self.inspector.get_check_constraints(**self.at)
        lines["checks"] = sorted(str(each["name"]) for each in checks if each["name"])
        lines.update(self.indexes({name for _, name in lines["unique"]}))
        return lines

    def column(self, found: Any, primary: bool) -> Any:
        computed, identity = found.get("computed"), found.get("identity")
        counts = found.get("autoincrement") is True
        # DEFAULT NULL is no default.
        default = not (found["default"] or "NULL").upper().startswith("NULL") and computed is None
        default = default and not (counts and self.name == "postgresql")
        if self.name == "mysql" and not default:
            # The Inspector misses many: see BLIND.
            ours = self.table.column(found["name"])
            default = ours is not None and _has_default(ours)
        nullable = bool(found["nullable"]) and (self.name == "sqlite" or not primary)
        comment = found.get("comment") or None
        if self.name == "mysql" and "nextval" in str(getattr(ours_default(self.table, found["name"]), "sql", "")):
            # Behind a default that is an expression, the Inspector sees nothing more.
            column = self.table.column(found["name"])
            comment = column.comment if column is not None else comment
        if isinstance(found["type"], postgresql.DOMAIN):
            # The Inspector tells what the domain says as if the column said it: see BLIND.
            ours = self.table.column(found["name"])
            nullable, default = (ours.nullable, _has_default(ours)) if ours is not None else (nullable, default)
        return (
            self.type(found["type"]),
            nullable,
            default,
            comment,
            bool(computed.get("persisted")) if computed else None,
            self.identity(identity) if identity else None,
        )

    @staticmethod
    def identity(found: Any) -> tuple[Any, ...]:
        names = ("always", "start", "increment", "minvalue", "maxvalue", "cycle", "cache")
        return tuple(found[name] for name in names)

    def type(self, found: Any) -> str:
        """In our normal form, by way of a table that has nothing else."""
        type_ = lift_type(found, self.dialect.sa)
        column = self.dialect.normal(_table_of(type_)).columns[0]
        # A backslash in an ENUM is doubled: see BLIND.
        return str(column.type) if self.name == "postgresql" else column.type.sql.replace(r"\\\\", r"\\")

    def foreign_key(self, found: Any) -> Any:
        options = found["options"]
        return (
            tuple(found["constrained_columns"]),
            TableName(found["referred_table"], found["referred_schema"]),
            tuple(found["referred_columns"]),
            found["name"],
            _action(options.get("ondelete"), self.name),
            _action(options.get("onupdate"), self.name),
            bool(options.get("deferrable")),
            str(options.get("initially")).upper() == "DEFERRED",
        )

    def indexes(self, uniques: set[str]) -> Iterator[tuple[str, Any]]:
        for found in self.inspector.get_indexes(**self.at):
            duplicate = found.get("duplicates_constraint") or (self.name == "mysql" and found["name"] in uniques)
            ours = self.table.index(str(found["name"]))
            if duplicate and (ours is None or self.name != "mysql"):
                continue
            sorting = found.get("column_sorting") or {}
            parts = [(name, "desc" in sorting.get(name, ())) if name else None for name in found["column_names"]]
            options = found.get("dialect_options", {})
            using = options.get("postgresql_using") or "btree"
            yield f"index {found['name']}", (parts, bool(found["unique"]), options.get("mysql_length") or {}, using)


def _table_of(type_: Type) -> Table:
    return Table(name="t", columns=(Column(name="c", type=type_),))


def _action(action: str | None, name: str) -> str | None:
    plain = {"NO ACTION"} | ({"RESTRICT"} if name == "mysql" else set())
    return None if action is None or action.upper() in plain else action.upper()


BLIND: dict[str, tuple[str, str, Callable[[sa.Inspector], Any], Callable[[Table], Any], Any, Any]] = {
    "DESC on SQLite": (
        "sqlite",
        "CREATE TABLE t (a INTEGER); CREATE INDEX ix ON t (a DESC)",
        lambda inspector: inspector.get_indexes("t")[0].get("column_sorting"),
        lambda table: table.indexes[0].parts[0].descending,
        None,
        True,
    ),
    "an index on an expression on SQLite": (
        "sqlite",
        "CREATE TABLE t (a INTEGER); CREATE INDEX ix ON t (a + 1)",
        lambda inspector: inspector.get_indexes("t"),
        lambda table: [index.name for index in table.indexes],
        [],
        ["ix"],
    ),
    "a generated column before a CHECK on one line on SQLite": (
        "sqlite",
        "CREATE TABLE t (a INTEGER, g INTEGER AS (a*2), CHECK (a>0))",
        lambda inspector: inspector.get_columns("t")[1]["computed"]["sqltext"],
        lambda table: table.columns[1].computed and table.columns[1].computed.sql,
        "",
        "a * 2",
    ),
    "a comment on SQLite": (
        "sqlite",
        "CREATE TABLE t (a INTEGER /* CHECK (a > 5) */)",
        lambda inspector: len(inspector.get_check_constraints("t")),
        lambda table: len(table.constraints),
        1,
        0,
    ),
    "the name of a column's UNIQUE on SQLite": (
        "sqlite",
        "CREATE TABLE t (a INTEGER CONSTRAINT uq UNIQUE)",
        lambda inspector: inspector.get_unique_constraints("t")[0]["name"],
        lambda table: table.constraints[0].name,
        None,
        "uq",
    ),
    "COLLATE on SQLite": (
        "sqlite",
        "CREATE TABLE t (a TEXT COLLATE NOCASE)",
        lambda inspector: inspector.get_columns("t")[0]["type"].collation,
        lambda table: table.columns[0].type.collation,
        None,
        "NOCASE",
    ),
    "a backslash in an ENUM on MariaDB": (
        "mariadb",
        r"CREATE TABLE t (a enum('b\\c'))",
        lambda inspector: inspector.get_columns("t")[0]["type"].enums,
        lambda table: table.columns[0].type.sql,
        [r"b\\c"],
        r"enum('b\\c')",
    ),
    "a default with a string in it on MariaDB": (
        "mariadb",
        "CREATE TABLE t (a varchar(9) DEFAULT (concat('a', 'b')))",
        lambda inspector: inspector.get_columns("t")[0]["default"],
        lambda table: table.columns[0].default is not None,
        None,
        True,
    ),
    "DESC on MariaDB": (
        "mariadb",
        "CREATE TABLE t (a int); CREATE INDEX ix ON t (a DESC)",
        lambda inspector: inspector.get_indexes("t")[0].get("column_sorting"),
        lambda table: table.indexes[0].parts[0].descending,
        None,
        True,
    ),
    "JSON on MariaDB": (
        "mariadb",
        "CREATE TABLE t (a json)",
        lambda inspector: str(inspector.get_columns("t")[0]["type"]),
        lambda table: table.columns[0].type.sql,
        "LONGTEXT",
        "json",
    ),
    "a default that counts on MariaDB": (
        "mariadb",
        "CREATE SEQUENCE s; CREATE TABLE t (a int DEFAULT nextval(s))",
        lambda inspector: inspector.get_columns("t")[0]["default"],
        lambda table: table.columns[0].default is not None,
        None,
        True,
    ),
    "NOT NULL of a domain, taken for the column's on PostgreSQL": (
        "postgresql",
        "CREATE DOMAIN d AS int DEFAULT 5 NOT NULL; CREATE TABLE t (a d)",
        lambda inspector: [inspector.get_columns("t")[0][what] for what in ("nullable", "default")],
        lambda table: [table.columns[0].nullable, table.columns[0].default],
        [False, "5"],
        [True, None],
    ),
    "a sequence of somebody's, taken for SERIAL on PostgreSQL": (
        "postgresql",
        "CREATE SEQUENCE s; CREATE TABLE t (a int DEFAULT nextval('s'))",
        lambda inspector: inspector.get_columns("t")[0]["autoincrement"],
        lambda table: table.columns[0].autoincrement,
        True,
        False,
    ),
}
"""What the Inspector does not see, or sees wrong: on which database, the DDL that shows it, what each side is asked,
and what each answers. A line that fails here says that the Inspector has learnt it."""


@pytest.mark.parametrize("what", BLIND)
def test_where_the_inspector_is_wrong(what: str, new_database_on: Callable[[str], str]) -> None:
    name, ddl, ask, look, theirs, ours = BLIND[what]
    engine = sa.create_engine(new_database_on(name), poolclass=sa.NullPool)
    with engine.begin() as connection:
        for statement in ddl.split("; "):
            connection.exec_driver_sql(statement)
        assert ask(sa.inspect(connection)) == theirs
        (table,) = dialect_for(connection.dialect).read(connection).schema.tables
        assert look(table) == ours


def ours_default(table: Table, name: str) -> object:
    """The default that our reader found."""
    column = table.column(name)
    return None if column is None else column.default
