"""The sequences that a default uses, found in its text."""

from __future__ import annotations

import pytest

from schemashift.schema import Key, TableName
from schemashift.sqla.lift import default_needs


@pytest.mark.parametrize(
    ("sql", "name", "schema"),
    [
        ("nextval('a')", "a", None),
        ("nextval('a'::regclass)", "a", None),
        ("nextval('public.a'::regclass)", "a", None),
        ("""nextval('other."A b"'::regclass)""", "A b", "other"),
        ("nextval(a)", "a", None),
        ("nextval(`A b`)", "A b", None),
        ("NEXTVAL ( `public`.`a` )", "a", None),
        ("(nextval(`other`.`A b`) + 1)", "A b", "other"),
    ],
)
def test_the_sequence_of_a_default(sql: str, name: str, schema: str | None) -> None:
    assert default_needs(sql, "public") == (Key.of_sequence(TableName(name, schema)),)
