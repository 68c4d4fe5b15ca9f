"""A recording is compiled to the very statements of the run: the same groups, in the same order, text for text."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from schemashift.autogenerate.compare import spelled_alike
from schemashift.dialects import Dialect, Statement, dialect_for
from schemashift.diff import diff, match
from schemashift.objects import KINDS
from schemashift.schema import TableName
from schemashift.sources.models import read_models
from schemashift.sources.replay import record, replay
from schemashift.state.version_table import VersionTable
from tests.support.scripts import Scripts, connected, environment_of, send

TABLES = """
op.create_table(
    "users",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("name", sa.String(50)),
    sa.Column("email", sa.String(50)),
    sa.Column("age", sa.Integer, server_default="1"),
    sa.CheckConstraint("age > 0", name="ck_age"),
)
op.create_index("ix_name", "users", ["name"])
op.create_table(
    "posts",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id", name="fk_user")),
    sa.Column("title", sa.String(20)),
)
"""
NOT_NULL = 'op.alter_column("users", "name", existing_type=sa.String(50), nullable=False)'
UNIQUE = 'op.create_unique_constraint("uq", "users", ["email"])'
CHECK = 'op.create_check_constraint("ck", "users", "age < 200")'
COLUMN = 'op.add_column("users", sa.Column("new", sa.Integer))'

SCRIPTS = {
    "one group": f"{NOT_NULL}\n{UNIQUE}\n{CHECK}\n{COLUMN}",
    "two tables": f'{NOT_NULL}\nop.drop_column("posts", "title")\n{UNIQUE}',
    "get_bind between": f"{NOT_NULL}\nop.get_bind()\n{UNIQUE}",
    "the context's bind between": f"{NOT_NULL}\nop.get_context().bind\n{UNIQUE}",
    "only the dialect asked": f'{NOT_NULL}\nassert op.get_context().dialect.name != "x"\n{UNIQUE}',
    "raw SQL between": f"{NOT_NULL}\nop.execute(\"UPDATE users SET email = '100%' WHERE id = 1\")\n{UNIQUE}\n{CHECK}",
    "a statement between": f'{COLUMN}\nop.execute(sa.text("UPDATE users SET age = :x").bindparams(x=2))\n{NOT_NULL}',
    "an earlier bind between": f'it = op.get_bind()\n{NOT_NULL}\nit.execute(sa.text("DELETE FROM posts"))\n{UNIQUE}',
    "driver SQL between": f'bind = op.get_bind()\n{NOT_NULL}\nbind.exec_driver_sql("DELETE FROM posts")\n{UNIQUE}',
    "foreign DDL between": f"""
        bind = op.get_bind()
        {COLUMN}
        bind.execute(sa.text("CREATE TABLE other (id INTEGER)"))
        {UNIQUE}
        op.add_column("other", sa.Column("a", sa.Integer))
        """,
    "a bulk insert between": f"""
        table = op.create_table("kinds", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer))
        {NOT_NULL}
        op.bulk_insert(table, [{{"id": 1, "a": 2}}])
        {UNIQUE}
        """,
    "fills between": f"""
        {COLUMN}
        op.backfill("users", "new", "1")
        op.alter_column("users", "new", existing_type=sa.Integer(), nullable=False)
        """,
    "a try": f"""
        {CHECK}
        try:
            {NOT_NULL}
            {UNIQUE}
        except Exception:
            op.drop_table("posts")
        {COLUMN}
        op.create_index("ix_new", "users", ["new"])
        """,
    "a statement in a try": f"""
        bind = op.get_bind()
        try:
            {NOT_NULL}
            bind.execute(sa.text("DELETE FROM posts"))
            op.execute("DELETE FROM users")
        except Exception:
            pass
        {UNIQUE}
        """,
    "suppress": f"""
        {NOT_NULL}
        with contextlib.suppress(KeyError):
            {UNIQUE}
        {CHECK}
        """,
    "a batch": f"""
        {COLUMN}
        with op.batch_alter_table("users") as batch:
            batch.alter_column("name", existing_type=sa.String(50), nullable=False)
            batch.create_unique_constraint("uq", ["email"])
        {CHECK}
        """,
    "a batch with a bind in it": """
        with op.batch_alter_table("users") as batch:
            batch.alter_column("name", existing_type=sa.String(50), nullable=False)
            batch.get_bind()
            batch.create_unique_constraint("uq", ["email"])
        """,
    "a batch in a try": f"""
        {CHECK}
        try:
            with op.batch_alter_table("users") as batch:
                batch.alter_column("name", existing_type=sa.String(50), nullable=False)
                batch.create_unique_constraint("uq", ["email"])
        except Exception:
            pass
        {COLUMN}
        """,
    "helpers of another file": f"""
        {CHECK}
        not_null("users", "name")
        whole("users")
        {COLUMN}
        """,
    "a helper of the script": f"""
        def helper():
            {UNIQUE}

        {NOT_NULL}
        helper()
        {CHECK}
        """,
    "renames": f"""
        {NOT_NULL}
        op.alter_column("users", "email", existing_type=sa.String(50), new_column_name="mail")
        op.create_unique_constraint("uq", "users", ["mail"])
        op.rename_table("users", "people")
        op.add_column("people", sa.Column("new", sa.Integer))
        op.create_check_constraint("ck", "people", "age < 200")
        """,
    "renames with barriers": f"""
        {NOT_NULL}
        op.get_bind()
        op.alter_column("users", "email", existing_type=sa.String(50), new_column_name="mail")
        op.get_bind()
        op.create_unique_constraint("uq", "users", ["mail"])
        op.get_bind()
        op.rename_table("users", "people")
        op.get_bind()
        op.create_check_constraint("ck", "people", "age < 200")
        """,
    "native changes before a rebuild": f"""
        {COLUMN}
        op.create_index("ix_new", "users", ["new"])
        op.get_bind()
        {NOT_NULL}
        op.get_bind()
        op.drop_index("ix_name", table_name="users")
        op.drop_column("users", "new")
        op.get_bind()
        {UNIQUE}
        """,
    "drops before a rebuild": f"""
        op.drop_column("users", "name")
        op.get_bind()
        {UNIQUE}
        op.get_bind()
        op.drop_constraint("ck_age", "users", type_="check")
        """,
    "a table that is made and changed": """
        op.create_table(
            "kinds",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", sa.Integer, sa.CheckConstraint("a > 1", name="ck_a")),
            sa.Column("b", sa.String(5)),
        )
        op.create_unique_constraint("uq_a", "kinds", ["a"])
        op.get_bind()
        op.add_column("kinds", sa.Column("c", sa.Integer))
        op.create_foreign_key("fk", "kinds", "users", ["a"], ["id"])
        op.get_bind()
        op.alter_column("kinds", "b", existing_type=sa.String(5), type_=sa.String(9), nullable=False)
        """,
    "an autocommit block": f"""
        {NOT_NULL}
        with op.autocommit_block():
            {UNIQUE}
            op.execute("DELETE FROM posts")
            {CHECK}
        {COLUMN}
        """,
}

HELPERS = """
import sqlalchemy as sa
from schemashift import op

def not_null(table, column):
    op.alter_column(table, column, existing_type=sa.String(50), nullable=False)
    op.create_index("ix_helper", table, [column, "id"])

def whole(table):
    with op.batch_alter_table(table) as batch:
        batch.create_unique_constraint("uq", ["email"])
        batch.add_column(sa.Column("helped", sa.Integer))
"""


@pytest.fixture
def scripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scripts:
    (tmp_path / "recording_helpers.py").write_text(HELPERS)
    monkeypatch.syspath_prepend(tmp_path)
    scripts = Scripts(tmp_path / "migrations")
    scripts.add("first", TABLES)
    return scripts


def text_of(statement: Statement, dialect: sa.Dialect) -> str:
    return statement.sql if isinstance(statement.sql, str) else str(statement.sql.compile(dialect=dialect))  # type: ignore[attr-defined]


def recorded(scripts: Scripts, url: str | sa.Engine, **options: Any) -> Iterator[str]:
    """The statements of the last script as its recording is compiled, for the database as it is."""
    with connected(url) as connection:
        dialect: Dialect = dialect_for(connection.dialect)
        schema = dialect.read_all(connection).schema
        script = scripts.directory.load(scripts.directory.graph()["it"])
        recording = record(script, "upgrade", environment_of(dialect, **options))
        assert recording.reason is None
        with dialect.offline(schema) as database:
            for statement in recording.statements(dialect, database):
                yield text_of(statement, connection.dialect)


@pytest.mark.parametrize("how", SCRIPTS)
def test_every_operation_is_carried_out_by_a_statement(scripts: Scripts, database_url: str, how: str) -> None:
    scripts.go(database_url)
    scripts.add("it", SCRIPTS[how], imports="import contextlib\nfrom recording_helpers import not_null, whole")
    with connected(database_url) as connection:
        dialect = dialect_for(connection.dialect)
        script = scripts.directory.load(scripts.directory.graph()["it"])
        recording = record(script, "upgrade", environment_of(dialect))
        with dialect.offline(dialect.read_all(connection).schema) as database:
            carried = [each.operations for each in recording.statements(dialect, database)]
    assert all(carried)
    asked = [(type(each), each.origin) for each in recording.operations]
    assert {(type(each), each.origin) for some in carried for each in some} == set(asked)
    assert all(sorted(some, key=recording.operations.index) == list(some) for some in carried)


@pytest.mark.parametrize("how", SCRIPTS)
def test_the_recorded_statements_are_those_that_run(scripts: Scripts, database_url: str, how: str) -> None:
    scripts.go(database_url)
    scripts.add("it", SCRIPTS[how], imports="import contextlib\nfrom recording_helpers import not_null, whole")
    expected = list(recorded(scripts, database_url))
    assert scripts.sql(database_url) == expected


CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_name)s",
    "uq": "uq_%(table_name)s_%(column_0_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_name)s",
    "pk": "pk_%(table_name)s",
}
UNNAMED = """
op.create_table(
    "kinds",
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("a", sa.String(9), sa.CheckConstraint("a <> 'x'", name="not_x"), unique=True),
    sa.Column("user_id", sa.Integer, sa.ForeignKey("users.id")),
)
op.create_unique_constraint(None, "users", ["email"])
op.get_bind()
op.create_foreign_key(None, "kinds", "posts", ["id"], ["id"])
"""


def test_the_naming_convention_of_the_models_is_that_of_the_run(scripts: Scripts, database_url: str) -> None:
    scripts.go(database_url)
    scripts.add("it", UNNAMED)
    expected = list(recorded(scripts, database_url, convention=lambda: CONVENTION))
    assert all(any(name in sql for sql in expected) for name in ("uq_users_email", "ck_kinds_not_x"))
    assert scripts.sql(database_url, convention=lambda: CONVENTION) == expected


def test_the_version_table_and_the_arguments_are_those_of_the_run(scripts: Scripts, database_url: str) -> None:
    scripts.add(
        "it",
        """
        context = op.get_context()
        op.create_table(context.version_table + "_log", sa.Column(context.get_x_argument()["name"], sa.Text))
        """,
    )
    versions = TableName("versions")
    expected = list(recorded(scripts, database_url, version_table=versions, x={"name": "b"}))
    assert "versions_log" in expected[0]
    assert expected[0] in scripts.sql(database_url, versions=VersionTable(versions), x={"name": "b"})


def test_a_replay_with_the_naming_convention_is_like_the_models(scripts: Scripts, database_url: str) -> None:
    models = sa.MetaData(naming_convention=CONVENTION)
    columns = sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer, unique=True)
    sa.Table("t", models, *columns, sa.Column("b", sa.Integer, sa.ForeignKey("t.id")), sa.CheckConstraint("a > 1", "a"))
    scripts.add(
        "it",
        """
        op.create_table(
            "t",
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", sa.Integer),
            sa.Column("b", sa.Integer, sa.ForeignKey("t.id")),
            sa.CheckConstraint("a > 1", name="a"),
        )
        op.create_unique_constraint(None, "t", ["a"])
        """,
    )
    with connected(database_url) as connection:
        dialect = dialect_for(connection.dialect)
        declared = read_models([models], dialect).schema
    script = scripts.directory.load(scripts.directory.graph()["it"])
    replayed = replay([script], dialect, environment_of(dialect, convention=lambda: CONVENTION))
    pairs = match(replayed.schema, declared, traits=dialect)
    assert replayed.doubts == ()
    assert diff(spelled_alike(pairs, dialect), kinds=KINDS, traits=dialect) == ()


BY_HAND = """
CREATE TABLE "by hand" ( -- the comment stays
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  a   text COLLATE NOCASE DEFAULT ('x' || 'y') /* here too */,
  b int CHECK (b > 0), c, "d e" INTEGER AS (b + 1),
  UNIQUE (a, b) ON CONFLICT IGNORE
)
"""


def test_texts_written_by_hand_and_edited_by_sqlite(scripts: Scripts, sqlite_url: str) -> None:
    """SQLite edits them when it adds, drops and renames; triggers, views and statistics are there too."""
    scripts.go(sqlite_url)
    send(
        sqlite_url,
        BY_HAND,
        "CREATE INDEX [an index] ON 'by hand' (lower(a), b DESC) WHERE b IS NOT NULL",
        'CREATE TRIGGER tr AFTER INSERT ON "by hand" BEGIN UPDATE users SET age = new.b; END',
        'CREATE VIEW v AS SELECT a, "d e" FROM "by hand"',
        "INSERT INTO \"by hand\" (a, b) VALUES ('1', 2)",
        "ANALYZE",
    )
    scripts.add(
        "it",
        """
        op.add_column("by hand", sa.Column("new", sa.Integer))
        op.get_bind()
        op.alter_column("by hand", "a", existing_type=sa.Text(), nullable=False)
        op.get_bind()
        op.alter_column("by hand", "b", existing_type=sa.Integer(), new_column_name="bb")
        op.get_bind()
        op.drop_column("by hand", "c")
        op.rename_table("by hand", "hands")
        op.get_bind()
        op.create_unique_constraint("uq", "hands", ["bb"])
        op.get_bind()
        op.create_check_constraint("ck", "users", "age < 200")
        """,
    )
    expected = list(recorded(scripts, sqlite_url))
    assert sum(text.startswith("CREATE TABLE") for text in expected) == 4
    assert any("the comment stays" in text for text in expected)
    assert any("sqlite_stat1" in text for text in expected)
    assert scripts.sql(sqlite_url) == expected


def test_functions_and_collations_of_the_application(scripts: Scripts, sqlite_url: str) -> None:
    """The copy in memory has none of them, and needs none."""
    engine = sa.create_engine(sqlite_url, poolclass=sa.StaticPool)

    @sa.event.listens_for(engine, "connect")
    def connect(driver: Any, _: object) -> None:
        driver.create_function("ours", 1, lambda value: value, deterministic=True)
        driver.create_collation("OURS", lambda one, other: (one > other) - (one < other))

    scripts.go(engine)
    send(
        engine,
        "CREATE TABLE t (a INTEGER CHECK (ours(a) > 0), b TEXT COLLATE OURS)",
        "CREATE INDEX ix ON t (ours(a), b)",
    )
    scripts.add(
        "it",
        """
        op.alter_column("t", "a", existing_type=sa.Integer(), nullable=False)
        op.get_bind()
        op.create_unique_constraint("uq", "t", ["b"])
        """,
    )
    expected = list(recorded(scripts, engine))
    assert scripts.sql(engine) == expected
    engine.dispose()


def test_a_replayed_schema_is_enough(scripts: Scripts, database_url: str) -> None:
    """Nothing was read: the tables are made as the scripts before say."""
    scripts.add("it", SCRIPTS["renames with barriers"])
    graph = scripts.directory.graph()
    with connected(database_url) as connection:
        dialect = dialect_for(connection.dialect)
        environment = environment_of(dialect)
        schema = replay([scripts.directory.load(graph["first"])], dialect, environment).schema
        recording = record(scripts.directory.load(graph["it"]), "upgrade", environment)
        with dialect.offline(schema) as database:
            expected = [text_of(statement, connection.dialect) for statement in recording.statements(dialect, database)]
    scripts.go(database_url, "first")
    assert scripts.sql(database_url) == expected
