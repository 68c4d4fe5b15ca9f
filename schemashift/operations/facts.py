"""What an operation does to the rows of tables that are there, as values.

`Operation.effects` returns the facts that hold on every database; `Dialect.effects` adds what only one database does
(which change of type rewrites the table, what it locks) and leaves out what that database never does. A fact that is
not there is not known, which does not mean that it is not so. A fact is of one operation by itself: several that are
compiled together may rewrite their table once. Whatever speaks of effects (comments in scripts, counts before a run,
values for the rows, messages) is a function of these values and knows no operation.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from schemashift.schema import Constraint, Index, TableName, Type


class Why(enum.Enum):
    """Why rows may not be accepted."""

    NULL = "NULL where NOT NULL is required"
    DUPLICATE = "the same values twice under a key or a unique index"
    CONFLICT = "rows that an exclusion constraint does not let stand beside each other"
    CHECK = "values for which a CHECK is false"
    ORPHAN = "values of a foreign key that no row of the other table has"
    CONVERSION = "values that do not convert to the new type, or do not fit it"
    LABEL = "labels that an enum no longer has"


class Conversion(NamedTuple):
    """A column's change of type."""

    column: str
    before: Type
    after: Type


class RemovedLabels(NamedTuple):
    """Labels that the enum of a column loses. ``column`` is empty where the columns are not known."""

    column: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatesTable:
    """There is a new table, which has no rows."""

    table: TableName


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletesRows:
    """All rows of *table* are deleted."""

    table: TableName


@dataclass(frozen=True, slots=True, kw_only=True)
class DeletesValues:
    """All values of a column are deleted."""

    table: TableName
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InsertsRows:
    """Rows are inserted."""

    table: TableName


@dataclass(frozen=True, slots=True, kw_only=True)
class FillsValues:
    """The rows that have no value in a column are given one."""

    table: TableName
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsValue:
    """The rows need a value in a new column, and the column says none: no default, no expression, no numbers."""

    table: TableName
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MayFail:
    """The operation fails where *table* has rows of a certain kind.

    ``what`` does not accept them: a column (by name), a constraint, a unique index, a change of type, the labels that
    an enum loses. ``table`` is None where the caller did not say which tables use the enum.
    """

    table: TableName | None
    what: str | Constraint | Index | Conversion | RemovedLabels
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class RewritesTable:
    """The database writes every row of *table* anew, which takes time and, for a while, twice the space."""

    table: TableName


@dataclass(frozen=True, slots=True, kw_only=True)
class Locks:
    """*table* is locked until the operation is done. ``mode`` is what the database calls it."""

    table: TableName
    mode: str


Fact: TypeAlias = (
    CreatesTable
    | DeletesRows
    | DeletesValues
    | InsertsRows
    | FillsValues
    | NeedsValue
    | MayFail
    | RewritesTable
    | Locks
)
Facts: TypeAlias = tuple[Fact, ...]
