"""A named type on PostgreSQL is replaced under everything that uses it; what cannot follow is named."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from schemashift import Migrator
from schemashift.errors import MigrationFailed
from tests.databases.test_foreign_hands import migrator, run


def parcels(*labels: str) -> sa.MetaData:
    metadata = sa.MetaData()
    state = sa.Enum(*labels, name="parcel_state")
    closed = sa.Column("closed", sa.Boolean, sa.Computed("state = 'sent'", persisted=True), nullable=False)
    table = sa.Table(
        "parcel",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("state", state, nullable=False, server_default="new"),
        closed,
        sa.Column("copy", state, sa.Computed("state", persisted=True)),
        sa.UniqueConstraint("id", "closed", name="uq_parcel_closed"),
        sa.CheckConstraint("closed OR id > 0", name="ck_parcel_closed"),
    )
    sa.Index("ix_parcel_closed", table.c.closed, postgresql_where=sa.text("state <> 'new'"))
    return metadata


def steps(url: str, folder: Path) -> tuple[Migrator, Migrator]:
    first = migrator(url, parcels("new", "sent"), folder)
    first.revision("first", autogenerate=True)
    first.upgrade()
    second = Migrator(url, models=parcels("new", "sent", "lost"), directory=folder / "migrations")
    second.revision("second", autogenerate=True)
    second.upgrade()
    return first, second


def rows(url: str, sql: str) -> list[Any]:
    with sa.create_engine(url, poolclass=sa.NullPool).connect() as connection:
        return [tuple(row) for row in connection.exec_driver_sql(sql)]


@pytest.mark.databases("postgresql")
def test_a_label_goes_from_under_generated_columns(database_url: str, tmp_path: Path) -> None:
    first, second = steps(database_url, tmp_path)
    run(database_url, "INSERT INTO parcel (id, state) VALUES (1, 'sent')")
    assert not second.diff().operations
    first.downgrade("-1")
    assert not first.diff().operations
    second.upgrade()
    assert not second.diff().operations
    assert rows(database_url, "SELECT closed, copy::text FROM parcel") == [(True, "sent")]


@pytest.mark.databases("postgresql")
def test_a_view_that_is_in_the_way_is_named(database_url: str, tmp_path: Path) -> None:
    first, _ = steps(database_url, tmp_path)
    run(database_url, "CREATE VIEW closed_parcels AS SELECT id FROM parcel WHERE closed")
    with pytest.raises(MigrationFailed, match="view closed_parcels depends on column closed of table parcel"):
        first.downgrade("-1")


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("spelling", ["range(n,id)", "RANGE(n , id)", "Range  ( n,  id )"])
def test_partition_keys_are_compared_in_one_spelling(database_url: str, tmp_path: Path, spelling: str) -> None:
    metadata = sa.MetaData()
    columns = [sa.Column(name, sa.Integer, primary_key=True, autoincrement=False) for name in ("id", "n")]
    sa.Table("parted", metadata, *columns, postgresql_partition_by=spelling)
    made = migrator(database_url, metadata, tmp_path)
    made.revision("first", autogenerate=True)
    made.upgrade()
    assert not made.diff().operations
