"""MariaDB has two names in URLs, and SQLAlchemy honours the options of the name that is used."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from schemashift import Migrator
from tests.cases.zoo import zoo
from tests.support.catalogue import catalogue, difference
from tests.support.circle import names_in

INDEXES: tuple[dict[str, Any], ...] = (
    {"mysql_length": 5},
    {"mariadb_length": 5},
    {"mysql_length": {"a": 5}},
    {"mysql_length": 5, "mariadb_length": 7},
    {"mysql_using": "btree"},
    {"mariadb_using": "btree"},
    {"mysql_prefix": "FULLTEXT"},
    {"mariadb_prefix": "FULLTEXT"},
)
TABLES: tuple[dict[str, Any], ...] = (
    {"mysql_engine": "MyISAM"},
    {"mariadb_engine": "MyISAM"},
    {"mysql_engine": "MyISAM", "mariadb_engine": "InnoDB"},
    {"mysql_charset": "latin1"},
    {"mariadb_charset": "latin1"},
    {"mysql_default_charset": "latin1"},
    {"mysql_comment": "a comment"},
    {"mysql_partition_by": "HASH(id)", "mysql_partitions": "4"},
    {"mariadb_row_format": "COMPRESSED"},
)


@pytest.fixture(params=["mysql", "mariadb"])
def url(request: pytest.FixtureRequest, mariadb_url: str) -> sa.URL:
    made = sa.make_url(mariadb_url)
    return made.set(drivername=f"{request.param}+{made.get_driver_name()}")


def everything() -> sa.MetaData:
    """A table for each set of options."""
    metadata = sa.MetaData()
    for number, options in enumerate([*TABLES, *INDEXES]):
        of_table = options if number < len(TABLES) else {}
        table = sa.Table(
            f"t{number}",
            metadata,
            sa.Column("id", sa.Integer, primary_key=True),
            sa.Column("a", sa.String(50)),
            **of_table,
        )
        if not of_table:
            sa.Index(f"ix_{number}", table.c.a, **options)
    return metadata


@pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")
@pytest.mark.parametrize("models", [everything, lambda: zoo("mariadb")], ids=["options", "zoo"])
def test_options_are_honoured_as_sqlalchemy_honours_them(
    models: Callable[[], sa.MetaData], url: sa.URL, new_database_on: Callable[[str], str], tmp_path: Path
) -> None:
    metadata = models()
    created = sa.make_url(new_database_on("mariadb")).set(drivername=url.drivername)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        metadata.create_all(sa.create_engine(created))
    migrator = Migrator(url, models=metadata, directory=tmp_path / "m")
    migrator.init()
    migrator.revision("all", autogenerate=True)
    migrator.upgrade()
    assert difference(seen(url, metadata), seen(created, metadata)) == ""
    for each in (url, created):
        assert Migrator(each, models=metadata, directory=tmp_path / "m").diff().operations == ()
    migrator.downgrade("base")
    migrator.upgrade()
    assert difference(seen(url, metadata), seen(created, metadata)) == ""


def seen(url: sa.URL, metadata: sa.MetaData) -> Any:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        found = catalogue(connection, names_in(metadata))
    database = str(url.database)
    return {name: frozenset(line.replace(f"`{database}`.", "") for line in lines) for name, lines in found.items()}


def test_a_script_does_not_name_the_database(url: sa.URL, tmp_path: Path) -> None:
    """MariaDB writes it before a sequence, and a script runs on databases of other names."""

    def models(*more: sa.Column[Any]) -> sa.MetaData:
        metadata = sa.MetaData()
        sa.Sequence("numbers", metadata=metadata)
        sa.Table("t", metadata, sa.Column("id", sa.Integer, primary_key=True), *more)
        return metadata

    numbered = models(sa.Column("n", sa.Integer, server_default=sa.text("nextval(`numbers`)")))
    migrator = Migrator(url, models=numbered, directory=tmp_path / "m")
    migrator.init()
    migrator.revision("first", autogenerate=True)
    migrator.upgrade()
    assert migrator.diff().operations == ()
    written = Migrator(url, models=models(), directory=tmp_path / "m").revision("second", autogenerate=True).revision
    assert written is not None
    text = Path(written.path).read_text(encoding="utf-8")
    assert "nextval(`numbers`)" in text
    assert str(url.database) not in text
