"""The laws of the waist, over random models and without a database (STYLE.md, rule 15)."""

from __future__ import annotations

import functools
import os
import random
from dataclasses import replace

import pytest
import sqlalchemy as sa
from sqlalchemy.dialects import mysql, postgresql, sqlite

from schemashift.dialects import Dialect, dialect_for
from schemashift.diff import diff, match, name_constraints, named
from schemashift.operations import Operation
from schemashift.schema import Constraint, Schema, Table
from schemashift.sqla.lift import lift_metadata
from tests.support import models

CASES = range(int(os.environ.get("LAWS", "200")))
DIALECTS: dict[str, sa.Dialect] = {
    "sqlite": sqlite.dialect(),
    "postgresql": postgresql.psycopg.dialect(),
    "mysql": mysql.pymysql.dialect(),
}
pytestmark = pytest.mark.parametrize("name", DIALECTS)


@functools.cache
def pair(name: str, seed: int) -> tuple[Schema, Schema, Dialect]:
    """Two schemas, the second an edit of the first; constraints without a name have the database's."""
    rng = random.Random(seed)
    first = models.random_models(rng, name)
    second = models.edit(rng, first, rng.randint(1, 12))
    dialect = dialect_for(DIALECTS[name])
    before, after = (_lift(tables, dialect) for tables in (first, second))
    return before, after, dialect


def _lift(tables: models.Tables, dialect: Dialect) -> Schema:
    lifted = lift_metadata([models.build(tables, dialect.sa.name)], dialect.sa)
    return Schema(_named(dialect.normal(table), dialect) for table in lifted.tables)


def _named(table: Table, dialect: Dialect) -> Table:
    """As it would be read: every constraint has its name, but on SQLite, which keeps those without one as they are."""
    if dialect.name == "sqlite":
        return table
    return name_constraints(replace(table, constraints=(), indexes=()), table, dialect)


def changes(before: Schema, after: Schema, dialect: Dialect) -> tuple[Operation, ...]:
    """The operations that make *after* of *before*, whose unnamed constraints take the names that are there."""
    return diff(named(match(before, after, traits=dialect), dialect), traits=dialect)


def content(schema: Schema) -> dict[str, tuple[object, ...]]:
    """What two equal schemas have in common: names of columns and constraints matter, their order does not."""
    return {
        str(table.table_name): (
            frozenset(table.columns),
            frozenset(table.constraints),
            frozenset(table.indexes),
            table.comment,
            table.options,
        )
        for table in schema.tables
    }


def follow(schema: Schema, operations: tuple[Operation, ...] | list[Operation]) -> Schema:
    """*schema* after *operations*."""
    for operation in operations:
        schema = operation.apply(schema)
    return schema


def test_what_the_diff_says_makes_one_of_the_other_and_its_inverse_returns(name: str) -> None:
    for seed in CASES:
        before, after, dialect = pair(name, seed)
        operations = changes(before, after, dialect)
        reached = follow(before, operations)
        assert content(reached) == content(_settled(before, after, dialect)), f"seed {seed}"
        back = follow(reached, [operation.inverse() for operation in reversed(operations)])
        assert content(back) == content(before), f"seed {seed}"


def _settled(before: Schema, after: Schema, dialect: Dialect) -> Schema:
    pairs = ((before.table(table.table_name) or table, table) for table in after.tables)
    return Schema(_kept(old, name_constraints(old, new, dialect), dialect) for old, new in pairs)


def _kept(before: Table, after: Table, dialect: Dialect) -> Table:
    """*after* with the constraints that stay as they are, though it says something else: a CHECK that is valid."""
    pairs = ((before.constraint(each.name or ""), each) for each in after.constraints)
    kept = (new if old is None else dialect.altered_in_place(old, new) or new for old, new in pairs)
    return replace(after, constraints=tuple(kept))


def test_nothing_changed_is_nothing_to_do(name: str) -> None:
    for seed in CASES:
        before, after, dialect = pair(name, seed)
        assert changes(before, before, dialect) == (), f"seed {seed}"
        assert changes(after, after, dialect) == (), f"seed {seed}"


def test_the_order_in_which_things_came_does_not_matter(name: str) -> None:
    for seed in CASES:
        before, after, dialect = pair(name, seed)
        rng = random.Random(seed)
        expected = changes(before, after, dialect)
        assert changes(_shuffled(before, rng), _shuffled(after, rng), dialect) == expected, f"seed {seed}"


def _shuffled(schema: Schema, rng: random.Random) -> Schema:
    tables = list(schema.tables)
    rng.shuffle(tables)
    return Schema(
        replace(
            table,
            constraints=_mixed(table, rng),
            indexes=tuple(rng.sample(table.indexes, len(table.indexes))),
        )
        for table in tables
    )


def _mixed(table: Table, rng: random.Random) -> tuple[Constraint, ...]:
    """Constraints in any order; those without a name keep theirs, which the database numbers them by."""
    unnamed = any(constraint.name is None for constraint in table.constraints)
    return table.constraints if unnamed else tuple(rng.sample(table.constraints, len(table.constraints)))


def test_an_inverse_taken_twice_is_the_operation(name: str) -> None:
    for seed in CASES:
        before, after, dialect = pair(name, seed)
        for operation in changes(before, after, dialect):
            assert operation.inverse().inverse() == operation, f"seed {seed}"


def test_the_normal_form_of_a_normal_form_is_itself(name: str) -> None:
    for seed in CASES:
        _, after, dialect = pair(name, seed)
        for table in after.tables:
            assert dialect.normal(table) == table, f"seed {seed}"
