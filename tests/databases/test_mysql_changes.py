"""Changes of models on a real server: one database made by ``create_all`` of what was, one of what will be.

The first is brought to the second by diff and compile, compared, and taken back by the inverses.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import CheckConstraint, Column, Computed, ForeignKey, Index, Integer, String, Text, UniqueConstraint
from sqlalchemy.dialects import mysql

from schemashift.autogenerate.compare import spelled_alike
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.mysql import MySQL
from schemashift.diff import diff, match
from schemashift.operations import AlterTable, DropConstraint, DropIndex, Operation
from schemashift.schema import ForeignKey as Key
from schemashift.schema import TableName
from schemashift.sqla.lift import lift_metadata

pytestmark = pytest.mark.databases("mariadb", "mysql")

Build = Callable[[sa.MetaData], None]


def table(*items: Any, **settings: Any) -> Build:
    """A model ``t`` with a counting primary key, beside a ``p`` to point to."""

    def build(metadata: sa.MetaData) -> None:
        sa.Table("p", metadata, Column("id", Integer, primary_key=True), Column("code", String(20), unique=True))
        given = [item() if callable(item) and not isinstance(item, sa.schema.SchemaItem) else item for item in items]
        both = {f"{prefix}_{k}": v for k, v in settings.items() if k != "comment" for prefix in ("mysql", "mariadb")}
        sa.Table(
            "t", metadata, Column("id", Integer, primary_key=True), *given, comment=settings.get("comment"), **both
        )

    return build


def column(name: str, *arguments: Any, **settings: Any) -> Callable[[], Any]:
    """A column of its own for each side."""
    return lambda: Column(name, *(a() if isinstance(a, type(lambda: 0)) else a for a in arguments), **settings)


def key(target: str = "p.id", **settings: Any) -> Callable[[], Any]:
    return lambda: ForeignKey(target, **settings)


def composite(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, Column("id", Integer, primary_key=True), Column("b", Integer, primary_key=True))


def single(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, Column("id", Integer, primary_key=True), Column("b", Integer))


def not_counting(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, Column("id", Integer, primary_key=True, autoincrement=False), Column("b", Integer))


def coded(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, Column("code", String(10), primary_key=True))


def counted(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, Column("id", Integer, primary_key=True), Column("code", String(10), nullable=False))


def other(metadata: sa.MetaData) -> None:
    sa.Table("t", metadata, Column("id", Integer), Column("b", Integer, primary_key=True))


def child(type_: Any, charset: str | None = None, **settings: Any) -> Build:
    both: Any = {f"{prefix}_charset": charset for prefix in ("mysql", "mariadb")} if charset else {}

    def build(metadata: sa.MetaData) -> None:
        sa.Table("parent", metadata, Column("id", type_, primary_key=True), **both)
        sa.Table(
            "child",
            metadata,
            Column("id", Integer, primary_key=True),
            Column("p", type_, ForeignKey("parent.id", **settings)),
            **both,
        )

    return build


def pair() -> Callable[[], Any]:
    """A key that a unique constraint on its first column does not serve."""
    return lambda: sa.ForeignKeyConstraint(["a", "id"], ["t.a", "t.id"])


def nothing(metadata: sa.MetaData) -> None:
    del metadata


CASES: dict[str, tuple[Build, Build]] = {
    "a table comes": (nothing, table(column("a", key()), comment="it's 100%")),
    "a key column with an index": (table(), table(column("a", Integer, key(), index=True))),
    "a key column without a name": (table(), table(column("a", Integer, key()))),
    "a named key": (table(column("a", Integer)), table(column("a", Integer, key(name="fk_a")))),
    "a key gets an index": (table(column("a", Integer, key())), table(column("a", Integer, key(), index=True))),
    "a key gets a unique constraint": (
        table(column("a", Integer, key())),
        table(column("a", Integer, key(), unique=True)),
    ),
    "a unique constraint beside a key of the same first column": (
        table(column("a", Integer), pair()),
        table(column("a", Integer, unique=True), pair()),
    ),
    "a key changes its action": (table(column("a", key())), table(column("a", key(ondelete="CASCADE")))),
    "a key points elsewhere": (
        table(column("a", String(20), key("p.code", name="fk"))),
        table(column("a", String(20), key("t.b", name="fk")), column("b", String(20), unique=True)),
    ),
    "two keys on a column": (
        table(column("a", Integer, key(name="one"))),
        table(column("a", Integer, key(name="one"), key("t.id", name="two"))),
    ),
    "a primary key grows": (single, composite),
    "a primary key moves": (single, other),
    "counting stops": (single, not_counting),
    "types": (
        table(
            column("a", Integer),
            column("b", String(20)),
            column("c", mysql.DATETIME(fsp=3)),
            column("d", mysql.INTEGER(unsigned=True)),
        ),
        table(
            column("a", sa.BigInteger),
            column("b", Text),
            column("c", sa.DateTime),
            column("d", mysql.BIGINT(unsigned=True)),
        ),
    ),
    "everything of a column": (
        table(column("a", String(20))),
        table(
            column(
                "a",
                String(30, collation="utf8mb4_bin"),
                nullable=False,
                server_default="it's 100%\\",
                comment="new \\ '%'",
            )
        ),
    ),
    "on update": (
        table(column("a", sa.TIMESTAMP)),
        table(column("a", sa.TIMESTAMP, server_default=sa.text("CURRENT_TIMESTAMP ON UPDATE CURRENT_TIMESTAMP"))),
    ),
    "json and uuid": (table(column("a", Text)), table(column("a", sa.JSON), column("b", sa.Uuid))),
    "an enum grows": (table(column("a", sa.Enum("x", "y"))), table(column("a", sa.Enum("x", "y", "it's")))),
    "a boolean becomes an integer": (table(column("a", sa.Boolean)), table(column("a", Integer))),
    "charset": (
        table(column("a", String(20)), column("b", Text), column("c", String(9, collation="latin1_bin"))),
        table(
            column("a", String(20)), column("b", Text), column("c", String(9, collation="latin1_bin")), charset="latin1"
        ),
    ),
    "engine and row format": (table(), table(engine="MyISAM", row_format="FIXED")),
    "comments": (table(column("a", Integer), comment="x"), table(column("a", Integer, comment="it's"))),
    "a check": (table(column("a", Integer)), table(column("a", Integer), lambda: CheckConstraint("a > 0", name="ck"))),
    "a check without a name": (
        table(column("a", Integer)),
        table(column("a", Integer), lambda: CheckConstraint("a > 0")),
    ),
    "a check of a column": (table(column("a", Integer)), table(column("a", Integer, lambda: CheckConstraint("a > 0")))),
    "a check changes": (
        table(column("a", Integer), lambda: CheckConstraint("a > 0", name="ck")),
        table(column("a", Integer), lambda: CheckConstraint("a > 1", name="ck")),
    ),
    "computed": (
        table(column("a", Integer)),
        table(
            column("a", Integer),
            column("v", Integer, lambda: Computed("a + 1")),
            column("s", Integer, lambda: Computed("a * 2", persisted=True)),
        ),
    ),
    "computed changes": (
        table(
            column("a", Integer),
            column("v", Integer, lambda: Computed("a + 1")),
            column("w", Integer, lambda: Computed("a + 1", persisted=True)),
        ),
        table(column("a", sa.BigInteger), column("v", Integer, lambda: Computed("a + 2")), column("w", Integer)),
    ),
    "computed becomes ordinary": (
        table(column("a", Integer), column("v", Integer, lambda: Computed("a + 1"))),
        table(column("a", Integer), column("v", Integer)),
    ),
    "unique column": (table(column("a", String(20))), table(column("a", String(20), unique=True))),
    "unique order": (
        table(column("a", Integer), column("b", Integer), lambda: UniqueConstraint("a", "b", name="u")),
        table(column("a", Integer), column("b", Integer), lambda: UniqueConstraint("b", "a", name="u")),
    ),
    "unique prefix": (
        table(column("a", String(200)), lambda: Index("u", "a", unique=True)),
        table(column("a", String(200)), lambda: Index("u", "a", unique=True, mysql_length=5, mariadb_length=5)),
    ),
    "fulltext": (
        table(column("a", Text)),
        table(column("a", Text), lambda: Index("ft", "a", mysql_prefix="FULLTEXT", mariadb_prefix="FULLTEXT")),
    ),
    "a descending index": (
        table(column("a", Integer), lambda: Index("i", "a")),
        table(column("a", Integer), lambda: Index("i", sa.text("a DESC"))),
    ),
    "a column in keys goes": (
        table(
            column("a", Integer),
            column("b", Integer),
            lambda: UniqueConstraint("a", "b", name="u"),
            lambda: Index("i", "b", "a"),
            lambda: CheckConstraint("a > b", name="ck"),
        ),
        table(column("b", Integer)),
    ),
    "a key's types at both ends": (child(Integer), child(sa.BigInteger)),
    "a key's string types": (child(String(20), name="fk"), child(String(40), name="fk")),
    "a key's character set": (child(String(20), charset="latin1"), child(String(20), charset="utf8mb4")),
    "a number at both ends of a key": (child(Integer), child(sa.Uuid)),
    "a date and an address": (
        table(column("a", sa.Date), column("b", sa.Uuid)),
        table(column("a", sa.Uuid), column("b", sa.DateTime)),
    ),
    "a label is renamed": (
        table(column("a", sa.Enum("x", "y"), server_default="x")),
        table(column("a", sa.Enum("z", "y"), server_default="z")),
    ),
    "a label is written in capitals": (
        table(column("a", sa.Enum("x", "y"))),
        table(column("a", sa.Enum("X", "y"))),
    ),
    "a counting key comes": (coded, counted),
    "an index called after its key, which gets another name": (
        table(column("a", Integer, key(name="one")), lambda: Index("one", "a")),
        table(column("a", Integer, key(name="two")), lambda: Index("one", "a", "id")),
    ),
    "an index called after its key grows": (
        table(column("a", Integer, key(name="one")), lambda: Index("one", "a")),
        table(column("a", Integer, key(name="one")), lambda: Index("one", "a", "id")),
    ),
    "parent and child go": (child(Integer), nothing),
}


@pytest.fixture
def connect(new_database: Callable[[], str]) -> Iterator[Callable[[], sa.Connection]]:
    engines: list[sa.Engine] = []
    connections: list[sa.Connection] = []

    def connect() -> sa.Connection:
        engines.append(sa.create_engine(new_database(), isolation_level="AUTOCOMMIT"))
        connections.append(engines[-1].connect())
        return connections[-1]

    yield connect
    for connection in connections:
        connection.close()
    for engine in engines:
        engine.dispose()


def models(build: Build) -> sa.MetaData:
    metadata = sa.MetaData()
    build(metadata)
    return metadata


def run(connection: sa.Connection, operations: Sequence[Operation], sent: list[str]) -> None:
    dialect = MySQL(connection.dialect)
    live = LiveSchema(
        read=lambda name: dialect.read(connection, [name]).schema.table(name),
        read_all=lambda: dialect.read(connection).schema,
    )
    for statement in dialect.compile(operations, live):
        sent.append(str(statement.sql))
        connection.exec_driver_sql(str(statement.sql), execution_options={"no_parameters": True})


def differences(connection: sa.Connection, metadata: sa.MetaData) -> tuple[Operation, ...]:
    dialect = MySQL(connection.dialect)
    declared = [dialect.normal(table) for table in lift_metadata([metadata], dialect.sa).tables]
    canonical = dialect.canonical(connection, declared)
    assert canonical.doubts == ()
    pairs = match(dialect.read(connection).schema, canonical.schema, traits=dialect)
    return diff(spelled_alike(pairs, dialect), traits=dialect)


def seen(connection: sa.Connection) -> dict[str, object]:
    """The catalogue whatever the order of columns; what the server named itself goes by what it is."""
    read = MySQL(connection.dialect).read(connection).schema
    return {
        table.name: (
            frozenset(table.columns),
            frozenset(replace(c, name=None) if generated(str(c.name), table.name) else c for c in table.constraints),
            # With two keys on a column, the order of their making decides after which the index is called.
            frozenset(index.columns if index.implicit else index for index in table.indexes),
            table.comment,
            table.options,
        )
        for table in read.tables
    }


def generated(name: str, table: str) -> bool:
    return name.startswith((f"{table}_ibfk_", f"{table}_chk_", "CONSTRAINT_"))


def fill(connection: sa.Connection, metadata: sa.MetaData, after: sa.MetaData) -> None:
    """A row that survives the change."""
    keys = {column.name for each in (metadata, after) if "t" in each.tables for column in each.tables["t"].primary_key}
    if "t" in metadata.tables:
        row: dict[str, Any] = {}
        for column in metadata.tables["t"].c:
            if column.name in keys or (isinstance(column.type, String) and not column.foreign_keys):
                row[column.name] = value(column)
        if row:
            connection.execute(metadata.tables["t"].insert().values(row))


def value(column: Any) -> object:
    if isinstance(column.type, sa.Enum):
        return column.type.enums[0]
    return "7" if isinstance(column.type, String) else 7


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("way", ["there", "back"])
def test_a_change_there_and_back(connect: Callable[[], sa.Connection], case: str, way: str) -> None:
    build, change = CASES[case] if way == "there" else CASES[case][::-1]
    before, after = models(build), models(change)
    connection, target = connect(), connect()
    before.create_all(connection)
    after.create_all(target)
    fill(connection, before, after)
    start = seen(connection)
    assert differences(connection, before) == ()
    operations = differences(connection, after)
    assert operations
    sent: list[str] = []
    try:
        run(connection, operations, sent)
        assert seen(connection) == seen(target)
        assert differences(connection, after) == ()
        sent.append("-- back")
        run(connection, [operation.inverse() for operation in reversed(operations)], sent)
        assert seen(connection) == start
        assert differences(connection, before) == ()
    except Exception as error:
        error.add_note("\n".join(sent))
        raise


def test_a_key_moves_to_a_column_that_counts_in_one_statement(connect: Callable[[], sa.Connection]) -> None:
    before, after = models(coded), models(counted)
    connection = connect()
    before.create_all(connection)
    connection.execute(before.tables["t"].insert(), [{"code": "a"}, {"code": "b"}])
    sent: list[str] = []
    run(connection, differences(connection, after), sent)
    assert [tuple(row) for row in connection.execute(after.tables["t"].select())] == [(1, "a"), (2, "b")]
    assert len(sent) == 1


def test_an_index_that_went_with_its_key_may_be_dropped_as_well(connect: Callable[[], sa.Connection]) -> None:
    connection = connect()
    models(table(column("a", Integer, key(name="one")))).create_all(connection)
    name = TableName("t")
    run(connection, [DropConstraint(table=name, name="one", kind=Key), DropIndex(table=name, name="one")], [])
    assert differences(connection, models(table(column("a", Integer)))) == ()


def test_a_character_set_takes_the_place_of_a_collation(connect: Callable[[], sa.Connection]) -> None:
    connection = connect()
    models(table(column("a", String(20)), collate="latin1_bin")).create_all(connection)
    given = (("options", (("mysql_charset", "utf8mb4"),)),)
    run(connection, [AlterTable(table=TableName("t"), set=given, partial=True)], [])
    assert differences(connection, models(table(column("a", String(20)), charset="utf8mb4"))) == ()
