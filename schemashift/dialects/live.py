"""The schema as a run knows it: an object is read the first time an operation needs it, then kept up by hand."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeVar

from schemashift.operations.base import Incomplete, Operation
from schemashift.schema import ForeignKey, Key, Keyed, Schema, Table, TableName

AnyOperation = TypeVar("AnyOperation", bound=Operation)
Read = Callable[[TableName], Table | None]
ReadAll = Callable[[], Schema]
ReadObjects = Callable[[Key], Iterable[Keyed]]


class LiveSchema:
    """A schema that fills itself in.

    *read* answers for one table, *read_all* for all tables, and *read_objects* for another object with those of its
    kind beside it; without them nothing is read and *schema* is the whole truth. Compilers ask it for what they must
    see, tell it what they did (`apply`), and are generators that are run statement by statement, so that a read always
    sees the statements before it done.
    """

    def __init__(
        self,
        schema: Schema | None = None,
        *,
        read: Read | None = None,
        read_all: ReadAll | None = None,
        read_objects: ReadObjects | None = None,
    ) -> None:
        self._schema = schema if schema is not None else Schema()
        self._read = read
        self._read_all = read_all
        self._read_objects = read_objects
        self._absent: set[TableName] = set()
        self._asked: set[Key] = set()
        self._complete = read is None and read_all is None

    def table(self, name: TableName) -> Table | None:
        """The table, read where it is not known yet; None where there is none."""
        found = self._schema.table(name)
        if found is not None or self._complete or name in self._absent or self._read is None:
            return found
        found = self._read(name)
        if found is None:
            self._absent.add(name)
        else:
            self._schema = self._schema.put(found)
        return found

    def get(self, key: Key) -> Keyed | None:
        """One object of any kind, read where it is not known yet; None where there is none."""
        if key.kind == "table":
            return self.table(key.table_name)
        if key not in self._schema and key not in self._asked and self._read_objects is not None:
            self._asked.add(key)
            self._schema = self._schema.put(*self._read_objects(key))
        return self._schema.get(key)

    def need(self, name: TableName) -> Table:
        """The table. Raises `Incomplete` where there is none."""
        table = self.table(name)
        if table is None:
            raise Incomplete(f'there is no table "{name}"')
        return table

    @property
    def schema(self) -> Schema:
        """All tables, read once where they have to be, with the other objects that are known."""
        if not self._complete and self._read_all is not None:
            others = (thing for thing in self._schema.values() if not isinstance(thing, Table))
            self._schema = self._read_all().put(*others)
            self._absent.clear()
            self._complete = True
        return self._schema

    def references_to(self, name: TableName) -> tuple[tuple[Table, ForeignKey], ...]:
        """The foreign keys of other tables that point to *name*."""
        return self.schema.references_to(name)

    def complete(self, operation: AnyOperation) -> AnyOperation:
        """*operation* with both its ends. Raises `Incomplete` where the database does not have the other one."""
        for name in operation.touches:
            self.table(name)
        objects = [self.get(key) for key in operation.drops | operation.alters]
        if operation.touches or any(objects):
            return operation.complete(self._schema)
        return operation.complete(self.schema)

    def apply(self, operations: Operation | Iterable[Operation]) -> None:
        """Follow operations that are compiled: what is known of the tables they touch is what they leave."""
        for operation in (operations,) if isinstance(operations, Operation) else operations:
            self._apply(operation)

    def put(self, table: Table) -> None:
        """Know *table* as it is now: a database may do more than the operation said (an index under a new key)."""
        self._schema = self._schema.put(table)
        self._absent.discard(table.table_name)

    def change(self, name: TableName, change: Callable[[Table], Table]) -> None:
        """Have a table follow, where it is known already: nothing is read for it."""
        table = self._schema.table(name)
        if table is not None:
            self.put(change(table))

    def _apply(self, operation: Operation) -> None:
        self._absent.difference_update(operation.touches)
        self._asked -= operation.creates
        needed = (name for name in operation.touches[:1] if Key.of_table(name) not in operation.creates)
        if self._complete or all(self._schema.table(name) is not None for name in needed):
            try:
                self._schema = operation.apply(self._schema)
            except Incomplete:
                # The database has the last word: it will refuse the statement, or it knows better than we do.
                self.forget()
        elif operation.changes_references:
            self.forget()

    def forget(self) -> None:
        """Know nothing any more: a statement ran that we do not understand."""
        if self._read is None and self._read_all is None:
            return
        self._schema, self._complete = Schema(), False
        self._absent.clear()
        self._asked.clear()
