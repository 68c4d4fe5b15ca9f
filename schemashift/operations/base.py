"""What every operation is: a frozen change that knows both its ends and what it needs around it."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, NamedTuple, Self

from schemashift.errors import Location
from schemashift.operations.facts import Facts
from schemashift.schema import Key, Schema, Table, TableName

_CAPITAL = re.compile(r"(?<!^)(?=[A-Z])")
Keys = frozenset[Key]
NOTHING: Keys = frozenset()


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation(ABC):
    """A change of the schema.

    The five sets of keys are what ordering goes by: an operation comes after whatever creates or alters what it
    *uses*, and after whatever *frees* what it *drops* or *alters*. ``origin`` is the script's line it came from,
    ``note`` a comment for the script that it is written into.
    """

    verb: ClassVar[str] = ""
    """``create_table`` for `CreateTable`: the method of a dialect's DDL, and of the renderer, that knows it."""
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
        """What nothing of its own stands on any more once it ran."""
        return NOTHING

    @property
    def alters(self) -> Keys:
        """What it changes in place."""
        return NOTHING

    @property
    def touches(self) -> tuple[TableName, ...]:
        """The tables that are not the same afterwards."""
        return ()

    @abstractmethod
    def inverse(self) -> Operation:
        """The operation that takes this one back. Raises `Incomplete` where its before is not known."""

    @abstractmethod
    def apply(self, schema: Schema) -> Schema:
        """*schema* after this operation. Raises `Incomplete` where *schema* lacks what it changes."""

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


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectOperation(Operation):
    """A change of another kind of object than a table. Its SQL and its source stand in the kind's own file."""

    @property
    def changes_values(self) -> bool:
        """Whether what was a value of it may be none afterwards, or the other way round."""
        return False

    @property
    def rewrites_defaults(self) -> bool:
        """Whether the database would write the defaults of the columns that it alters in another way afterwards."""
        return False

    def statements(self, ddl: Any, known: Any) -> Iterator[Any]:
        """The SQL for a dialect's `DDL` (``ddl.dialect.name`` says which); nothing where it has no such objects."""
        raise NotImplementedError

    def source(self, printer: Any) -> Iterator[Any]:
        """The calls of ``op`` that make it, for the renderer's `Printer`."""
        raise NotImplementedError


def need_table(schema: Schema, name: TableName) -> Table:
    """The table *name* of *schema*. Raises `Incomplete` where it is not there."""
    table = schema.table(name)
    if table is None:
        raise Incomplete(f'there is no table "{name}"')
    return table


def referable(table: TableName, columns: tuple[str, ...]) -> Key:
    """The key for "these columns are unique": what a foreign key to them stands on."""
    return Key("unique", table.schema, table.name, ",".join(sorted(columns)))


def edit(schema: Schema, name: TableName, **changes: object) -> Schema:
    """*schema* with fields of one table replaced."""
    return schema.put(replace(need_table(schema, name), **changes))  # type: ignore[arg-type]
