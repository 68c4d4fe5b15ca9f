"""What a constraint has beside its definition: a comment, when it is checked, and whether the rows were checked."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from schemashift import Migrator
from schemashift.errors import MigrationFailed
from schemashift.results import Written
from tests.support.scripts import rows_of, send

VALIDITY = "SELECT conname, convalidated FROM pg_constraint WHERE conname IN ('ck', 'fk') ORDER BY 1"
COMMENTS = "SELECT obj_description(oid, 'pg_constraint') FROM pg_constraint WHERE conname = 'ck'"


def models(*parts: sa.Constraint) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("parent", metadata, sa.Column("id", sa.Integer, primary_key=True))
    columns = [sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer)]
    sa.Table("t", metadata, *columns, *parts)
    return metadata


def checks(*, not_valid: bool, comment: str | None = None) -> tuple[sa.Constraint, sa.Constraint]:
    words = {"postgresql_not_valid": True} if not_valid else {}
    check = sa.CheckConstraint("a > 0", name="ck", comment=comment, **words)
    return check, sa.ForeignKeyConstraint(["a"], ["parent.id"], name="fk", **words)


class Project:
    """A project on one database, whose models change."""

    def __init__(self, url: str, folder: Path) -> None:
        self.url, self.folder = url, folder
        Migrator(url, directory=folder).init()

    def migrator(self, metadata: sa.MetaData) -> Migrator:
        return Migrator(self.url, models=metadata, directory=self.folder)

    def to(self, metadata: sa.MetaData) -> Written:
        migrator = self.migrator(metadata)
        written = migrator.revision(autogenerate=True)
        migrator.upgrade()
        assert [each.describe() for each in migrator.diff().operations] == []
        return written


@pytest.fixture
def project(database_url: str, tmp_path: Path) -> Project:
    return Project(database_url, tmp_path / "migrations")


@pytest.mark.databases("postgresql")
def test_existing_rows_are_checked_when_the_models_say_so(project: Project) -> None:
    project.to(models())
    send(project.url, "INSERT INTO t (id, a) VALUES (1, -1)")
    project.to(models(*checks(not_valid=True, comment="positive")))
    assert rows_of(project.url, VALIDITY) == [("ck", False), ("fk", False)]
    scripts = (project.folder / "versions").glob("*.py")
    assert not any("Fails" in each.read_text() for each in scripts)

    valid = models(*checks(not_valid=False, comment="positive"))
    with pytest.raises(MigrationFailed, match="check"):
        project.to(valid)
    send(project.url, "DELETE FROM t")
    migrator = project.migrator(valid)
    migrator.upgrade()
    assert rows_of(project.url, VALIDITY) == [("ck", True), ("fk", True)]
    assert not migrator.diff().operations
    # NOT VALID in the models says how to add it: what has been checked since is no difference.
    assert not project.migrator(models(*checks(not_valid=True, comment="positive"))).diff().operations

    migrator.downgrade("-1")
    assert rows_of(project.url, VALIDITY) == [("ck", False), ("fk", False)]
    assert rows_of(project.url, COMMENTS) == [("positive",)]
    migrator.upgrade()
    assert rows_of(project.url, VALIDITY) == [("ck", True), ("fk", True)]


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("named", [True, False])
def test_what_create_all_makes_is_no_difference(project: Project, named: bool) -> None:
    """PostgreSQL ignores NOT VALID in CREATE TABLE: there are no rows to check."""
    check, key = checks(not_valid=True)
    if not named:
        check.name = key.name = None
    metadata = models(check, key, sa.UniqueConstraint("a", deferrable=True, name="uq" if named else None))
    engine = sa.create_engine(project.url)
    metadata.create_all(engine)
    engine.dispose()
    assert not project.migrator(metadata).diff().operations


@pytest.mark.databases("postgresql")
def test_a_comment_that_nobody_named_is_left_alone_and_one_of_a_migration_is_removed(project: Project) -> None:
    plain = models(*checks(not_valid=False))
    project.to(plain)
    send(project.url, "COMMENT ON CONSTRAINT ck ON t IS 'by hand'")
    assert not project.migrator(plain).diff().operations
    project.to(models(*checks(not_valid=False, comment="ours")))
    assert rows_of(project.url, COMMENTS) == [("ours",)]
    project.to(plain)
    assert rows_of(project.url, COMMENTS) == [(None,)]


@pytest.mark.databases("postgresql")
def test_a_comment_and_a_column_change_together(project: Project) -> None:
    """The CHECK is dropped for the change of type and created again, and its comment is changed afterwards."""

    def typed(type_: sa.types.TypeEngine[object], comment: str) -> sa.MetaData:
        metadata = sa.MetaData()
        check = sa.CheckConstraint("a IN ('x', 'y')", name="ck", comment=comment)
        sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", type_), check)
        return metadata

    project.to(typed(sa.String(10), "old"))
    project.to(typed(sa.Text(), "new"))
    assert rows_of(project.url, COMMENTS) == [("new",)]
    project.migrator(typed(sa.Text(), "new")).downgrade("-1")
    assert rows_of(project.url, COMMENTS) == [("old",)]


def test_what_a_database_does_not_keep_is_no_difference_there(project: Project) -> None:
    """Models for PostgreSQL that are also used on SQLite or MariaDB: only what each of them knows is sent."""

    def declared(*, deferrable: bool, comment: str | None) -> sa.MetaData:
        facts: dict[str, object] = {"deferrable": deferrable, "comment": comment} if deferrable else {}
        metadata = sa.MetaData()
        sa.Table("parent", metadata, sa.Column("id", sa.Integer, primary_key=True))
        sa.Table(
            "t",
            metadata,
            sa.Column("a", sa.Integer, nullable=False),
            sa.Column("b", sa.Integer),
            sa.PrimaryKeyConstraint("a", name="pk", **facts),
            sa.UniqueConstraint("b", name="uq", **facts),
            sa.ForeignKeyConstraint(["b"], ["parent.id"], name="fk", **facts),
            sa.CheckConstraint("b > 0", name="ck", comment=comment, postgresql_not_valid=deferrable),
        )
        return metadata

    project.to(declared(deferrable=True, comment="x"))
    (script,) = (project.folder / "versions").glob("*.py")
    assert script.read_text().count("deferrable=True") == 3, "a script is for every database"
    assert script.read_text().count('comment="x"') == 4
    project.to(declared(deferrable=True, comment="y"))
    project.to(declared(deferrable=False, comment=None))
    project.migrator(declared(deferrable=False, comment=None)).downgrade("base")
