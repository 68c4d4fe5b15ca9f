"""Which tables scripts made."""

from __future__ import annotations

import pytest

from schemashift.autogenerate.ownership import things_made
from schemashift.schema import TableName


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ('op.create_table("users", sa.Column("id"))', {TableName("users")}),
        ('op.create_table(\n    "users",\n    schema="auth",\n)', {TableName("users", "auth")}),
        ('create_table(table_name="users")', {TableName("users")}),
        ('op.rename_table("a", "b")', {TableName("b")}),
        ('op.rename_table("a", new_table_name="b", schema="s")', {TableName("b", "s")}),
        ("for name in names:\n    op.create_table(name)", set()),
        ('op.create_table(f"t_{x}")', set()),
        ('op.execute("CREATE TABLE create_table (id int)")', set()),
        ("op.create_table(", set()),
    ],
)
def test_literal_names_count(source: str, expected: set[TableName]) -> None:
    assert {key.table_name for key in things_made([source])} == expected
