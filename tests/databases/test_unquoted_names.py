"""Names with ``quote=False``: PostgreSQL changes them to lower case, and the application's queries find them there."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.sql.elements import quoted_name

from schemashift import Migrator


def models() -> sa.MetaData:
    metadata = sa.MetaData()
    sa.Table("Parent", metadata, sa.Column("Id", sa.Integer, primary_key=True, quote=False), quote=False)
    table = sa.Table(
        "Child",
        metadata,
        sa.Column("Id", sa.Integer, primary_key=True, quote=False),
        sa.Column(
            "Parent_Id", sa.ForeignKey("Parent.Id", name=quoted_name("FK", quote=False)), nullable=False, quote=False
        ),
        sa.Column("Amount", sa.Integer, quote=False, server_default="5", comment="what for"),
        sa.Column("Kept", sa.Integer),
        sa.Column("Mood", sa.Enum("x", "y", name="Mood", quote=False)),
        sa.CheckConstraint("Amount > 0", name=quoted_name("CK", quote=False)),
        quote=False,
    )
    sa.Index("IX_Child", table.c.Amount, table.c.Kept, quote=False)
    table.append_constraint(sa.UniqueConstraint("Amount", "Parent_Id", name=quoted_name("UQ", quote=False)))
    sa.Sequence("Numbers", metadata=metadata, quote=False)
    return metadata


def test_scripts_and_create_all_make_the_same(database_url: str, new_database: object, tmp_path: Path) -> None:
    assert callable(new_database)
    other = sa.create_engine(new_database())
    models().create_all(other)
    migrator = Migrator(database_url, models=models(), directory=tmp_path / "migrations")
    migrator.init()
    migrator.revision(autogenerate=True)
    migrator.upgrade()
    engine = sa.create_engine(database_url)
    with engine.connect() as connection:
        connection.execute(models().tables["Child"].select())
        inspected = sa.inspect(connection)
        assert set(inspected.get_table_names()) - {"version"} == set(sa.inspect(other).get_table_names())
    assert not migrator.diff().operations
    migrator.downgrade("base")
    with engine.connect() as connection:
        assert sa.inspect(connection).get_table_names() == ["version"]
    engine.dispose()
    other.dispose()
    assert not Migrator(other, models=models(), directory=tmp_path / "migrations").diff().operations
