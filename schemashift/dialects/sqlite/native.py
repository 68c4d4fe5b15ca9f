"""Changing a table by SQLite's own ALTERs, where it has them.

SQLite renames, adds a column within limits (https://www.sqlite.org/lang_altertable.html#altertabaddcol), and since 3.35
drops a column that nothing else uses. What it would refuse, or accept only for an empty table, needs a rebuild.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from schemashift.dialects.sqlite.ddl import SQLiteDDL, addable
from schemashift.dialects.sqlite.parse import TableText
from schemashift.dialects.sqlite.text import Names, canonical
from schemashift.dialects.sqlite.tokens import comments
from schemashift.operations import Named
from schemashift.schema import Check, Constraint, ForeignKey, Table, TableName


class Native:
    """The native change from *before* to *after*, both in normal form. The columns *fresh* have no values yet."""

    def __init__(
        self, before: Table, after: Table, fresh: Iterable[str], ddl: SQLiteDDL, normal: Callable[[Table], Table]
    ) -> None:
        self.before = before
        self.after = after
        self.ddl = ddl
        self.normal = normal
        fresh = frozenset(fresh)
        self.kept = [c for c in before.columns if after.column(c.name) is not None and c.name not in fresh]
        kept = {column.name for column in self.kept}
        self.dropped = [column for column in before.columns if column.name not in kept]
        self.added = [column for column in after.columns if column.name in fresh]
        self.lost = [c for c in before.constraints if c not in after.constraints]
        self.gained = [c for c in after.constraints if c not in before.constraints]

    def possible(self, text: TableText | None) -> bool:
        """Whether SQLite accepts the change on a table with rows. *text*, the statement, is needed for dropped
        columns."""
        return (
            self.before.options == self.after.options
            and [*self.kept, *self.added] == list(self.after.columns)
            and all(addable(column) for column in self.added)
            # ADD COLUMN can add an inline constraint, but SQLAlchemy's Inspector, and what is based on it, then loses
            # the name and the ON DELETE of a foreign key: such a table is rebuilt as create_all() creates it.
            and not self.gained
            and (self.droppable(text) if self.dropped else not self.lost)
        )

    def droppable(self, text: TableText | None) -> bool:
        """Whether all dropped constraints are inline at the dropped columns, and nothing else uses these columns.

        SQLite does not drop a column in a key, nor one that another constraint, a generated column or an index uses.
        """
        if text is None or comments(text.sql):
            # SQLite searches backwards for the comma before the column, and finds one inside a comment: the remaining
            # text is an "incomplete input" (seen on 3.40).
            return False
        names = {column.name for column in self.dropped}
        inline, elsewhere = self.constraints(text, names)
        return (
            all(isinstance(c, ForeignKey | Check) and names & {*c.columns} for c in inline)
            and not any(names & {*constraint.columns} for constraint in elsewhere)
            and all(names & {*constraint.columns} for constraint in self.lost)
            and not self.used()
        )

    def constraints(self, text: TableText, names: set[str]) -> tuple[tuple[Constraint, ...], tuple[Constraint, ...]]:
        """Return the inline constraints of the columns *names*, and all other constraints."""
        inline: list[Constraint] = []
        elsewhere = [item.constraint for item in text.constraints]
        for item in text.columns:
            own = [clause.constraint for clause in item.of("constraint") if clause.constraint is not None]
            (inline if item.name in names else elsewhere).extend(own)
        both = (replace(self.before, constraints=tuple(some), indexes=()) for some in (inline, elsewhere))
        first, second = (self.normal(table).constraints for table in both)
        return first, second

    def used(self) -> bool:
        """Whether a remaining generated column uses a dropped one."""
        names = Names.of(self.before.name, (column.name for column in self.dropped), self.ddl.quote)
        return any(column.computed and canonical(column.computed.sql, names)[1] for column in self.kept)

    def statements(self) -> Iterator[tuple[str, Named]]:
        """Yield the ALTERs, each with what it is about."""
        table = self.after.table_name
        for index in self.before.indexes:
            if index not in self.after.indexes:
                about = Named(constraint=index.name, columns=index.columns)
                yield f"DROP INDEX {self.ddl.table(TableName(index.name, table.schema))}", about
        # A generated column is dropped before the columns that its expression uses, which precede it.
        last_first = list(reversed(self.dropped))
        for column in sorted(last_first, key=lambda each: each.computed is None):
            about = Named(columns=(column.name,))
            yield f"ALTER TABLE {self.ddl.table(table)} DROP COLUMN {self.ddl.quote(column.name)}", about
        for column in self.added:
            about = Named(columns=(column.name,))
            yield f"ALTER TABLE {self.ddl.table(table)} ADD COLUMN {self.ddl.column(column, self.after)}", about
        for index in self.after.indexes:
            if index not in self.before.indexes:
                yield self.ddl.index(table, index), Named(constraint=index.name)
