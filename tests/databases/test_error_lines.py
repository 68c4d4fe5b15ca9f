"""Which lines of a script an error points to, where several operations were carried out as one."""

from __future__ import annotations

from pathlib import Path

import pytest
import sqlalchemy as sa

from schemashift.errors import MigrationFailed
from tests.support.scripts import Scripts, connected, send

T = """
op.create_table(
    "p", sa.Column("id", sa.Integer, primary_key=True)
)
op.create_table(
    "t",
    sa.Column("a", sa.Integer),
    sa.Column("b", sa.Integer),
    sa.Column("c", sa.String(20)),
    sa.Column("p_id", sa.Integer),
)
"""

NOT_NULL = 'op.alter_column("t", "b", existing_type=sa.Integer(), nullable=False)'
CASES = {
    # The operations, the rows, and what stands on the lines that the error is to name.
    "a NULL under a column that is set NOT NULL": (
        f'op.alter_column("t", "a", existing_type=sa.Integer(), server_default="1")\n{NOT_NULL}',
        "INSERT INTO t (a) VALUES (1)",
        ["nullable=False"],
    ),
    "the same column twice, and only one makes it NOT NULL": (
        (
            f'{NOT_NULL}\nop.alter_column("t", "b", existing_type=sa.Integer(), existing_nullable=False, '
            'server_default="1")'
        ),
        "INSERT INTO t (a) VALUES (1)",
        ["existing_type=sa.Integer(), nullable=False"],
    ),
    "a new column that has no value": (
        (
            'op.alter_column("t", "a", existing_type=sa.Integer(), server_default="1")\n'
            'op.create_check_constraint("ck", "t", "a > 0")\n'
            'op.add_column("t", sa.Column("new", sa.Integer))\n'
            'op.alter_column("t", "new", existing_type=sa.Integer(), nullable=False)'
        ),
        "INSERT INTO t (a) VALUES (1)",
        ['"new", existing_type'],
    ),
    "a UNIQUE beside a new column": (
        (
            'op.add_column("t", sa.Column("new", sa.Integer, server_default="1", nullable=False))\n'
            'op.create_unique_constraint("uq", "t", ["a", "b"])\n'
            'op.create_unique_constraint("uq_c", "t", ["c"])'
        ),
        "INSERT INTO t (a, b, c) VALUES (1, 1, 'x'), (1, 1, 'y')",
        ['"uq", '],
    ),
    "a UNIQUE without a name": (
        (
            'op.alter_column("t", "a", existing_type=sa.Integer(), server_default="1")\n'
            'op.create_unique_constraint(None, "t", ["b"])'
        ),
        "INSERT INTO t (a, b, c) VALUES (1, 1, 'x'), (2, 1, 'y')",
        ["create_unique_constraint"],
    ),
    "a unique index": (
        (
            'op.alter_column("t", "a", existing_type=sa.Integer(), server_default="1")\n'
            'op.create_index("ux", "t", ["b"], unique=True)\nop.create_index("ix", "t", ["b"])'
        ),
        "INSERT INTO t (a, b) VALUES (1, 1), (2, 1)",
        ['"ux"'],
    ),
    "a primary key": (
        (
            'op.alter_column("t", "c", existing_type=sa.String(20), server_default="x")\n'
            'op.create_primary_key("pk", "t", ["a"])'
        ),
        "INSERT INTO t (a) VALUES (1), (1)",
        ["create_primary_key"],
    ),
    "a CHECK": (
        (
            'op.alter_column("t", "a", existing_type=sa.Integer(), server_default="1")\n'
            'op.create_check_constraint("ck_a", "t", "a > 0")\n'
            'op.create_check_constraint("ck_b", "t", "b > 0")'
        ),
        "INSERT INTO t (a, b) VALUES (1, 0)",
        ['"ck_b"'],
    ),
    "a CHECK without a name": (
        (
            'op.alter_column("t", "a", existing_type=sa.Integer(), server_default="1")\n'
            'op.create_check_constraint(None, "t", "a >  0")\n'
            'op.create_check_constraint("ck_b", "t", "b > 0")'
        ),
        "INSERT INTO t (a, b) VALUES (0, 1)",
        ["create_check_constraint(None"],
    ),
}


@pytest.fixture
def scripts(tmp_path: Path) -> Scripts:
    scripts = Scripts(tmp_path / "migrations")
    scripts.add("first", T)
    return scripts


def lines(scripts: Scripts, url: str, body: str, *rows: str) -> list[str]:
    """The lines that the error of a script names."""
    scripts.go(url)
    if rows:
        send(url, *rows)
    scripts.add("it", body)
    with pytest.raises(MigrationFailed) as caught:
        scripts.go(url)
    assert all(place.path.endswith("it.py") and place.function == "upgrade" for place in caught.value.where)
    return [place.source.strip() for place in caught.value.where]


@pytest.mark.parametrize("case", CASES)
def test_an_error_names_the_line_of_the_operation_that_failed(scripts: Scripts, database_url: str, case: str) -> None:
    body, rows, expected = CASES[case]
    found = lines(scripts, database_url, body, rows)
    assert len(found) == len(expected), found
    assert all(text in line for text, line in zip(expected, found, strict=True)), found


def test_a_foreign_key_that_points_to_no_column_names_its_line(scripts: Scripts, database_url: str) -> None:
    found = lines(
        scripts,
        database_url,
        'op.alter_column("t", "a", existing_type=sa.Integer(), server_default="1")\n'
        'op.create_foreign_key("fk", "t", "p", ["nowhere"], ["id"])',
    )
    assert ['"fk"' in line for line in found] == [True]


def test_a_foreign_key_that_rows_break_names_its_line(scripts: Scripts, database_url: str) -> None:
    """On SQLite the check runs when the script is over."""
    found = lines(
        scripts,
        database_url,
        'op.alter_column("t", "a", existing_type=sa.Integer(), server_default="1")\n'
        'op.create_foreign_key("fk", "t", "p", ["p_id"], ["id"])',
        "INSERT INTO t (p_id) VALUES (7)",
    )
    assert ['"fk"' in line for line in found] == [True]


KEY = 'op.create_foreign_key("fk", "t", "p", ["p_id"], ["id"])'
AFTERWARDS: dict[str, tuple[str, str, list[str]]] = {
    "both tables renamed later": (
        (
            f'op.add_column("t", sa.Column("x", sa.Integer))\n{KEY}\n'
            'op.rename_table("t", "t2")\nop.rename_table("p", "p2")\nop.drop_column("t2", "c")'
        ),
        "INSERT INTO t (p_id) VALUES (7)",
        ['"fk"'],
    ),
    "rows deleted after the key": (
        f'op.execute("INSERT INTO p (id) VALUES (7)")\n{KEY}\nop.execute("DELETE FROM p")',
        "INSERT INTO t (p_id) VALUES (7)",
        ['"fk"', "DELETE"],
    ),
    "rows deleted, another statement, a query": (
        (
            f'{KEY}\nop.execute("UPDATE other SET id = 1")\nop.execute("SELECT * FROM p")\n'
            "op.execute(sa.text('DELETE FROM \"p\"'))"
        ),
        "INSERT INTO p (id) VALUES (7)|INSERT INTO t (p_id) VALUES (7)|CREATE TABLE other (id INTEGER)",
        ['"fk"', "DELETE"],
    ),
    "rows inserted into a new table": (
        (
            'op.create_table("n", sa.Column("p_id", sa.Integer, sa.ForeignKey("p.id")))\n'
            'op.add_column("t", sa.Column("x", sa.Integer))\n'
            'op.bulk_insert(sa.table("n", sa.column("p_id")), [{"p_id": 7}])'
        ),
        "",
        ["bulk_insert"],
    ),
    "rows inserted over the connection": (
        (
            'op.add_column("t", sa.Column("x", sa.Integer))\n'
            'op.create_table("n", sa.Column("p_id", sa.Integer, sa.ForeignKey("p.id")))\n'
            'op.execute("UPDATE t SET a = 1")\n'
            'op.get_bind().exec_driver_sql("INSERT INTO n (p_id) VALUES (7)")'
        ),
        "",
        [],
    ),
    "a trigger": (
        'op.add_column("t", sa.Column("x", sa.Integer))\nop.execute("UPDATE other SET id = 1")',
        (
            "CREATE TABLE n (p_id INTEGER REFERENCES p (id))|CREATE TABLE other (id INTEGER)|"
            "INSERT INTO other VALUES (7)|INSERT INTO p (id) VALUES (7)|INSERT INTO n VALUES (7)|"
            "CREATE TRIGGER tr AFTER UPDATE ON other BEGIN DELETE FROM p; END"
        ),
        ["UPDATE other"],
    ),
    "a parent that is dropped": (
        'op.add_column("t", sa.Column("x", sa.Integer))\nop.drop_table("p")',
        "INSERT INTO p (id) VALUES (7)|CREATE TABLE n (p_id INTEGER REFERENCES p (id))|INSERT INTO n VALUES (7)",
        ["drop_table"],
    ),
}


@pytest.mark.parametrize("case", AFTERWARDS)
def test_references_that_sqlite_finds_broken_afterwards_name_the_lines_that_broke_them(
    scripts: Scripts, sqlite_url: str, case: str
) -> None:
    body, rows, expected = AFTERWARDS[case]
    found = lines(scripts, sqlite_url, body, *filter(None, rows.split("|")))
    assert len(found) == len(expected), found
    assert all(text in line for text, line in zip(expected, found, strict=True)), found


def test_an_operation_that_cannot_be_compiled_names_its_own_line(scripts: Scripts, database_url: str) -> None:
    """SQLite and MariaDB see it before a statement is sent, and not at the operation before it."""
    found = lines(
        scripts,
        database_url,
        'op.add_column("t", sa.Column("new", sa.Integer))\n'
        'op.drop_constraint("nowhere", "t", type_="check")\n'
        'op.alter_column("t", "b", existing_type=sa.Integer(), nullable=False)',
    )
    assert ["nowhere" in line for line in found] == [True]


def test_a_renamed_column_is_found_at_the_line_that_set_it_not_null(scripts: Scripts, database_url: str) -> None:
    found = lines(
        scripts,
        database_url,
        f'{NOT_NULL}\nop.alter_column("t", "b", existing_type=sa.Integer(), new_column_name="renamed")',
        "INSERT INTO t (a) VALUES (1)",
    )
    assert ["nullable=False" in line for line in found] == [True]


def test_where_no_operation_is_named_all_lines_are_shown(scripts: Scripts, sqlite_url: str) -> None:
    """SQLite says "datatype mismatch" of a rowid that is no number."""
    found = lines(
        scripts,
        sqlite_url,
        'op.alter_column("t", "c", existing_type=sa.String(20), type_=sa.Integer())\n'
        'op.create_primary_key("pk", "t", ["c"])',
        "INSERT INTO t (c) VALUES ('x')",
    )
    assert ["alter_column" in found[0], "primary" in found[1]] == [True, True]
    assert len(found) == 2


@pytest.mark.databases("mariadb")
def test_a_joined_alter_names_the_line_of_its_part(scripts: Scripts, database_url: str) -> None:
    """A column that counts goes together with the key that it needs."""
    found = lines(
        scripts,
        database_url,
        'op.alter_column("t", "a", existing_type=sa.Integer(), nullable=False, autoincrement=True)\n'
        'op.create_primary_key("pk", "t", ["a"])',
        "INSERT INTO t (a) VALUES (1), (1)",
    )
    assert ["create_primary_key" in line for line in found] == [True]


@pytest.mark.databases("mariadb")
def test_a_joined_alter_that_names_nothing_shows_both_lines(scripts: Scripts, database_url: str) -> None:
    scripts.go(database_url)
    with connected(database_url) as reader:
        reader.execute(sa.text("SELECT * FROM t"))
        found = lines(
            scripts,
            database_url,
            'op.execute("SET lock_wait_timeout = 1")\n'
            'op.add_column("t", sa.Column("n", sa.Integer, nullable=False), autoincrement=True)\n'
            'op.create_unique_constraint("uq", "t", ["n"])\n'
            'op.drop_column("t", "c")',
        )
    assert ["add_column" in found[0], "uq" in found[1]] == [True, True]
    assert len(found) == 2
