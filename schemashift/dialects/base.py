"""What a dialect is: a small protocol with a working default for every part of it.

A dialect of its own file (or folder, when it outgrows one) overrides what its database does differently. The
default speaks standard SQL and reads with SQLAlchemy's Inspector, so that a database nobody wrote a file for works
on its first day.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, ClassVar

import sqlalchemy as sa

from schemashift.dialects.compile import Compilation
from schemashift.dialects.ddl import DDL
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.offline import OfflineDatabase
from schemashift.dialects.session import RAW, Session
from schemashift.dialects.statement import Statement
from schemashift.diff import by_kind
from schemashift.objects import KINDS, AnyKind
from schemashift.operations import Operation
from schemashift.operations.facts import Facts
from schemashift.schema import Check, Column, Default, Doubt, Key, Keyed, Reading, Schema, Table, TableName, Type
from schemashift.sqla import reflect
from schemashift.sqla.percent_signs import without_percent_doubling


class Dialect:
    """One database. ``sa`` is SQLAlchemy's dialect object, connected or not."""

    name: ClassVar[str] = "default"
    transactional_ddl: ClassVar[bool] = False
    """DDL rolls back with the transaction."""
    one_transaction: ClassVar[bool] = False
    """A whole run is one transaction with a SAVEPOINT per revision (SQLite), not a transaction per revision."""
    ddl_class: ClassVar[type[DDL]] = DDL
    session_class: ClassVar[type[Session]] = Session

    def __init__(self, dialect: sa.Dialect) -> None:
        self.sa = without_percent_doubling(dialect)
        self.ddl = self.ddl_class(self.sa)

    # What is -----------------------------------------------------------------------------------------------------

    def normal(self, table: Table) -> Table:
        """*table* in this database's normal form: types, defaults and options spelled the way the database spells
        them, options of other dialects left out. Pure and idempotent; used on what is lifted from either side."""
        return table

    def read(
        self, connection: sa.Connection, names: Collection[TableName] | None = None, *, schemas: Iterable[str] = ()
    ) -> Reading:
        """Read tables from the catalogue, in normal form. *names* None is all tables of the default schema and of
        *schemas*. Names that are not there are left out; for a table that cannot be read there is a doubt."""
        tables = reflect.tables(connection, names, schemas=schemas)
        return Reading.of(self.normal(table) for table in tables)

    def require(self, connection: sa.Connection, declared: Schema, database: str) -> None:
        """Raise `NotSupported` for what the models need and this database lacks: a place for a table. *database* is
        what people call it."""
        del connection, declared, database

    def unreadable(self, connection: sa.Connection, names: Collection[TableName]) -> dict[TableName, str]:
        """Which of *names* that `read` left out exist anyway, and why they cannot be read."""
        del connection, names
        return {}

    def read_all(self, connection: sa.Connection) -> Reading:
        """Every table that the connection can see, in whatever schema, in normal form."""
        return self.read(connection)

    def read_objects(
        self, connection: sa.Connection, key: Key, *, kinds: Sequence[AnyKind] = KINDS
    ) -> tuple[Keyed, ...]:
        """The object *key*, which is no table, and those of its kind and its schema, in normal form."""
        kind = by_kind(kinds).get(key.kind)
        # A schema has its own name where other objects have their schema's.
        schemas = [name for name in (key.schema, key.name if key.kind == "schema" else None) if name]
        if kind is None:
            return ()
        found = kind.read(connection, schemas)
        return tuple(kind.normal(each, self) for each in found if not isinstance(each, Doubt))

    def canonical(
        self,
        connection: sa.Connection,
        tables: Sequence[Table],
        *,
        objects: Sequence[Keyed] = (),
        kinds: Sequence[AnyKind] = KINDS,
    ) -> Reading:
        """Decision 4: have the database itself write *tables* (lifted from models) down in a scratch place, and
        read them back. For a table that could not be made there is a doubt. *objects* are what the models have beside
        tables that the database lacks or has otherwise (an enum with another label). The default knows no scratch
        place."""
        del connection, tables, objects, kinds
        return Reading(schema=Schema())

    def canonical_objects(
        self, connection: sa.Connection, objects: Sequence[Keyed], *, kinds: Sequence[AnyKind] = KINDS
    ) -> Reading:
        """What `canonical` is for tables, for those of *objects* that have texts in them; the others are left out."""
        del connection, objects, kinds
        return Reading(schema=Schema())

    def normal_type(self, type_: Type) -> Type:
        """A type as this database spells it, with something to render it from. For `objects.Kind.normal`."""
        return type_

    def normal_default(self, default: Default | None) -> Default | None:
        """A default as this database spells it, as far as that can be told without asking."""
        return default

    def normal_expression(self, text: str) -> str:
        """The text of a condition as it is compared."""
        return text.strip()

    def spelled_like(self, read: Table, declared: Table) -> Table:
        """*read*, respelled like *declared* where the two spellings mean the same here."""
        del declared
        return read

    # What changes ------------------------------------------------------------------------------------------------

    def for_script(self, operation: Operation) -> Operation:
        """*operation*, as the diff made it, with what a script has to say for this database (a USING)."""
        return operation

    def keeps_foreign_key(self, before: Column, after: Column) -> bool:
        """Whether a column under (or at the other end of) a foreign key can become *after* while the key stands."""
        return before.type == after.type

    def is_same_name(self, one: str, other: str) -> bool:
        """Whether the database considers two column names equal."""
        return one == other

    def replaces_column(self, before: Column, after: Column) -> bool:
        """Whether *after* can only be had by dropping *before* and adding it again."""
        return before.computed != after.computed

    def keeps_generated(self, before: Column, after: Column) -> bool:
        """Whether a column that generated columns use can be altered while they stand."""
        return before.type == after.type

    def applied(self, schema: Schema, operation: Operation) -> Schema:
        """*schema* after *operation*, with the names and texts that the database gives by itself: the new name of a
        column in the CHECKs that use it, a name for a constraint without one. Compiling says what comes of it."""
        live = LiveSchema(schema)
        deque(self.compile([operation], live), maxlen=0)
        return live.schema

    def default_name(self, table: Table, constraint: Any) -> str | None:
        """The name the database itself would give to *constraint* (which has none) when added to *table*."""
        return None

    def check_accepts(self, connection: sa.Connection, check: Check, column: Column, value: str) -> bool:
        """Whether *check*, which uses *column* alone, accepts *value* (SQL). Only the database knows its own words."""
        row = f"SELECT {self.cast(value, column)} AS {self.ddl.quote(column.name)}"
        sql = f"SELECT CASE WHEN {check.sql} THEN 1 ELSE 0 END FROM ({row}) AS t"
        savepoint = connection.begin_nested()
        try:
            return bool(connection.exec_driver_sql(sql, execution_options=RAW).scalar())
        except sa.exc.DBAPIError:
            return False
        finally:
            savepoint.rollback()

    def cast(self, value: str, column: Column) -> str:
        """*value* (SQL) cast such that an expression takes it for a value of *column*."""
        del column
        return value

    def is_autonumbered(self, column: Column, table: Table) -> bool:
        """Whether the database numbers the rows of *table* in *column*, which is all of its primary key."""
        del table
        return column.autoincrement

    def row_zero(self, type_: object) -> str | None:
        """The zero, as SQL, of a SQLAlchemy type that only this database has and that is given to one row; None for
        the others."""
        del type_
        return None

    def is_invertible(self, operation: Operation) -> bool:
        """Whether the inverse of *operation* can be done; where not, the way back is another comparison."""
        del operation
        return True

    def keeps_key_name(self, before: Table, after: Table) -> bool:
        """Whether the primary key of *before*, unnamed in *after*, still has its name there."""
        del before, after
        return True

    def keeps_readers(self, before: Column, after: Column) -> bool:
        """Whether objects that read a column (views) can stay when the column becomes *after*."""
        return before.type == after.type

    def keeps_expression(self, before: Column, after: Column, text: str) -> bool:
        """Whether an expression that uses a column stays what it is when the column becomes *after*."""
        del before, after, text
        return True

    def effects(self, operation: Operation) -> Facts:
        """What *operation* does to the rows of tables that are there, on this database. What is not certain is left
        out: see `schemashift.operations.facts`."""
        return operation.effects()

    def compile(self, operations: Sequence[Operation], known: LiveSchema) -> Iterator[Statement]:
        """The statements for *operations*, in order. A generator to be run statement by statement: it asks *known*
        for what it must see, and tells it what it has done. Raises `NotSupported` for what cannot be done here."""
        yield from Compilation(self.ddl, known).statements(operations)

    @contextmanager
    def offline(self, schema: Schema) -> Iterator[OfflineDatabase]:
        """A stand-in for a database that holds *schema* (as `read_all` reads it, or a `replay`), to compile against."""
        yield OfflineDatabase(LiveSchema(schema))

    # How it runs ---------------------------------------------------------------------------------------------------

    def session(self, connection: sa.Connection) -> Session:
        """Transactions and the lock of a run on *connection*."""
        return self.session_class(connection)
