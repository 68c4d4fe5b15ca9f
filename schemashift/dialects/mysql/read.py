"""Reads tables from the catalogue: their names from ``information_schema``, each table from SHOW CREATE TABLE.

Views, sequences and system tables are left out; temporary tables are not seen (unless asked for by name, see
`scratch`). In place of a table that cannot be read (no rights, a broken engine) there is a doubt.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from schemashift.dialects.mysql.foreign_key_indexes import mark_implicit
from schemashift.dialects.mysql.normal import Collations, normal_table
from schemashift.dialects.mysql.parse import parse_table
from schemashift.dialects.mysql.text import quoted
from schemashift.dialects.mysql.types import Flavour, charset_name, collation_name, flavour_of
from schemashift.dialects.session import RAW
from schemashift.schema import Doubt, Key, Options, Table, TableName, options
from schemashift.sqla.errors import driver_message

NO_SUCH_TABLE = 1146
_QUOTING = ("ANSI_QUOTES", "NO_BACKSLASH_ESCAPES", "ANSI", "ORACLE", "MSSQL", "POSTGRESQL", "DB2", "MAXDB")


def ask(connection: sa.Connection, sql: str) -> Any:
    """Execute *sql* unchanged. The result is untyped, as SQLAlchemy 2.0 and 2.1 differ in its type."""
    return connection.exec_driver_sql(sql, execution_options=RAW)


def read_tables(
    connection: sa.Connection, names: Collection[TableName] | None = None, *, schemas: Iterable[str] = ()
) -> Iterator[Table | Doubt]:
    """Yield tables in normal form, and a doubt for each that cannot be read. With *names* None, all tables of the
    default schema and of *schemas*."""
    reader = Reader(connection)
    if names is None:
        names = [name for schema in (None, *schemas) for name in reader.names(schema)]
    elif len(names) > 1:
        wanted = set(names)
        existing = [name for schema in {name.schema for name in names} for name in reader.names(schema)]
        names = [name for name in existing if name in wanted]
    for name in names:
        try:
            table = reader.read(name)
        except Refused as refused:
            yield Doubt(about=Key.of_table(name), reason=str(refused))
            continue
        if table is not None:
            yield table


def unreadable(connection: sa.Connection, names: Collection[TableName]) -> dict[TableName, str]:
    """Return those of *names* that exist but cannot be read, each with the server's error: no rights, a broken view."""
    reader = Reader(connection)
    existing = {name for schema in {each.schema for each in names} for name in reader.names(schema, views=True)}
    refusals = ((name, reader.refusal(name)) for name in names if name in existing)
    return {name: refusal for name, refusal in refusals if refusal is not None}


class Refused(Exception):
    """The server's error message when it does not show a table."""


class Reader:
    """Reads tables over one connection. What holds for all tables is read once."""

    def __init__(self, connection: sa.Connection) -> None:
        self.connection = connection
        row = ask(connection, "SELECT DATABASE(), @@sql_mode").one()
        self.default_schema: str | None = row[0]
        self.mode = str(row[1])
        # SHOW CREATE TABLE is executed in the plain SQL mode, see `plain_mode`.
        self.flavour: Flavour = flavour_of(connection.dialect)._replace(backslash=True)
        self._collations: dict[str | None, str] = {}
        self._defaults: tuple[tuple[str, str], ...] | None = None

    def names(self, schema: str | None, *, views: bool = False) -> list[TableName]:
        """Return the base tables of *schema*, sorted; with *views*, its views as well."""
        where = self.schema_expression(schema)
        # MariaDB has a separate type for system-versioned tables.
        types = "'BASE TABLE', 'SYSTEM VERSIONED'" + (", 'VIEW'" if views else "")
        rows = ask(
            self.connection,
            "SELECT TABLE_NAME FROM information_schema.TABLES "
            f"WHERE TABLE_SCHEMA = {where} AND TABLE_TYPE IN ({types})",
        )
        return [TableName(name, schema) for name in sorted(str(row[0]) for row in rows)]

    def schema_expression(self, schema: str | None) -> str:
        """Return the name of *schema* as an SQL expression."""
        backslash = "NO_BACKSLASH_ESCAPES" not in self.mode
        return "DATABASE()" if schema is None else quoted(schema, backslash=backslash)

    def read(self, name: TableName) -> Table | None:
        """Return one table; None if it does not exist. Raises `Refused`."""
        text = self.text(name)
        return None if text is None else self.table(text, name.schema)

    def text(self, name: TableName) -> str | None:
        """Return the output of SHOW CREATE TABLE; None for anything but a table. Raises `Refused`."""
        row = self.show_create(name)
        if row is None:
            return None
        # A view has other columns in the result, a sequence of MariaDB another statement.
        is_table = row._fields[1] == "Create Table" and not str(row[1]).startswith("CREATE SEQUENCE")
        return self.without_database(str(row[1])) if is_table else None

    def without_database(self, text: str) -> str:
        """Return SHOW CREATE TABLE without the database's own name before a sequence, where MariaDB writes it: a script
        also runs on a database of another name."""
        name = "`" + (self.default_schema or "").replace("`", "``") + "`."
        return re.sub(rf"\b((?:next|last|set)val\(){re.escape(name)}", r"\1", text) if name in text else text

    def refusal(self, name: TableName) -> str | None:
        """Return why the table or view cannot be read; None if it can."""
        try:
            row = self.show_create(name)
            if row is not None and row._fields[0] == "View":
                # SHOW CREATE TABLE also shows a broken view.
                self.first_row(name, "SELECT 1 FROM {} LIMIT 0")
        except Refused as refused:
            return str(refused)
        return None

    def show_create(self, name: TableName) -> Any:
        """Return the row of SHOW CREATE TABLE; None if there is nothing of that name."""
        return self.first_row(name, "SHOW CREATE TABLE {}")

    def first_row(self, name: TableName, sql: str) -> Any:
        """Return the first row of *sql* about *name*; None if there is nothing of that name. Raises `Refused`."""
        full = ".".join("`" + part.replace("`", "``") + "`" for part in (name.schema, name.name) if part)
        try:
            with self.plain_mode():
                return ask(self.connection, sql.format(full)).first()
        except sa.exc.DBAPIError as error:
            if error.connection_invalidated:
                raise
            if error.orig and error.orig.args[:1] == (NO_SUCH_TABLE,):
                return None
            raise Refused(driver_message(error)) from error

    @contextmanager
    def plain_mode(self) -> Iterator[None]:
        """Turn off the SQL modes in which a server quotes names and strings differently.

        MariaDB doubles backslashes even under NO_BACKSLASH_ESCAPES, and MySQL may not even parse its own
        CHECKs there; so nothing that is printed under these modes can be trusted.
        """
        modes = self.mode.split(",")
        plain = [mode for mode in modes if mode not in _QUOTING]
        if plain == modes:
            yield
            return
        ask(self.connection, f"SET SESSION sql_mode = '{','.join(plain)}'")
        try:
            yield
        finally:
            ask(self.connection, f"SET SESSION sql_mode = '{self.mode}'")

    def table(self, text: str, schema: str | None) -> Table:
        """Return the table that *text* creates, in normal form."""
        raw = parse_table(text, schema=schema, default_schema=self.default_schema, backslash=True)
        collations = self.collations(raw)
        read = replace(raw, options=_without_defaults(raw.options, collations), payload=collations)
        return mark_implicit(normal_table(read, self.flavour))

    def collations(self, raw: Table) -> Collations:
        """Return the collation of the table, and the defaults of its database and server."""
        settings = dict(raw.options)
        collation = settings.get("mysql_collate")
        if collation is None:
            charset = charset_name(str(settings.get("mysql_charset", "utf8mb4")))
            collation = dict(self.defaults()).get(charset, f"{charset}_general_ci")
        return Collations(collation_name(str(collation)), self.database_collation(raw.schema), self.defaults())

    def database_collation(self, schema: str | None) -> str:
        """Return the default collation of tables in *schema*."""
        if schema not in self._collations:
            where = self.schema_expression(schema)
            sql = f"SELECT DEFAULT_COLLATION_NAME FROM information_schema.SCHEMATA WHERE SCHEMA_NAME = {where}"
            self._collations[schema] = collation_name(str(ask(self.connection, sql).scalar() or ""))
        return self._collations[schema]

    def defaults(self) -> tuple[tuple[str, str], ...]:
        """Return the default collation of each character set."""
        if self._defaults is None:
            sql = "SELECT CHARACTER_SET_NAME, DEFAULT_COLLATE_NAME FROM information_schema.CHARACTER_SETS"
            collations = {charset_name(str(row[0])): collation_name(str(row[1])) for row in ask(self.connection, sql)}
            collations |= self._overridden()
            self._defaults = tuple(sorted(collations.items()))
        return self._defaults

    def _overridden(self) -> dict[str, str]:
        """Return the default collations that the administrator changed (MariaDB 11.2):
        ``utf8mb4=utf8mb4_uca1400_ai_ci,...``."""
        if not self.flavour.mariadb or self.flavour.before(11, 2):
            return {}
        pairs = str(ask(self.connection, "SELECT @@character_set_collations").scalar() or "").split(",")
        return {charset_name(left): collation_name(right) for left, _, right in (p.partition("=") for p in pairs if p)}


def _without_defaults(given: Options, collations: Collations) -> Options:
    """Return the options without the database's defaults."""
    settings = dict(given)
    settings.pop("mysql_charset", None)
    settings["mysql_collate"] = None if collations.collation == collations.database_collation else collations.collation
    return options(settings.items())


_OTHER_TEXTS = """
SELECT VIEW_DEFINITION, 0 FROM information_schema.VIEWS WHERE TABLE_SCHEMA = DATABASE()
UNION ALL SELECT ROUTINE_DEFINITION, 1 FROM information_schema.ROUTINES WHERE ROUTINE_SCHEMA = DATABASE()
UNION ALL SELECT ACTION_STATEMENT, 1 FROM information_schema.TRIGGERS WHERE TRIGGER_SCHEMA = DATABASE()
UNION ALL SELECT EVENT_DEFINITION, 1 FROM information_schema.EVENTS WHERE EVENT_SCHEMA = DATABASE()
"""


def other_texts(connection: sa.Connection) -> Iterator[tuple[str, bool]]:
    """Yield the texts of the views, and with True of the routines, triggers and events, that the user may see."""
    for text, is_routine in ask(connection, _OTHER_TEXTS):
        if text:
            yield text, bool(is_routine)
