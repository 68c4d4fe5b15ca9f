"""Constraints that are given to a column are in the script as ``create_all()`` makes them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy import orm

from schemashift import Migrator
from tests.databases.test_constraint_facts import Project
from tests.support.catalogue import catalogue, difference

Parts = Callable[[sa.MetaData], object]


def table(*parts: Any, type_: Any = sa.Integer, **of_metadata: Any) -> Parts:
    """A table whose column ``a`` is given *parts*."""

    def build(metadata: sa.MetaData) -> object:
        metadata.naming_convention = {**metadata.naming_convention, **of_metadata}
        given = [each() if callable(each) else each for each in parts]
        column = sa.Column("a", type_() if isinstance(type_, CheckedEnum) else type_, *given)
        return sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), column)

    return build


class CheckedEnum:
    """An enum with a CHECK of its own, new for each `MetaData`."""

    def __call__(self) -> sa.Enum:
        return sa.Enum("x", "y", native_enum=False, create_constraint=True, name="ck_enum")


def check(text: str = "a > 0", **kw: Any) -> Callable[[], sa.CheckConstraint]:
    return lambda: sa.CheckConstraint(text, **kw)


def beside_others(metadata: sa.MetaData) -> None:
    sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("a", sa.Integer, sa.CheckConstraint("a > 0")),
        sa.Column("b", sa.Integer, sa.CheckConstraint("b > 0")),
        sa.CheckConstraint("a <> 5"),
    )


def copied(metadata: sa.MetaData) -> None:
    """From a mixin, as SQLAlchemy copies it, and by an annotation."""

    class Base(orm.DeclarativeBase):
        pass

    Base.metadata = metadata

    class Positive:
        a: orm.Mapped[int] = orm.mapped_column(sa.CheckConstraint("a > 1"))

    type("T", (Positive, Base), {"__tablename__": "t", "id": orm.mapped_column(sa.Integer, primary_key=True)})


MODELS: dict[str, Parts] = {
    "unnamed": table(check()),
    "beside others": beside_others,
    "percent sign and colon": table(check("a LIKE 'x%:y'"), type_=sa.String(20)),
    "a type with a CHECK": table(check("a <> 'z'"), type_=CheckedEnum()),
    "copied": copied,
    "ddl_if": table(lambda: sa.CheckConstraint("a > 0").ddl_if(dialect="oracle")),
    "comment": table(check(comment="create_all() does not write it")),
    "a UNIQUE without columns": table(lambda: sa.UniqueConstraint(name="uq")),
}
REFUSED: dict[str, Parts] = {
    "two": table(check(), check("a < 9")),
    "named": table(check(name="ck")),
    "named with a comment": table(check(name="ck", comment="create_all() does not write it")),
    "convention": table(check(name="x"), ck="ck_%(table_name)s_%(constraint_name)s"),
}
"""MariaDB has one CHECK for a column, without a name: ``create_all()`` fails there; scripts have those of a table."""


def created(url: str, metadata: sa.MetaData, folder: Path) -> Any:
    """The catalogue after ``create_all()``, where there is nothing to do."""
    engine = sa.create_engine(url)
    metadata.create_all(engine)
    assert [each.describe() for each in Migrator(engine, models=metadata, directory=folder).diff().operations] == []
    with engine.connect() as connection:
        found = catalogue(connection, frozenset())
    engine.dispose()
    return found


@pytest.mark.parametrize("models", {**MODELS, **REFUSED})
def test_scripts_make_what_create_all_makes(
    models: str, database_url: str, new_database: Callable[[], str], tmp_path: Path
) -> None:
    metadata, plain = sa.MetaData(), sa.MetaData()
    {**MODELS, **REFUSED}[models](metadata)
    project = Project(database_url, tmp_path / "migrations")
    fails = models in REFUSED and database_url.startswith("mysql")
    wanted = None if fails else created(new_database(), metadata, project.folder)
    columns = (sa.Column(each.name, each.type) for each in metadata.tables["t"].columns if each.name != "id")
    sa.Table("t", plain, sa.Column("id", sa.Integer, primary_key=True), *columns)
    project.to(metadata)
    if wanted is not None:
        engine = sa.create_engine(database_url)
        with engine.connect() as connection:
            got = catalogue(connection, frozenset())
        engine.dispose()
        assert got == wanted, difference(got, wanted)
    if project.to(plain).revision is not None:
        project.migrator(metadata).downgrade("-1")
    assert not project.migrator(metadata).diff().operations
