"""Changing a table where SQLite has no ALTER: create a new table, copy the rows, and swap the names.

This is the procedure of https://www.sqlite.org/lang_altertable.html#otheralter. It relies on the run's session:
``foreign_keys`` is off (else DROP TABLE deletes or changes the rows of child tables), everything is one transaction,
and broken references are checked at the end.

``legacy_alter_table`` is on for the one RENAME: without it, SQLite refuses the RENAME while a view or trigger names the
table that does not exist at that moment, and would rewrite what refers to it. So nothing else in the catalogue is
changed: views, triggers of other tables and foreign keys name the same table before and after, and keep their text.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

from schemashift.dialects.sqlite.convert import conversion
from schemashift.dialects.sqlite.ddl import SQLiteDDL
from schemashift.dialects.sqlite.normal import has_autoincrement
from schemashift.dialects.sqlite.parse import TableText, parse_table
from schemashift.dialects.sqlite.read import CatalogueEntry, Row
from schemashift.dialects.sqlite.rewrite import rewritten
from schemashift.dialects.sqlite.tokens import names_in, significant
from schemashift.schema import Column, PrimaryKey, Table, TableName

PREFIX = "_schemashift_"
_ROWIDS = ("rowid", "_rowid_", "oid")

ColumnsOf = Callable[[str], tuple[Column, ...]]


class Rebuild:
    """The rebuild of a table from *before* to *after*, both in normal form and with the same name.

    *fresh* are the columns of *after* that have no values yet. *entry* is the entry of the catalogue; without it, the
    table was created in this run, and everything that depends on it is known.
    """

    def __init__(
        self, before: Table, after: Table, fresh: Collection[str], entry: CatalogueEntry | None, ddl: SQLiteDDL
    ) -> None:
        self.before = before
        self.after = after
        self.fresh = frozenset(fresh)
        self.entry = entry
        self.ddl = ddl
        self.name = after.table_name
        self.new = TableName(PREFIX + after.name, after.schema)

    def statements(self, columns_of: ColumnsOf) -> Iterator[str]:
        """Yield all statements, in order. *columns_of* returns the columns of another table, to test its triggers."""
        create = rewritten(self.text, self.after, self.fresh, self.ddl.table(self.new), self.ddl)
        yield create
        # A constraint's own ON CONFLICT IGNORE or REPLACE would drop rows silently.
        yield from self.copy("INSERT OR ABORT INTO" if "CONFLICT" in create.upper() else "INSERT INTO")
        yield from self.keep_counter()
        yield from self.keep_statistics(self.name.name, self.new.name)
        yield f"DROP TABLE {self.ddl.table(self.name)}"
        yield "PRAGMA legacy_alter_table=ON"
        yield f"ALTER TABLE {self.ddl.table(self.new)} RENAME TO {self.ddl.quote(self.name.name)}"
        yield "PRAGMA legacy_alter_table=OFF"
        yield from self.keep_statistics(self.new.name, self.name.name)
        yield from self.indexes()
        for trigger in self.entry.triggers if self.entry is not None else ():
            yield with_schema(trigger.sql, self.name.schema, self.ddl)
        yield from self.usage_tests(columns_of)

    @property
    def text(self) -> TableText:
        """The existing statement, from which the new one is written."""
        if self.entry is not None and self.entry.text is not None:
            return self.entry.text
        return parse_table(self.ddl.create(self.before))

    # Rows --------------------------------------------------------------------------------------------------------

    def copy(self, insert: str) -> Iterator[str]:
        """Yield the INSERT ... SELECT of every column that has values before and can be written after."""
        pairs = [(self.ddl.quote(column.name), self.value(column)) for column in self.after.columns]
        kept = [(name, value) for name, value in pairs if value is not None] or [*self.only_defaults()]
        if (rowid := self.rowid()) is not None:
            kept.insert(0, (rowid, rowid))
        names, values = (", ".join(each) for each in zip(*kept, strict=True))
        source, target = self.ddl.table(self.name), self.ddl.table(self.new)
        yield f"{insert} {target} ({names}) SELECT {values} FROM {source}"

    def value(self, column: Column) -> str | None:
        """Return the expression that is copied into a column; None where its default or its expression fills it."""
        before = self.before.column(column.name)
        if before is None or column.name in self.fresh or column.computed is not None:
            return None
        return conversion(self.ddl.quote(column.name), before.type, column.type)

    def only_defaults(self) -> Iterator[tuple[str, str]]:
        """Yield a column and its default, for a table that keeps no column: its rows are kept."""
        for column in self.after.columns:
            if column.computed is None:
                yield self.ddl.quote(column.name), column.default.sql if column.default is not None else "NULL"
                return

    def rowid(self) -> str | None:
        """Return the rowid's name where it is not a column of the table and must be copied.

        A table without INTEGER PRIMARY KEY keeps its rowids, because a full-text index on it may use them. (VACUUM may
        change them anyway.)
        """
        if _has_no_rowid(self.before) or _has_no_rowid(self.after) or _rowid_column(self.after) is not None:
            return None
        taken = {column.name.lower() for table in (self.before, self.after) for column in table.columns}
        return next((name for name in _ROWIDS if name not in taken), None)

    def keep_counter(self) -> Iterator[str]:
        """Yield statements that let AUTOINCREMENT continue, even if the rows with the highest numbers were deleted."""
        if not (has_autoincrement(self.before) and has_autoincrement(self.after)):
            return
        sequence = self.ddl.table(TableName("sqlite_sequence", self.name.schema))
        new, old = self.ddl.literal(self.new.name), self.ddl.literal(self.name.name)
        yield f"DELETE FROM {sequence} WHERE name = {new}"
        yield f"INSERT INTO {sequence} (name, seq) SELECT {new}, seq FROM {sequence} WHERE name = {old}"

    def keep_statistics(self, old: str, new: str) -> Iterator[str]:
        """Yield statements that keep the statistics of ANALYZE, which would be dropped with the old table."""
        for table in self.entry.statistics if self.entry is not None else ():
            where = self.ddl.table(TableName(table, self.name.schema))
            yield f"UPDATE {where} SET tbl = {self.ddl.literal(new)} WHERE tbl = {self.ddl.literal(old)}"

    # What depends on the table -----------------------------------------------------------------------------------

    def indexes(self) -> Iterator[str]:
        """Yield the indexes, created after the rows are copied, which is faster. Unchanged ones keep their text."""
        texts = {row.name: row.sql for row in self.entry.indexes} if self.entry is not None else {}
        for index in self.after.indexes:
            if index.name in texts and index == self.before.index(index.name):
                yield with_schema(texts[index.name], self.name.schema, self.ddl)
            else:
                yield self.ddl.index(self.name, index)

    def usage_tests(self, columns_of: ColumnsOf) -> Iterator[str]:
        """Yield EXPLAIN statements that fail if a view or trigger uses a dropped column.

        A native DROP COLUMN makes the same test.
        """
        gone = {column.name for column in self.before.columns} - {column.name for column in self.after.columns}
        if not gone or self.entry is None:
            return
        names = {self.name.name.lower()}
        views = [row for row in self.entry.programs if row.type == "view"]
        while (found := next((v for v in views if names_in(v.sql) & names), None)) is not None:
            views.remove(found)
            names.add(found.name.lower())
            yield f"EXPLAIN SELECT * FROM {self.ddl.table(TableName(found.name, self.name.schema))}"
        for trigger in self.entry.programs:
            if trigger.type == "trigger" and names_in(trigger.sql) & names:
                yield from self.trigger_test(trigger, columns_of)

    def trigger_test(self, trigger: Row, columns_of: ColumnsOf) -> Iterator[str]:
        """Yield an EXPLAIN of a statement that activates a trigger."""
        table = self.ddl.table(TableName(trigger.table, self.name.schema))
        own = self.after.columns if trigger.table.lower() == self.name.name.lower() else columns_of(trigger.table)
        event, column = _event(trigger.sql)
        column = column or next((each.name for each in own if each.computed is None), None)
        if event == "DELETE":
            yield f"EXPLAIN DELETE FROM {table}"
        elif event == "INSERT":
            yield f"EXPLAIN INSERT INTO {table} DEFAULT VALUES"
        elif column is not None:
            yield f"EXPLAIN UPDATE {table} SET {self.ddl.quote(column)} = NULL"


def with_schema(sql: str, schema: str | None, ddl: SQLiteDDL) -> str:
    """Return a CREATE INDEX, TRIGGER or VIEW of the catalogue, which has no schema, with its schema."""
    if schema is None:
        return sql
    tokens = significant(sql)
    word = next(place for place, token in enumerate(tokens) if token.keyword in ("INDEX", "TRIGGER", "VIEW"))
    at = tokens[word + 1].start
    return f"{sql[:at]}{ddl.quote(schema)}.{sql[at:]}"


def _event(sql: str) -> tuple[str, str | None]:
    """Return the event of a trigger, DELETE, INSERT or UPDATE, and the first column of UPDATE OF."""
    tokens = significant(sql)
    for place, token in enumerate(tokens):
        if token.keyword in ("DELETE", "INSERT", "UPDATE"):
            named = tokens[place + 1].keyword == "OF"
            return token.keyword, tokens[place + 2].name if named else None
    return "", None


def _has_no_rowid(table: Table) -> bool:
    return ("sqlite_with_rowid", False) in table.options


def _rowid_column(table: Table) -> str | None:
    """Return the column that is an alias of the rowid: INTEGER PRIMARY KEY."""
    key = next((each for each in table.constraints if isinstance(each, PrimaryKey)), None)
    column = table.column(key.columns[0]) if key is not None and len(key.columns) == 1 else None
    return column.name if column is not None and column.type.sql == "INTEGER" else None
