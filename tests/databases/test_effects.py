"""The effects that a dialect claims, against what the server does: rewrites, locks, rows it does not accept."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import pytest
import sqlalchemy as sa

from schemashift.dialects import Dialect, dialect_for
from schemashift.dialects.live import LiveSchema
from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterTable,
    Backfill,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Operation,
    RenameColumn,
    RenameTable,
)
from schemashift.operations.facts import Locks, MayFail, RewritesTable
from schemashift.schema import (
    Check,
    Column,
    Computed,
    Default,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    PrimaryKey,
    Schema,
    Table,
    TableName,
    Type,
    Unique,
    options,
)

T, P = TableName("t"), TableName("p")


Make = Callable[[Schema], Operation]


class Server:
    """A database with some tables, and what operations do there."""

    def __init__(self, url: str, *statements: str) -> None:
        self.engine = sa.create_engine(url)
        with self.engine.connect() as connection:
            for statement in statements:
                connection.exec_driver_sql(statement)
            connection.commit()
            self.dialect: Dialect = dialect_for(connection.dialect)

    def compiled(self, make: Make) -> tuple[Operation, list[str]]:
        """An operation on the tables that are there, and its statements."""
        with self.engine.connect() as connection:
            schema = self.dialect.read(connection, [T, P]).schema
        operation = make(schema)
        return operation, [str(each.sql) for each in self.dialect.compile([operation], LiveSchema(schema))]


def send(connection: sa.Connection, sql: str) -> None:
    connection.exec_driver_sql(sql, execution_options={"no_parameters": True})


def column_of(schema: Schema, name: str) -> Column:
    table = schema.table(T)
    assert table is not None
    found = table.column(name)
    assert found is not None
    return found


def alter(name: str, **changes: object) -> Make:
    return lambda schema: AlterColumn(table=T, name=name, set=tuple(changes.items()), before=column_of(schema, name))


def retype(name: str, sql: str) -> Make:
    return alter(name, type=Type(sql=sql))


def add(type_: str, **settings: object) -> Make:
    column = Column(name="new", type=Type(sql=type_))
    return lambda schema: AddColumn(table=T, column=replace(column, **settings))  # type: ignore[arg-type]


def constrain(constraint: Check | ForeignKey | PrimaryKey | Unique) -> Make:
    return lambda schema: AddConstraint(table=T, constraint=constraint)


def index(column: str, *, unique: bool = False, **more: object) -> Make:
    value = Index(name="new", parts=(IndexPart(column=column),), unique=unique, options=options(more.items()))
    return lambda schema: CreateIndex(table=T, index=value)


def drop_constraint(name: str) -> Make:
    def make(schema: Schema) -> Operation:
        return DropConstraint(table=T, name=name).complete(schema)

    return make


def drop_table(name: TableName) -> Make:
    return lambda schema: DropTable(name=name).complete(schema)


def exactly(operation: Operation) -> Make:
    return lambda schema: operation


FOREIGN = ForeignKey(columns=("i",), target=P, target_columns=("id",), name="new")

# PostgreSQL --------------------------------------------------------------------------------------------------------

POSTGRESQL = (
    "CREATE TYPE mood AS ENUM ('a', 'b')",
    "CREATE TABLE p (id integer PRIMARY KEY)",
    "INSERT INTO p VALUES (1)",
    (
        "CREATE TABLE t (id integer CONSTRAINT t_pkey PRIMARY KEY, i integer, v varchar(50), x text, n numeric(10, 2),"
        " c char(5), ts timestamp, j json, m mood, a varchar(50)[], ip cidr, b boolean, p_id integer,"
        " CONSTRAINT t_p_fkey FOREIGN KEY (p_id) REFERENCES p (id))"
    ),
    "CREATE INDEX t_i ON t (i)",
    (
        "INSERT INTO t SELECT n, 1, 'v', 'x', 1.5, 'c', now(), '{}', 'a', '{a}', '10.0.0.0/8', true, 1"
        " FROM generate_series(1, 1) AS g (n)"
    ),
)
GENERATED = Computed(sql="i + 1", stored=True)
ON_POSTGRESQL: dict[str, Make] = {
    "add a column": add("INTEGER"),
    "add with a default": add("INTEGER", default=Default(sql="7"), nullable=False),
    "add with now()": add("TIMESTAMP WITH TIME ZONE", default=Default(sql="now()")),
    "add with clock_timestamp()": add("TIMESTAMP WITH TIME ZONE", default=Default(sql="clock_timestamp()")),
    "add with a text like a call": add("TEXT", default=Default(sql="'random()'")),
    "add a random uuid": add("UUID", default=Default(sql="gen_random_uuid()")),
    "add a generated column": add("INTEGER", computed=GENERATED),
    "add an identity": add("INTEGER", identity=Identity(), nullable=False),
    "add a serial": add("INTEGER", autoincrement=True, nullable=False),
    "drop a column": lambda schema: DropColumn(table=T, name="x"),
    "rename a column": lambda schema: RenameColumn(table=T, old="x", new="y"),
    "rename the table": lambda schema: RenameTable(old=T, new="u"),
    "drop the table": drop_table(T),
    "create a table": lambda schema: CreateTable(
        table=Table(
            name="u",
            columns=(Column(name="i", type=Type(sql="INTEGER")),),
            constraints=(ForeignKey(columns=("i",), target=P, target_columns=("id",)),),
        )
    ),
    "set a default": alter("i", default=Default(sql="1")),
    "set not null": alter("i", nullable=False),
    "a comment": alter("i", comment="x"),
    "a comment of the table": exactly(AlterTable(table=T, set=(("comment", "x"),), before=(("comment", None),))),
    "varchar grows": retype("v", "VARCHAR(100)"),
    "varchar shrinks": retype("v", "VARCHAR(10)"),
    "varchar to text": retype("v", "TEXT"),
    "text to varchar": retype("x", "VARCHAR"),
    "text to varchar(100)": retype("x", "VARCHAR(100)"),
    "integer to bigint": retype("i", "BIGINT"),
    "integer to text": retype("i", "TEXT"),
    "numeric grows": retype("n", "NUMERIC(12, 2)"),
    "numeric loses its limits": retype("n", "NUMERIC"),
    "numeric gets places": retype("n", "NUMERIC(12, 4)"),
    "char to varchar": retype("c", "VARCHAR(5)"),
    "char grows": retype("c", "CHAR(8)"),
    "json to jsonb": retype("j", "JSONB"),
    "enum to text": retype("m", "TEXT"),
    "an array of varchar": retype("a", "VARCHAR(100)[]"),
    "cidr to inet": retype("ip", "INET"),
    "boolean to integer": retype("b", "INTEGER"),
    "add a check": constrain(Check(sql="i > 0", name="new")),
    "add unique": constrain(Unique(columns=("i",), name="new")),
    "add a foreign key": constrain(FOREIGN),
    "drop a primary key": drop_constraint("t_pkey"),
    "drop a foreign key": drop_constraint("t_p_fkey"),
    "create an index": index("v"),
    "drop an index": lambda schema: DropIndex(table=T, name="t_i").complete(schema),
    "fill a column": exactly(Backfill(table=T, column="i", value=Default(sql="1"))),
}
_MODES = [
    f"{mode}Lock"
    for mode in "RowExclusive ShareUpdateExclusive Share ShareRowExclusive Exclusive AccessExclusive".split()
]
_TABLES = "SELECT oid, relname, relfilenode FROM pg_class WHERE relname IN ('t', 'p') AND relkind = 'r'"
_LOCKS = "SELECT relation, mode FROM pg_locks WHERE pid = pg_backend_pid() AND relation IS NOT NULL"


def spelled(mode: str) -> str:
    """``ROW EXCLUSIVE`` for ``RowExclusiveLock``."""
    return " ".join(re.findall("[A-Z][a-z]+", mode)[:-1]).upper()


def strongest_locks(connection: sa.Connection, tables: dict[int, str]) -> dict[TableName, str]:
    """On each of *tables* (by oid) the strongest of the locks that keep others from writing or from changing it."""
    found: dict[TableName, str] = {}
    for oid, mode in connection.exec_driver_sql(_LOCKS):
        if oid in tables and mode in _MODES:
            table = TableName(tables[oid])
            found[table] = max(found.get(table, _MODES[0]), mode, key=_MODES.index)
    return {table: spelled(mode) for table, mode in found.items()}


@pytest.mark.parametrize("name", ON_POSTGRESQL)
def test_what_postgresql_rewrites_and_locks(postgresql_url: str, name: str) -> None:
    server = Server(postgresql_url, *POSTGRESQL)
    operation, statements = server.compiled(ON_POSTGRESQL[name])
    with server.engine.connect() as connection:
        rows = connection.exec_driver_sql(_TABLES).all()
        # By their oids: a table may be renamed.
        tables, nodes = {oid: table for oid, table, _ in rows}, {oid: node for oid, _, node in rows}
        connection.rollback()
        for sql in statements:
            send(connection, sql)
        locks = strongest_locks(connection, tables)
        after = {
            oid: connection.exec_driver_sql(f"SELECT relfilenode FROM pg_class WHERE oid = {oid}").scalar()
            for oid in nodes
        }
        connection.rollback()
    facts = server.dialect.effects(operation)
    assert {fact.table: fact.mode for fact in facts if isinstance(fact, Locks)} == locks
    rewritten = {tables[oid] for oid, node in after.items() if node not in (None, nodes[oid])}
    assert {fact.table.name for fact in facts if isinstance(fact, RewritesTable)} == rewritten


# MariaDB -----------------------------------------------------------------------------------------------------------

MARIADB = (
    "CREATE TABLE p (id int PRIMARY KEY)",
    "INSERT INTO p VALUES (1)",
    (
        "CREATE TABLE t (id int PRIMARY KEY, i int, v varchar(50), w varchar(50) NOT NULL, c char(5), n decimal(10,2),"
        " e enum('a','b'), x text, u int, KEY t_u (u))"
    ),
    "INSERT INTO t VALUES (1, 1, 'v', 'w', 'c', 1.5, 'a', 'x', 1)",
)
ON_MARIADB: dict[str, Make] = {
    "add a column": add("int"),
    "add a column with a default": add("int", default=Default(sql="7"), nullable=False),
    "add a stored column": add("int", computed=GENERATED),
    "add a virtual column": add("int", computed=replace(GENERATED, stored=False)),
    "set a default": alter("i", default=Default(sql="1")),
    "set not null": alter("i", nullable=False),
    "drop not null": alter("w", nullable=True),
    "a comment": alter("i", comment="x"),
    "int to bigint": retype("i", "bigint"),
    "int to unsigned": retype("i", "int unsigned"),
    "int to text": retype("i", "text"),
    "varchar grows": retype("v", "varchar(60)"),
    "varchar shrinks": retype("v", "varchar(10)"),
    "varchar to text": retype("v", "text"),
    "char grows": retype("c", "char(8)"),
    "decimal grows": retype("n", "decimal(12,2)"),
    "a label is appended": retype("e", "enum('a','b','c')"),
    "a label is prepended": retype("e", "enum('c','a','b')"),
    "a label goes": retype("e", "enum('a')"),
    "add a check": constrain(Check(sql="`i` > 0", name="new")),
    "add unique": constrain(Unique(columns=("i",), name="new")),
    "add a foreign key": constrain(FOREIGN),
    "create an index": index("i"),
}


@pytest.mark.parametrize("name", ON_MARIADB)
def test_what_mariadb_rewrites_and_locks(mariadb_url: str, name: str) -> None:
    """The server refuses an algorithm that leaves the rows as they are, and a way that lets others write."""
    server = Server(mariadb_url, *MARIADB)
    operation, statements = server.compiled(ON_MARIADB[name])
    facts = server.dialect.effects(operation)
    (sql,) = statements
    assert (RewritesTable(table=T) in facts) == is_refused(server, sql, "ALGORITHM=NOCOPY")
    assert (Locks(table=T, mode="SHARED") in facts) == is_refused(server, sql, "LOCK=NONE")


def test_a_full_text_index_lets_nobody_write(mariadb_url: str) -> None:
    """Only the first one of a table rewrites it, and which one is the first is not known."""
    server = Server(mariadb_url, *MARIADB)
    operation, (sql,) = server.compiled(index("x", mysql_prefix="FULLTEXT"))
    assert server.dialect.effects(operation) == (Locks(table=T, mode="SHARED"),)
    assert is_refused(server, sql, "LOCK=NONE")


def is_refused(server: Server, sql: str, way: str) -> bool:
    """Whether the server cannot do it that way. Otherwise it has done it, and everything is made anew."""
    comma = "," if sql.startswith("ALTER TABLE") else ""
    with server.engine.connect() as connection:
        try:
            send(connection, f"{sql}{comma} {way}")
        except sa.exc.DBAPIError as error:
            if error.orig is None or error.orig.args[0] not in (1845, 1846):
                raise
            return True
        for statement in ("DROP TABLE t", "DROP TABLE p", *MARIADB):
            send(connection, statement)
        connection.commit()
    return False


# SQLite ------------------------------------------------------------------------------------------------------------

SQLITE = (
    "CREATE TABLE p (id INTEGER NOT NULL PRIMARY KEY)",
    "CREATE TABLE t (id INTEGER NOT NULL, i INTEGER, v VARCHAR(50), CONSTRAINT q UNIQUE (v), PRIMARY KEY (id))",
)
ON_SQLITE: dict[str, Make] = {
    "add a column": add("INTEGER"),
    "add a column with a default": add("INTEGER", default=Default(sql="7"), nullable=False),
    "add a required column": add("INTEGER", nullable=False),
    "add a column with a function": add("DATETIME", default=Default(sql="CURRENT_TIMESTAMP")),
    "add a stored column": add("INTEGER", computed=GENERATED),
    "add a virtual column": add("INTEGER", computed=replace(GENERATED, stored=False)),
    "rename a column": exactly(RenameColumn(table=T, old="i", new="j")),
    "rename the table": exactly(RenameTable(old=T, new="u")),
    "set a default": alter("i", default=Default(sql="1")),
    "set not null": alter("i", nullable=False),
    "another type": retype("i", "BIGINT"),
    "add a check": constrain(Check(sql="i > 0", name="new")),
    "add a foreign key": constrain(FOREIGN),
    "drop a constraint": drop_constraint("q"),
    "create an index": index("i"),
    "drop the table": drop_table(T),
}


@pytest.mark.parametrize("name", ON_SQLITE)
def test_what_sqlite_rewrites(sqlite_url: str, name: str) -> None:
    server = Server(sqlite_url, *SQLITE)
    operation, statements = server.compiled(ON_SQLITE[name])
    facts = server.dialect.effects(operation)
    assert (RewritesTable(table=T) in facts) == any(sql.startswith("INSERT INTO") for sql in statements)


# Rows that are not accepted ----------------------------------------------------------------------------------------

ROWS = (
    "CREATE TABLE p (id {integer} NOT NULL PRIMARY KEY)",
    "CREATE TABLE t (i {integer}, v VARCHAR(50), big BIGINT)",
    "INSERT INTO p VALUES (1)",
    "INSERT INTO t VALUES (NULL, 'a long text', 9999999999)",
    "INSERT INTO t VALUES (7, 'a long text', 9999999999)",
    "INSERT INTO t VALUES (7, 'a long text', 9999999999)",
)
REFUSING: dict[str, Callable[[str], Make]] = {
    "not null": lambda integer: alter("i", nullable=False),
    "a primary key": lambda integer: constrain(PrimaryKey(columns=("i",), name="new")),
    "unique": lambda integer: constrain(Unique(columns=("v",), name="new")),
    "a unique index": lambda integer: index("v", unique=True),
    "a check": lambda integer: constrain(Check(sql="i < 7", name="new")),
    "a foreign key": lambda integer: constrain(FOREIGN),
    "a shorter type": lambda integer: retype("v", "VARCHAR(5)"),
    "a smaller type": lambda integer: retype("big", integer),
    "a longer type": lambda integer: retype("v", "VARCHAR(60)"),
    "a larger type": lambda integer: retype("i", "BIGINT"),
    "an index": lambda integer: index("v"),
    "a required column with a default": lambda integer: add(integer, nullable=False, default=Default(sql="0")),
}


@pytest.mark.parametrize("name", REFUSING)
def test_what_may_fail_does_and_nothing_else(database_url: str, engine_name: str, name: str) -> None:
    integer = "int" if engine_name in ("mariadb", "mysql") else "INTEGER"
    server = Server(database_url, *(statement.format(integer=integer) for statement in ROWS))
    operation, statements = server.compiled(REFUSING[name](integer))
    claimed = any(isinstance(fact, MayFail) for fact in server.dialect.effects(operation))
    with server.engine.connect() as connection:
        try:
            for sql in statements:
                send(connection, sql)
            # SQLite's keys are looked at when the tables are there.
            orphans = engine_name == "sqlite" and connection.exec_driver_sql("PRAGMA foreign_key_check").first()
            failed = orphans not in (False, None)
        except sa.exc.DBAPIError:
            failed = True
    assert claimed == failed
