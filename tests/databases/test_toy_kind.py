"""A kind of object is one file: views over tables, made of this file alone and handed in beside the package's kinds.

What it gets with that, executed on real databases: it is created after what it reads, dropped and created again round
a change of what it reads, and its names are shared with those of tables.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar, Self

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from schemashift import op
from schemashift.autogenerate.compare import Comparison, compare, spelled_alike
from schemashift.autogenerate.ownership import created_by_scripts, keys_of
from schemashift.dialects import Dialect, dialect_for
from schemashift.dialects.live import LiveSchema
from schemashift.diff import RELATION, diff, match
from schemashift.objects import KINDS, Kind
from schemashift.op.running import current
from schemashift.operations import Compiler, Description, Live, Operation, Sql, Writer, by_name
from schemashift.operations.base import Keys, Node, need_object, without
from schemashift.schema import Key, Schema, TableName
from schemashift.sources.models import read_models
from schemashift.sources.replay import replay
from schemashift.sqla.names import names_of
from tests.support.scripts import Scripts, connected, environment_of

# The kind ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """``SELECT columns FROM over``, which may be a table or another view."""

    name: str
    over: str
    columns: tuple[str, ...]

    @property
    def key(self) -> Key:
        return Key("view", None, self.name)

    @property
    def dependencies(self) -> Keys:
        table = TableName(self.over)
        columns = (Key.of_column(table, column) for column in self.columns)
        return frozenset({Key.of_table(table), Key("view", None, self.over), *columns})


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateView(Operation):
    view: View

    @property
    def creates(self) -> Keys:
        return frozenset({self.view.key})

    @property
    def uses(self) -> Keys:
        return self.view.dependencies

    def inverse(self) -> DropView:
        return DropView(name=self.view.name, view=self.view)

    def apply(self, schema: Schema) -> Schema:
        return schema.put(self.view)

    def describe(self) -> Description:
        return Description("+", "view", self.view.name)

    @property
    def sql_by_dialect(self) -> Mapping[str, Sql]:
        return {"*": self._create}

    def _create(self, compiler: Compiler[object], live: Live) -> Iterator[str]:
        columns = ", ".join(map(compiler.quote, self.view.columns))
        yield f"CREATE VIEW {compiler.quote(self.view.name)} AS SELECT {columns} FROM {compiler.quote(self.view.over)}"

    def source(self, writer: Writer[Node]) -> Iterator[Node]:
        yield writer.call("op.create_view", [self.view.name, list(self.view.columns)], over=self.view.over)


@dataclass(frozen=True, slots=True, kw_only=True)
class DropView(Operation):
    name: str
    view: View | None = None

    @property
    def drops(self) -> Keys:
        return frozenset({Key("view", None, self.name)})

    @property
    def frees(self) -> Keys:
        return self.view.dependencies if self.view else frozenset()

    def inverse(self) -> CreateView:
        assert self.view is not None
        return CreateView(view=self.view)

    def complete(self, schema: Schema) -> Self:
        return self if self.view else replace(self, view=need_object(schema, Key("view", None, self.name), View))

    def apply(self, schema: Schema) -> Schema:
        return without(schema, Key("view", None, self.name))

    def describe(self) -> Description:
        return Description("-", "view", self.name)

    @property
    def sql_by_dialect(self) -> Mapping[str, Sql]:
        return {"*": self._drop}

    def _drop(self, compiler: Compiler[object], live: Live) -> Iterator[str]:
        yield f"DROP VIEW {compiler.quote(self.name)}"

    def source(self, writer: Writer[Node]) -> Iterator[Node]:
        yield writer.call("op.drop_view", [self.name])


READ = {
    "postgresql": "SELECT viewname, definition FROM pg_views WHERE schemaname = current_schema()",
    "sqlite": "SELECT name, sql FROM sqlite_master WHERE type = 'view'",
    "*": "SELECT TABLE_NAME, VIEW_DEFINITION FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()",
}


class Views(Kind[View]):
    name = "view"
    namespace = RELATION

    def lift(self, metadatas: Sequence[sa.MetaData], dialect: sa.Dialect) -> Iterator[View]:
        for metadata in metadatas:
            yield from metadata.info.get("views", ())

    def read(self, connection: sa.Connection, schemas: Iterable[str]) -> Iterator[View]:
        for name, text in connection.exec_driver_sql(by_name(READ, names_of(connection.dialect)) or ""):
            found = re.search(r"SELECT\s+(.*?)\s+FROM\s+([^\s;]+)", text, re.IGNORECASE | re.DOTALL)
            assert found is not None
            columns, over = ([re.findall(r"\w+", word)[-1] for word in each.split(",")] for each in found.groups())
            yield View(name=name, over=over[0], columns=tuple(columns))

    def is_managed(self, thing: View, tables: Schema) -> bool:
        return True

    def create(self, thing: View) -> Iterator[Operation]:
        yield CreateView(view=thing)

    def drop(self, thing: View) -> Iterator[Operation]:
        yield DropView(name=thing.name, view=thing)

    def alter(self, before: View, after: View, old: Schema, new: Schema) -> Iterator[Operation]:
        yield from (*self.drop(before), *self.create(after))

    def rebuildable(self, before: View, after: View) -> Iterator[Operation]:
        if before == after:
            yield from self.create(after)


WITH_VIEWS = (*KINDS, Views())

# What it gets ------------------------------------------------------------------------------------------------------


def models(*things: sa.Table | View | sa.Column[object]) -> sa.MetaData:
    """A table ``t`` of the given columns, and the given views; without columns only the views."""
    metadata = sa.MetaData(info={"views": [each for each in things if isinstance(each, View)]})
    columns = [each for each in things if isinstance(each, sa.Column)]
    if columns:
        sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), *columns)
    return metadata


def column(type_: sa.types.TypeEngine[object], name: str = "n") -> sa.Column[object]:
    return sa.Column(name, type_)


def live_schema(dialect: Dialect, connection: sa.Connection) -> LiveSchema:
    return LiveSchema(
        read=lambda name: dialect.read(connection, [name]).schema.table(name),
        read_all=lambda: dialect.read(connection).schema,
        read_objects=lambda key: dialect.read_objects(connection, key, kinds=WITH_VIEWS),
    )


def compared(url: str, metadata: sa.MetaData) -> Comparison:
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.connect() as connection:
        return compare(connection, [metadata], dialect_for(connection.dialect), kinds=WITH_VIEWS)


def run(url: str, operations: Sequence[Operation]) -> list[str]:
    """The statements that *operations* are compiled to, sent as a run sends them."""
    sent: list[str] = []
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        dialect = dialect_for(connection.dialect)
        session = dialect.session(connection)
        with session.run():
            session.begin()
            for statement in dialect.compile(operations, live_schema(dialect, connection)):
                session.execute(str(statement.sql))
                sent.append(str(statement.sql))
            session.commit()
    return sent


def there_and_back(url: str, first: sa.MetaData, second: sa.MetaData) -> tuple[list[str], list[str]]:
    """Go from *first* to *second*, back and there again; what is sent on the way there and back."""
    run(url, compared(url, first).operations)
    assert compared(url, first).operations == ()
    step = compared(url, second)
    there = run(url, step.operations)
    assert compared(url, second).operations == ()
    back = run(url, step.downgrade)
    assert compared(url, first).operations == ()
    assert run(url, step.operations) == there
    return there, back


def places(statements: list[str], *beginnings: str) -> list[int]:
    """Where the statements stand that begin so, each of them once."""
    found = [[place for place, sql in enumerate(statements) if sql.startswith(each)] for each in beginnings]
    assert [len(each) for each in found] == [1] * len(beginnings), statements
    return [each[0] for each in found]


def in_order(statements: list[str], *beginnings: str) -> bool:
    found = places(statements, *beginnings)
    return found == sorted(found)


def test_it_is_created_after_what_it_reads_and_dropped_before(database_url: str) -> None:
    upper, lower = View(name="a", over="b", columns=("n",)), View(name="b", over="t", columns=("id", "n"))
    there, back = there_and_back(database_url, models(), models(column(sa.Integer()), upper, lower))
    assert in_order(there, "CREATE TABLE t", "CREATE VIEW b", "CREATE VIEW a")
    assert in_order(back, "DROP VIEW a", "DROP VIEW b", "DROP TABLE t")


def test_it_is_created_after_a_new_column_that_it_reads(database_url: str) -> None:
    old, new = (View(name="v", over="t", columns=columns) for columns in (("id",), ("id", "more")))
    first = models(column(sa.Integer()), old)
    second = models(column(sa.Integer()), column(sa.Integer(), "more"), new)
    there, back = there_and_back(database_url, first, second)
    assert in_order(there, "ALTER TABLE t ADD", "CREATE VIEW v")
    assert in_order(back, "DROP VIEW v", "ALTER TABLE t DROP")


@pytest.mark.databases("postgresql")
def test_a_column_that_it_reads_gets_another_type(database_url: str) -> None:
    """PostgreSQL refuses: "cannot alter type of a column used by a view or rule"."""
    views = (View(name="a", over="b", columns=("n",)), View(name="b", over="t", columns=("id", "n")))
    aside = View(name="c", over="t", columns=("id",))
    first = models(column(sa.Integer()), *views, aside)
    there, back = there_and_back(database_url, first, models(column(sa.BigInteger()), *views, aside))
    for sent in (there, back):
        assert in_order(sent, "DROP VIEW a", "DROP VIEW b", "ALTER TABLE t", "CREATE VIEW b", "CREATE VIEW a")
        assert not any(" VIEW c" in each for each in sent), "it reads nothing that changes"


@pytest.mark.databases("sqlite", "mariadb")
def test_a_column_that_it_reads_gets_another_type_where_views_are_not_in_the_way(database_url: str) -> None:
    views = (View(name="a", over="b", columns=("n",)), View(name="b", over="t", columns=("id", "n")))
    step = (models(column(sa.Integer()), *views), models(column(sa.String(20)), *views))
    run(database_url, compared(database_url, step[0]).operations)
    found = compared(database_url, step[1])
    assert not any(isinstance(each, CreateView | DropView) for each in found.operations)
    there_and_back(database_url, *step)


def test_a_change_that_it_does_not_notice_leaves_it_alone(database_url: str) -> None:
    view = View(name="v", over="t", columns=("id", "n"))
    one = models(column(sa.Integer()), view)
    other = models(sa.Column("n", sa.Integer, nullable=False, server_default="1"), view)
    run(database_url, compared(database_url, one).operations)
    found = compared(database_url, other).operations
    assert found
    assert not any(isinstance(each, CreateView | DropView) for each in found)


def test_a_changed_view_under_another(database_url: str) -> None:
    upper = View(name="a", over="b", columns=("n",))
    old, new = (View(name="b", over="t", columns=columns) for columns in (("id", "n"), ("n",)))
    n = column(sa.Integer()), column(sa.Integer())
    there, back = there_and_back(database_url, models(n[0], upper, old), models(n[1], upper, new))
    for sent in (there, back):
        assert in_order(sent, "DROP VIEW a", "DROP VIEW b", "CREATE VIEW b", "CREATE VIEW a")


def test_a_table_that_becomes_a_view_of_its_name(database_url: str) -> None:
    """And a view over it, which is the same before and after."""
    upper = View(name="a", over="s", columns=("n",))
    first, second = models(column(sa.Integer()), upper), models(column(sa.Integer()), upper)
    sa.Table("s", first, sa.Column("n", sa.Integer))
    second.info["views"].append(View(name="s", over="t", columns=("n",)))
    there, back = there_and_back(database_url, first, second)
    assert in_order(there, "DROP VIEW a", "DROP TABLE s", "CREATE VIEW s", "CREATE VIEW a")
    assert in_order(back, "DROP VIEW a", "DROP VIEW s", "CREATE TABLE s", "CREATE VIEW a")


@pytest.mark.databases("postgresql")
def test_an_enum_that_is_made_anew_under_a_column_that_it_reads(database_url: str) -> None:
    view = View(name="v", over="t", columns=("n",))
    steps = [models(column(sa.Enum(*labels, name="mood")), view) for labels in (("a", "b", "c"), ("a", "c"))]
    there, back = there_and_back(database_url, *steps)
    assert in_order(there, "DROP VIEW v", "CREATE TYPE mood", "DROP TYPE", "CREATE VIEW v")
    assert in_order(back, "DROP VIEW v", "CREATE VIEW v")


def test_it_is_read_where_a_script_does_not_say_what_it_was(database_url: str) -> None:
    view = View(name="v", over="t", columns=("id", "n"))
    run(database_url, compared(database_url, models(column(sa.Integer()), view)).operations)
    with sa.create_engine(database_url, poolclass=sa.NullPool).connect() as connection:
        live = live_schema(dialect_for(connection.dialect), connection)
        assert live.complete(DropView(name="v")) == DropView(name="v", view=view)
        assert live.get(Key("view", None, "nowhere")) is None


VIEW_SCRIPT = """
op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer))
current().submit([CreateView(view=View(name="v", over="t", columns=("id", "n")))])
"""


def test_a_script_that_creates_it_is_replayed(database_url: str, tmp_path: Path) -> None:
    scripts = Scripts(tmp_path)
    scripts.add(
        "a", VIEW_SCRIPT, imports=f"from {__name__} import CreateView, View\nfrom schemashift.op.running import current"
    )
    script = scripts.directory.load(scripts.directory.graph()["a"])
    view = View(name="v", over="t", columns=("id", "n"))
    with connected(database_url) as connection:
        dialect = dialect_for(connection.dialect)
    environment = environment_of(dialect)
    replayed = replay([script], dialect, environment, kinds=WITH_VIEWS)
    assert replayed.doubts == ()
    assert replayed.schema.get(view.key) == view
    declared = read_models([models(column(sa.Integer()), view)], dialect, WITH_VIEWS).schema
    pairs = match(replayed.schema, declared, traits=dialect)
    assert diff(spelled_alike(pairs, dialect), kinds=WITH_VIEWS, traits=dialect) == ()


def test_what_scripts_create_of_it_is_found_by_a_function_of_op(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """By a literal name, and where a script computes the name, in a recording."""
    monkeypatch.setattr(op, "create_view", create_view, raising=False)
    scripts, kinds = Scripts(tmp_path), (*KINDS, NamedViews())
    scripts.add("a", 'op.create_view("a", ["n"], over="t")')
    scripts.add("b", 'for name in "bc":\n    op.create_view(name, ["n"], over="t")')
    environment = environment_of(dialect_for(sqlite.dialect()))
    graph = scripts.directory.graph()
    found = created_by_scripts(scripts.directory, graph, environment, kinds)
    assert found == {Key("view", None, name) for name in "abc"}
    assert created_by_scripts(scripts.directory, graph, environment) == frozenset()
    assert Key("view", "s", "v") in keys_of("s.v", kinds=kinds)


class NamedViews(Views):
    name_parameters: ClassVar = {"create_view": "name"}


def create_view(name: str, columns: Sequence[str], *, over: str, schema: str | None = None) -> None:
    assert schema is None
    current().submit([CreateView(view=View(name=name, over=over, columns=tuple(columns)))])


def test_it_is_written_into_scripts(sqlite_url: str) -> None:
    view = View(name="v", over="t", columns=("id", "n"))
    found = compared(sqlite_url, models(column(sa.Integer()), view))
    with sa.create_engine(sqlite_url).connect() as connection:
        body = found.body(dialect_for(connection.dialect))
    assert 'op.create_view("v", ["id", "n"], over="t")\n' in body.upgrade
    assert body.downgrade.startswith('    op.drop_view("v")\n')
