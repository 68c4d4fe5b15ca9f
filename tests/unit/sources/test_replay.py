"""Scripts without a database: their operations, or why these cannot be known."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy.dialects import postgresql, sqlite

from schemashift.dialects import dialect_for
from schemashift.diff import by_kind
from schemashift.objects import KINDS
from schemashift.schema import Schema, TableName
from schemashift.sources.replay import Recording, record, replay
from tests.support.scripts import Scripts, environment_of


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    return Scripts(tmp_path)


def recorded(scripts: Scripts, body: str, *, imports: str = "", dialect: object = None) -> Recording:
    scripts.add("it", body, "op.drop_table('t')", imports=imports)
    script = scripts.directory.load(scripts.directory.graph()["it"])
    return record(script, "upgrade", environment_of(dialect_for(dialect or sqlite.dialect())))  # type: ignore[arg-type]


KNOWN = {
    "operations": ('op.drop_table("a")\nop.drop_table("b")', ["- table a", "- table b"]),
    "dialect of the bind": ('if op.get_bind().dialect.name == "sqlite":\n    op.drop_table("a")', ["- table a"]),
    "dialect of the engine": ('if op.get_bind().engine.name == "sqlite":\n    op.drop_table("a")', ["- table a"]),
    "dialect of the context": ('if op.get_context().dialect.name == "x":\n    op.drop_table("a")', []),
    "text": ('op.execute("UPDATE a SET b = 1")', ["~ execute UPDATE a SET b = 1"]),
    "statement on the bind": (
        'op.get_bind().execute(sa.text("DELETE FROM a"))',
        ["~ execute DELETE FROM a"],
    ),
    "driver text": (
        "op.get_bind().exec_driver_sql(\"UPDATE a SET b = ':c'\")",
        ["~ execute UPDATE a SET b = ':c'"],
    ),
    "batch": ('with op.batch_alter_table("a") as b:\n    b.drop_column("c")', ["- column a.c"]),
}


@pytest.mark.parametrize("how", KNOWN)
def test_what_needs_no_answer_is_recorded(scripts: Scripts, how: str) -> None:
    body, expected = KNOWN[how]
    recording = recorded(scripts, body)
    assert [str(each.describe()) for each in recording.operations] == expected
    assert recording.reason is None
    assert not recording.leaves_transaction


UNKNOWN = {
    "rows": 'rows = op.get_bind().execute(sa.text("SELECT 1")).all()',
    "a select": "op.get_bind().execute(sa.select(sa.literal(1)))",
    "a scalar": 'op.get_bind().scalar(sa.text("SELECT 1"))',
    "scalars": 'op.get_bind().scalars(sa.text("SELECT 1"))',
    "a count": 'n = op.get_bind().execute(sa.text("DELETE FROM a")).rowcount',
    "a loop": 'for row in op.get_bind().execute(sa.text("SELECT 1")):\n    pass',
    "inspect": "sa.inspect(op.get_bind()).get_table_names()",
    "reflection": 'sa.Table("a", sa.MetaData(), autoload_with=op.get_bind())',
    "create_all": "sa.MetaData().reflect(op.get_bind())",
    "session": "from sqlalchemy.orm import Session\nSession(bind=op.get_bind()).execute(sa.text('DELETE FROM a'))",
    "engine": "op.get_bind().engine.connect()",
    "transaction": "op.get_bind().begin_nested()",
    "type": "sa.Enum('a', name='e').create(op.get_bind(), checkfirst=True)",
    "swallowed": "try:\n    op.get_bind().scalar(sa.text('SELECT 1'))\nexcept Exception:\n    pass",
}


@pytest.mark.parametrize("how", UNKNOWN)
def test_what_needs_an_answer_ends_the_recording_with_the_reason(scripts: Scripts, how: str) -> None:
    dialect = postgresql.dialect() if how == "type" else None
    recording = recorded(scripts, f'op.drop_table("before")\n{UNKNOWN[how]}\nop.drop_table("after")', dialect=dialect)
    assert recording.reason is not None
    assert recording.reason.startswith("it asks the database: ")
    names = [str(each.describe()) for each in recording.operations]
    assert names[0] == "- table before"
    assert "- table after" not in names


def test_an_error_of_the_script_is_a_reason(scripts: Scripts) -> None:
    recording = recorded(scripts, 'op.drop_table("a")\nraise ValueError("first line\\nsecond")')
    assert recording.reason == "ValueError: first line"
    assert len(recording.operations) == 1


def test_an_autocommit_block_is_remembered(scripts: Scripts) -> None:
    recording = recorded(scripts, 'with op.autocommit_block():\n    op.execute("VACUUM")')
    assert recording.leaves_transaction
    assert recording.reason is None


def test_the_way_back_is_recorded_too(scripts: Scripts) -> None:
    scripts.add("it", "pass", 'op.drop_table("t")')
    script = scripts.directory.load(scripts.directory.graph()["it"])
    recording = record(script, "downgrade", environment_of(dialect_for(sqlite.dialect())))
    assert [str(each.describe()) for each in recording.operations] == ["- table t"]


def test_replay_gives_the_schema_that_the_scripts_leave(scripts: Scripts) -> None:
    scripts.add("a", 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("x", sa.Integer))')
    scripts.add("b", 'op.add_column("t", sa.Column("y", sa.Integer))\nop.create_index("ix", "t", ["y"])')
    scripts.add(
        "c",
        'op.drop_column("t", "x")\nop.rename_table("t", "u")\nop.add_column("elsewhere", sa.Column("z", sa.Integer))',
    )
    scripts.add("d", 'op.create_table("v", sa.Column("id", sa.Integer))\nop.get_bind().scalar(sa.text("SELECT 1"))')
    schema, doubts = _replayed(scripts)
    table = schema.table(TableName("u"))
    assert table is not None
    assert [column.name for column in table.columns] == ["id", "y"]
    assert [index.name for index in table.indexes] == ["ix"]
    assert [each.name for each in schema.tables] == ["u", "v"]
    assert doubts == [
        'revision "c" cannot be replayed: + column elsewhere.z  INTEGER: there is no table "elsewhere"',
        'revision "d" cannot be replayed: it asks the database: SELECT 1',
    ]


def _replayed(scripts: Scripts) -> tuple[Schema, list[str]]:
    graph = scripts.directory.graph()
    dialect = dialect_for(sqlite.dialect())
    found = replay((scripts.directory.load(each) for each in graph), dialect, environment_of(dialect))
    return found.schema, [str(each) for each in found.doubts]


@pytest.mark.parametrize(
    ("body", "sent"),
    [
        ('op.execute("ALTER TABLE t ADD COLUMN x INTEGER")', "ALTER TABLE t ADD COLUMN x INTEGER"),
        ('op.execute("create table u (id integer)")', "create table u (id integer)"),
        ('op.execute(sa.DDL("DROP TABLE t"))', "DROP TABLE t"),
        ('op.get_bind().execute(sa.text("DROP TABLE t"))', "DROP TABLE t"),
        (r'op.execute("-- c\nCREATE TABLE u (id INT)")', "-- c CREATE TABLE u (id INT)"),
        ('op.execute("/* x */ CREATE TABLE u (id INT)")', "/* x */ CREATE TABLE u (id INT)"),
        ('op.execute(sa.text("/* x */CREATE TABLE u (id INT)"))', "/* x */CREATE TABLE u (id INT)"),
        (r'op.get_bind().execute(sa.text("-- c\nDROP TABLE t"))', "-- c DROP TABLE t"),
        ('op.get_bind().exec_driver_sql("/* x */ DROP TABLE t")', "/* x */ DROP TABLE t"),
        ('op.execute("-- " + "c" * 70 + chr(10) + "DROP TABLE t")', "-- " + "c" * 54 + "..."),
    ],
)
def test_ddl_that_a_script_sends_itself_is_a_doubt(scripts: Scripts, body: str, sent: str) -> None:
    scripts.add("a", f'op.create_table("t", sa.Column("id", sa.Integer))\n{body}\nop.create_index("ix", "t", ["id"])')
    schema, doubts = _replayed(scripts)
    assert doubts == [f'revision "a" cannot be replayed: it sends SQL of its own: {sent}']
    assert [index.name for index in schema.tables[0].indexes] == ["ix"]


def test_statements_about_rows_are_no_doubt(scripts: Scripts) -> None:
    scripts.add("a", 'op.execute("UPDATE t SET a = 1")\nop.execute(sa.delete(sa.table("t")))')
    scripts.add("b", r'op.execute("-- DROP\n/* CREATE */ INSERT INTO t VALUES (1)")')
    assert _replayed(scripts)[1] == []


def test_objects_of_every_kind_are_in_normal_form_after_a_replay(scripts: Scripts) -> None:
    scripts.add("a", 'op.create_domain("d", sa.Integer(), checks={"ck": "(VALUE > 0)"}, server_default="1")')
    dialect = dialect_for(postgresql.psycopg.dialect())
    found = replay([scripts.directory.load(scripts.directory.graph()["a"])], dialect, environment_of(dialect))
    kinds = by_kind(KINDS)
    normal = [kinds[each.key.kind].normal(each, dialect) for each in found.schema.values()]
    assert normal == list(found.schema.values())
