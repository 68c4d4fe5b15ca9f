"""Reading the applied revisions of a SQLite file without SQLAlchemy says what the version table says."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from schemashift.config import Config
from schemashift.state.sqlite_file import applied_in_file
from schemashift.state.version_table import VersionTable
from tests.support.needs import file_name


def config(url: str | None = None, **settings: str) -> Config:
    return Config(root="/", url=url)._replace(**settings)


@pytest.mark.parametrize("file", ["app.db", "with space?#%41.db", "käse.db"])
@pytest.mark.parametrize("table", ["version", 'odd "name"'])
def test_it_agrees_with_the_version_table(tmp_path: Path, file: str, table: str) -> None:
    url = sa.URL.create("sqlite", database=str(tmp_path / file_name(file)))
    versions = VersionTable(table)
    with sa.create_engine(url).begin() as connection:
        versions.stamp(connection, {"aaa1", "bbb2", "ccc3"})
        for name, status in (("ccc3", "upgrading"), ("bbb2", "downgrading")):
            row = versions.table.c.revision == name
            connection.execute(versions.table.update().where(row).values(status=status))
        expected = versions.read(connection).applied
    settings = config(f"sqlite:///{tmp_path / file}", version_table=table)
    if "?" in file:
        settings = settings._replace(url=None)
        assert applied_in_file(settings) is None
    else:
        assert applied_in_file(settings) == expected == {"aaa1", "bbb2"}


def test_what_is_not_there_is_not_applied(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/app.db"
    assert applied_in_file(config(url)) == frozenset()
    assert list(tmp_path.iterdir()) == []
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE t (id INTEGER)")
    assert applied_in_file(config(url)) == frozenset()


@pytest.mark.parametrize(
    "settings",
    [
        {"url": None},
        {"url": "sqlite://"},
        {"url": "postgresql://host/db"},
        {"url": "sqlite:////x.db", "engine": "app:engine"},
        {"url": "sqlite:////x.db", "version_table_schema": "other"},
    ],
)
def test_only_where_it_is_certain(settings: dict[str, str]) -> None:
    assert applied_in_file(config(**settings)) is None


def test_a_file_that_is_no_database_is_not_known(tmp_path: Path) -> None:
    (tmp_path / "app.db").write_text("this is text " * 100)
    assert applied_in_file(config(f"sqlite:///{tmp_path}/app.db")) is None


def test_a_table_of_others_is_not_known(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path}/app.db"
    with sa.create_engine(url).begin() as connection:
        connection.exec_driver_sql("CREATE TABLE version (number INTEGER)")
    assert applied_in_file(config(url)) is None
