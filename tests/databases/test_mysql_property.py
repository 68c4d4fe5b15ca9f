"""Random tables, random operations: what was compiled does what the operations say, and its inverse takes it back.

The laws, on a real server and with rows in the tables:

- after each run the catalogue is what the operations make of what was there before (leaving aside the indexes that
  InnoDB keeps for its foreign keys), and it is exactly what `LiveSchema` says it is, these indexes included;
- the inverses, in reverse order, lead back to the catalogue of the beginning;
- rows keep every value of a column that no operation touched.
"""

from __future__ import annotations

import os
import random
import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
import sqlalchemy as sa

from schemashift.dialects.live import LiveSchema
from schemashift.dialects.mysql import MySQL
from schemashift.dialects.mysql.types import normal_type
from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterTable,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    Operation,
    RenameColumn,
    RenameIndex,
    RenameTable,
)
from schemashift.schema import (
    Check,
    Column,
    Computed,
    Default,
    ForeignKey,
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

pytestmark = pytest.mark.databases("mariadb", "mysql")

SEEDS = range(int(os.environ.get("SCHEMASHIFT_MYSQL_SEEDS", "60")))
FIRST = int(os.environ.get("SCHEMASHIFT_MYSQL_FIRST", "0"))

# By family: types that turn into each other without loss for the values below, and defaults for them.
FAMILIES: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "int": (("int", "bigint", "int unsigned", "mediumint"), ("0", "7")),
    "text": (("varchar(40)", "varchar(80)", "text"), ("'it''s 100%'", "''", "'a\\\\b'")),
    "decimal": (("decimal(10,2)", "decimal(12,2)"), ("1.50",)),
    "moment": (("datetime", "datetime(6)", "timestamp"), ("CURRENT_TIMESTAMP", "'2020-01-02 03:04:05'")),
    "flag": (("tinyint(1)", "smallint"), ("1", "0")),
    "choice": (("enum('a','b','c''d')", "enum('a','b','c''d','e')"), ("'a'",)),
    "json": (("json",), ()),
}
COMMENTS = (None, "x", 'it\'s 100% \\ "q"\nünï')


class Generator:
    """Makes tables and operations that the server will accept."""

    def __init__(self, seed: int, dialect: MySQL) -> None:
        self.random = random.Random(seed)
        self.dialect = dialect
        self.number = 0
        self.filled: set[tuple[str, str]] = set()

    def name(self, prefix: str) -> str:
        self.number += 1
        return f"{prefix}{self.number}"

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def type(self, family: str) -> str:
        return self.random.choice(FAMILIES[family][0])

    def default(self, family: str, sql: str) -> Default | None:
        choices = FAMILIES[family][1]
        if not choices or sql == "text" or self.chance(0.5):
            return None
        chosen = self.random.choice(choices)
        if chosen == "CURRENT_TIMESTAMP":
            chosen += sql[8:] if sql.startswith("datetime(") else ""
            chosen += f" ON UPDATE {chosen}" if self.chance(0.3) else ""
        if sql == "datetime(6)" and chosen.startswith("'"):
            chosen = chosen[:-1] + ".000000'"
        return Default(sql=chosen)

    def column(self) -> Column:
        family = self.random.choice(list(FAMILIES))
        sql = self.type(family)
        collation = "utf8mb4_bin" if sql.startswith("varchar") and self.chance(0.3) else None
        type_ = normal_type(Type(sql=sql, collation=collation), self.dialect.ddl.flavour)
        default = self.default(family, sql)
        # A new column that is NOT NULL takes 0 and '' in the rows there are, which a date cannot be.
        nullable = self.chance(0.6) or default is None
        comment = self.random.choice(COMMENTS)
        return Column(name=self.name("c"), type=type_, nullable=nullable, default=default, comment=comment)

    def table(self, others: list[Table]) -> Table:
        name = self.name("t")
        columns = [Column(name="id", type=Type(sql="int"), nullable=False, autoincrement=self.chance(0.7))]
        columns += [self.column() for _ in range(self.random.randint(1, 5))]
        constraints: list[object] = [PrimaryKey(columns=("id",))]
        for other in others:
            if self.chance(0.7):
                column = Column(name=self.name("fk"), type=Type(sql="int"))
                columns.append(column)
                constraints.append(self.foreign_key(column.name, other.table_name))
        table = Table(
            name=name,
            columns=tuple(columns),
            constraints=tuple(constraints),
            comment=self.random.choice(COMMENTS),
            options=options([("mysql_row_format", self.random.choice([None, "DYNAMIC"]))]),
        )
        if self.chance(0.5):
            table = replace(table, indexes=(self.index(table),))
        return self.dialect.normal(table)

    def foreign_key(self, column: str, target: TableName) -> ForeignKey:
        return ForeignKey(
            columns=(column,),
            target=target,
            target_columns=("id",),
            name=self.name("fk_") if self.chance(0.6) else None,
            on_delete=self.random.choice([None, "CASCADE", "SET NULL"]),
        )

    def index(self, table: Table) -> Index:
        columns = self.random.sample(table.columns, min(len(table.columns), self.random.randint(1, 2)))
        parts = tuple(self.part(column) for column in columns if column.type.sql != "json")
        parts = parts or (IndexPart(column="id"),)
        return Index(name=self.name("ix"), parts=parts)

    def part(self, column: Column) -> IndexPart:
        length = (
            10 if column.type.sql == "text" or (column.type.sql.startswith("varchar") and self.chance(0.2)) else None
        )
        return IndexPart(column=column.name, length=length, descending=self.chance(0.2))

    # Operations

    def operations(self, schema: Schema) -> Iterator[tuple[Operation, ...]]:
        """Endless: one group of operations at a time, each for the schema that the last one left (sent in)."""
        while True:
            table = self.random.choice(schema.tables)
            made = self.random.choice(self.KINDS)(self, schema, table)
            if made:
                schema = yield made

    def free_columns(self, schema: Schema, table: Table) -> list[Column]:
        """The columns that nothing stands on."""
        used = {name for c in table.constraints for name in c.columns}
        used |= {name for i in table.indexes if not i.implicit for name in i.columns}
        used |= {name for _, key in schema.references_to(table.table_name) for name in key.target_columns}
        used |= {n for key in table.foreign_keys if key.target == table.table_name for n in key.target_columns}
        texts = " ".join(column.computed.sql for column in table.columns if column.computed)
        texts += " ".join(c.sql for c in table.constraints if isinstance(c, Check))
        return [c for c in table.columns if c.name not in used and f"`{c.name}`" not in texts]

    def add_column(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        return (AddColumn(table=table.table_name, column=self.column()),)

    def drop_column(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        free = self.free_columns(schema, table)
        if not free or len(table.columns) < 3:
            return ()
        return (DropColumn(table=table.table_name, name=self.random.choice(free).name),)

    def alter_column(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        free = [column for column in self.free_columns(schema, table) if column.name.startswith("c")]
        if not free:
            return ()
        column = self.random.choice(free)
        family = next(f for f, (types, _) in FAMILIES.items() if column.type.sql in types)
        sql = self.type(family)
        changes = {
            "type": replace(
                column.type, sql=sql, payload=None, collation=None if sql == "text" else column.type.collation
            ),
            "comment": self.random.choice(COMMENTS),
        }
        if sql != column.type.sql or self.chance(0.5):
            changes["default"] = self.default(family, sql)
        return (AlterColumn.between(table.table_name, column, replace(column, **changes)),)

    def comment_key(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        """A column under keys may have another comment or default."""
        column = self.random.choice(table.columns)
        return (
            AlterColumn(table=table.table_name, name=column.name, set=(("comment", self.random.choice(COMMENTS)),)),
        )

    def rename_column(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        old = self.random.choice(table.columns).name
        return (RenameColumn(table=table.table_name, old=old, new=self.name(old.rstrip("0123456789"))),)

    def add_unique(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        free = [c for c in table.columns if (table.name, c.name) in self.filled and c.type.sql not in ("json", "text")]
        if not free:
            return ()
        columns = tuple(c.name for c in self.random.sample(free, min(len(free), self.random.randint(1, 2))))
        name = self.name("uq") if self.chance(0.7) else None
        return (AddConstraint(table=table.table_name, constraint=Unique(columns=columns, name=name)),)

    def add_check(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        column = next((c for c in table.columns if c.name.startswith("c") and c.type.sql in ("int", "bigint")), None)
        if column is None:
            return ()
        check = Check(
            sql=f"`{column.name}` < 1000000", columns=(column.name,), name=self.name("ck") if self.chance(0.7) else None
        )
        return (AddConstraint(table=table.table_name, constraint=check),)

    def add_generated(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        base = next((c for c in table.columns if c.name.startswith("c") and c.type.sql in ("int", "bigint")), None)
        if base is None:
            return ()
        computed = Computed(sql=f"`{base.name}` + 1", stored=self.chance(0.5))
        column = Column(name=self.name("g"), type=Type(sql="bigint"), computed=computed, comment="x")
        return (AddColumn(table=table.table_name, column=column),)

    def add_foreign_key(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        targets = [t for t in schema.tables if self.has_plain_id(t)]
        if not targets:
            return ()
        target = self.random.choice(targets)
        column = Column(name=self.name("fk"), type=Type(sql="int"))
        key = self.foreign_key(column.name, target.table_name)
        return (
            AddColumn(table=table.table_name, column=column),
            AddConstraint(table=table.table_name, constraint=key),
        )

    def has_plain_id(self, table: Table) -> bool:
        return table.primary_key == PrimaryKey(columns=("id",)) and table.column("id") is not None

    def drop_constraint(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        droppable = [c for c in table.constraints if not isinstance(c, PrimaryKey) and c.name]
        if not droppable:
            return ()
        constraint = self.random.choice(droppable)
        return (DropConstraint(table=table.table_name, name=str(constraint.name), kind=type(constraint)),)

    def create_index(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        return (CreateIndex(table=table.table_name, index=self.index(table)),)

    def index_foreign_key(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        """An index that a foreign key can stand on, so that the implicit one goes."""
        if not table.foreign_keys:
            return ()
        columns = list(self.random.choice(table.foreign_keys).columns)
        columns += ["id"] if self.chance(0.4) and table.column("id") and "id" not in columns else []
        parts = tuple(IndexPart(column=column) for column in columns)
        return (CreateIndex(table=table.table_name, index=Index(name=self.name("ix"), parts=parts)),)

    def drop_index(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        indexes = [index for index in table.indexes if not index.implicit]
        if not indexes:
            return ()
        return (DropIndex(table=table.table_name, name=self.random.choice(indexes).name),)

    def rename_index(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        names = [index.name for index in table.indexes if not index.implicit]
        if not names:
            return ()
        return (RenameIndex(table=table.table_name, old=self.random.choice(names), new=self.name("ix")),)

    def rename_table(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        return (RenameTable(old=table.table_name, new=self.name("t")),)

    def alter_table(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        changes: tuple[tuple[str, object], ...] = (("comment", self.random.choice(COMMENTS)),)
        if self.chance(0.5):
            row_format = self.random.choice([None, "DYNAMIC", "COMPACT"])
            collate = self.random.choice([None, "utf8mb4_bin", dict(table.options).get("mysql_collate")])
            changed = options([("mysql_row_format", row_format), ("mysql_collate", collate)])
            # A column's own collation that is the new default of the table would no longer be its own.
            if collate and any(column.type.collation == collate for column in table.columns):
                return ()
            changes += (("options", changed),)
        return (AlterTable(table=table.table_name, set=changes),)

    def new_table(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        return (CreateTable(table=self.table([t for t in schema.tables if self.has_plain_id(t)][:1])),)

    def change_primary_key(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        key, id_ = table.primary_key, table.column("id")
        if (
            key is None
            or id_ is None
            or any(k.target == table.table_name for t in schema.tables for k in t.foreign_keys)
        ):
            return ()
        name = table.table_name
        drop = AddConstraint(table=name, constraint=key).inverse()
        if len(key.columns) == 1:
            column = Column(name=self.name("k"), type=Type(sql="int"), nullable=False, default=Default(sql="1"))
            new = PrimaryKey(columns=("id", column.name))
            return (drop, AddColumn(table=name, column=column), AddConstraint(table=name, constraint=new))
        return (drop, AddConstraint(table=name, constraint=PrimaryKey(columns=("id",))))

    def toggle_counting(self, schema: Schema, table: Table) -> tuple[Operation, ...]:
        id_ = table.column("id")
        held = any(key.target == table.table_name for each in schema.tables for key in each.foreign_keys)
        if id_ is None or table.primary_key is None or table.primary_key.columns[0] != "id" or held:
            return ()
        return (AlterColumn(table=table.table_name, name="id", set=(("autoincrement", not id_.autoincrement),)),)

    KINDS = (
        *(
            add_column,
            add_generated,
            drop_column,
            alter_column,
            alter_column,
            comment_key,
            rename_column,
            add_unique,
            add_check,
        ),
        *(add_foreign_key, drop_constraint, drop_constraint, create_index, index_foreign_key, index_foreign_key),
        *(
            drop_index,
            drop_index,
            rename_index,
            rename_table,
            alter_table,
            new_table,
            change_primary_key,
            toggle_counting,
        ),
    )


class Server:
    """A connection, and what runs on it."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        self.dialect = MySQL(connection.dialect)
        self.sent: list[str] = []

    def read(self) -> Schema:
        return self.dialect.read(self.connection).schema

    def live(self) -> LiveSchema:
        return LiveSchema(
            read=lambda name: self.dialect.read(self.connection, [name]).schema.table(name), read_all=self.read
        )

    def run(self, operations: list[Operation], live: LiveSchema) -> None:
        for statement in self.dialect.compile(operations, live):
            self.sent.append(str(statement.sql))
            self.connection.exec_driver_sql(str(statement.sql), execution_options={"no_parameters": True})

    def fill(self, table: Table, filled: set[tuple[str, str]]) -> None:
        """Two rows, different in every column."""
        columns = [
            c for c in table.columns if not c.computed and not any(c.name in key.columns for key in table.foreign_keys)
        ]
        for number in (1, 2):
            row = {column.name: value(column, number) for column in columns}
            rows = sa.table(table.name, *map(sa.column, row))
            self.connection.execute(rows.insert().values(row))
        filled |= {(table.name, c.name) for c in columns if c.type.sql not in ("tinyint(1)", "smallint", "json")}

    def rows(self, table: str, columns: list[str]) -> list[object]:
        chosen = [sa.column(column) for column in columns]
        found = self.connection.execute(sa.select(*chosen).select_from(sa.table(table)).order_by(*chosen))
        return [tuple(row) for row in found]


def value(column: Column, number: int) -> object:
    sql = column.type.sql
    if sql.startswith(("varchar", "text")):
        return f"it's {number} % ü"
    if sql.startswith(("datetime", "timestamp")):
        return f"2021-02-0{number} 03:04:05"
    if sql.startswith("enum"):
        return "ab"[number - 1]
    if sql == "json":
        return f'{{"a": {number}}}'
    return number


def visible(schema: Schema) -> set[object]:
    """What is there, whatever the order of columns; without the indexes that are InnoDB's own affair."""
    found: set[object] = set()
    for table in schema.tables:
        parts = [*table.columns, *table.constraints, *(index for index in table.indexes if not index.implicit)]
        found |= {(table.name, part) for part in [*parts, table.options, table.comment]}
    return found


def exactly(schema: Schema) -> set[object]:
    return visible(schema) | {(table.name, index, index.implicit) for table in schema.tables for index in table.indexes}


@pytest.mark.parametrize("seed", [FIRST + seed for seed in SEEDS])
def test_operations_do_what_they_say_and_their_inverses_take_it_back(database_url: str, seed: int) -> None:
    engine = sa.create_engine(database_url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        server = Server(connection)
        try:
            circle(server, Generator(seed, server.dialect))
        except Exception as error:
            error.add_note("\n".join(server.sent))
            raise
    engine.dispose()


def circle(server: Server, generator: Generator) -> None:
    tables: list[Table] = []
    for _ in range(generator.random.randint(1, 3)):
        tables.append(generator.table(tables))
    live = server.live()
    server.run([CreateTable(table=table) for table in tables], live)
    for table in tables:
        server.fill(table, generator.filled)
    start = server.read()
    assert exactly(live.schema) == exactly(start)
    before = {table.name: server.rows(table.name, [c.name for c in table.columns]) for table in start.tables}

    expected, done, inverses = start, [], []
    source = generator.operations(start)
    group = next(source)
    for _ in range(generator.random.randint(1, 8)):
        for operation in group:
            named = with_name(server.dialect, operation, expected)
            whole = named.complete(expected)
            expected = renumbered(whole, whole.apply(expected))
            done.append(named)
            inverses.append(whole.inverse())
        group = source.send(expected)
    live = server.live()
    server.run(done, live)
    read = server.read()
    assert visible(read) == visible(expected)
    assert exactly(live.schema) == exactly(read)
    check_rows(server, start, read, before, done)

    server.sent.append("-- back")
    live = server.live()
    server.run(list(reversed(inverses)), live)
    back = server.read()
    assert exactly(live.schema) == exactly(back)
    assert exactly(back) == exactly(start)


def with_name(dialect: MySQL, operation: Operation, schema: Schema) -> Operation:
    """As the diff does it: a constraint without a name gets the one that the server would give it."""
    if isinstance(operation, CreateTable):
        table = replace(operation.table, constraints=())
        for constraint in operation.table.constraints:
            name = constraint.name or dialect.default_name(table, constraint)
            table = replace(table, constraints=(*table.constraints, replace(constraint, name=name)))
        return CreateTable(table=table)
    if not isinstance(operation, AddConstraint) or operation.constraint.name is not None:
        return operation
    table = schema.table(operation.table)
    assert table is not None
    name = dialect.default_name(table, operation.constraint)
    return replace(operation, constraint=replace(operation.constraint, name=name))


def texts_follow(table: Table | None, old: str, new: str) -> Table:
    assert table is not None
    columns = tuple(
        replace(c, computed=replace(c.computed, sql=c.computed.sql.replace(f"`{old}`", f"`{new}`")))
        if c.computed
        else c
        for c in table.columns
    )
    constraints = tuple(
        replace(c, sql=c.sql.replace(f"`{old}`", f"`{new}`")) if isinstance(c, Check) else c for c in table.constraints
    )
    return replace(table, columns=columns, constraints=constraints)


def renumbered(operation: Operation, schema: Schema) -> Schema:
    """A table that is renamed takes the numbered names of its constraints along, a column its place in texts."""
    if isinstance(operation, RenameColumn):
        return schema.put(texts_follow(schema.table(operation.table), operation.old, operation.new))
    if not isinstance(operation, RenameTable):
        return schema
    table = schema.table(operation.renamed)
    assert table is not None
    pattern = re.compile(rf"{operation.old.name}_(ibfk|chk)_(\d+)")
    constraints = tuple(
        replace(c, name=pattern.sub(rf"{operation.new}_\1_\2", c.name)) if c.name else c for c in table.constraints
    )
    return schema.put(replace(table, constraints=constraints))


def check_rows(
    server: Server, start: Schema, after: Schema, before: dict[str, list[object]], done: list[Operation]
) -> None:
    if any(isinstance(operation, RenameTable) for operation in done):
        return
    for table in start.tables:
        now = after.table(table.table_name)
        assert now is not None
        kept = [column.name for column in table.columns if now.column(column.name) == column]
        if not kept:
            continue
        places = [place for place, column in enumerate(table.columns) if column.name in kept]
        rows = sorted(tuple(row[place] for place in places) for row in before[table.name])  # type: ignore[index]
        assert sorted(server.rows(table.name, kept)) == rows
