"""The base class of operations: a frozen change that knows the state before and after, and its dependencies.

A `Compiler` writes the SQL of an operation and a `Writer` its source text. Both first look for their own method with
the name of the operation's ``verb``, as for the operations on tables; otherwise they use `Operation.sql` and
`Operation.source`.
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
from schemashift.schema import (
    Column,
    Constraint,
    Default,
    ForeignKey,
    Index,
    Key,
    Keyed,
    Schema,
    Table,
    TableName,
    Type,
)

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
Keys = frozenset[Key]
NOTHING: Keys = frozenset()
SortKey = tuple[int, str, str]


class Rank(IntEnum):
    """The order of operations that do not depend on each other: tables first, then columns, then the rest."""

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
    """A description in one line: ``+ column  users.age  INTEGER NOT NULL``. ``sign`` is "+", "~" or "-"."""

    sign: str
    noun: str
    name: str
    detail: str = ""

    def __str__(self) -> str:
        return f"{self.sign} {self.noun} {self.name}" + (f"  {self.detail}" if self.detail else "")


class Incomplete(LookupError):
    """An operation cannot be applied, completed or inverted with what is known about the schema."""


class Live(Protocol):
    """The schema at the time when an operation is compiled; parts are read when they are first needed."""

    @property
    def schema(self) -> Schema:
        """All tables, and the other objects that are known."""

    def table(self, name: TableName) -> Table | None:
        """Return one table, or None."""

    def get(self, key: Key) -> Keyed | None:
        """Return one object of any kind, or None."""

    def references_to(self, name: TableName) -> tuple[tuple[Table, ForeignKey], ...]:
        """Return the foreign keys of other tables that reference *name*, with these tables."""

    def complete(self, operation: OneOperation) -> OneOperation:
        """Return *operation* with the state before it. Raises `Incomplete` if the database does not have it."""

    def forget(self) -> None:
        """Discard everything, because a statement changes more than its operation describes."""


class Compiler(Protocol[Statement_co]):
    """The part of a dialect's DDL that operations use. A statement that is more than a text has the dialect's type."""

    @property
    def databases(self) -> tuple[str, ...]:
        """The name of the database, and of the database that it is a variant of: ``("mariadb", "mysql")``."""

    def quote(self, name: str) -> str:
        """Return an identifier, quoted where necessary."""

    def table(self, name: TableName) -> str:
        """Return a name with its schema, quoted where necessary."""

    def literal(self, text: str) -> str:
        """Return a string literal."""

    def type(self, column: Column) -> str:
        """Return the type of a column with its collation."""

    def conversion(self, column: str, before: Type, after: Type) -> str | None:
        """Return the expression that converts *column* (quoted) to another type; None where none is needed."""

    def outside_transaction(self, sql: str, operation: Operation) -> Statement_co:
        """Return a statement that cannot run inside a transaction block."""

    def statements(self, operation: Operation, live: Live) -> Iterator[str | Statement_co]:
        """Return the SQL of one operation: the dialect's if it has a method for it, else the operation's own."""


class Sql(Protocol):
    """A function that returns the SQL of an operation for one database."""

    def __call__(self, compiler: Compiler[Statement], live: Live, /) -> Iterator[str | Statement]: ...


def no_sql(compiler: Compiler[Statement], live: Live, /) -> Iterator[str | Statement]:
    """Return no SQL, for databases without such objects: a script runs on every database."""
    del compiler, live
    return iter(())


def by_name(table: Mapping[str, Value], names: Iterable[str]) -> Value | None:
    """Return the value in *table* of the first of *names* that it contains, else that of ``"*"``, else None."""
    return next((table[name] for name in (*names, "*") if name in table), None)


class Writer(Protocol[Node]):
    """The part of the renderer that operations use. A call is a node of the renderer's type."""

    @property
    def databases(self) -> tuple[str, ...]:
        """The name of the database, and of the database that it is a variant of: ``("mariadb", "mysql")``."""

    def call(self, head: str, arguments: Iterable[object], **keywords: object) -> Node:
        """Return a call with plain values; a keyword argument that is None is left out."""

    def compose(self, head: str, arguments: Iterable[str | Node]) -> Node:
        """Return a call whose arguments are source text or nodes."""

    def value(self, value: object) -> str:
        """Return a plain value as source."""

    def text(self, payload: object, text: str) -> str:
        """Return SQL as its author wrote it, escaped for ``sa.text()``."""

    def type_(self, type_: Type) -> str:
        """Return a type as source."""

    def default(self, default: Default) -> str:
        """Return a server default as source."""

    def schema(self, name: TableName) -> list[str]:
        """Return ``schema="x"`` if *name* has a schema."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(ABC):
    """A change of the schema.

    Operations are ordered by their sets of keys: an operation runs after those that create or alter what it *uses*,
    and after those that *free* what it *drops* or *alters*. ``origin`` is the line of the script that called it,
    ``note`` a comment for the script that it is written to.
    """

    verb: ClassVar[str] = ""
    """``create_table`` for `CreateTable`: the name of its method in a dialect's DDL and in the renderer."""
    rank: ClassVar[Rank] = Rank.CHANGE
    weight: ClassVar[int] = 0
    """Its importance in a revision with several operations: the heaviest one determines the message."""

    origin: Location | None = field(default=None, compare=False, repr=False)
    note: str = field(default="", compare=False, repr=False)

    def __init_subclass__(cls) -> None:
        cls.verb = _CAPITAL.sub("_", cls.__name__).lower()

    @property
    def creates(self) -> Keys:
        """The keys that exist only after the operation."""
        return NOTHING

    @property
    def drops(self) -> Keys:
        """The keys that exist only before the operation."""
        return NOTHING

    @property
    def uses(self) -> Keys:
        """The keys that must exist, in their final form, when the operation runs."""
        return NOTHING

    @property
    def frees(self) -> Keys:
        """The keys that the operation's object no longer depends on afterwards."""
        return NOTHING

    @property
    def alters(self) -> Keys:
        """The keys that the operation changes in place."""
        return NOTHING

    @property
    def retypes(self) -> Keys:
        """The columns that get another type with an object that is altered, such as an enum that is rebuilt."""
        return NOTHING

    @property
    def changes_values(self) -> bool:
        """True if the set of valid values changes."""
        return False

    @property
    def rewrites_defaults(self) -> bool:
        """True if the database spells the defaults of the altered columns differently afterwards."""
        return False

    @property
    def sort_key(self) -> SortKey:
        """The sort key among operations that do not depend on each other. The sort is stable."""
        return self._ranked(self.rank)

    def _ranked(self, rank: Rank) -> SortKey:
        table, description = self.touches[0] if self.touches else None, self.describe()
        return rank, str(table), f"{description.name} {description.detail}"

    @property
    def touches(self) -> tuple[TableName, ...]:
        """The tables that the operation changes."""
        return ()

    @property
    def column_change(self) -> tuple[Column | None, Column | None]:
        """The column that it adds, drops or alters, before and after; (None, None) if that is not known."""
        return None, None

    @property
    def table_rename(self) -> tuple[TableName, TableName] | None:
        """The old and the new name of the table that it renames."""
        return None

    @property
    def column_rename(self) -> tuple[str, str] | None:
        """The old and the new name of the column that it renames."""
        return None

    @property
    def required_columns(self) -> tuple[str, ...]:
        """The columns that it adds as NOT NULL or changes to NOT NULL."""
        return ()

    @property
    def added_constraint(self) -> Constraint | None:
        """The constraint that it adds to an existing table."""
        return None

    @property
    def dropped_constraint(self) -> str | None:
        """The name of the constraint that it drops from a table that remains."""
        return None

    @property
    def created_index(self) -> Index | None:
        """The index that it creates on an existing table."""
        return None

    @property
    def changed_fields(self) -> tuple[str, ...]:
        """The fields of a column or of a table that it sets: "type", "comment"."""
        return ()

    @property
    def changes_references(self) -> bool:
        """True if foreign keys of other tables change with it."""
        return False

    @abstractmethod
    def inverse(self) -> Operation:
        """Return the operation that reverts this one. Raises `Incomplete` if the state before it is not known."""

    @abstractmethod
    def apply(self, schema: Schema) -> Schema:
        """Return *schema* after this operation. Raises `Incomplete` if *schema* has no such table."""

    def effects(self) -> Facts:
        """Return the effects on the rows of existing tables on every database; for one, see `Dialect.effects`."""
        return ()

    @abstractmethod
    def describe(self) -> Description:
        """Return a description of the change in one line."""

    def summary(self) -> str:
        """Return the change in words, for the message of a revision: ``add age to users``."""
        description = self.describe()
        verb = {"+": "add", "-": "drop", "~": "change"}[description.sign]
        return f"{verb} {description.noun} {description.name}"

    def complete(self, schema: Schema) -> Self:
        """Return this operation with the state before it, taken from *schema* if it is missing."""
        del schema
        return self

    @property
    def sql_by_dialect(self) -> Mapping[str, Sql]:
        """The functions that return its SQL, by the name of the database; ``"*"`` is for all others."""
        return {}

    def sql(self, compiler: Compiler[Statement], live: Live) -> Iterator[str | Statement]:
        """Return its SQL, for a *compiler* that has no method for it. Raises `NotSupported` if there is none."""
        function = by_name(self.sql_by_dialect, compiler.databases)
        if function is None:
            name, database = type(self).__name__, compiler.databases[0]
            raise NotSupported(f"{database} has no SQL for {name}, and {name} has none for {database}")
        yield from function(compiler, live)

    def source(self, writer: Writer[Node]) -> Iterator[Node]:
        """Return the calls of ``op`` that create it, for a *writer* that has no method for it.

        Raises TypeError if there are none.
        """
        raise TypeError(f"no printer for {type(self).__name__}")


def need_table(schema: Schema, name: TableName) -> Table:
    """Return the table *name* of *schema*. Raises `Incomplete` if it does not exist."""
    table = schema.table(name)
    if table is None:
        raise Incomplete(f'there is no table "{name}"')
    return table


def need_object(schema: Schema, key: Key, class_: type[Value]) -> Value:
    """Return the object *key* of *schema*. Raises `Incomplete` if it does not exist."""
    thing = schema.get(key)
    if not isinstance(thing, class_):
        raise Incomplete(f'there is no {key.kind} "{key.table_name}"')
    return thing


def without(schema: Schema, key: Key) -> Schema:
    """Return *schema* without an object, which it may lack: during a run only the needed objects are read."""
    return schema.drop(key) if key in schema else schema


def referable(table: TableName, columns: tuple[str, ...]) -> Key:
    """Return the key for "these columns are unique", which a foreign key to them depends on."""
    return Key("unique", table.schema, table.name, ",".join(sorted(columns)))


def edit(schema: Schema, name: TableName, **changes: object) -> Schema:
    """Return *schema* with fields of one table replaced."""
    return schema.put(replace(need_table(schema, name), **changes))  # type: ignore[arg-type]
