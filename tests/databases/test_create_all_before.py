"""Models that ``create_all()`` and ``drop_all()`` have used earlier in the same process.

SQLAlchemy marks constraints that it has added or dropped separately, and never takes the mark away.
"""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from schemashift import Migrator
from tests.databases.test_constraint_facts import Project

pytestmark = pytest.mark.smoke  # on SQLAlchemy 2.0, too: it marks them in another way


def circular(*, named: bool, use_alter: bool = False) -> sa.MetaData:
    """Tables that point at each other."""
    metadata = sa.MetaData()
    for name, other in (("a", "b"), ("b", "a")):
        key = sa.ForeignKey(f"{other}.id", name=f"fk_{name}" if named or use_alter else None, use_alter=use_alter)
        columns = [sa.Column("id", sa.Integer, primary_key=True), sa.Column("other_id", sa.Integer, key)]
        sa.Table(name, metadata, *columns)
    return metadata


@pytest.mark.parametrize("dropped", [False, True])
@pytest.mark.parametrize(("named", "use_alter"), [(False, False), (True, False), (True, True)])
def test_keys_of_a_cycle_are_still_in_the_models(
    database_url: str, new_database: object, tmp_path: Path, named: bool, use_alter: bool, dropped: bool
) -> None:
    assert callable(new_database)
    project = Project(database_url, tmp_path / "migrations")
    metadata = circular(named=named, use_alter=use_alter)
    engine = sa.create_engine(new_database())
    metadata.create_all(engine)
    if dropped and named:  # drop_all() needs the names
        metadata.drop_all(engine)
        metadata.create_all(engine)
    assert not Migrator(engine, models=metadata, directory=project.folder).diff().operations
    engine.dispose()
    project.to(metadata)
    created = sa.create_engine(database_url)
    for name in ("a", "b"):
        assert len(sa.inspect(created).get_foreign_keys(name)) == 1
    created.dispose()


def test_a_constraint_that_was_added_by_itself_is_still_in_the_models(database_url: str, tmp_path: Path) -> None:
    metadata = sa.MetaData()
    columns = [sa.Column("id", sa.Integer, primary_key=True), sa.Column("n", sa.Integer)]
    unique = sa.UniqueConstraint("n", name="uq")
    sa.Table("t", metadata, *columns, unique)
    sa.schema.AddConstraint(unique)
    project = Project(database_url, tmp_path / "migrations")
    project.to(metadata)
    engine = sa.create_engine(database_url)
    assert [each["name"] for each in sa.inspect(engine).get_unique_constraints("t")] == ["uq"]
    engine.dispose()
