"""Edits the CREATE TABLE statement of a table that is rebuilt: what does not change keeps its exact text.

A statement is a list of parts (columns, constraints), each with its text and its comments. A part that does not change
is kept as it was typed; in a column that changes, only the clauses that change are replaced.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace
from typing import NamedTuple

from schemashift.dialects.sqlite.ddl import SQLiteDDL
from schemashift.dialects.sqlite.normal import has_autoincrement, normal_column, normal_constraint, normal_table
from schemashift.dialects.sqlite.parse import Clause, ColumnItem, ParseError, Span, TableText, parse_table
from schemashift.dialects.sqlite.read import column_of, table_of
from schemashift.dialects.sqlite.text import Names, unqualified
from schemashift.dialects.sqlite.tokens import TokenError, comments, tokenize
from schemashift.errors import NotSupported
from schemashift.schema import Column, Constraint, ForeignKey, PrimaryKey, Table

Edit = tuple[Span, str]
"""A range of the statement, empty for an insertion, and its replacement."""


class Part(NamedTuple):
    """A column or a constraint of the new statement, with its comments."""

    text: str
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()


def rewritten(text: TableText, after: Table, fresh: Collection[str], name: str, ddl: SQLiteDDL) -> str:
    """Return the statement that creates *after* under the name *name* (quoted), by editing the statement *text*.

    *fresh* are the columns that *text* does not have, or that are other columns of the same name there. Raises
    `NotSupported` if the result would not be *after*.
    """
    return _Rewriter(text, after, fresh, ddl).statement(name)


class _Rewriter:
    def __init__(self, text: TableText, after: Table, fresh: Collection[str], ddl: SQLiteDDL) -> None:
        self.text = text
        self.after = after
        self.fresh = fresh
        self.ddl = ddl
        self.before = table_of(text, after.schema)
        self.names = Names.of(text.name, (item.name for item in text.columns), ddl.quote)
        self.placed: set[Constraint] = set()
        """The constraints that are already in the new statement."""

    def statement(self, name: str) -> str:
        """Return the whole statement."""
        parts = [*self.columns(), *self.constraints()]
        lines = [_line(part, last=place == len(parts) - 1) for place, part in enumerate(parts)]
        head = self.text.sql[self.text.name_end : self.text.body[0]]
        sql = f"CREATE TABLE {name}{head or ' ('}{''.join(lines)}\n){self.tail()}"
        self.check(sql)
        return sql

    def tail(self) -> str:
        """Return what follows the closing parenthesis."""
        if normal_table(self.before, self.ddl.quote).options == self.after.options:
            return self.text.sql[self.text.body[1] + 1 :].rstrip().rstrip(";")
        return self.ddl.table_options(self.after)

    def check(self, sql: str) -> None:
        """Parse the new statement, and raise `NotSupported` if it does not create the wanted table."""
        try:
            parsed = table_of(parse_table(sql), self.after.schema)
        except ParseError as error:
            raise NotSupported(f'table "{self.after.name}" cannot be written as {sql!r}', cause=str(error)) from None
        # The table has a temporary name, and only `read` resolves foreign keys without columns.
        parsed = normal_table(_retargeted(replace(parsed, name=self.after.name), self.after), self.ddl.quote)
        if replace(parsed, indexes=()) != replace(self.after, indexes=()):
            raise NotSupported(
                f'SQLite cannot change table "{self.after.name}" to what is asked for',
                details=[f"{a!r}\n    instead of {b!r}" for a, b in _differences(parsed, self.after)],
            )

    # Columns -----------------------------------------------------------------------------------------------------

    def columns(self) -> Iterator[Part]:
        """Yield the columns in their order."""
        items = {item.name: item for item in self.text.columns}
        for column in self.after.columns:
            if column.name in self.fresh or column.name not in items:
                self.placed.update(
                    key for key in [self.after.primary_key] if key and self.ddl.autoincrement(column, self.after)
                )
                yield Part(self.ddl.column(column, self.after))
            else:
                item = items[column.name]
                yield Part(self.column(item, column), item.before, item.after)

    def column(self, item: ColumnItem, column: Column) -> str:
        """Return the text of an existing column with its changes."""
        edits = [*self.changes(item, column)]
        for clause in item.of("constraint"):
            if not self.keeps(clause, item):
                edits += [(span, "") for span in clause.spans]
        end = (item.span[1], item.span[1])
        edits += [(end, text) for text in self.autoincrement(column)]
        return _edited(self.text.sql, item.span, edits, self.text.name)

    def changes(self, item: ColumnItem, column: Column) -> Iterator[Edit]:
        """Yield the edits in the order of the clauses: type, COLLATE, DEFAULT, NOT NULL, AS."""
        before = normal_column(column_of(item), self.names)
        end = item.type_span[1]
        if before.type.sql != column.type.sql:
            yield item.type_span, column.type.sql
        collated = item.of("collate")
        if before.type.collation != column.type.collation:
            text = f'COLLATE "{column.type.collation}"' if column.type.collation else ""
            yield from _replaced(collated, text, end)
        end = max([end, *_ends(collated)])
        default = item.of("default")
        if before.default != column.default:
            yield from _replaced(default, self.ddl.default(column.default) if column.default else "", end)
        end = max([end, *_ends(default)])
        if before.nullable != column.nullable or before.options != column.options:
            text = "" if column.nullable else self.ddl.not_null(column)
            yield from _replaced((*item.of("not null"), *item.of("null")), text, end)
        if before.computed != column.computed:
            text = self.ddl.generated(column) if column.computed else ""
            if comments(self.text.sql[slice(*item.span)]):
                # With a comment in between, SQLite parses GENERATED ALWAYS as a part of the type.
                text = text.removeprefix("GENERATED ALWAYS ")
            yield from _replaced(item.of("generated"), text, item.span[1])

    def keeps(self, clause: Clause, item: ColumnItem) -> bool:
        """Whether an inline constraint of a column is kept there."""
        assert clause.constraint is not None
        if isinstance(clause.constraint, PrimaryKey) and item.autoincrement != has_autoincrement(self.after):
            return False
        return self.place_if_kept(clause.constraint)

    def autoincrement(self, column: Column) -> Iterator[str]:
        """Yield PRIMARY KEY AUTOINCREMENT if it is to be inline at *column* and is not yet."""
        key = self.after.primary_key
        if key is not None and key not in self.placed and (text := self.ddl.autoincrement(column, self.after)):
            self.placed.add(key)
            yield text.strip()

    # Constraints -------------------------------------------------------------------------------------------------

    def place_if_kept(self, raw: Constraint) -> bool:
        """Whether the new table still has a constraint of the old statement. If so, it is noted in `placed`."""
        found = normal_constraint(raw, replace(self.before, name=self.after.name), self.names)
        wanted = _matching(found, self.after)
        if wanted is None:
            return False
        self.placed.add(wanted)
        return True

    def constraints(self) -> Iterator[Part]:
        """Yield the table constraints: the old ones in their order, then the new ones."""
        for item in self.text.constraints:
            moved = item.autoincrement != has_autoincrement(self.after) and isinstance(item.constraint, PrimaryKey)
            if not moved and self.place_if_kept(item.constraint):
                yield Part(_edited(self.text.sql, item.span, [], self.text.name), item.before, item.after)
        for constraint in self.after.constraints:
            if constraint not in self.placed:
                yield Part(self.ddl.constraint(constraint))


def _matching(raw: Constraint, table: Table) -> Constraint | None:
    """Return the constraint of *table* that *raw* (in normal form) declares, possibly without target columns; else
    None."""
    for constraint in table.constraints:
        if constraint == raw or constraint == _with_targets(raw, constraint):
            return constraint
    return None


def _with_targets(raw: Constraint, expected: Constraint) -> Constraint:
    """Return *raw*, where a foreign key has its target spelled as in *expected* if it is the same."""
    if not isinstance(raw, ForeignKey) or not isinstance(expected, ForeignKey):
        return raw
    if raw.target.name.lower() != expected.target.name.lower():
        return raw
    same = [name.lower() for name in raw.target_columns] == [name.lower() for name in expected.target_columns]
    if raw.target_columns and not same:
        return raw
    return replace(raw, target=expected.target, target_columns=expected.target_columns)


def _retargeted(parsed: Table, after: Table) -> Table:
    """Return *parsed* with the targets of its foreign keys spelled as in *after* where they are the same."""
    constraints = (_matching(constraint, after) or constraint for constraint in parsed.constraints)
    return replace(parsed, constraints=tuple(constraints))


def _differences(parsed: Table, after: Table) -> Iterator[tuple[object, object]]:
    for name in ("columns", "constraints", "options"):
        one, other = getattr(parsed, name), getattr(after, name)
        if one != other:
            yield [each for each in one if each not in other], [each for each in other if each not in one]


# Texts ---------------------------------------------------------------------------------------------------------------


def _ends(clauses: Collection[Clause]) -> list[int]:
    return [end for clause in clauses for _, end in clause.spans]


def _replaced(clauses: Collection[Clause], text: str, otherwise: int) -> Iterator[Edit]:
    """Yield the edits that put *text* in place of *clauses*, or at *otherwise* if there are none."""
    spans = sorted(span for clause in clauses for span in clause.spans) or [(otherwise, otherwise)]
    yield spans[0], text
    yield from ((span, "") for span in spans[1:])


def _edited(sql: str, span: Span, edits: list[Edit], table: str) -> str:
    """Return the range *span* of *sql* with *edits* applied."""
    text, at = "", span[0]
    # The sort is stable: insertions at the same position keep their order.
    for (begin, end), new in sorted(edits, key=lambda edit: edit[0]):
        kept = sql[at:begin]
        text, at = text + kept, end
        if not new:
            # The white space before a removed clause is removed as well.
            text = text.rstrip(" ")
        elif begin == end:
            text = f"{_closed(text.rstrip(' '))} {new}"
        else:
            text += new
    text = (text + sql[at : span[1]]).rstrip()
    # CHECK (t.a > 0): the table has a temporary name while it is filled.
    return _closed(unqualified(text, table) if "." in text else text)


def _closed(text: str) -> str:
    """Return *text* with a line break after it if it ends with a comment, so that the comment does not continue."""
    try:
        last = list(tokenize(text))[-1:]
    except TokenError:
        return text
    return f"{text}\n\t" if last and last[0].text.startswith("--") else text


def _line(part: Part, *, last: bool) -> str:
    before = "".join(f"{comment}\n\t" for comment in part.before)
    after = "".join(f" {comment}" for comment in part.after)
    return f"\n\t{before}{part.text}{'' if last else ','}{after}"
