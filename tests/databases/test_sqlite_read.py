"""The catalogue reader on what people have in their files."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy import event

from schemashift.schema import ForeignKey, TableName, Unique
from tests.unit.dialects.sqlite.support import Database


@pytest.fixture
def database(tmp_path: Path) -> Database:
    return Database(tmp_path / "app.db")


def names(database: Database) -> list[str]:
    return [table.name for table in database.read().tables]


def test_only_tables_of_the_application(database: Database) -> None:
    database.sql(
        "CREATE TABLE docs (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT)",
        "CREATE INDEX i ON docs (body)",
        "INSERT INTO docs (body) VALUES ('x')",
        "ANALYZE",
        "CREATE VIRTUAL TABLE search USING fts5 (body, content='docs', content_rowid='id')",
        "CREATE VIRTUAL TABLE place USING rtree (id, a, b)",
        "CREATE TABLE search_history (id INT)",
        "CREATE VIEW v AS SELECT * FROM docs",
        'CREATE TABLE copied AS SELECT id, body AS "the body" FROM docs',
    )
    assert names(database) == ["copied", "docs", "search_history"]
    assert database.read("search_data", "sqlite_sequence", "v", "absent", "docs").tables == (database.table("docs"),)
    assert [(c.name, c.type.sql) for c in database.table("copied").columns] == [("id", "INT"), ("the body", "TEXT")]


def test_a_foreign_key_without_columns_means_the_primary_key(database: Database) -> None:
    database.sql(
        "CREATE TABLE Parent (x TEXT, y INT, PRIMARY KEY (y, x))",
        "CREATE TABLE child (a INT, b TEXT, up INT PRIMARY KEY REFERENCES child, FOREIGN KEY (a, b) REFERENCES parent)",
        "CREATE TABLE orphan (a REFERENCES absent)",
    )
    for read in (database.read(), database.read("child", "orphan")):
        child, orphan = read.table(TableName("child")), read.table(TableName("orphan"))
        assert child is not None
        assert orphan is not None
        assert {(key.target.name, key.target_columns) for key in child.foreign_keys} == {
            ("Parent", ("y", "x")),
            ("child", ("up",)),
        }
        assert orphan.foreign_keys == (ForeignKey(columns=("a",), target=TableName("absent"), target_columns=()),)


@pytest.mark.parametrize("number", [3, 60])
def test_the_number_of_queries_does_not_grow(database: Database, number: int) -> None:
    database.sql(*[f"CREATE TABLE t{n} (id INTEGER PRIMARY KEY, up REFERENCES t{n // 2})" for n in range(number)])
    sent: list[str] = []
    with database.engine.connect() as connection:
        event.listen(connection, "before_cursor_execute", lambda *how: sent.append(how[2]))
        assert len(database.dialect.read(connection).schema) == number
        assert len(sent) == 1
        database.dialect.read(connection, [TableName(f"t{n}") for n in range(1, number, 2)])
        assert len(sent) <= 3


def test_what_sqlalchemy_misreads(database: Database) -> None:
    """Hand-made statements that the Inspector's patterns take for something else."""
    database.sql(
        "CREATE TABLE t (a INT, b INT AS (a + 1) CHECK (b > 0), c TEXT, "
        "CONSTRAINT fk FOREIGN KEY (a) REFERENCES t (b), UNIQUE (c))",
        "CREATE INDEX i ON t (lower(c), a DESC)",
    )
    table = database.table("t")
    assert [column.computed.sql for column in table.columns if column.computed] == ["a + 1"]
    assert Unique(columns=("c",)) in table.constraints
    assert [part.expression or part.column for part in table.indexes[0].parts] == ["lower(c)", "a"]
    with database.engine.connect() as connection, pytest.warns(sa.exc.SAWarning, match="expression"):
        assert sa.inspect(connection).get_indexes("t") == []


def test_equal_to_the_inspector_on_plain_tables(database: Database) -> None:
    """Where SQLAlchemy's Inspector sees, both see the same."""
    from schemashift.sqla import reflect

    metadata = sa.MetaData()
    sa.Table("p", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.String(5), index=True))
    sa.Table(
        "c",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("p", sa.ForeignKey("p.id", ondelete="CASCADE", name="fk")),
        sa.Column("m", sa.Numeric(5, 2), server_default=sa.text("1.5"), nullable=False),
        sa.Column("d", sa.DateTime, server_default=sa.func.now()),
        sa.Column("g", sa.Integer, sa.Computed("id + 1", persisted=True)),
        sa.UniqueConstraint("p", "m", name="uq"),
        sa.CheckConstraint("m > 0", name="ck"),
    )
    metadata.create_all(database.engine)
    with database.engine.connect() as connection:
        seen = {table.name: database.dialect.normal(table) for table in reflect.tables(connection)}
    assert seen == {table.name: table for table in database.read().tables}
