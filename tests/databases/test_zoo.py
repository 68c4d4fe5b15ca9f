"""No false alarms: models with everything in them, made by ``create_all`` and by ourselves, differ in nothing."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from schemashift import Migrator
from tests.cases.zoo import zoo
from tests.support.catalogue import Catalogue, catalogue, difference
from tests.support.circle import names_in


@pytest.fixture
def metadata(engine_name: str) -> sa.MetaData:
    return zoo(engine_name)


def test_what_create_all_made_differs_in_nothing(metadata: sa.MetaData, database_url: str, tmp_path: Path) -> None:
    created(database_url, metadata)
    assert differences(migrator(database_url, metadata, tmp_path)) == []


def test_brought_to_head_it_is_what_create_all_makes(
    metadata: sa.MetaData, database_url: str, new_database: Callable[[], str], tmp_path: Path
) -> None:
    wanted = created(new_database(), metadata)
    ours = migrator(database_url, metadata, tmp_path)
    empty = seen(database_url, metadata)
    assert ours.revision("zoo", autogenerate=True).revision
    ours.upgrade()
    got = seen(database_url, metadata)
    assert got == wanted, difference(got, wanted)
    assert differences(ours) == []
    assert ours.revision("again", autogenerate=True).revision is None
    ours.downgrade("base")
    left = seen(database_url, metadata)
    assert left == empty, difference(left, empty)
    ours.upgrade()
    again = seen(database_url, metadata)
    assert again == wanted, difference(again, wanted)


def migrator(url: str, metadata: sa.MetaData, folder: Path) -> Migrator:
    made = Migrator(url, models=metadata, directory=folder / "migrations")
    made.init()
    return made


def differences(ours: Migrator) -> list[str]:
    return [str(operation) for operation in ours.diff().operations]


def created(url: str, metadata: sa.MetaData) -> Catalogue:
    """What ``create_all`` makes in the database at *url*."""
    engine = sa.create_engine(url, poolclass=sa.NullPool)
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(sa.schema.CreateSchema("other"))
        metadata.create_all(connection)
    return seen(url, metadata)


def seen(url: str, metadata: sa.MetaData) -> Catalogue:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        found = catalogue(connection, names_in(metadata))
        database = str(connection.engine.url.database)
        spellings = {**SPELLINGS.get(connection.dialect.name, {}), database: "database"}
    return {name: frozenset(_spelt(line, spellings) for line in lines) for name, lines in found.items()}


SPELLINGS = {
    "sqlite": {" DEFAULT NULL": "", " VIRTUAL": "", "! =": "< >", "( ( N + 1 ) ,": "( N + 1 ,"},
    "postgresql": {"'NULL::character varying'": "None"},
}
"""What a script may spell otherwise than ``create_all`` does and means the same: SQLite keeps text as it was typed, and
``DEFAULT NULL`` is no default."""


def _spelt(line: str, spellings: dict[str, str]) -> str:
    for ours, theirs in spellings.items():
        line = line.replace(ours, theirs)
    return line
