"""Renames that are given to a comparison: what has another name keeps its rows, up and down."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from schemashift import Migrator
from schemashift.autogenerate.compare import Comparison, compare
from schemashift.dialects import dialect_for
from schemashift.diff import Renames
from schemashift.errors import NotSupported
from schemashift.schema import Key, TableName

TEAMS = TableName("teams")


class Project:
    """A database and its scripts."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url = url
        self.folder = folder
        self.engine = sa.create_engine(url, poolclass=sa.NullPool)

    def migrator(self, models: sa.MetaData) -> Migrator:
        return Migrator(self.url, models=models, directory=self.folder)

    def begin(self, models: sa.MetaData, *rows: str) -> None:
        self.migrator(models).init()
        self.migrator(models).revision("before", autogenerate=True)
        self.migrator(models).upgrade()
        with self.engine.begin() as connection:
            for row in rows:
                connection.exec_driver_sql(row)

    def compared(self, models: sa.MetaData, renames: Renames) -> Comparison:
        with self.engine.connect() as connection:
            dialect = dialect_for(connection.dialect)
            return compare(connection, [models], dialect, ignore={TableName("version")}, renames=renames)

    def write(self, found: Comparison) -> None:
        """What `Migrator.revision` will do once somebody is there to say what was renamed."""
        path = self.migrator(sa.MetaData()).revision("after").revision
        assert path is not None
        with self.engine.connect() as connection:
            body = found.body(dialect_for(connection.dialect))
        file = Path(path.path)
        head, upgrade, downgrade = file.read_text().split("    pass\n")
        imports = "".join(f"{line}\n" for line in body.imports)
        file.write_text(f"{imports}\n{head}{body.upgrade}\n{upgrade}{body.downgrade}\n{downgrade}")

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.exec_driver_sql(sql)]


@pytest.fixture
def project(database_url: str, tmp_path: Path) -> Project:
    return Project(database_url, tmp_path / "migrations")


def models(*tables: tuple[str, Iterable[Any]]) -> sa.MetaData:
    metadata = sa.MetaData()
    for name, parts in tables:
        sa.Table(name, metadata, sa.Column("id", sa.Integer, primary_key=True), *parts)
    return metadata


def lines(found: Comparison) -> list[str]:
    return [" ".join(str(operation.describe()).split()) for operation in found.operations]


def there_and_back(project: Project, before: sa.MetaData, after: sa.MetaData, renames: Renames) -> Comparison:
    """Write the script with *renames*, run it up, down and up, and look each time whether anything is left to do."""
    found = project.compared(after, renames)
    project.write(found)
    project.migrator(after).upgrade()
    assert project.compared(after, {}).operations == ()
    project.migrator(before).downgrade("-1")
    assert project.compared(before, {}).operations == ()
    project.migrator(after).upgrade()
    assert project.compared(after, {}).operations == ()
    return found


def test_a_renamed_table_with_a_renamed_column_keeps_its_rows(project: Project) -> None:
    before = models(
        ("teams", [sa.Column("title", sa.String(30), nullable=False), sa.CheckConstraint("title <> 'x'", "ck_title")]),
        ("people", [sa.Column("team_id", sa.ForeignKey("teams.id"))]),
    )
    after = models(
        ("crews", [sa.Column("name", sa.String(30), nullable=False), sa.CheckConstraint("name <> 'x'", "ck_title")]),
        ("people", [sa.Column("team_id", sa.ForeignKey("crews.id"))]),
    )
    project.begin(before, "INSERT INTO teams VALUES (7, 'red')", "INSERT INTO people VALUES (1, 7)")
    renames = {Key.of_table(TEAMS): "crews", Key.of_column(TEAMS, "title"): "name"}
    found = there_and_back(project, before, after, renames)
    assert lines(found) == ["~ table teams renamed to crews", "~ rename crews.title -> name"]
    assert [type(each).__name__ for each in found.downgrade] == ["RenameColumn", "RenameTable"]
    assert project.rows("SELECT id, name FROM crews") == [(7, "red")]
    project.migrator(before).downgrade("-1")
    assert project.rows("SELECT id, title FROM teams") == [(7, "red")]
    assert project.rows("SELECT id, team_id FROM people") == [(1, 7)]


def test_a_renamed_column_takes_another_type_in_the_same_step(project: Project) -> None:
    before = models(("people", [sa.Column("name", sa.String(30), nullable=False), sa.Column("age", sa.Integer)]))
    after = models(("people", [sa.Column("full_name", sa.String(80)), sa.Column("age", sa.BigInteger)]))
    project.begin(before, "INSERT INTO people VALUES (1, 'Ada', 36)")
    found = there_and_back(project, before, after, {Key.of_column(TableName("people"), "name"): "full_name"})
    assert lines(found)[0] == "~ rename people.name -> full_name"
    assert not any(line.startswith(("+", "-")) for line in lines(found))
    assert project.rows("SELECT full_name, age FROM people") == [("Ada", 36)]


def test_a_foreign_key_follows_the_column_that_it_points_to(project: Project) -> None:
    def made(code: str) -> sa.MetaData:
        return models(
            ("teams", [sa.Column(code, sa.String(10), unique=True, nullable=False)]),
            ("people", [sa.Column("team_code", sa.ForeignKey(f"teams.{code}"))]),
        )

    project.begin(made("code"), "INSERT INTO teams VALUES (1, 'r')", "INSERT INTO people VALUES (1, 'r')")
    found = there_and_back(project, made("code"), made("slug"), {Key.of_column(TEAMS, "code"): "slug"})
    assert lines(found)[0] == "~ rename teams.code -> slug"
    assert not [each for each in lines(found) if "foreign key" in each]
    assert project.rows("SELECT slug FROM teams JOIN people ON team_code = slug") == [("r",)]


def test_a_text_that_uses_a_renamed_column_follows_it(project: Project) -> None:
    def made(name: str) -> sa.MetaData:
        computed = sa.Column("twice", sa.Integer, sa.Computed(f"{name} * 2"))
        return models(
            ("t", [sa.Column(name, sa.Integer, nullable=False), computed, sa.CheckConstraint(f"{name} > 0", "ck_t")])
        )

    project.begin(made("old"), "INSERT INTO t (id, old) VALUES (1, 5)")
    found = there_and_back(project, made("old"), made("fresh"), {Key.of_column(TableName("t"), "old"): "fresh"})
    assert lines(found) == ["~ rename t.old -> fresh"]
    assert project.rows("SELECT fresh, twice FROM t") == [(5, 10)]


def test_a_renamed_index(project: Project) -> None:
    before = models(("t", [sa.Column("a", sa.Integer), sa.Index("ix_old", "a")]))
    after = models(("t", [sa.Column("a", sa.Integer), sa.Index("ix_new", "a")]))
    project.begin(before)
    found = there_and_back(project, before, after, {Key.of_index(TableName("t"), "ix_old"): "ix_new"})
    assert lines(found) == ["~ index ix_old renamed to ix_new"]


def test_names_that_are_taken_are_refused(project: Project) -> None:
    before = models(("a", []), ("b", []))
    project.begin(before)
    with pytest.raises(NotSupported, match="these renames cannot be done") as refused:
        project.compared(models(("b", [])), {Key.of_table(TableName("a")): "b"})
    assert refused.value.cause == "the new name is taken: a to b"
    with pytest.raises(NotSupported) as refused:
        project.compared(models(("c", [])), {Key.of_table(TableName("nix")): "c"})
    assert refused.value.cause == "there is no table nix"


def test_a_new_name_that_no_model_has_is_refused(project: Project) -> None:
    """The table would be renamed, and then dropped with its rows."""
    before = models(("t", [sa.Column("a", sa.Integer), sa.Index("ix_t", "a")]))
    project.begin(before)
    table = TableName("t")
    for key, cause in {
        Key.of_table(table): "table zz",
        Key.of_column(table, "a"): "column t.zz",
        Key.of_index(table, "ix_t"): "index zz",
    }.items():
        with pytest.raises(NotSupported, match="these renames cannot be done") as refused:
            project.compared(before, {key: "zz"})
        assert refused.value.cause == f"the new schema has no {cause}"


@pytest.mark.databases("sqlite")
def test_names_that_move_on_are_given_in_an_order_that_runs(project: Project) -> None:
    before, after = models(("a", []), ("b", [])), models(("b", []), ("c", []))
    project.begin(before, "INSERT INTO a VALUES (1)", "INSERT INTO b VALUES (2)")
    found = there_and_back(
        project, before, after, {Key.of_table(TableName("a")): "b", Key.of_table(TableName("b")): "c"}
    )
    assert lines(found) == ["~ table b renamed to c", "~ table a renamed to b"]
    assert project.rows("SELECT id FROM c") == [(2,)]
