"""Which tables scripts made."""

from __future__ import annotations

import inspect

import pytest

from schemashift import op
from schemashift.autogenerate.ownership import created_in, makers, managed_kinds
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
    assert {key.table_name for key in created_in([source])} == expected


def test_every_directive_that_makes_something_is_known() -> None:
    """By its annotations alone it cannot be told; by its name it can."""
    named = {name for name in dir(op) if name.startswith(("create_", "rename_")) and name.endswith(managed_kinds())}
    assert named == set(makers())


@pytest.mark.parametrize("directive", makers())
def test_the_parameters_of_a_directive_are_its_own(directive: str) -> None:
    parameters = inspect.signature(getattr(op, directive)).parameters
    assert {makers()[directive][1], "schema"} <= parameters.keys()
