"""Random hand-made tables with everything on them, random operations: nothing is lost, and it comes back."""

from __future__ import annotations

import os
import tempfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from schemashift.dialects.sqlite.renaming import renamed_in_texts
from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterTable,
    CreateIndex,
    DropColumn,
    DropConstraint,
    DropIndex,
    Operation,
    RenameColumn,
    RenameTable,
)
from schemashift.schema import (
    SQL,
    Check,
    Column,
    Computed,
    Constraint,
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
    mentioned,
    options,
)
from tests.support.servers import scratch_directory
from tests.unit.dialects.sqlite.support import Database, knowing, running, send

EXAMPLES = int(os.environ.get("SQLITE_FUZZ", "5000"))

T = TableName("t")
NAMES = ["a", "B", "c d", "order", "é", 'q"x', "key", "e1", "desc"]
TYPES = ["INTEGER", "TEXT", "VARCHAR(50)", "NUMERIC(10, 2)", "DATETIME", "", "BLOB", "double  precision", "INT"]
STRICT_TYPES = ["INTEGER", "TEXT", "ANY", "INT", "REAL"]
DEFAULTS = ["5", "-1.5", "'it''s'", "NULL", "(1 + 2)", "CURRENT_TIMESTAMP", "TRUE", "X'00ff'", '"word"', "(lower('X'))"]
CONFLICTS = ["", "", " ON CONFLICT IGNORE", " ON CONFLICT replace", " ON CONFLICT ABORT"]
ACTIONS = [
    "",
    " ON DELETE CASCADE",
    " ON DELETE SET NULL ON UPDATE NO ACTION",
    " MATCH FULL",
    " DEFERRABLE INITIALLY DEFERRED",
]
COLLATIONS = ["", "", " COLLATE nocase", ' COLLATE "RTRIM"', " COLLATE BINARY"]


def quoted(draw: Any, name: str) -> str:
    """A name in any of the quotes that SQLite takes."""
    double = '"' + name.replace('"', '""') + '"'
    choices = [double, f"`{name}`", f"[{name}]"]
    return str(
        draw(
            st.sampled_from(
                [*choices, name]
                if name.isascii()
                and name.islower()
                and name not in ("order", "desc", "c d", "key")
                and " " not in name
                and '"' not in name
                else choices
            )
        )
    )


def gap(draw: Any) -> str:
    """What may stand between two clauses."""
    return str(draw(st.sampled_from([" ", " ", " ", "\n\t", " /* why, not ) */ ", " -- it's, so\n"])))


class Made:
    """A hand-made table: its statement, and which columns take which values."""

    def __init__(self, draw: Any) -> None:
        self.draw = draw
        self.strict = draw(st.booleans()) and draw(st.booleans())
        self.names = draw(st.lists(st.sampled_from(NAMES), min_size=2, max_size=5, unique=True))
        self.key = draw(st.sampled_from(["rowid", "autoincrement", "text", "pair", "none", "without rowid"]))
        self.values: dict[str, Any] = {}
        items = [*self.keys(), *(self.column(name) for name in self.names), *self.constraints()]
        tail = [
            word for word, here in [("WITHOUT ROWID", self.key == "without rowid"), ("STRICT", self.strict)] if here
        ]
        body = "".join(f"{',' if place else ''}{gap(draw)}{item}" for place, item in enumerate(items))
        self.sql = f"CREATE TABLE t ({body}{gap(draw)}) {', '.join(tail)}"

    def keys(self) -> list[str]:
        draw = self.draw
        match self.key:
            case "rowid":
                return [f"id INTEGER{gap(draw)}{draw(st.sampled_from(['', 'NOT NULL ']))}PRIMARY KEY"]
            case "autoincrement":
                return [f"id INTEGER CONSTRAINT pk PRIMARY KEY{gap(draw)}AUTOINCREMENT"]
            case "text" | "without rowid":
                return [f"id TEXT{gap(draw)}{draw(st.sampled_from(['', 'NOT NULL ']))}PRIMARY KEY ON CONFLICT FAIL"]
            case "pair":
                return ["id INTEGER", "id2 TEXT"]
        return ["id INT"]

    def column(self, name: str) -> str:
        draw = self.draw
        text = quoted(draw, name)
        kind = draw(st.sampled_from(["plain", "plain", "plain", "generated", "reference"]))
        type_ = draw(st.sampled_from(STRICT_TYPES if self.strict else TYPES))
        text += f" {type_}"
        if kind == "reference":
            self.values[name] = "reference"
            named = draw(st.sampled_from(["", f"CONSTRAINT fk_{len(self.values)} "]))
            target = draw(st.sampled_from(["p", "p(id)", '"p" ([id])']))
            text = f"{quoted(draw, name)} INTEGER{gap(draw)}{named}REFERENCES {target}{draw(st.sampled_from(ACTIONS))}"
        elif kind == "generated":
            if self.strict:
                text = f"{quoted(draw, name)} ANY"
            expression = draw(st.sampled_from(["id", "id || 'x, )'", "( id )", "coalesce(ID, 1)"]))
            storage = draw(st.sampled_from(["", " STORED", " VIRTUAL"]))
            text += f"{draw(st.sampled_from([' GENERATED ALWAYS', '']))}{gap(draw)}AS ({expression}){storage}"
        else:
            self.values[name] = type_
            text += draw(st.sampled_from(COLLATIONS))
            if not self.strict and draw(st.booleans()):
                text += f"{gap(draw)}DEFAULT {draw(st.sampled_from(DEFAULTS))}"
        if draw(st.booleans()):
            text += f"{gap(draw)}NOT NULL{draw(st.sampled_from(CONFLICTS)) if kind != 'generated' else ''}"
        if kind == "plain" and draw(st.booleans()):
            text += f"{gap(draw)}UNIQUE{draw(st.sampled_from(CONFLICTS))}"
        if draw(st.booleans()):
            named = draw(st.sampled_from(["", f"CONSTRAINT ck_{len(name)} "]))
            text += f"{gap(draw)}{named}CHECK ({quoted(draw, name)} IS NOT 'zz')"
        return text

    def constraints(self) -> list[str]:
        draw, found = self.draw, []
        if self.key == "pair":
            found.append(f"{draw(st.sampled_from(['', 'CONSTRAINT pk ']))}PRIMARY KEY (id DESC, id2)")
        one, two = self.names[:2]
        if draw(st.booleans()):
            found.append(f"CHECK (t.{quoted(draw, one)} IS NOT 'a' OR {quoted(draw, two)} <> 1)")
        if draw(st.booleans()):
            found.append(
                f'CONSTRAINT "u 1" UNIQUE ({quoted(draw, one)} COLLATE NOCASE, id){draw(st.sampled_from(CONFLICTS))}'
            )
        if one in self.values and self.values[one] == "reference":
            found.append(f"FOREIGN KEY ({quoted(draw, one)}) REFERENCES p (id)")
        return found

    def rows(self, number: int) -> list[tuple[str, tuple[Any, ...]]]:
        """INSERT statements."""
        ids = ["id", *(["id2"] if self.key == "pair" else [])]
        columns = [*ids, *self.values]
        names = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
        marks = ", ".join("?" * len(columns))
        rows = []
        for row in range(1, number + 1):
            key: Any = f"k{row}" if self.key in ("text", "without rowid") else row
            values = [key, *([str(row)] if self.key == "pair" else [])]
            values += [self.value(kind, row) for kind in self.values.values()]
            rows.append((f"INSERT INTO t ({names}) VALUES ({marks})", tuple(values)))
        return rows

    def value(self, kind: str, row: int) -> Any:
        if kind == "reference":
            return row
        if kind in ("INTEGER", "INT", "REAL"):
            return row * 10
        return f"v{row}" if not kind.startswith(("NUM", "double")) else row * 1.5


INDEXES = [
    "CREATE INDEX {0} ON t ({1} DESC, id)",
    "CREATE UNIQUE INDEX {0} ON t (lower({1}), id)",
    "CREATE INDEX {0} ON t ({1} COLLATE NOCASE) WHERE {1} IS NOT NULL AND id <> 5",
    "CREATE INDEX {0} ON t (id)   -- plain",
]


def build(database: Database, draw: Any) -> Made:
    made = Made(draw)
    statements = [
        "CREATE TABLE p (id INTEGER PRIMARY KEY)",
        *(f"INSERT INTO p VALUES ({n})" for n in range(1, 5)),
        made.sql,
    ]
    for number, name in enumerate(made.names):
        if draw(st.booleans()):
            statements.append(draw(st.sampled_from(INDEXES)).format(f"i{number}", quoted(draw, name)))
    statements.append("CREATE TABLE child (t REFERENCES t (id) ON DELETE CASCADE ON UPDATE CASCADE)")
    if draw(st.booleans()):
        statements.append("CREATE VIEW v AS SELECT id FROM t WHERE id <> 77")
        statements.append("CREATE VIEW vv AS SELECT * FROM v")
    if draw(st.booleans()):
        statements.append("CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT new.id; END")
        statements.append("CREATE TRIGGER gg AFTER DELETE ON child BEGIN DELETE FROM t WHERE id = 77; END")
    database.sql(*statements)
    with database.engine.begin() as connection:
        for sql, values in made.rows(draw(st.integers(0, 3))):
            connection.exec_driver_sql(sql, values)
        if made.key not in ("none", "pair"):
            connection.exec_driver_sql("INSERT INTO child SELECT id FROM t")
    return made


# Operations on what is there ------------------------------------------------------------------------------------------


def operation(draw: Any, database: Database, table: Table) -> Operation:
    """A random operation that makes sense for *table*."""
    name = table.table_name
    free = [n for n in [*NAMES, "n1", "n2"] if not any(c.name.lower() == n.lower() for c in table.columns)]
    columns = [c for c in table.columns if not c.name.startswith("id")]
    plain = [c for c in columns if c.computed is None]
    kinds = ["add", "index", "check", "rename table"]
    kinds += ["drop", "alter", "alter", "rename", "unique", "foreign key"] if plain else []
    kinds += ["drop constraint"] if table.constraints else []
    kinds += ["drop index"] if table.indexes else []
    kinds += ["options"] if table.primary_key else []
    kind = draw(st.sampled_from(kinds))
    some = draw(st.sampled_from(plain)) if plain else None
    match kind:
        case "add":
            return AddColumn(table=name, column=new_column(draw, table, draw(st.sampled_from(free))))
        case "drop":
            return DropColumn(table=name, name=draw(st.sampled_from(columns)).name)
        case "alter":
            changed = alteration(draw, table, draw(st.sampled_from(columns)))
            after = follow(database, Schema([table]), changed).table(name)
            assert after is not None
            before, now = table.column(changed.name), after.column(changed.name)
            assert before
            assert now
            return AlterColumn.between(name, before, now)
        case "rename":
            return RenameColumn(
                table=name, old=draw(st.sampled_from(table.columns)).name, new=draw(st.sampled_from(free))
            )
        case "rename table":
            return RenameTable(old=name, new="t2" if name.name == "t" else "t")
        case "index":
            part = IndexPart(column=some.name, descending=True) if some else IndexPart(expression="id || 'x'")
            where = [("sqlite_where", SQL("id > 3"))] if table.column("id") else []
            index = Index(
                name=f"n{len(table.indexes)}_{draw(st.integers(0, 99))}", parts=(part,), options=options(where)
            )
            if part.expression and not where:
                return AddColumn(table=name, column=new_column(draw, table, free[0]))
            return CreateIndex(table=name, index=index)
        case "drop index":
            return DropIndex(table=name, name=draw(st.sampled_from(table.indexes)).name)
        case "unique":
            return AddConstraint(
                table=name, constraint=Unique(columns=(some.name,), name=draw(st.sampled_from([None, "uq"])))
            )
        case "check":
            column = database.dialect.ddl.quote(draw(st.sampled_from(table.columns)).name)
            text = draw(st.sampled_from([f"{column} is not 'q'", f"length({column}) < 1000 or {column} is null"]))
            return AddConstraint(table=name, constraint=Check(sql=text, name=draw(st.sampled_from([None, "ck x"]))))
        case "foreign key":
            key = ForeignKey(columns=(some.name,), target=name, target_columns=(some.name,), on_delete="CASCADE")
            return AddConstraint(table=name, constraint=key)
        case "drop constraint":
            found = draw(st.sampled_from(table.constraints))
            label = found.name or database.dialect.default_name(table, found)
            return DropConstraint(table=name, name=label, kind=type(found), constraint=found)
    value = options(
        [("sqlite_strict", draw(st.booleans()) or None), ("sqlite_with_rowid", draw(st.sampled_from([None, False])))]
    )
    keep = tuple(pair for pair in table.options if pair[0] == "sqlite_autoincrement")
    if any(c.type.sql not in (["ANY"] if c.computed else STRICT_TYPES) for c in table.columns) or keep:
        value = tuple(pair for pair in value if pair[0] != "sqlite_strict" and not keep)
    return AlterTable(table=name, set=(("options", tuple(sorted(value + keep, key=lambda pair: pair[0]))),))


def cleared(database: Database, table: Table, op: Operation) -> list[Operation]:
    """What stands on a column is dropped before it by name, as the diff does, so that it can come back."""
    if not isinstance(op, DropColumn):
        return []
    name = table.table_name
    found: list[Operation] = [DropIndex(table=name, name=i.name) for i in table.indexes if op.name in i.columns]
    for constraint in table.constraints:
        if op.name in constraint.columns:
            label = constraint.name or database.dialect.default_name(table, constraint) or ""
            found.append(DropConstraint(table=name, name=label, kind=type(constraint), constraint=constraint))
    return found


def new_column(draw: Any, table: Table, name: str) -> Column:
    types = STRICT_TYPES if ("sqlite_strict", True) in table.options else TYPES
    type_ = Type(sql=draw(st.sampled_from(types)), collation=draw(st.sampled_from([None, "NOCASE"])))
    if draw(st.booleans()) and table.column("id"):
        type_ = Type(sql="ANY") if ("sqlite_strict", True) in table.options else type_
        return Column(name=name, type=type_, computed=Computed(sql="id||'y'", stored=draw(st.booleans())))
    default = draw(st.sampled_from([None, "5", "'x'", "(1+1)", "CURRENT_TIMESTAMP"])) if types is TYPES else None
    return Column(
        name=name,
        type=type_,
        default=Default(sql=default) if default else None,
        nullable=default is None or draw(st.booleans()),
    )


def alteration(draw: Any, table: Table, column: Column) -> AlterColumn:
    types = STRICT_TYPES if ("sqlite_strict", True) in table.options else TYPES
    if types is STRICT_TYPES and column.computed is not None:
        # SQLite does not hold a virtual column to the type that STRICT demands.
        types = ["ANY"]
    changes: dict[str, Any] = {}
    if draw(st.booleans()) or column.computed is not None:
        changes["type"] = Type(sql=draw(st.sampled_from(types)), collation=draw(st.sampled_from([None, "nocase"])))
    if draw(st.booleans()) and column.computed is None:
        changes["nullable"] = draw(st.booleans())
    if (draw(st.booleans()) or not changes) and column.computed is None:
        changes["default"] = draw(st.sampled_from([None, Default(sql="7"), Default(sql="(2 * 3)")]))
    if column.computed is not None and draw(st.booleans()):
        changes["computed"] = draw(st.sampled_from([None, Computed(sql="1+1", stored=True)]))
    return AlterColumn(table=table.table_name, name=column.name, set=tuple(changes.items()))


def follow(database: Database, schema: Schema, op: Operation) -> Schema:
    """What the schema is after an operation."""
    if isinstance(op, DropConstraint):
        table = schema.table(op.table)
        assert table is not None
        assert op.constraint is not None
        (gone,) = database.dialect.normal(replace(table, constraints=(op.constraint,))).constraints
        assert gone in table.constraints, (gone, table)
        done = schema.put(replace(table, constraints=tuple(c for c in table.constraints if c != gone)))
    elif isinstance(op, RenameColumn):
        table = schema.table(op.table)
        assert table is not None
        normal = database.dialect.normal(table)
        done = op.apply(schema.put(renamed_in_texts(normal, op.old, op.new, database.dialect.ddl.quote)))
    else:
        done = op.apply(schema)
    return Schema(database.dialect.normal(table) for table in done.tables)


def rows_of(database: Database, table: Table, columns: list[str]) -> list[Any]:
    """Rows in the order in which they are stored, with the rowid where there is one."""
    rowid = "" if ("sqlite_with_rowid", False) in table.options else "rowid, "
    names = ", ".join('"' + name.replace('"', '""') + '"' for name in columns)
    if not names:
        return []
    return sorted(database.sql(f'SELECT {rowid}{names} FROM "{table.name}"'), key=repr)


def unordered(schema: Schema) -> Schema:
    """Columns that were dropped come back at the end."""
    return Schema(replace(t, columns=tuple(sorted(t.columns, key=lambda c: c.name))) for t in schema.tables)


def attempt(database: Database, operations: list[Operation], expected: Schema) -> bool:
    """Run; what arrives is what was expected. False where the rows or a view do not allow it."""
    try:
        with running(database) as connection:
            known = knowing(database.dialect, connection)
            list(send(database, connection, operations, known))
            assert {table.key: known.table(table.table_name) for table in expected.tables} == dict(expected)
    except sa.exc.IntegrityError:
        return False
    except sa.exc.OperationalError as error:
        refusals = ("no such column", "cannot store", "must have at least one", "PRIMARY KEY missing", "circular")
        if any(
            words in str(error)
            for words in (
                *refusals,
                "foreign key mismatch",
                "error in table t after rename",
                "error in table t2 after rename",
                "no such table: main.t",
            )
        ):
            return False
        raise
    assert database.read() == expected
    return True


def told(draw: Any) -> None:
    with tempfile.TemporaryDirectory(dir=scratch_directory()) as place:
        story(draw, Database(Path(place) / "app.db"))


HOW: dict[str, Any] = {"deadline": None, "suppress_health_check": list(HealthCheck)}


@settings(max_examples=100, **HOW)
@given(st.data())
def test_nothing_is_lost_and_it_comes_back(data: st.DataObject) -> None:
    told(data.draw)


@pytest.mark.fuzz
@settings(max_examples=EXAMPLES, **HOW)
@given(st.data())
def test_nothing_is_lost_and_it_comes_back_for_long(data: st.DataObject) -> None:
    told(data.draw)


def story(draw: Any, database: Database) -> None:
    build(database, draw)
    start = database.read()
    operations: list[Operation] = []
    expected, name = start, T
    for _ in range(draw(st.integers(1, 4))):
        table = expected.table(name)
        assert table is not None
        op = operation(draw, database, table)
        if not allowed(op, table):
            continue
        if isinstance(op, AddConstraint) and follow(database, expected, op) == expected:
            # The very same is there.
            continue
        for step in [*cleared(database, table, op), op]:
            completed = step.complete(expected)
            operations.append(completed)
            expected = follow(database, expected, completed)
        name = (
            TableName("t2")
            if isinstance(op, RenameTable) and op.new == "t2"
            else TableName("t")
            if isinstance(op, RenameTable)
            else name
        )
    before, after = start.table(T), expected.table(name)
    assert before
    assert after
    texts, child = database.catalogue(), database.sql("SELECT * FROM child")
    touched = {op.name for op in operations if isinstance(op, AlterColumn)}
    moved = {op.old for op in operations if isinstance(op, RenameColumn)} | {
        op.new for op in operations if isinstance(op, RenameColumn)
    }
    fresh = {op.column.name for op in operations if isinstance(op, AddColumn)}
    kept = [c.name for c in before.columns if after.column(c.name) and c.name not in touched | moved | fresh]
    sound = database.sql("PRAGMA integrity_check")
    rows, sequence = rows_of(database, before, kept), sequence_of(database)
    note = f"{database.stored('t')}\n{operations}"
    if not attempt(database, operations, expected):
        # All or nothing.
        assert database.read() == start, note
        assert database.catalogue() == texts
        assert rows_of(database, before, kept) == rows
        return
    if ("sqlite_with_rowid", False) not in before.options + after.options and key_of(before) == key_of(after):
        assert rows_of(database, after, kept) == rows, note
    else:
        bare = [replace(t, options=(("sqlite_with_rowid", False),)) for t in (before, after)]
        assert len(database.sql(f'SELECT 1 FROM "{after.name}"')) == len(rows) or not kept
        assert all(rows_of(database, bare[1], [c]) for c in kept) or not rows
    assert database.sql("SELECT * FROM child") == child, note
    assert database.sql("PRAGMA integrity_check") == sound, note
    if not any(isinstance(op, RenameTable | RenameColumn) for op in operations):
        after_texts = database.catalogue()
        for key, text in texts.items():
            if key in after_texts and after.index(key) == before.index(key):
                assert after_texts[key] == text, note
        assert {k for k in texts if k in ("v", "vv", "g", "gg")} <= set(after_texts)
        if ("sqlite_autoincrement", True) in before.options and ("sqlite_autoincrement", True) in after.options:
            assert sequence_of(database) == sequence
    back, schema = [], expected
    for op in reversed(operations):
        undo = op.inverse()
        back.append(undo)
        schema = follow(database, schema, undo)
    if attempt(database, back, schema):
        assert unordered(database.read()) == unordered(start), note


def key_of(table: Table) -> tuple[str, ...]:
    return table.primary_key.columns if table.primary_key else ()


def sequence_of(database: Database) -> list[Any]:
    if not database.sql("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'"):
        return []
    return database.sql("SELECT * FROM sqlite_sequence")


def allowed(op: Operation, table: Table) -> bool:
    """Leave out what no database takes."""
    if isinstance(op, DropColumn):
        others = [c for c in table.columns if c.name != op.name]
        uses = any(c.computed and mentioned(c.computed.sql, [op.name]) for c in others)
        return not uses and any(c.computed is None for c in others)
    if isinstance(op, AlterColumn) and dict(op.set).get("computed", 0) is not None and table.primary_key:
        return op.name not in table.primary_key.columns
    if isinstance(op, AlterTable):
        key = table.primary_key
        return key is not None
    if isinstance(op, DropConstraint) and op.kind is PrimaryKey:
        return ("sqlite_with_rowid", False) not in table.options and ("sqlite_autoincrement", True) not in table.options
    if isinstance(op, AddConstraint) and op.constraint.name:
        return table.constraint(op.constraint.name) is None
    if isinstance(op, AddConstraint):
        return not any(_same(op.constraint, c) for c in table.constraints)
    return True


def _same(one: Constraint, other: Constraint) -> bool:
    return type(one) is type(other) and one.columns == other.columns
