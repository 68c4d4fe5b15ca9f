"""Server defaults as source: a text stays as its author wrote it, unless a database has a text of its own."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite
from sqlalchemy.ext.compiler import compiles

from schemashift import op
from schemashift.sqla.lift import lift_default
from schemashift.sqla.source import Source


def written(value: Any, dialect: sa.Dialect | None = None) -> str:
    dialect = dialect or postgresql.dialect()  # type: ignore[no-untyped-call]
    lifted = lift_default(value, dialect)
    assert lifted is not None
    return Source(dialect).default(lifted)


@pytest.mark.parametrize(
    ("value", "source"),
    [
        (sa.text("now()"), 'sa.text("now()")'),
        (sa.text(r"'a\:b'"), r"""sa.text("'a\\:b'")"""),
        (sa.text(":n + 1").bindparams(n=41), 'sa.text("41 + 1")'),
        (sa.literal_column("'a :b'"), r"""sa.text("'a \\:b'")"""),
    ],
)
def test_a_text_stays_as_it_was_written(value: Any, source: str) -> None:
    assert written(value) == source


def test_a_text_of_each_database_stays_one() -> None:
    value = op.sql_text("gen_random_uuid()", mysql="uuid()", sqlite="hex(randomblob(16))")
    assert written(value) == 'op.sql_text("gen_random_uuid()", mysql="uuid()", sqlite="hex(randomblob(16))")'


def test_a_class_of_text_that_the_application_compiles() -> None:
    class Now(sa.TextClause):
        inherit_cache = True

    compiles(Now)(lambda *_, **__: "now()")
    compiles(Now, "sqlite")(lambda *_, **__: "strftime('%s')")
    assert written(Now("never"), sqlite.dialect()).startswith("op.sql_text(\"strftime('%s')\"")
    assert "never" not in written(Now("never"), mysql.dialect())  # type: ignore[no-untyped-call]
