"""The default schema of PostgreSQL, named in the models or not: texts that a type is in are compared by the server."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql

from schemashift import Migrator
from tests.databases.test_foreign_hands import migrator, run


def moods(labels: list[str], type_schema: str | None, schema: str | None) -> sa.MetaData:
    metadata = sa.MetaData(schema=schema)
    mood = sa.Enum(*labels, name="mood", schema=type_schema)
    table = sa.Table(
        "t",
        metadata,
        sa.Column("id", sa.Integer, primary_key=True),
        sa.Column("mood", mood, server_default="a", nullable=False),
        sa.Column("size", postgresql.DOMAIN("size", sa.Integer, schema=type_schema)),
        sa.Column("n", sa.Integer),
        sa.Column("g", sa.Integer, sa.Computed("n+1", persisted=True)),
        sa.Column("d", sa.Date, server_default=sa.text("current_date+1")),
        sa.CheckConstraint("n>0 and n in (1,2,3)", name="ck"),
    )
    sa.Index("ix", table.c.n, postgresql_where=sa.text("mood in ('a','b') and n>1"))
    return metadata


@pytest.mark.databases("postgresql")
@pytest.mark.parametrize("schema", ["public", "club"])
@pytest.mark.parametrize(("of_type", "of_tables"), [(True, False), (False, True), (True, True)])
def test_a_new_label_is_the_only_difference(
    database_url: str, tmp_path: Path, schema: str, of_type: bool, of_tables: bool
) -> None:
    if schema != "public":
        name = sa.make_url(database_url).database
        run(database_url, f"CREATE SCHEMA {schema}", f'ALTER DATABASE "{name}" SET search_path TO {schema}, public')
    schemas = (schema if of_type else None, schema if of_tables else None)
    first = migrator(database_url, moods(["a", "b"], *schemas), tmp_path)
    first.revision("first", autogenerate=True)
    first.upgrade()
    more = Migrator(database_url, models=moods(["a", "b", "c"], *schemas), directory=tmp_path / "migrations")
    found = more.diff()
    assert [operation.verb for operation in found.operations] == ["alter_enum"]
    assert not found.not_compared
