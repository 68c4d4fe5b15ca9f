"""What numbers rows is made once: a script may ask again for what holds already, as Alembic's scripts do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.scripts import Scripts, connected, rows_of

SERIAL, IDENTITY = (
    "sa.Column('id', sa.Integer, primary_key=True)",
    ("sa.Column('id', sa.Integer, sa.Identity(), primary_key=True)"),
)
AGAIN = {
    "type": "existing_type=sa.Integer(), type_=sa.BigInteger(), existing_nullable=False",
    "comment": "existing_type=sa.Integer(), comment='it', existing_nullable=False",
    "nullable": "existing_type=sa.Integer(), nullable=False",
    "nothing else": "existing_type=sa.Integer()",
}


@pytest.mark.databases("postgresql", "mariadb")
@pytest.mark.parametrize("column", [SERIAL, IDENTITY], ids=["serial", "identity"])
@pytest.mark.parametrize("arguments", AGAIN.values(), ids=AGAIN)
def test_a_column_that_numbers_rows_is_told_to_again(
    column: str, arguments: str, database_url: str, tmp_path: Path
) -> None:
    scripts = Scripts(tmp_path)
    scripts.add("a", f'op.create_table("t", {column}, sa.Column("a", sa.Integer))')
    scripts.add("first", 'op.execute("INSERT INTO t (a) VALUES (1)")')
    scripts.add(
        "b",
        f"""
        op.alter_column("t", "id", {arguments}, autoincrement=True)
        op.execute("INSERT INTO t (a) VALUES (2)")
        """,
    )
    scripts.go(database_url)
    assert sorted(rows_of(database_url, "SELECT id, a FROM t")) == [(1, 1), (2, 2)]


def test_a_column_that_is_no_key_is_not_numbered_by_itself(database_url: str, tmp_path: Path) -> None:
    scripts = Scripts(tmp_path)
    scripts.add("a", 'op.create_table("t", sa.Column("id", sa.Integer, primary_key=True), sa.Column("a", sa.Integer))')
    scripts.add("b", 'op.add_column("t", sa.Column("n", sa.Integer, autoincrement=True))')
    scripts.go(database_url)
    with connected(database_url) as connection:
        connection.exec_driver_sql("INSERT INTO t (a) VALUES (1)")
        connection.commit()
    assert rows_of(database_url, "SELECT n FROM t") == [(None,)]
