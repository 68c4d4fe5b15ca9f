"""The effects of an operation on the rows of existing tables, as values.

`Operation.effects` returns the facts that hold on every database; `Dialect.effects` adds those of one database (which
change of type rewrites the table, what it locks) and removes those that never hold there. A missing fact means that
the effect is not known, not that there is none. A fact describes a single operation: several operations that are
compiled together may rewrite their table only once. Everything that reports effects (comments in scripts, counts before
a run, values for the rows, messages) is a function of these values and knows no operation.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

from schemashift.schema import Constraint, Index, TableName, Type


class Why(enum.Enum):
    """The reasons why a database may reject existing rows."""

    NULL = "NULL where NOT NULL is required"
    DUPLICATE = "duplicate values in a key or a unique index"
    CONFLICT = "rows that an exclusion constraint does not allow together"
    CHECK = "values for which a CHECK is false"
    ORPHAN = "foreign key values without a matching row in the referenced table"
    CONVERSION = "values that cannot be converted to the new type, or do not fit it"
    LABEL = "labels that are removed from an enum"


class Conversion(NamedTuple):
    """A change of the type of a column."""

    column: str
    before: Type
    after: Type


class RemovedLabels(NamedTuple):
    """Labels that are removed from the enum of a column. ``column`` is empty if the columns are not known."""

    column: str
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CreatesTable:
    """A table is created, without rows."""

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
    """The rows that have no value in a column get one."""

    table: TableName
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class NeedsValue:
    """The rows need a value in a new column that has no default, no expression and no numbering to provide one."""

    table: TableName
    column: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MayFail:
    """The operation fails if *table* has certain rows.

    ``what`` rejects them: a column (by name), a constraint, a unique index, a change of type, or the removal of labels
    from an enum. ``table`` is None if it is not known which tables use the enum.
    """

    table: TableName | None
    what: str | Constraint | Index | Conversion | RemovedLabels
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class RewritesTable:
    """The database rewrites every row of *table*, which takes time and, temporarily, twice the space."""

    table: TableName


@dataclass(frozen=True, slots=True, kw_only=True)
class Locks:
    """*table* is locked until the operation is done. ``mode`` is the database's name for the lock."""

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
