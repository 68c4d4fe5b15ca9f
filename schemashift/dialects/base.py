"""The interface of a dialect: a small protocol with a working default for every part of it.

A dialect has its own module (or package, when it outgrows one) and overrides what its database does differently. The
default writes standard SQL and reads with SQLAlchemy's Inspector, so that a database without a module works on its
first day.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
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
from schemashift.schema import (
    Check,
    Column,
    Constraint,
    Default,
    Doubt,
    Key,
    Keyed,
    Reading,
    Schema,
    Table,
    TableName,
    Type,
)
from schemashift.sqla import reflect
from schemashift.sqla.percent_signs import without_percent_doubling


class Dialect:
    """One database. ``sa`` is SQLAlchemy's dialect object, connected or not."""

    name: ClassVar[str] = "default"
    transactional_ddl: ClassVar[bool] = False
    """DDL rolls back with the transaction."""
    one_transaction: ClassVar[bool] = False
    """A whole run is one transaction with a SAVEPOINT per revision (SQLite), not a transaction per revision."""
    default_schema_advice: ClassVar[str | None] = None
    """How to make ``{schema}`` the default schema of a connection, as a hint."""
    ddl_class: ClassVar[type[DDL]] = DDL
    session_class: ClassVar[type[Session]] = Session

    def __init__(self, dialect: sa.Dialect) -> None:
        self.sa = without_percent_doubling(dialect)
        self.ddl = self.ddl_class(self.sa)

    # Reading -----------------------------------------------------------------------------------------------------

    def normal(self, table: Table) -> Table:
        """Return *table* in this database's normal form: types, defaults and options spelled the way the database
        spells them,
        options of other dialects left out. Pure and idempotent; applied to both sides of a comparison."""
        return table

    def read(
        self, connection: sa.Connection, names: Collection[TableName] | None = None, *, schemas: Iterable[str] = ()
    ) -> Reading:
        """Read tables from the catalogue, in normal form. With *names* None, all tables of the default schema and of
        *schemas*. Tables that do not exist are left out; a table that cannot be read is a doubt."""
        tables = reflect.tables(connection, names, schemas=schemas)
        return Reading.of(self.normal(table) for table in tables)

    def require(self, connection: sa.Connection, declared: Schema, database: str) -> None:
        """Raise `NotSupported` where the models need something that no script can create, such as a schema that does
        not exist. *database* is its name in messages."""
        del connection, declared, database

    def unreadable(self, connection: sa.Connection, names: Collection[TableName]) -> dict[TableName, str]:
        """Return those of *names* that exist but could not be read, each with the reason."""
        del connection, names
        return {}

    def other_texts(self, connection: sa.Connection) -> Iterator[tuple[str, bool]]:
        """Yield the SQL texts of what is not compared: views, and with True, routines and triggers."""
        del connection
        return iter(())

    def read_all(self, connection: sa.Connection) -> Reading:
        """Read every table that the connection can see, in any schema, in normal form."""
        return self.read(connection)

    def read_objects(
        self, connection: sa.Connection, key: Key, *, kinds: Sequence[AnyKind] = KINDS
    ) -> tuple[Keyed, ...]:
        """Read the object *key*, which is not a table, and the others of its kind in its schema, in normal form."""
        kind = by_kind(kinds).get(key.kind)
        # A schema is found by its own name, other objects by their schema's.
        schemas = [name for name in (key.schema, key.name if key.kind == "schema" else None) if name]
        if kind is None:
            return ()
        objects = kind.read(connection, schemas)
        return tuple(kind.normal(each, self) for each in objects if not isinstance(each, Doubt))

    def canonical(
        self,
        connection: sa.Connection,
        tables: Sequence[Table],
        *,
        objects: Sequence[Keyed] = (),
        kinds: Sequence[AnyKind] = KINDS,
    ) -> Reading:
        """Decision 4: create *tables* (lifted from models) in a scratch place, and read back how the database writes
        them. A table that cannot be created there is a doubt. *objects* are the other objects of the models that the
        database lacks or has in another form (an enum with another label). The default has no scratch place."""
        del connection, tables, objects, kinds
        return Reading(schema=Schema())

    def canonical_objects(
        self, connection: sa.Connection, objects: Sequence[Keyed], *, kinds: Sequence[AnyKind] = KINDS
    ) -> Reading:
        """Do for *objects* what `canonical` does for tables. Objects without SQL expressions are left out."""
        del connection, objects, kinds
        return Reading(schema=Schema())

    def normal_type(self, type_: Type) -> Type:
        """Return *type_* as this database spells it, with a payload to render it from. For `objects.Kind.normal`."""
        return type_

    @classmethod
    def moment_type(cls) -> sa.types.TypeEngine[Any]:
        """Return the type of a time with microseconds, for the version table."""
        return sa.DateTime()

    def normal_default(self, default: Default | None, type_: Type) -> Default | None:
        """Return *default*, a value of *type_* in normal form, as this database spells it, as far as that is known
        without a connection."""
        del type_
        return default

    def normal_expression(self, text: str) -> str:
        """Return the text of a condition in the form in which it is compared."""
        return text.strip()

    def refuse_misread(self, before: Table | None, after: Table) -> None:
        """Raise `NotSupported` if *after* has a text that this database accepts in another meaning. What *before*, the
        existing table, has as well is left as it is."""
        del before, after

    def spelled_like(self, read: Table, declared: Table) -> Table:
        """Return *read*, respelled like *declared* where the two spellings mean the same here."""
        del declared
        return read

    def declared_like(self, read: Table, declared: Table) -> Table:
        """Return *declared*, respelled like *read* where it spells out what the database has made for it."""
        del read
        return declared

    # Changing ----------------------------------------------------------------------------------------------------

    def for_script(self, operation: Operation) -> Operation:
        """Return *operation*, which the diff created, with what a script for this database must add to it (a USING)."""
        return operation

    def keeps_foreign_key(self, before: Column, after: Column) -> bool:
        """Whether a column that a foreign key uses or points to can become *after* while the key exists."""
        return before.type == after.type

    def is_same_table(self, one: str, other: str) -> bool:
        """Whether the database considers two table names equal."""
        return one == other

    def is_same_name(self, one: str, other: str) -> bool:
        """Whether the database considers two column names equal."""
        return one == other

    def replaces_column(self, before: Column, after: Column) -> bool:
        """Whether *before* can become *after* only if the column is dropped and added again."""
        return before.computed != after.computed

    def keeps_generated(self, before: Column, after: Column) -> bool:
        """Whether a column that generated columns use can be altered while they exist."""
        return before.type == after.type

    def applied(self, schema: Schema, operation: Operation) -> Schema:
        """Return *schema* after *operation*, with the names and texts that the database supplies automatically: the new
        name of a column in the CHECKs that use it, a name for a constraint without one. By default, what compiling
        *operation* leaves."""
        live = LiveSchema(schema)
        deque(self.compile([operation], live), maxlen=0)
        return live.schema

    def default_name(self, table: Table, constraint: Any) -> str | None:
        """Return the name that the database would choose for an unnamed *constraint* added to *table*."""
        return None

    def check_accepts(self, connection: sa.Connection, check: Check, column: Column, value: str) -> bool:
        """Whether *check*, which uses *column* alone, accepts *value* (SQL). The database itself evaluates it."""
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
        """Return *value* (SQL) cast so that an expression treats it as a value of *column*."""
        del column
        return value

    def is_autonumbered(self, column: Column, table: Table) -> bool:
        """Whether the database numbers the rows of *table* in *column*, the only column of its primary key."""
        del table
        return column.autoincrement

    def row_zero(self, type_: object) -> str | None:
        """Return, as SQL, the zero value of a SQLAlchemy type that only this database has; None for other types."""
        del type_
        return None

    has_partitions = False
    """Partitions are tables, which are read only by name."""

    def is_administrative(self, option: str, *, index: bool) -> bool:
        """Whether an administrator may set an option of a table or of an index on the server: it is not part of what
        the table or the index is."""
        del option, index
        return False

    def spellings_of(self, option: str) -> tuple[str, ...]:
        """Return the names of options that set the same as *option*, which is as a table that was read has it."""
        return (option,)

    def row_value(self, default: Default) -> Default | None:
        """Return the value that a default gives to rows, for use in an UPDATE; None if it gives them none."""
        return default

    def is_invertible(self, operation: Operation) -> bool:
        """Whether the inverse of *operation* can be executed. If not, the downgrade is found by comparison."""
        del operation
        return True

    def keeps_key_name(self, before: Table, after: Table) -> bool:
        """Whether the primary key of *before*, unnamed in *after*, still has its name there."""
        del before, after
        return True

    def keeps_readers(self, before: Column, after: Column) -> bool:
        """Whether objects that read a column (views) can stay while the column becomes *after*."""
        return before.type == after.type

    def altered_in_place(self, before: Constraint, after: Constraint) -> Constraint | None:
        """Return what the database can make of *before*, without dropping it, where *after* is wanted: *after*, or what
        needs no change. None if it has to be dropped. The default can change comments."""
        return after if replace(before, comment=after.comment) == after else None

    def keeps_expression(self, before: Column, after: Column, text: str) -> bool:
        """Whether an expression that uses a column stays the same when the column becomes *after*."""
        del before, after, text
        return True

    def effects(self, operation: Operation) -> Facts:
        """Return the facts about *operation*: what it does on this database to the rows of existing tables. What is not
        certain is left out: see `schemashift.operations.facts`."""
        return operation.effects()

    def compile(self, operations: Sequence[Operation], live: LiveSchema) -> Iterator[Statement]:
        """Yield the statements for *operations*, in order.

        Each statement is executed before the next one is asked for: the generator reads from *live* what it needs to
        know of the schema, and applies to it what it has compiled. Raises `NotSupported` for what this database cannot
        do.
        """
        yield from Compilation(self.ddl, live).statements(operations)

    @contextmanager
    def offline(self, schema: Schema) -> Iterator[OfflineDatabase]:
        """A stand-in for a database that contains *schema* (from `read_all` or a replay), to compile against."""
        yield OfflineDatabase(LiveSchema(schema))

    # Running -----------------------------------------------------------------------------------------------------

    def session(self, connection: sa.Connection) -> Session:
        """Return the `Session` of a run on *connection*: its transactions and its lock."""
        return self.session_class(connection)
