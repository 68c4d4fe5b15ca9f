"""What a rebuild on SQLite must never lose: every row of the table in the notes on Alembic's batch mode, and more."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import permutations
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemashift.errors import NotSupported
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
    DropTable,
    Execute,
    Incomplete,
    Operation,
    RenameColumn,
    RenameIndex,
    RenameTable,
    default_name,
)
from schemashift.schema import (
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
    options,
)
from tests.unit.dialects.sqlite.support import Database

T = TableName("t")
INTEGER, TEXT = Type(sql="INTEGER"), Type(sql="TEXT")


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "app.db")


def column(name: str, type_: str = "INTEGER", **how: object) -> Column:
    return Column(name=name, type=Type(sql=type_), **how)  # type: ignore[arg-type]


def alter(name: str, table: TableName = T, **what: object) -> AlterColumn:
    return AlterColumn(table=table, name=name, set=tuple(what.items()))


def is_rebuild(statements: list[str]) -> bool:
    return any(re.match("INSERT (OR ABORT )?INTO _schemashift_", statement) for statement in statements)


GONE = "gone INTEGER UNIQUE"
"""A column that SQLite's own DROP COLUMN refuses."""


# The table of losses ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("action", ["CASCADE", "SET NULL", "SET DEFAULT", "NO ACTION", "RESTRICT"])
def test_the_rows_of_child_tables_stay(database: Database, action: str) -> None:
    child = (
        f"CREATE TABLE child (id INTEGER PRIMARY KEY, t INT REFERENCES t (id) ON DELETE {action} ON UPDATE {action})"
    )
    database.sql(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, {GONE})",
        child,
        "INSERT INTO t VALUES (1, 10), (2, 20)",
        "INSERT INTO child VALUES (1, 1), (2, 2)",
    )
    statements = database.run(DropColumn(table=T, name="gone"))
    assert is_rebuild(statements)
    assert database.sql("SELECT * FROM child") == [(1, 1), (2, 2)]
    assert database.sql("SELECT * FROM t") == [(1,), (2,)]
    assert database.stored("child") == child
    with pytest.raises(Exception, match="FOREIGN KEY constraint failed"):
        database.sql("INSERT INTO child VALUES (3, 77)")


def test_triggers_and_views_stay_to_the_letter(database: Database) -> None:
    database.sql(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, {GONE})",
        "CREATE TABLE log (a TEXT)",
        "CREATE TRIGGER  on_t AFTER INSERT ON t /* hm */ BEGIN INSERT INTO log VALUES (new.a); END",
        "CREATE TRIGGER on_log AFTER DELETE ON log BEGIN DELETE FROM t WHERE a = old.a; END",
        "CREATE VIEW v AS SELECT a FROM t",
        "CREATE VIEW vv AS SELECT upper(a) AS b FROM v",
        "CREATE TRIGGER on_v INSTEAD OF INSERT ON v BEGIN INSERT INTO t (a) VALUES (new.a); END",
        "INSERT INTO t VALUES (1, 'x', 5)",
    )
    before = database.catalogue()
    assert is_rebuild(database.run(DropColumn(table=T, name="gone")))
    assert database.catalogue() == before
    assert database.sql("INSERT INTO v VALUES ('y')", "SELECT b FROM vv") == [("X",), ("Y",)]
    assert database.sql("SELECT * FROM log") == [("x",), ("y",)]
    assert database.sql("DELETE FROM log WHERE a = 'x'", "SELECT a FROM t") == [("y",)]


@pytest.mark.parametrize("emptied", [False, True])
def test_autoincrement_goes_on_counting(database: Database, emptied: bool) -> None:
    database.sql(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY AUTOINCREMENT, {GONE})",
        "INSERT INTO t VALUES (7, 1), (41, 2)",
        "DELETE FROM t" if emptied else "DELETE FROM t WHERE id = 41",
    )
    assert is_rebuild(database.run(DropColumn(table=T, name="gone")))
    assert "AUTOINCREMENT" in database.stored("t")
    assert database.sql("SELECT * FROM sqlite_sequence") == [("t", 41)]
    assert database.sql("INSERT INTO t DEFAULT VALUES", "SELECT max(id) FROM t") == [(42,)]


KEPT = [
    "a TEXT COLLATE NOCASE",
    "a TEXT /* why */ COLLATE nocase -- and because",
    "a TEXT | CHECK (a <> 'x')",
    "a TEXT CHECK (a <> 'x')",
    "a TEXT CONSTRAINT named CHECK (a <> 'x')",
    "a TEXT CHECK (t.a <> 'x')",
    "a TEXT UNIQUE ON CONFLICT REPLACE",
    "a TEXT NOT NULL ON CONFLICT IGNORE",
    "a TEXT | UNIQUE (a) ON CONFLICT REPLACE",
    "a TEXT | b AS (a || 'y') STORED",
    "a TEXT | b TEXT GENERATED ALWAYS AS (upper(a)) VIRTUAL NOT NULL",
    "a INT REFERENCES p ON DELETE CASCADE DEFERRABLE INITIALLY DEFERRED",
    "a INT CONSTRAINT fk REFERENCES p (id) ON UPDATE SET NULL",
    "a INT | CONSTRAINT fk FOREIGN KEY (a) REFERENCES p (id) ON DELETE SET NULL",
    "a INT REFERENCES t (id)",
    "a TEXT DEFAULT (lower('ABC'))",
    "a DEFAULT 'no type'",
    "a TEXT | b TEXT | UNIQUE (a COLLATE NOCASE, b DESC)",
    '[a b] TEXT | `c` INT | "d""e" TEXT | \'f\' INT',
    "a VARCHAR(10,2)",
]


@pytest.mark.parametrize("kept", KEPT)
@pytest.mark.parametrize("tail", ["", " WITHOUT ROWID"])
def test_what_stays_keeps_its_text(database: Database, kept: str, tail: str) -> None:
    database.sql("CREATE TABLE p (id INTEGER PRIMARY KEY)", "INSERT INTO p VALUES (1)")
    database.sql(f"CREATE TABLE t (id INTEGER PRIMARY KEY, {GONE}, {kept.replace(' | ', ', ')}\n){tail}")
    before = database.table("t")
    assert is_rebuild(database.run(DropColumn(table=T, name="gone")))
    after = database.table("t")
    assert after.constraints == tuple(c for c in before.constraints if c.columns != ("gone",))
    assert after.columns == tuple(c for c in before.columns if c.name != "gone")
    assert after.options == before.options
    for piece in kept.replace("t.a", "a").split(" | "):
        assert piece in database.stored("t")
    # Once more: there is nothing to do.
    assert database.run() == []


@pytest.mark.parametrize("tail", ["STRICT", "STRICT, WITHOUT ROWID", "WITHOUT ROWID"])
def test_table_options_stay(database: Database, tail: str) -> None:
    database.sql(f"CREATE TABLE t (id INTEGER PRIMARY KEY, {GONE}) {tail}", "INSERT INTO t VALUES (1, 2)")
    assert is_rebuild(database.run(DropColumn(table=T, name="gone")))
    assert database.stored("t").endswith(tail)


def test_indexes_stay_to_the_letter(database: Database) -> None:
    database.sql(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT, {GONE})",
        "CREATE INDEX plain ON t (a DESC, b COLLATE NOCASE)",
        "CREATE UNIQUE INDEX expression ON t (lower(a), b + 1)",
        "CREATE INDEX partial ON t(b)   WHERE a IS NOT NULL -- mostly",
    )
    before = database.catalogue()
    assert is_rebuild(database.run(DropColumn(table=T, name="gone")))
    assert database.catalogue() == before


def test_composite_primary_key_and_mixed_values_stay(database: Database) -> None:
    database.sql(
        f"CREATE TABLE t (a INT, b TEXT, c, {GONE}, PRIMARY KEY (b DESC, a))",
        "INSERT INTO t VALUES (1, 'x', 1.5, 1), ('word', 'y', x'00ff', 2), (3, 'z', NULL, 3)",
    )
    before = database.sql("SELECT a, b, c, typeof(a), typeof(c) FROM t ORDER BY b")
    assert is_rebuild(database.run(DropColumn(table=T, name="gone")))
    assert database.sql("SELECT a, b, c, typeof(a), typeof(c) FROM t ORDER BY b") == before
    assert "PRIMARY KEY (b DESC, a)" in database.stored("t")


def test_a_failed_copy_leaves_nothing_behind(database: Database) -> None:
    database.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)", "INSERT INTO t VALUES (1, NULL)")
    before = database.stored("t")
    with pytest.raises(sa.exc.IntegrityError, match="NOT NULL constraint failed"):
        database.run(alter("a", nullable=False))
    assert database.stored("t") == before
    assert database.sql("SELECT count(*) FROM sqlite_master") == [(1,)]
    database.sql("UPDATE t SET a = 'x'")
    database.run(alter("a", nullable=False))
    assert not database.table("t").columns[1].nullable


def test_rowids_stay(database: Database) -> None:
    database.sql(f"CREATE TABLE t (a TEXT, {GONE})", "INSERT INTO t (rowid, a) VALUES (5, 'x'), (9, 'y')")
    assert is_rebuild(database.run(DropColumn(table=T, name="gone")))
    assert database.sql("SELECT rowid, a FROM t") == [(5, "x"), (9, "y")]


def test_statistics_stay(database: Database) -> None:
    database.sql(
        f"CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, {GONE})",
        "CREATE INDEX i ON t (a)",
        "INSERT INTO t VALUES (1, 2, 3)",
        "ANALYZE",
    )
    before = database.sql("SELECT * FROM sqlite_stat1 WHERE idx = 'i'")
    assert is_rebuild(database.run(DropColumn(table=T, name="gone")))
    assert before == database.sql("SELECT * FROM sqlite_stat1 WHERE idx = 'i'") != []


def test_a_view_or_trigger_that_uses_what_goes_makes_it_fail(database: Database) -> None:
    database.sql(f"CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, {GONE})", "CREATE TABLE other (id INT)")
    for thing in (
        "CREATE VIEW v AS SELECT gone FROM t",
        "CREATE TRIGGER v AFTER UPDATE ON t BEGIN INSERT INTO other VALUES (new.gone); END",
        "CREATE TRIGGER v AFTER UPDATE OF id ON other BEGIN UPDATE t SET gone = 1; END",
        "CREATE TRIGGER v AFTER DELETE ON other BEGIN UPDATE t SET gone = 1; END",
    ):
        database.sql(thing)
        before = database.stored("t")
        with pytest.raises(sa.exc.OperationalError, match=r"no such column: (new\.)?gone"):
            database.run(DropColumn(table=T, name="gone"))
        assert database.stored("t") == before
        database.sql(thing.split()[1].join(["DROP ", " v"]))
    database.run(DropColumn(table=T, name="gone"))


def test_a_table_that_is_not_understood_is_not_rebuilt(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    from schemashift.dialects.sqlite import read
    from schemashift.dialects.sqlite.parse import ParseError

    def refuse(sql: str) -> None:
        raise ParseError("expected a name, found '?'", 12)

    database.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT)")
    monkeypatch.setattr(read, "parse_table", refuse)
    with pytest.raises(NotSupported, match='table "t" cannot be rebuilt') as caught:
        database.run(alter("a", nullable=False))
    assert caught.value.cause is not None
    assert "character 13" in caught.value.cause
    database.run(AddColumn(table=T, column=column("b")))
    assert "b INTEGER" in database.stored("t")


USED = [
    "gone INT, CHECK (gone > 0)",
    "gone INT, b INT CHECK (b > gone)",
    "gone INT, FOREIGN KEY (gone) REFERENCES t (id)",
    "gone INT CHECK (id > 0)",
    "gone INT, b INT, UNIQUE (b, gone)",
]


@pytest.mark.parametrize("columns", USED)
def test_a_column_that_others_use_goes_by_a_rebuild(database: Database, columns: str) -> None:
    database.sql(f"CREATE TABLE t (id INTEGER PRIMARY KEY, {columns})", "INSERT INTO t (id) VALUES (1)")
    assert is_rebuild(database.run(DropColumn(table=T, name="gone")))
    kept = (Check(sql="id > 0", columns=("id",)),) if "(id > 0)" in columns else ()
    assert database.table("t").constraints == (PrimaryKey(columns=("id",)), *kept)


def test_comments_that_defeat_sqlites_own_drop_column(database: Database) -> None:
    database.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, -- one, two\n gone INT)", "INSERT INTO t VALUES (1, 2)")
    with pytest.raises(Exception, match="incomplete input"):
        database.sql("ALTER TABLE t DROP COLUMN gone")
    database.run(DropColumn(table=T, name="gone"))
    assert database.sql("SELECT * FROM t") == [(1,)]
    assert "id INTEGER PRIMARY KEY -- one, two" in database.stored("t")


def test_triggers_that_are_not_known_any_more_are_not_lost(database: Database) -> None:
    from schemashift.dialects.live import LiveSchema

    database.sql("CREATE TABLE t (a INT)", "CREATE TRIGGER g AFTER INSERT ON t BEGIN SELECT new.a; END")
    live = LiveSchema(database.read())
    with pytest.raises(NotSupported, match="without reading it again"):
        database.run(RenameColumn(table=T, old="a", new="b"), alter("b", type=TEXT), live=live)
    assert database.table("t").column("a") is not None


def test_one_run_after_another_on_what_is_known(database: Database) -> None:
    from tests.unit.dialects.sqlite.support import knowing, running, send

    database.sql("CREATE TABLE t (id INTEGER PRIMARY KEY /* kept */, a INT)")
    with running(database) as connection:
        live = knowing(database.dialect, connection)
        for operation in (
            AddColumn(table=T, column=column("b")),
            alter("a", type=TEXT),
            CreateIndex(table=T, index=Index(name="i", parts=(IndexPart(column="b"),))),
            alter("b", nullable=False),
        ):
            list(send(database, connection, [operation], live))
    assert "/* kept */" in database.stored("t")
    assert database.table("t").index("i") is not None


# Native where SQLite has it -----------------------------------------------------------------------------------------

BASE = "CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INTEGER CHECK (b > 0), c INT REFERENCES p, UNIQUE (a))"

NATIVE: list[tuple[list[Operation], list[str]]] = [
    ([AddColumn(table=T, column=column("x"))], ["ALTER TABLE t ADD COLUMN x INTEGER"]),
    (
        [AddColumn(table=T, column=column("x", default=Default(sql="5"), nullable=False))],
        ["ALTER TABLE t ADD COLUMN x INTEGER DEFAULT 5 NOT NULL"],
    ),
    (
        [
            AddColumn(table=T, column=column("x")),
            CreateIndex(table=T, index=Index(name="ix", parts=(IndexPart(column="x"),))),
        ],
        ["ALTER TABLE t ADD COLUMN x INTEGER", "CREATE INDEX ix ON t (x)"],
    ),
    (
        [AddColumn(table=T, column=column("x", computed=Computed(sql="b+1", stored=False)))],
        ["ALTER TABLE t ADD COLUMN x INTEGER GENERATED ALWAYS AS (b+1) VIRTUAL"],
    ),
    ([DropColumn(table=T, name="b")], ["ALTER TABLE t DROP COLUMN b"]),
    ([DropColumn(table=T, name="c")], ["ALTER TABLE t DROP COLUMN c"]),
    ([RenameColumn(table=T, old="a", new="z")], ["ALTER TABLE t RENAME COLUMN a TO z"]),
    ([RenameTable(old=T, new="u")], ["ALTER TABLE t RENAME TO u"]),
    (
        [RenameTable(old=T, new="T")],
        ['ALTER TABLE t RENAME TO "_schemashift_T"', 'ALTER TABLE "_schemashift_T" RENAME TO "T"'],
    ),
    ([DropTable(name=T)], ["DROP TABLE t"]),
    ([alter("b", type=Type(sql="integer"))], []),
    ([alter("id", nullable=True)], []),
    ([AlterTable(table=T, set=(("comment", "words"),))], []),
    ([AddColumn(table=T, column=column("x")), DropColumn(table=T, name="x")], []),
    ([DropColumn(table=T, name="nothing", if_exists=True)], []),
    ([AddColumn(table=T, column=column("A"), if_not_exists=True)], []),
    ([DropConstraint(table=T, name="nothing", if_exists=True)], []),
    ([DropIndex(table=T, name="nothing", if_exists=True)], []),
    ([DropTable(name=TableName("absent"), if_exists=True)], ["DROP TABLE IF EXISTS absent"]),
    ([alter("b", nullable=False), DropTable(name=T)], ["DROP TABLE t"]),
]


@pytest.mark.parametrize(("operations", "statements"), NATIVE, ids=lambda value: str(value)[:60])
def test_native(database: Database, operations: list[Operation], statements: list[str]) -> None:
    database.sql("CREATE TABLE p (id INTEGER PRIMARY KEY)", BASE)
    assert database.run(*operations) == statements


def test_one_rebuild_for_many_operations(database: Database) -> None:
    database.sql("CREATE TABLE p (id INTEGER PRIMARY KEY)", BASE, "INSERT INTO t VALUES (1, 'x', 2, NULL)")
    statements = database.run(
        alter("b", type=TEXT),
        RenameColumn(table=T, old="b", new="bb"),
        alter("bb", nullable=False),
        AddColumn(table=T, column=column("d", default=Default(sql="CURRENT_TIMESTAMP"), nullable=False)),
        AddConstraint(table=T, constraint=Unique(columns=("bb", "c"), name="u")),
        DropConstraint(table=T, name="t_a_key"),
        DropConstraint(table=T, name=default_name("t", Check(sql="bb > 0", columns=("bb",)))),
        CreateTable(table=Table(name="new", columns=(column("id"),))),
        CreateIndex(table=T, index=Index(name="ix", parts=(IndexPart(column="bb", descending=True),))),
        AddConstraint(table=TableName("new"), constraint=PrimaryKey(columns=("id",))),
    )
    assert statements == [
        "ALTER TABLE t RENAME COLUMN b TO bb",
        """CREATE TABLE _schemashift_t (
\tid INTEGER PRIMARY KEY,
\ta TEXT,
\tbb TEXT NOT NULL,
\tc INT REFERENCES p,
\td INTEGER DEFAULT CURRENT_TIMESTAMP NOT NULL,
\tCONSTRAINT u UNIQUE (bb, c)
)""",
        "INSERT INTO _schemashift_t (id, a, bb, c) SELECT id, a, bb, c FROM t",
        "DROP TABLE t",
        "PRAGMA legacy_alter_table=ON",
        "ALTER TABLE _schemashift_t RENAME TO t",
        "PRAGMA legacy_alter_table=OFF",
        "CREATE INDEX ix ON t (bb DESC)",
        "CREATE TABLE new (\n\tid INTEGER,\n\tPRIMARY KEY (id)\n)",
    ]
    assert database.sql("SELECT id, a, bb, c FROM t") == [(1, "x", "2", None)]


# Renames ------------------------------------------------------------------------------------------------------------


def test_what_refers_to_a_renamed_table_and_column_follows(database: Database) -> None:
    database.sql(
        "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT CHECK (a > 0), up INT REFERENCES t (id))",
        "CREATE TABLE child (t INT REFERENCES t (id) ON DELETE CASCADE)",
        "CREATE INDEX i ON t (a) WHERE a > 5",
        "CREATE VIEW v AS SELECT a AS x FROM t",
        "CREATE TRIGGER g AFTER INSERT ON child BEGIN UPDATE t SET a = 1; END",
        "INSERT INTO t VALUES (1, 9, NULL)",
        "INSERT INTO child VALUES (1)",
    )
    database.run(
        RenameTable(old=T, new="u"),
        RenameColumn(table=TableName("u"), old="a", new="b"),
        RenameColumn(table=TableName("u"), old="id", new="key"),
        alter("b", table=TableName("u"), type=TEXT),
    )
    table = database.table("u")
    assert [c.target for c in table.foreign_keys] == [TableName("u")]
    assert table.indexes[0].columns == ("b",)
    (key,) = database.table("child").foreign_keys
    assert (key.target, key.target_columns, key.on_delete) == (TableName("u"), ("key",), "CASCADE")
    assert database.sql("INSERT INTO child VALUES (1)", "SELECT x FROM v") == [("1",)]
    database.run(RenameColumn(table=TableName("u"), old="b", new="B"), RenameTable(old=TableName("u"), new="U"))
    assert database.table("U").column("B") is not None


@pytest.mark.parametrize("fresh", [False, True])
def test_a_foreign_key_that_waits_follows_a_column_of_another_table(database: Database, fresh: bool) -> None:
    """Whether the column is there already, or waits as well."""
    database.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT UNIQUE)", "CREATE TABLE child (t INT)")
    old = "c" if fresh else "a"
    key = ForeignKey(columns=("t",), target=T, target_columns=(old,))
    new = [AddColumn(table=T, column=column("c")), AddConstraint(table=T, constraint=Unique(columns=("c",)))]
    database.run(
        *(new if fresh else []),
        AddConstraint(table=TableName("child"), constraint=key),
        RenameColumn(table=T, old=old, new="b"),
    )
    assert [key.target_columns for key in database.table("child").foreign_keys] == [("b",)]


def test_a_column_renamed_into_the_place_of_one_that_goes(database: Database) -> None:
    database.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b INT UNIQUE)", "INSERT INTO t VALUES (1, 2, 3)")
    database.run(DropColumn(table=T, name="b"), RenameColumn(table=T, old="a", new="b"), alter("b", type=TEXT))
    assert database.sql("SELECT * FROM t") == [(1, "2")]


def test_a_new_column_under_an_old_name_is_empty(database: Database) -> None:
    database.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT UNIQUE)", "INSERT INTO t VALUES (1, 2)")
    database.run(DropColumn(table=T, name="a"), AddColumn(table=T, column=column("a")))
    assert database.sql("SELECT * FROM t") == [(1, None)]
    database.run(
        DropColumn(table=T, name="a"),
        AddColumn(table=T, column=column("a", default=Default(sql="7"))),
        RenameColumn(table=T, old="a", new="b"),
    )
    assert database.sql("SELECT id, b FROM t") == [(1, 7)]


def test_every_column_may_go(database: Database) -> None:
    database.sql("CREATE TABLE t (a INT UNIQUE)", "INSERT INTO t VALUES (1), (2)")
    database.run(AddColumn(table=T, column=column("b", default=Default(sql="7"))), DropColumn(table=T, name="a"))
    assert database.sql("SELECT rowid, b FROM t") == [(1, 7), (2, 7)]


# Columns that SQLite cannot add -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "new",
    [
        column("x", nullable=False),
        column("x", default=Default(sql="CURRENT_TIMESTAMP")),
        column("x", default=Default(sql="(1 + 1)"), nullable=False),
        column("x", computed=Computed(sql="id + 1", stored=True)),
    ],
    ids=str,
)
@pytest.mark.parametrize("rows", [0, 1])
def test_added_by_a_rebuild(database: Database, new: Column, rows: int) -> None:
    database.sql("CREATE TABLE t (id INTEGER PRIMARY KEY)", *["INSERT INTO t VALUES (1)"] * rows)
    if rows and not new.nullable and new.default is None:
        with pytest.raises(sa.exc.IntegrityError, match="NOT NULL"):
            database.run(AddColumn(table=T, column=new))
        return
    assert is_rebuild(database.run(AddColumn(table=T, column=new)))
    assert database.table("t").columns[1] == new
    assert len(database.sql("SELECT x FROM t WHERE x IS NOT NULL")) == rows


# Constraints --------------------------------------------------------------------------------------------------------


def test_constraints_without_a_name_are_dropped_and_put_back(database: Database) -> None:
    database.sql(
        "CREATE TABLE p (id INTEGER PRIMARY KEY, x INT UNIQUE)",
        "CREATE TABLE t (id INT, a INT REFERENCES p REFERENCES p (x), b INT UNIQUE, PRIMARY KEY (id), "
        "CHECK (a > 0), CHECK (a < 9))",
    )
    before = database.table("t")
    names = [database.dialect.default_name(before, constraint) or "" for constraint in before.constraints]
    assert {"t_a_fkey", "t_a_fkey1", "t_b_key", "t_pkey"} < set(names)
    assert len(set(names)) == len(names) == 6
    adds = [AddConstraint(table=T, constraint=constraint_named(before, name, database)) for name in reversed(names)]
    database.run(*(DropConstraint(table=T, name=name) for name in names))
    assert database.table("t").constraints == ()
    database.run(*adds)
    assert database.table("t") == before


def constraint_named(table: Table, name: str, database: Database):  # type: ignore[no-untyped-def]
    """The constraint with its default name written out, as a script has it."""
    from dataclasses import replace

    (found,) = (c for c in table.constraints if database.dialect.default_name(table, c) == name)
    return replace(found, name=name)


def test_a_primary_key_comes_goes_and_changes(database: Database) -> None:
    database.sql("CREATE TABLE t (id INTEGER, a TEXT NOT NULL)", "INSERT INTO t VALUES (1, 'x')")
    database.run(AddConstraint(table=T, constraint=PrimaryKey(columns=("id",), name="pk")))
    assert database.table("t").primary_key == PrimaryKey(columns=("id",), name="pk")
    database.run(AlterTable(table=T, set=(("options", options([("sqlite_autoincrement", True)])),)))
    assert "id INTEGER PRIMARY KEY AUTOINCREMENT" in database.stored("t")
    assert database.sql("SELECT * FROM sqlite_sequence") == [("t", 1)]
    database.run(AlterTable(table=T, set=(("options", ()),)))
    assert "AUTOINCREMENT" not in database.stored("t")
    database.run(
        DropConstraint(table=T, name="t_pkey"),
        AddConstraint(table=T, constraint=PrimaryKey(columns=("a", "id"))),
        AlterTable(table=T, set=(("options", options([("sqlite_with_rowid", False), ("sqlite_strict", True)])),)),
    )
    assert database.stored("t").endswith("WITHOUT ROWID, STRICT")
    assert database.table("t").columns[0].nullable
    assert database.sql("SELECT * FROM t") == [(1, "x")]


COUNTS = AlterTable(table=T, set=(("options", options([("sqlite_autoincrement", True)])),), partial=True)
DROP_KEY = DropConstraint(table=T, name="old")
ADD_KEY = AddConstraint(table=T, constraint=PrimaryKey(columns=("id",), name="new"))


@pytest.fixture
def worded(database: Database) -> Database:
    """A table with a key that cannot count yet."""
    database.sql("CREATE TABLE t (id VARCHAR(9) NOT NULL, a TEXT, CONSTRAINT old PRIMARY KEY (id))")
    database.sql("INSERT INTO t VALUES ('7', 'x')")
    return database


def is_counting(database: Database) -> bool:
    rows = database.sql("SELECT id, typeof(id) FROM t")
    return "id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT" in database.stored("t") and rows == [(7, "integer")]


@pytest.mark.parametrize("order", [*permutations([COUNTS, DROP_KEY, alter("id", type=INTEGER)])])
def test_autoincrement_waits_for_the_key_that_it_is_for(worded: Database, order: tuple[Operation, ...]) -> None:
    assert len([s for s in worded.run(*order, ADD_KEY) if s.startswith("DROP TABLE")]) == 1
    assert is_counting(worded)


@pytest.mark.parametrize("place", [1, 2, 3])
def test_autoincrement_waits_while_rows_are_changed(worded: Database, place: int) -> None:
    """The table is then changed before it is what it shall be."""
    steps: list[Operation] = [DROP_KEY, COUNTS, alter("id", type=INTEGER), ADD_KEY]
    steps.insert(place, Execute(statement="UPDATE t SET a = 'y'"))
    worded.run(*steps)
    assert is_counting(worded)


@pytest.mark.parametrize("order", [*permutations([0, 1, 2])])
def test_a_key_has_its_name_when_autoincrement_goes(database: Database, order: tuple[int, ...]) -> None:
    database.sql("CREATE TABLE t (id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT, a INT)", "INSERT INTO t VALUES (7, 1)")
    none = AlterTable(table=T, set=(("options", (("sqlite_autoincrement", None),)),), partial=True)
    steps: list[Operation] = [none, ADD_KEY, alter("a", type=TEXT)]
    database.run(DropConstraint(table=T, name="t_pkey"), *(steps[place] for place in order))
    assert "CONSTRAINT new PRIMARY KEY (id)" in database.stored("t")
    assert "AUTOINCREMENT" not in database.stored("t")


def test_what_a_table_is_asked_to_be_is_forgotten_with_it(database: Database) -> None:
    database.sql("CREATE TABLE t (a INT)")
    integer = Table(name="t", columns=(column("id", nullable=False),), constraints=(PrimaryKey(columns=("id",)),))
    database.run(COUNTS, Execute(statement="SELECT 1"), DropTable(name=T), CreateTable(table=integer))
    assert "AUTOINCREMENT" not in database.stored("t")


def test_what_a_table_is_asked_to_be_goes_with_its_new_name(database: Database) -> None:
    database.sql("CREATE TABLE t (id INTEGER NOT NULL)")
    key = AddConstraint(table=TableName("u"), constraint=PrimaryKey(columns=("id",)))
    database.run(COUNTS, RenameTable(old=T, new="u"), key)
    assert "id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT" in database.stored("u")


NAMESAKES = (
    "CREATE TABLE t (a INT, b INT, c INT, CONSTRAINT s CHECK (a > 0), CONSTRAINT s CHECK (b > 0), "
    "CONSTRAINT s UNIQUE (a), CONSTRAINT s UNIQUE (b), CONSTRAINT t_a_key UNIQUE (c), "
    "CONSTRAINT f FOREIGN KEY (a) REFERENCES p (id), CONSTRAINT f FOREIGN KEY (a) REFERENCES q (id))"
)


@pytest.mark.parametrize("place", range(7))
def test_of_constraints_with_one_name_the_one_that_is_meant_is_dropped(database: Database, place: int) -> None:
    """By what it is, and by what a script calls it."""
    database.sql("CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE q (id INTEGER PRIMARY KEY)", NAMESAKES)
    before = database.table("t")
    gone = before.constraints[place]
    asked = AddConstraint(table=T, constraint=gone).inverse()
    prepared = database.dialect.for_script(asked)
    assert isinstance(prepared, DropConstraint)
    assert prepared.verb == DropConstraint.verb
    assert prepared.apply(Schema([before])).table(T) == without(before, gone)
    assert prepared.inverse() == AddConstraint(table=T, constraint=gone)
    for way in (asked, DropConstraint(table=T, name=prepared.name, kind=type(gone))):
        database.run(way)
        assert database.table("t") == without(before, gone)
        database.run(AddConstraint(table=T, constraint=gone))
        assert database.table("t") == before


def without(table: Table, constraint: Constraint) -> Table:
    """*table* without one of its constraints."""
    return replace(table, constraints=tuple(c for c in table.constraints if c != constraint))


def test_all_constraints_of_one_name_are_dropped_by_what_scripts_call_them(database: Database) -> None:
    database.sql("CREATE TABLE p (id INTEGER PRIMARY KEY)", "CREATE TABLE q (id INTEGER PRIMARY KEY)", NAMESAKES)
    asked = [AddConstraint(table=T, constraint=c).inverse() for c in database.table("t").constraints]
    named = [database.dialect.for_script(operation) for operation in asked]
    names = [operation.name for operation in named if isinstance(operation, DropConstraint)]
    assert len(set(names)) == len(names) == 7
    database.run(*(DropConstraint(table=T, name=name) for name in names))
    assert database.table("t").constraints == ()


def test_by_the_name_of_several_that_of_a_column_which_goes_is_dropped(database: Database) -> None:
    """What a script of before, or of Alembic, says; without such a column it is the first."""
    text = "CREATE TABLE t (a INT, b INT, CONSTRAINT s CHECK (a > 0), CONSTRAINT s CHECK (b > 0))"
    database.sql(text)
    database.run(DropConstraint(table=T, name="s", kind=Check), DropColumn(table=T, name="b"))
    assert [c.columns for c in database.table("t").constraints] == [("a",)]
    database.sql("DROP TABLE t", text)
    database.run(DropConstraint(table=T, name="s", kind=Check))
    assert [c.columns for c in database.table("t").constraints] == [("b",)]


def test_an_index_name_moves_to_another_table(database: Database) -> None:
    database.sql(
        "CREATE TABLE t (a INT)", "CREATE TABLE u (a INT)", "CREATE INDEX i ON t (a)", "CREATE INDEX k ON u (a)"
    )
    index = Index(name="i", parts=(IndexPart(column="a"),))
    database.run(
        alter("a", nullable=False),
        DropIndex(table=None, name="i"),
        CreateIndex(table=TableName("u"), index=index),
        RenameIndex(table=TableName("u"), old="k", new="kk"),
        DropIndex(table=None, name="gone", if_exists=True),
    )
    assert [i.name for i in database.table("u").indexes] == ["i", "kk"]
    assert database.table("t").indexes == ()


def test_an_index_name_moves_to_a_table_that_was_touched_first(database: Database) -> None:
    database.sql("CREATE TABLE t (a INT)", "CREATE TABLE u (a INT)", "CREATE INDEX i ON t (a)")
    index = Index(name="i", parts=(IndexPart(column="a"),))
    u = TableName("u")
    database.run(alter("a", u, nullable=False), DropIndex(table=T, name="i"), CreateIndex(table=u, index=index))
    assert database.table("u").indexes == (index,)


@pytest.mark.parametrize(
    "operation",
    [
        DropColumn(table=T, name="nothing_there"),
        alter("nothing_there", nullable=False),
        AddColumn(table=T, column=column("a")),
        DropConstraint(table=T, name="nothing_there"),
        DropIndex(table=T, name="nothing_there"),
        RenameIndex(table=T, old="nothing_there", new="x"),
        AddColumn(table=TableName("nothing_there"), column=column("a")),
    ],
    ids=lambda operation: str(operation.describe()),
)
def test_what_is_not_there(database: Database, operation: Operation) -> None:
    database.sql("CREATE TABLE t (a INT)")
    with pytest.raises(Incomplete, match=r'nothing_there|already has a column "a"'):
        database.run(operation)


def test_generated_columns_change(database: Database) -> None:
    database.sql("CREATE TABLE t (a INT, b INT AS (a + 1) VIRTUAL, c INT)", "INSERT INTO t (a, c) VALUES (1, 9)")
    database.run(
        alter("b", computed=Computed(sql="a * 10", stored=True)),
        alter("c", computed=Computed(sql="a - 1", stored=False)),
    )
    assert database.sql("SELECT * FROM t") == [(1, 10, 0)]
    database.run(alter("b", computed=None), alter("c", computed=None))
    assert database.sql("SELECT * FROM t", "UPDATE t SET b = 5, c = 6", "SELECT * FROM t") == [(1, 5, 6)]


@pytest.mark.parametrize("conflict", ["IGNORE", "REPLACE"])
def test_no_row_is_left_out_by_a_constraints_own_on_conflict(database: Database, conflict: str) -> None:
    database.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT)", "INSERT INTO t VALUES (1, 5), (2, 5)")
    unique = Unique(columns=("a",), options=options([("sqlite_on_conflict", conflict)]))
    with pytest.raises(sa.exc.IntegrityError, match="UNIQUE constraint failed"):
        database.run(AddConstraint(table=T, constraint=unique))
    assert database.sql("SELECT * FROM t") == [(1, 5), (2, 5)]
    database.sql("UPDATE t SET a = id")
    database.run(AddConstraint(table=T, constraint=unique))
    assert database.table("t").constraints[1] == unique


# Values -------------------------------------------------------------------------------------------------------------

VALUES = [
    ("DATE", "DATETIME", "2021-01-01", "2021-01-01 00:00:00.000000"),
    ("DATETIME", "DATE", "2021-01-01 10:20:30.000000", "2021-01-01"),
    ("DATE", "TIMESTAMP", "2021-01-01", "2021-01-01 00:00:00.000000"),
    ("VARCHAR(10)", "DATE", "2021-01-01", "2021-01-01"),
    ("DATETIME", "TEXT", "2021-01-01 10:20:30.000000", "2021-01-01 10:20:30.000000"),
    ("INTEGER", "VARCHAR(10)", 42, "42"),
    ("VARCHAR(10)", "INTEGER", "42", 42),
    ("VARCHAR(10)", "INTEGER", "forty", "forty"),
    ("VARCHAR(10)", "NUMERIC(10, 2)", "1.50", 1.5),
    ("INTEGER", "BOOLEAN", 1, 1),
    ("BOOLEAN", "INTEGER", 0, 0),
    ("VARCHAR(5)", "BOOLEAN", "True", 1),
    ("VARCHAR(5)", "BOOLEAN", "false", 0),
    ("FLOAT", "INTEGER", 1.5, 1.5),
    ("TEXT", "JSON", '{"a": [1]}', '{"a": [1]}'),
    ("JSON", "TEXT", '{"a": [1]}', '{"a": [1]}'),
    ("BLOB", "TEXT", b"abc", "abc"),
    ("TEXT", "BLOB", "abc", b"abc"),
    ("", "TEXT", b"abc", b"abc"),
    ("INTEGER", "NUMERIC(10, 2)", 7, 7),
    ("VARCHAR(50)", "VARCHAR(2)", "abcdef", "abcdef"),
    ("DATE", "DATETIME", None, None),
]


@pytest.mark.parametrize(("before", "after", "value", "wanted"), VALUES)
def test_values_survive_another_type(
    database: Database, before: str, after: str, value: object, wanted: object
) -> None:
    database.sql(f"CREATE TABLE t (id INTEGER PRIMARY KEY, a {before})")
    with database.engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1, ?)", (value,))
    database.run(alter("a", type=Type(sql=after)))
    assert database.sql("SELECT a FROM t") == [(wanted,)]


# Attached databases, a script's own statements, no connection -------------------------------------------------------


def test_an_attached_database(database: Database, tmp_path: Path) -> None:
    from tests.unit.dialects.sqlite.support import knowing, send

    with database.engine.connect() as connection:
        connection.connection.dbapi_connection.isolation_level = None  # type: ignore[union-attr]
        for sql in (
            f"ATTACH '{tmp_path / 'other.db'}' AS other",
            "CREATE TABLE t (id INT)",
            f"CREATE TABLE other.t (id INTEGER PRIMARY KEY AUTOINCREMENT, a INT, up INT REFERENCES t, {GONE})",
            "INSERT INTO other.t VALUES (9, 2, NULL, 3)",
            "CREATE INDEX other.i ON t (a)",
            "CREATE TRIGGER other.g AFTER INSERT ON t BEGIN UPDATE t SET a = 1; END",
            "DELETE FROM other.t WHERE id = 1",
        ):
            connection.exec_driver_sql(sql)
        name = TableName("t", "other")
        before = database.dialect.read(connection, [name]).schema.table(name)
        assert before is not None
        assert [(key.target, key.target_columns) for key in before.foreign_keys] == [(name, ("id",))]
        knows = knowing(database.dialect, connection)
        list(send(database, connection, [DropColumn(table=name, name="gone")], knows))
        after = database.dialect.read(connection, schemas=["other"]).schema
        assert [str(table.table_name) for table in after.tables] == ["t", "other.t"]
        assert after.table(name) == knows.need(name)
        rows = connection.exec_driver_sql("SELECT name FROM other.sqlite_master ORDER BY name").fetchall()
        assert [row[0] for row in rows] == ["g", "i", "sqlite_sequence", "t"]
        assert connection.exec_driver_sql("SELECT * FROM other.sqlite_sequence").fetchall() == [("t", 9)]
        list(send(database, connection, [RenameColumn(table=name, old="a", new="b")], knows))
        list(
            send(database, connection, [RenameTable(old=name, new="u"), DropTable(name=TableName("u", "other"))], knows)
        )


def test_a_statement_of_the_scripts_own_sees_what_came_before(database: Database) -> None:
    database.sql("CREATE TABLE t (id INTEGER PRIMARY KEY, a INT)", "INSERT INTO t VALUES (1, 2)")
    statements = database.run(
        alter("a", type=TEXT),
        Execute(statement="UPDATE t SET a = a || '%x:y'"),
        alter("a", nullable=False),
    )
    assert len([s for s in statements if s.startswith("DROP TABLE")]) == 2
    assert database.sql("SELECT a FROM t") == [("2%x:y",)]


def test_without_a_connection(database: Database) -> None:
    """Everything known beforehand (SQL written to a file): the same statements, made of values alone."""
    from schemashift.dialects.live import LiveSchema

    table = Table(name="t", columns=(column("id"), column("a", nullable=False), column("b", default=Default(sql="1"))))
    operations = [
        CreateTable(table=table),
        Execute(statement="INSERT INTO t VALUES (1, 2, 3)"),
        AddConstraint(table=T, constraint=Check(sql="a > 0")),
        RenameColumn(table=T, old="a", new="c"),
        alter("c", type=TEXT),
        DropColumn(table=T, name="b"),
        DropConstraint(table=T, name=default_name("t", Check(sql="c > 0", columns=("c",)))),
        Execute(statement="UPDATE t SET c = 'z'"),
        RenameColumn(table=T, old="c", new="d"),
        AddConstraint(table=T, constraint=Unique(columns=("d",))),
    ]
    live = LiveSchema()
    statements = [str(statement.sql) for statement in database.dialect.compile(operations, live)]
    database.sql(*statements)
    assert database.sql("SELECT id, d FROM t") == [(1, "z")]
    assert database.table("t") == database.dialect.normal(live.need(T))


def test_too_old(database: Database) -> None:
    database.dialect.sa.server_version_info = (3, 25, 3)  # type: ignore[attr-defined]
    with pytest.raises(NotSupported, match=r"SQLite 3\.25\.3 is too old"):
        list(database.dialect.compile([], None))  # type: ignore[arg-type]


def test_before_drop_column_came(database: Database) -> None:
    from schemashift.dialects.live import LiveSchema

    database.sql("CREATE TABLE t (a INT, b INT)")
    database.dialect.sa.server_version_info = (3, 34)  # type: ignore[attr-defined]
    statements = database.dialect.compile([DropColumn(table=T, name="b")], LiveSchema(database.read()))
    assert is_rebuild([str(statement.sql) for statement in statements])
