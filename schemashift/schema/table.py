"""A table and its parts, as frozen values.

Every value is created in the *normal form* of its database, so that two values mean the same if and only if they are
equal. ``payload`` is not compared: it is the object that the value was lifted from, kept to write it as its author did.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar

from schemashift.schema.names import Key, TableName

Options: TypeAlias = tuple[tuple[str, object], ...]
"""Dialect options by name (``postgresql_where``, ``mysql_engine``), sorted; values are hashable."""


def options(pairs: Iterable[tuple[str, object]] = ()) -> Options:
    """Return *pairs* as sorted `Options`, without those whose value is None."""
    return tuple(sorted((name, value) for name, value in pairs if value is not None))


def option(options: Options, name: str) -> Any:
    """Return the value of the option *name*, or None."""
    return next((value for key, value in options if key == name), None)


def referential_action(action: str | None) -> str | None:
    """Return the action of ON DELETE or ON UPDATE in upper case; None for NO ACTION, the standard's default.

    The names in ``SET NULL (a, "B")`` (PostgreSQL 15) are names: in lower case unless they are quoted.
    """
    head, parenthesis, names = (action or "").partition("(")
    words = " ".join(head.upper().split())
    if parenthesis:
        found = (quoted or plain.lower() for quoted, plain in _NAME.findall(names))
        found = (name if _PLAIN.fullmatch(name) else f'"{name}"' for name in found)
        return f"{words} ({', '.join(found)})"
    return None if words in ("", "NO ACTION") else words


_NAME = re.compile(r'"((?:[^"]|"")+)"|([^\s,()"]+)')
_PLAIN = re.compile(r"[a-z_][a-z0-9_$]*")


def implied_start(increment: int | None, minimum: int | None, maximum: int | None) -> int:
    """Return the number that a sequence starts with by default: its lowest, or its highest if it descends."""
    if (increment if increment is not None else 1) > 0:
        return minimum if minimum is not None else 1
    return maximum if maximum is not None else -1


INTEGER_LIMITS = {"SMALLINT": 2**15 - 1, "INTEGER": 2**31 - 1, "BIGINT": 2**63 - 1}
"""The largest value of each integer type."""


@dataclass(frozen=True, slots=True)
class SQL:
    """SQL text as the value of an option, to distinguish it from a plain string. For ``written`` see `Check`."""

    text: str
    payload: object = field(default=None, compare=False, repr=False)
    written: str | None = field(default=None, compare=False, repr=False)

    def __lt__(self, other: object) -> bool:
        return str(self) < str(other)


@dataclass(frozen=True, slots=True, kw_only=True)
class Type:
    """The type of a column. ``sql`` is the database's spelling without the collation; ``payload`` a ``TypeEngine``.

    ``needs`` are the objects that it requires: an enum, a domain.
    """

    sql: str
    collation: str | None = None
    needs: tuple[Key, ...] = field(default=(), compare=False)
    payload: object = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return f"{self.sql} COLLATE {self.collation}" if self.collation else self.sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Default:
    """A server default. ``sql`` is the text after DEFAULT; ``payload`` is the value of ``server_default=``.

    ``needs`` are the objects that it requires: a sequence. For ``written`` see `Check`.
    """

    sql: str
    needs: tuple[Key, ...] = field(default=(), compare=False)
    payload: object = field(default=None, compare=False, repr=False)
    written: str | None = field(default=None, compare=False, repr=False)

    def __str__(self) -> str:
        return self.sql


@dataclass(frozen=True, slots=True, kw_only=True)
class Computed:
    """``GENERATED ALWAYS AS (sql)``; ``stored`` is False for VIRTUAL. For ``written`` see `Check`."""

    sql: str
    stored: bool
    payload: object = field(default=None, compare=False, repr=False)
    written: str | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """``GENERATED ... AS IDENTITY``. Values that the database chooses by default are explicit here."""

    always: bool = False
    start: int | None = None
    increment: int | None = None
    minimum: int | None = None
    maximum: int | None = None
    cycle: bool = False
    cache: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column. ``autoincrement`` is True if the database numbers the rows (SERIAL, AUTO_INCREMENT)."""

    name: str
    type: Type
    nullable: bool = True
    default: Default | None = None
    computed: Computed | None = None
    identity: Identity | None = None
    autoincrement: bool = False
    comment: str | None = None
    options: Options = ()
    payload: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PrimaryKey:
    """PRIMARY KEY. ``name`` is None if the database chooses the name, or it has none."""

    columns: tuple[str, ...]
    name: str | None = None
    deferrable: bool | None = None
    initially: str | None = None
    comment: str | None = None
    options: Options = ()
    payload: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unique:
    """UNIQUE, with its columns in the order in which they were declared."""

    columns: tuple[str, ...]
    name: str | None = None
    deferrable: bool | None = None
    initially: str | None = None
    comment: str | None = None
    options: Options = ()
    payload: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForeignKey:
    """FOREIGN KEY. Actions are upper case, and None for NO ACTION, the standard's default."""

    columns: tuple[str, ...]
    target: TableName
    target_columns: tuple[str, ...]
    name: str | None = None
    on_delete: str | None = None
    on_update: str | None = None
    deferrable: bool | None = None
    initially: str | None = None
    match: str | None = None
    comment: str | None = None
    options: Options = ()
    payload: object = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """CHECK. ``columns`` are those that the text is known to use; they are used for ordering only.

    ``written`` is the text as its author typed it, where the normal form ``sql`` differs: it is what is sent, while
    ``sql`` is what is compared. None means that there is no other text than ``sql``.
    """

    sql: str
    name: str | None = None
    columns: tuple[str, ...] = field(default=(), compare=False)
    comment: str | None = None
    options: Options = ()
    payload: object = field(default=None, compare=False, repr=False)
    written: str | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexPart:
    """One element of an index: the name of a column, or the text of an expression.

    ``length`` is MySQL's prefix length in characters; ``nulls`` is "first" or "last" where that is not the default of
    the database; ``opclass`` is PostgreSQL's, with its schema and parameters if it has them; ``collation`` is
    PostgreSQL's or SQLite's COLLATE. For ``written`` see `Check`.
    """

    column: str | None = None
    expression: str | None = None
    descending: bool = False
    nulls: str | None = None
    opclass: str | None = None
    collation: str | None = None
    length: int | None = None
    payload: object = field(default=None, compare=False, repr=False)
    written: str | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if (self.column is None) == (self.expression is None):
            raise ValueError("an index part is either a column or an expression")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exclude:
    """EXCLUDE (PostgreSQL): no two rows may have parts for which all operators return true.

    ``uses`` are the columns that its SQL texts are known to use in addition to the plain ones, for ordering.
    """

    parts: tuple[IndexPart, ...]
    operators: tuple[str, ...]
    using: str = "gist"
    where: SQL | None = None
    name: str | None = None
    deferrable: bool | None = None
    initially: str | None = None
    uses: tuple[str, ...] = field(default=(), compare=False)
    comment: str | None = None
    options: Options = ()
    payload: object = field(default=None, compare=False, repr=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The plain columns among the parts, then those that the texts use."""
        return tuple(dict.fromkeys([*(part.column for part in self.parts if part.column), *self.uses]))


Constraint: TypeAlias = PrimaryKey | Unique | ForeignKey | Check | Exclude
AnyConstraint = TypeVar("AnyConstraint", PrimaryKey, Unique, ForeignKey, Check, Exclude)

_RANK = {PrimaryKey: 0, Unique: 1, Check: 2, Exclude: 3, ForeignKey: 4}


def constraint_order(constraint: Constraint) -> tuple[int, str]:
    """Return the key by which constraints are sorted: kind, then name.

    Unnamed ones keep the order in which they were declared, in which the database numbers them.
    """
    return _RANK[type(constraint)], constraint.name or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Index:
    """An index. ``uses`` are the columns that its expressions are known to use in addition to the plain ones.

    ``implicit`` marks an index that MySQL created for a foreign key, and that nobody declared.
    """

    name: str
    parts: tuple[IndexPart, ...]
    unique: bool = False
    options: Options = ()
    implicit: bool = field(default=False, compare=False)
    uses: tuple[str, ...] = field(default=(), compare=False)
    payload: object = field(default=None, compare=False, repr=False)

    @property
    def columns(self) -> tuple[str, ...]:
        """The plain columns among the parts, then those that the expressions use."""
        return tuple(dict.fromkeys([*(part.column for part in self.parts if part.column), *self.uses]))


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """A table with all its parts. Constraints and indexes are sorted; columns keep their order."""

    name: str
    schema: str | None = None
    columns: tuple[Column, ...] = ()
    constraints: tuple[Constraint, ...] = ()
    indexes: tuple[Index, ...] = ()
    comment: str | None = None
    options: Options = ()
    payload: object = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "constraints", tuple(sorted(self.constraints, key=constraint_order)))
        object.__setattr__(self, "indexes", tuple(sorted(self.indexes, key=lambda index: index.name)))

    @property
    def table_name(self) -> TableName:
        """The table's full name."""
        return TableName(self.name, self.schema)

    @property
    def key(self) -> Key:
        """The table's key in a `Schema`."""
        return Key.of_table(self.table_name)

    @property
    def primary_key(self) -> PrimaryKey | None:
        """The primary key, if there is one."""
        return next((c for c in self.constraints if isinstance(c, PrimaryKey)), None)

    @property
    def foreign_keys(self) -> tuple[ForeignKey, ...]:
        """The foreign keys, sorted."""
        return tuple(c for c in self.constraints if isinstance(c, ForeignKey))

    def column(self, name: str) -> Column | None:
        """Return the column of that name, or None."""
        return next((column for column in self.columns if column.name == name), None)

    def constraint(self, name: str) -> Constraint | None:
        """Return the constraint of that name, or None."""
        return next((constraint for constraint in self.constraints if constraint.name == name), None)

    def index(self, name: str) -> Index | None:
        """Return the index of that name, or None."""
        return next((index for index in self.indexes if index.name == name), None)

    def with_column(self, before: str, after: Column | None) -> Table:
        """Return a copy with *after* in place of the column named *before*, or without that column if it is None."""
        replaced = (after if column.name == before else column for column in self.columns)
        return replace(self, columns=tuple(column for column in replaced if column is not None))


def renamed(value: Any, old: str, new: str) -> Any:
    """Return *value* (a constraint or an index) with the column *old* renamed to *new*, except in SQL texts."""
    if isinstance(value, Index | Exclude):
        parts = tuple(replace(part, column=new) if part.column == old else part for part in value.parts)
        return replace(value, parts=parts, uses=_replaced(value.uses, old, new))
    return replace(value, columns=_replaced(value.columns, old, new))


def _replaced(names: tuple[str, ...], old: str, new: str) -> tuple[str, ...]:
    return tuple(new if name == old else name for name in names)


def with_texts(table: Table, text: Callable[[str], str]) -> Table:
    """Return *table* with *text* applied to each SQL text that may use its columns."""
    return replace(
        table,
        columns=tuple(_column_with_text(column, text) for column in table.columns),
        constraints=tuple(_constraint_with_text(constraint, text) for constraint in table.constraints),
        indexes=tuple(
            replace(index, parts=_parts_with_text(index.parts, text), options=_options_with_text(index.options, text))
            for index in table.indexes
        ),
    )


# A text that was changed is no longer the one that its author typed.


def _column_with_text(column: Column, text: Callable[[str], str]) -> Column:
    computed = column.computed
    if computed is None:
        return column
    return replace(column, computed=replace(computed, sql=text(computed.sql), written=None))


def _constraint_with_text(constraint: Constraint, text: Callable[[str], str]) -> Constraint:
    if isinstance(constraint, Check):
        return replace(constraint, sql=text(constraint.sql), written=None)
    if isinstance(constraint, Exclude):
        where = _sql_with_text(constraint.where, text) if constraint.where else None
        return replace(constraint, parts=_parts_with_text(constraint.parts, text), where=where)
    return constraint


def _parts_with_text(parts: tuple[IndexPart, ...], text: Callable[[str], str]) -> tuple[IndexPart, ...]:
    return tuple(
        part if part.expression is None else replace(part, expression=text(part.expression), written=None)
        for part in parts
    )


def _options_with_text(options: Options, text: Callable[[str], str]) -> Options:
    return tuple((name, _sql_with_text(value, text) if isinstance(value, SQL) else value) for name, value in options)


def _sql_with_text(sql: SQL, text: Callable[[str], str]) -> SQL:
    return replace(sql, text=text(sql.text), written=None)


_WORDS = re.compile(
    r"""'(?:[^']|'')*'
      | "((?:[^"]|"")*)" | `((?:[^`]|``)*)` | \[([^\]]*)\]
      | ([A-Za-z_\u0080-\uffff][\w$]*)""",
    re.VERBOSE,
)


def identifiers(sql: str) -> frozenset[str]:
    """Return the words of *sql* that may be identifiers, as written and in lower case. String literals are skipped."""
    words = {next(g for g in match.groups() if g is not None) for match in _WORDS.finditer(sql) if match.lastindex}
    return frozenset(words | {word.lower() for word in words})


def mentioned(sql: str, names: Iterable[str]) -> tuple[str, ...]:
    """Return those of *names* that *sql* may use as identifiers, ignoring case.

    It errs on the safe side: a function with the name of a column counts too. Use it for ordering, not for meaning.
    """
    words = identifiers(sql)
    return tuple(name for name in names if name.lower() in words)
