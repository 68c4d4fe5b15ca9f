"""Sequences: what each database chooses by itself, and what it is sent."""

from __future__ import annotations

from typing import Any

import pytest
import sqlalchemy as sa

from schemashift.dialects import dialect_for
from schemashift.dialects.live import LiveSchema
from schemashift.objects.sequences import (
    KIND,
    AlterSequence,
    CreateSequence,
    DropSequence,
    NumberSequence,
    lift_sequence,
)
from schemashift.operations import Incomplete, Operation
from schemashift.schema import Column, Default, Schema, Table, TableName, Type

SHORT = NumberSequence(name="s", type="SMALLINT", maximum=32767)


def dialect_of(engine: str) -> sa.Dialect:
    dialect: Any = sa.create_engine(f"{'mysql+pymysql' if engine == 'mariadb' else engine}://").dialect
    if engine == "mariadb":
        dialect.is_mariadb = True
    return dialect  # type: ignore[no-any-return]


def sent(operation: Operation, engine: str) -> list[str]:
    compiled = dialect_for(dialect_of(engine)).compile([operation], LiveSchema())
    return [str(statement.sql) for statement in compiled]


@pytest.mark.parametrize("engine", ["sqlite", "mysql+pymysql"])
def test_where_there_are_none_nothing_is_done_and_nothing_is_declared(engine: str) -> None:
    metadata = sa.MetaData()
    sa.Sequence("s", metadata=metadata)
    assert list(KIND.lift([metadata], dialect_of(engine))) == []
    for operation in (CreateSequence(sequence=SHORT), DropSequence(name=TableName("s")), AlterSequence(after=SHORT)):
        assert sent(operation, engine) == []


def test_a_type_is_said_where_there_is_one() -> None:
    settings = "START WITH 1 INCREMENT BY 1 MINVALUE 1 MAXVALUE 32767 CACHE 1"
    assert sent(CreateSequence(sequence=SHORT), "postgresql+psycopg") == [f"CREATE SEQUENCE s AS SMALLINT {settings}"]
    assert sent(CreateSequence(sequence=SHORT, if_not_exists=True), "mariadb") == [
        f"CREATE SEQUENCE IF NOT EXISTS s {settings}"
    ]


def test_no_cycle_is_two_words_or_one() -> None:
    settings = "START WITH 1 INCREMENT BY 1 MINVALUE 1 MAXVALUE 32767 CACHE 1"
    assert sent(AlterSequence(after=SHORT), "postgresql+psycopg") == [
        f"ALTER SEQUENCE s AS SMALLINT {settings} NO CYCLE"
    ]
    assert sent(AlterSequence(after=SHORT), "mariadb") == [f"ALTER SEQUENCE s {settings} NOCYCLE"]


@pytest.mark.parametrize(
    ("engine", "words", "expected"),
    [
        ("postgresql+psycopg", {}, NumberSequence(name="s")),
        ("postgresql+psycopg", {"data_type": sa.SmallInteger()}, SHORT),
        ("mariadb", {"data_type": sa.SmallInteger()}, NumberSequence(name="s", maximum=2**63 - 2, cache=1000)),
        (
            "postgresql+psycopg",
            {"increment": -1},
            NumberSequence(name="s", increment=-1, minimum=-(2**63), maximum=-1, start=-1),
        ),
        (
            "mariadb",
            {"increment": -1},
            NumberSequence(name="s", increment=-1, minimum=1 - 2**63, maximum=-1, start=-1, cache=1000),
        ),
    ],
)
def test_what_the_database_chooses_is_written_out(engine: str, words: dict[str, Any], expected: NumberSequence) -> None:
    assert lift_sequence(sa.Sequence("s", **words), dialect_of(engine)) == expected


def test_it_is_managed_where_a_default_takes_its_numbers_from_it() -> None:
    default = Default(sql="nextval('s')", needs=(SHORT.key,))
    table = Table(name="t", columns=(Column(name="id", type=Type(sql="INTEGER"), default=default),))
    assert KIND.is_managed(SHORT, Schema([table]))
    assert not KIND.is_managed(SHORT, Schema())


def test_what_was_there_is_taken_from_the_schema() -> None:
    there = Schema([SHORT])
    assert DropSequence(name=SHORT.full_name).complete(there).inverse() == CreateSequence(sequence=SHORT)
    longer = NumberSequence(name="s")
    assert AlterSequence(after=longer).complete(there).inverse() == AlterSequence(after=SHORT, before=longer)
    with pytest.raises(Incomplete, match='there is no sequence "s"'):
        AlterSequence(after=longer).complete(Schema())
