"""What every operation is: a frozen change that knows both its ends and what it needs around it.

An operation is handed a `Compiler` for its SQL and a `Writer` for its source text. Both look first for a method of
their own that is called like the operation's ``verb``, as those for tables are; what they lack the operation says
itself, in `Operation.sql` and `Operation.source`.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from enum import IntEnum, auto
from typing import ClassVar, NamedTuple, Protocol, Self, TypeVar

from schemashift.errors import Location, NotSupported
from schemashift.operations.facts import Facts
from schemashift.schema import Column, Default, ForeignKey, Key, Keyed, Schema, Table, TableName, Type

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
Keys = frozenset[Key]
NOTHING: Keys = frozenset()
SortKey = tuple[int, str, str]


class Rank(IntEnum):
    """How people would sort operations that do not depend on each other: tables first, then columns, then the rest."""

    DROP_CONSTRAINT = auto()
    DROP_INDEX = auto()
    CREATE_TABLE = auto()
    ADD_COLUMN = auto()
    CHANGE = auto()
    DROP_COLUMN = auto()
    DROP_TABLE = auto()
    ADD_CONSTRAINT = auto()
    CREATE_INDEX = auto()
    ADD_FOREIGN_KEY = auto()


Statement = TypeVar("Statement")
Statement_co = TypeVar("Statement_co", covariant=True)
Node = TypeVar("Node")
Value = TypeVar("Value")
OneOperation = TypeVar("OneOperation", bound="Operation")


class Description(NamedTuple):
    """One line for people: ``+ column  users.age  INTEGER NOT NULL``. ``sign`` is "+", "~" or "-"."""

    sign: str
    noun: str
    name: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.sign} {self.noun} {self.name}" + (f"  {self.detail}" if self.detail else "")


class Incomplete(LookupError):
    """An operation lacks its other end, and the schema at hand does not have it either."""


class Live(Protocol):
    """The schema as it is when an operation is compiled; what is not known yet is read when it is asked for."""

    @property
    def schema(self) -> Schema:
        """All tables, with the other objects that are known."""

    def table(self, name: TableName) -> Table | None:
        """One table, or None."""

    def get(self, key: Key) -> Keyed | None:
        """One object of any kind, or None."""

    def references_to(self, name: TableName) -> tuple[tuple[Table, ForeignKey], ...]:
        """The foreign keys of other tables that point to *name*."""

    def complete(self, operation: OneOperation) -> OneOperation:
        """*operation* with both its ends. Raises `Incomplete` where the database does not have the other one."""

    def forget(self) -> None:
        """Know nothing any more: a statement changes more than its operation says."""


class Compiler(Protocol[Statement_co]):
    """A dialect's DDL, as the SQL of an operation sees it. Statements that are more than a text are of its own type."""

    @property
    def databases(self) -> tuple[str, ...]:
        """The database's name, and that of the database it is a variant of: ``("mariadb", "mysql")``."""

    def quote(self, name: str) -> str:
        """An identifier, quoted where it must be."""

    def table(self, name: TableName) -> str:
        """A name with its schema, quoted."""

    def literal(self, text: str) -> str:
        """A string literal."""

    def type(self, column: Column) -> str:
        """A column's type with its collation."""

    def conversion(self, column: str, before: Type, after: Type) -> str | None:
        """The expression that brings *column* (quoted) to another type; None where a change needs none."""

    def outside_transaction(self, sql: str, operation: Operation) -> Statement_co:
        """A statement that cannot run inside a transaction block."""

    def statements(self, operation: Operation, live: Live) -> Iterator[str | Statement_co]:
        """The SQL of one operation: the dialect's where it has a method for it, else the operation's own."""


class Sql(Protocol):
    """A function that gives the SQL of an operation for one database."""

    def __call__(self, compiler: Compiler[Statement], live: Live, /) -> Iterator[str | Statement]: ...


def no_sql(compiler: Compiler[Statement], live: Live, /) -> Iterator[str | Statement]:
    """No SQL: a script runs on every database, and this one has no such objects."""
    del compiler, live
    return iter(())


def by_name(table: Mapping[str, Value], names: Iterable[str]) -> Value | None:
    """What *table* has for the first of *names* that is in it, else for ``"*"``; None where it has neither."""
    return next((table[name] for name in (*names, "*") if name in table), None)


class Writer(Protocol[Node]):
    """The renderer, as the source text of an operation sees it. A call is a node of its own type."""

    def call(self, head: str, arguments: Iterable[object], **keywords: object) -> Node:
        """A call with plain values; a keyword that is None is left out."""

    def compose(self, head: str, words: Iterable[str | Node]) -> Node:
        """A call whose arguments are written already."""

    def value(self, value: object) -> str:
        """A plain value as source."""

    def text(self, payload: object, text: str) -> str:
        """SQL as its author wrote it, as ``sa.text()`` takes it."""

    def type_(self, type_: Type) -> str:
        """A type as source."""

    def default(self, default: Default) -> str:
        """A server default as source."""

    def schema(self, name: TableName) -> list[str]:
        """``schema="x"``, where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(ABC):
    """A change of the schema.

    The five sets of keys are what ordering goes by: an operation comes after whatever creates or alters what it
    *uses*, and after whatever *frees* what it *drops* or *alters*. ``origin`` is the script's line it came from,
    ``note`` a comment for the script that it is written into.
    """

    verb: ClassVar[str] = ""
    """``create_table`` for `CreateTable`: how a dialect's DDL, and the renderer, call their method for it."""
    rank: ClassVar[Rank] = Rank.CHANGE
    weight: ClassVar[int] = 0
    """How much it says about a revision that does several things: the heaviest gives the message."""

    origin: Location | None = field(default=None, compare=False, repr=False)
    note: str = field(default="", compare=False, repr=False)

    def __init_subclass__(cls) -> None:
        cls.verb = _CAPITAL.sub("_", cls.__name__).lower()

    @property
    def creates(self) -> Keys:
        """What is there after it and was not before."""
        return NOTHING

    @property
    def drops(self) -> Keys:
        """What was there before it and is not after."""
        return NOTHING

    @property
    def uses(self) -> Keys:
        """What must be there, in its final form, when it runs."""
        return NOTHING

    @property
    def frees(self) -> Keys:
        """Keys that the operation's object no longer depends on."""
        return NOTHING

    @property
    def alters(self) -> Keys:
        """What it changes in place."""
        return NOTHING

    @property
    def retypes(self) -> Keys:
        """The columns that it moves to another type without altering their tables: those of an enum's other labels."""
        return NOTHING

    @property
    def changes_values(self) -> bool:
        """Whether the set of valid values changes."""
        return False

    @property
    def rewrites_defaults(self) -> bool:
        """Whether the database spells the defaults of the columns that it alters differently afterwards."""
        return False

    @property
    def sort_key(self) -> SortKey:
        """Its place among operations that do not depend on each other. The sort is stable."""
        return self._ranked(self.rank)

    def _ranked(self, rank: Rank) -> SortKey:
        table, words = self.touches[0] if self.touches else None, self.describe()
        return rank, str(table), f"{words.name} {words.detail}"

    @property
    def touches(self) -> tuple[TableName, ...]:
        """The tables that are not the same afterwards."""
        return ()

    @abstractmethod
    def inverse(self) -> Operation:
        """The operation that takes this one back. Raises `Incomplete` where its before is not known."""

    @abstractmethod
    def apply(self, schema: Schema) -> Schema:
        """*schema* after this operation. Raises `Incomplete` where *schema* lacks the table that it changes."""

    def effects(self) -> Facts:
        """What it does to the rows of tables that are there, on every database; see `Dialect.effects` for one."""
        return ()

    @abstractmethod
    def describe(self) -> Description:
        """The change in a line."""

    def summary(self) -> str:
        """The change in words, for a revision's message: ``add age to users``."""
        description = self.describe()
        verb = {"+": "add", "-": "drop", "~": "change"}[description.sign]
        return f"{verb} {description.noun} {description.name}"

    def complete(self, schema: Schema) -> Self:
        """This operation with both its ends, the missing one taken from *schema*."""
        del schema
        return self

    @property
    def sql_by_dialect(self) -> Mapping[str, Sql]:
        """Its SQL by the name of the database, ``"*"`` for all others."""
        return {}

    def sql(self, compiler: Compiler[Statement], live: Live) -> Iterator[str | Statement]:
        """Its SQL, where *compiler* has none of its own for it. Raises `NotSupported` where neither has any."""
        function = by_name(self.sql_by_dialect, compiler.databases)
        if function is None:
            name, database = type(self).__name__, compiler.databases[0]
            raise NotSupported(f"{database} has no SQL for {name}, and {name} has none for {database}")
        yield from function(compiler, live)

    def source(self, writer: Writer[Node]) -> Iterator[Node]:
        """The calls of ``op`` that make it, where *writer* has none of its own. Raises TypeError without either."""
        raise TypeError(f"no printer for {type(self).__name__}")


def need_table(schema: Schema, name: TableName) -> Table:
    """The table *name* of *schema*. Raises `Incomplete` where it is not there."""
    table = schema.table(name)
    if table is None:
        raise Incomplete(f'there is no table "{name}"')
    return table


def need_object(schema: Schema, key: Key, class_: type[Value]) -> Value:
    """The object *key* of *schema*. Raises `Incomplete` where it is not there."""
    found = schema.get(key)
    if not isinstance(found, class_):
        raise Incomplete(f'there is no {key.kind} "{key.table_name}"')
    return found


def without(schema: Schema, key: Key) -> Schema:
    """*schema* without an object, which it may not know of: a run reads what it needs."""
    return schema.drop(key) if key in schema else schema


def referable(table: TableName, columns: tuple[str, ...]) -> Key:
    """The key for "these columns are unique": what a foreign key to them depends on."""
    return Key("unique", table.schema, table.name, ",".join(sorted(columns)))


def edit(schema: Schema, name: TableName, **changes: object) -> Schema:
    """*schema* with fields of one table replaced."""
    return schema.put(replace(need_table(schema, name), **changes))  # type: ignore[arg-type]
