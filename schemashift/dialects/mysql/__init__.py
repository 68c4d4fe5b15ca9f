"""MariaDB 10.6 and later, MySQL 8.0 and later: one dialect, as their differences follow from the server's version."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence

import sqlalchemy as sa
from sqlalchemy.dialects import mysql

from schemashift.dialects.base import Dialect
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.mysql.compile import MySQLCompilation
from schemashift.dialects.mysql.ddl import COLLATIONS, MySQLDDL
from schemashift.dialects.mysql.defaults import split_on_update
from schemashift.dialects.mysql.effects import effects
from schemashift.dialects.mysql.match import spelled_like
from schemashift.dialects.mysql.names import default_name
from schemashift.dialects.mysql.normal import INDEX_SETTINGS, normal_table
from schemashift.dialects.mysql.read import other_texts, read_tables, unreadable
from schemashift.dialects.mysql.scratch import canonical
from schemashift.dialects.mysql.session import MySQLSession
from schemashift.dialects.mysql.types import flavour_of, parse_type, row_zero
from schemashift.dialects.statement import Statement
from schemashift.errors import NotSupported
from schemashift.objects import KINDS, AnyKind
from schemashift.operations import Operation
from schemashift.operations.facts import Facts
from schemashift.schema import Column, Constraint, Default, Keyed, Options, Reading, Schema, Table, TableName


class MySQL(Dialect):
    """MariaDB and MySQL."""

    name = "mysql"
    default_schema_advice = "a URL that ends with /{schema} makes it the default"
    session_class = MySQLSession
    ddl_class = MySQLDDL
    ddl: MySQLDDL

    def normal(self, table: Table) -> Table:
        """See `schemashift.dialects.mysql.normal`."""
        return normal_table(table, flavour_of(self.sa))

    @classmethod
    def moment_type(cls) -> mysql.DATETIME:
        """Return DATETIME(6): without the number, the server rounds to seconds."""
        return mysql.DATETIME(fsp=6)

    def read(
        self, connection: sa.Connection, names: Collection[TableName] | None = None, *, schemas: Iterable[str] = ()
    ) -> Reading:
        """See `schemashift.dialects.mysql.read`."""
        return Reading.of(read_tables(connection, names, schemas=schemas))

    def require(self, connection: sa.Connection, declared: Schema, database: str) -> None:
        """A schema is a database, which no script creates."""
        wanted = {table.schema: table for table in reversed(declared.tables) if table.schema is not None}
        if not wanted:
            return
        rows = connection.exec_driver_sql("SELECT SCHEMA_NAME FROM information_schema.SCHEMATA")
        existing = {str(row[0]) for row in rows}
        if connection.exec_driver_sql("SELECT @@lower_case_table_names").scalar():
            existing |= {name for name in wanted if name.lower() in {each.lower() for each in existing}}
        for schema, table in sorted(wanted.items()):
            if schema not in existing:
                raise NotSupported(
                    f'table "{table.table_name}" is in the schema "{schema}", which {database} does not have',
                    cause="a schema is a database there, and this one does not exist or is not visible to the user",
                    hints=[f"CREATE DATABASE {self.ddl.quote(schema)}"],
                )

    def unreadable(self, connection: sa.Connection, names: Collection[TableName]) -> dict[TableName, str]:
        """See `schemashift.dialects.mysql.read`."""
        return unreadable(connection, names)

    def other_texts(self, connection: sa.Connection) -> Iterator[tuple[str, bool]]:
        """See `schemashift.dialects.mysql.read`."""
        return other_texts(connection)

    def spelled_like(self, read: Table, declared: Table) -> Table:
        """See `schemashift.dialects.mysql.match`."""
        return spelled_like(read, declared)

    def canonical(
        self,
        connection: sa.Connection,
        tables: Sequence[Table],
        *,
        objects: Sequence[Keyed] = (),
        kinds: Sequence[AnyKind] = KINDS,
    ) -> Reading:
        """See `schemashift.dialects.mysql.scratch`."""
        del objects, kinds
        return canonical(connection, tables, self.ddl)

    def default_name(self, table: Table, constraint: Constraint) -> str | None:
        """See `schemashift.dialects.mysql.names`."""
        return default_name(table, constraint, flavour_of(self.sa))

    def keeps_foreign_key(self, before: Column, after: Column) -> bool:
        """The type must stay the same. MySQL also lets a VARCHAR grow, but not shrink again in a downgrade; and
        AUTO_INCREMENT of a column that a foreign key points to cannot change there. A text column also changes with its
        table's character set, which is then among the column's options."""
        if not flavour_of(self.sa).mariadb and before.autoincrement != after.autoincrement:
            return False
        return before.type == after.type and self._follows(before) == self._follows(after)

    def _follows(self, column: Column) -> Options:
        """The options of its table that a column follows where it does not set them itself."""
        if column.type.collation is not None or not parse_type(column.type.sql, None, flavour_of(self.sa)).is_text:
            return ()
        return tuple(pair for pair in column.options if pair[0] in COLLATIONS)

    def is_same_name(self, one: str, other: str) -> bool:
        """Names of columns are case-insensitive."""
        return one.lower() == other.lower()

    def is_administrative(self, option: str, *, index: bool) -> bool:
        """Every option of a table is, and those of an index that do not say what it is."""
        return option in INDEX_SETTINGS if index else option.startswith("mysql_")

    def spellings_of(self, option: str) -> tuple[str, ...]:
        """With either prefix; and a character set is read as its collation."""
        name = option.removeprefix("mysql_")
        names = [name, f"default_{name}"]
        if name == "collate":
            names += ["charset", "character_set", "default_charset", "default_character_set"]
        return tuple(f"{prefix}_{each}" for each in names for prefix in ("mysql", "mariadb"))

    def row_value(self, default: Default) -> Default | None:
        """Return the default without ON UPDATE, which is a part of it here and no part of a value."""
        value, on_update = split_on_update(default.sql)
        if on_update is None:
            return default
        return Default(sql=value) if value and value.upper() != "NULL" else None

    def row_zero(self, type_: object) -> str | None:
        """See `schemashift.dialects.mysql.types`."""
        return row_zero(type_)

    def replaces_column(self, before: Column, after: Column) -> bool:
        """A column cannot become VIRTUAL or stop being it; STORED and ordinary columns can be converted."""
        return _is_virtual(before) != _is_virtual(after)

    def keeps_generated(self, before: Column, after: Column) -> bool:
        """Generated columns follow the columns they use."""
        del before, after
        return True

    def keeps_readers(self, before: Column, after: Column) -> bool:
        """The definition of a view is evaluated each time it is used."""
        del before, after
        return True

    def effects(self, operation: Operation) -> Facts:
        """See `schemashift.dialects.mysql.effects`."""
        return tuple(effects(operation, flavour_of(self.sa)))

    def compile(self, operations: Sequence[Operation], live: LiveSchema) -> Iterator[Statement]:
        """See `schemashift.dialects.mysql.compile`."""
        yield from MySQLCompilation(self.ddl, live).statements(operations)


def _is_virtual(column: Column) -> bool:
    return column.computed is not None and not column.computed.stored
