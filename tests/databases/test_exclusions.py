"""PostgreSQL's exclusion constraints: made, compared, changed, taken away, and refused where there are none."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from schemashift import Migrator, errors
from schemashift.operations import AddConstraint, DropConstraint


def models(*constraints: postgresql.ExcludeConstraint) -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table(
        "bookings",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("during", postgresql.INT4RANGE),
        sa.Column("a", sa.Integer),
        sa.Column("b", sa.Integer),
        *constraints,
    )
    return metadata


def migrator_of(url: str, metadata: sa.MetaData, folder: Path) -> Migrator:
    migrator = Migrator(url, models=metadata, directory=folder)
    if not folder.exists():
        migrator.init()
    return migrator


EVERY = {
    "plain": lambda: postgresql.ExcludeConstraint(("during", "&&")),
    "named": lambda: postgresql.ExcludeConstraint(("during", "&&"), name="no_overlap"),
    "function": lambda: postgresql.ExcludeConstraint((sa.text("int4range(a,b)"), "&&"), ("during", "=")),
    "expression": lambda: postgresql.ExcludeConstraint((sa.text("(during*during)"), "&&")),
    "column": lambda: postgresql.ExcludeConstraint((sa.column("a"), "="), using="btree"),
    "where": lambda: postgresql.ExcludeConstraint(("during", "&&"), where=sa.text("a>5 and b IN (1,2)")),
    "deferred": lambda: postgresql.ExcludeConstraint(("during", "&&"), deferrable=True, initially="DEFERRED"),
    "ops": lambda: postgresql.ExcludeConstraint(("during", "&&"), ops={"during": "range_ops"}, using="spgist"),
}


@pytest.mark.parametrize("kind", EVERY)
def test_it_goes_round(kind: str, postgresql_url: str, tmp_path: Path) -> None:
    """With the table, taken from it, and put to it: each time there is nothing more to do."""
    folder = tmp_path / "m"
    with_it, without = models(EVERY[kind]()), models()
    for metadata in (with_it, without, models(EVERY[kind]())):
        migrator = migrator_of(postgresql_url, metadata, folder)
        assert migrator.revision(kind, autogenerate=True).revision is not None
        migrator.upgrade()
        assert migrator.diff().operations == ()
    migrator.downgrade("base")
    migrator.upgrade()
    assert migrator.diff().operations == ()


@pytest.mark.parametrize("kind", EVERY)
def test_what_create_all_made_is_the_same(kind: str, postgresql_url: str, tmp_path: Path) -> None:
    metadata = models(EVERY[kind]())
    metadata.create_all(sa.create_engine(postgresql_url))
    assert migrator_of(postgresql_url, metadata, tmp_path / "m").diff().operations == ()


@pytest.mark.parametrize("kind", EVERY)
def test_its_name_is_the_one_that_the_server_would_choose(kind: str, postgresql_url: str, tmp_path: Path) -> None:
    engine = sa.create_engine(postgresql_url)
    models().create_all(engine)
    migrator = migrator_of(postgresql_url, models(EVERY[kind]()), tmp_path / "m")
    (operation,) = migrator.diff().operations
    assert isinstance(operation, AddConstraint)
    models().drop_all(engine)
    models(EVERY[kind]()).create_all(engine)
    with engine.connect() as connection:
        name = connection.scalar(sa.text("SELECT conname FROM pg_constraint WHERE contype = 'x'"))
    assert operation.constraint.name == name


@pytest.mark.parametrize("one", EVERY)
def test_another_one_takes_its_place(one: str, postgresql_url: str, tmp_path: Path) -> None:
    """Every difference is seen: of the parts, the operators, the method, the condition, the deferral."""
    models(EVERY[one]()).create_all(sa.create_engine(postgresql_url))
    for other, make in EVERY.items():
        found = migrator_of(postgresql_url, models(make()), tmp_path / other).diff().operations
        kinds = [type(each) for each in found]
        # What has no name in the model takes the one that is there.
        same = other == one or (one, other) == ("named", "plain")
        assert kinds == ([] if same else [DropConstraint, AddConstraint]), other


def test_the_script(postgresql_url: str, tmp_path: Path) -> None:
    folder = tmp_path / "m"
    models().create_all(sa.create_engine(postgresql_url))
    every = models(EVERY["function"](), EVERY["where"](), EVERY["named"](), EVERY["expression"]())
    written = migrator_of(postgresql_url, every, folder).revision("x", autogenerate=True).revision
    assert written is not None
    text = next((folder / "versions").glob("*.py")).read_text()
    assert 'op.create_exclude_constraint("no_overlap", "bookings", ("during", "&&"))' in text
    assert '(sa.text("int4range(a,b)"), "&&")' in text
    assert '(sa.text("(during*during)"), "&&")' in text
    assert 'where=sa.text("a>5 and b IN (1,2)")' in text
    assert 'op.drop_constraint("no_overlap", "bookings", type_="exclude")' in text


@pytest.mark.databases("sqlite", "mariadb", "mysql")
def test_other_databases_have_none(database_url: str, tmp_path: Path) -> None:
    metadata = sa.MetaData()
    constraint = postgresql.ExcludeConstraint(("a", "="))
    sa.Table("bookings", metadata, sa.Column("a", sa.Integer), constraint)
    with pytest.raises(errors.NotSupported, match='"bookings"'):
        migrator_of(database_url, metadata, tmp_path / "m").revision("x", autogenerate=True)
    constraint.ddl_if(dialect="postgresql")
    assert migrator_of(database_url, metadata, tmp_path / "m").revision("x", autogenerate=True).revision is not None
