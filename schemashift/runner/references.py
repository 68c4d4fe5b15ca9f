"""Rows that point nowhere, where the database's own check is off during the run (SQLite). See `Session.run`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from schemashift.dialects.session import Session
from schemashift.schema import TableName

Row = tuple[str, Any, str]

_SHOWN = 5


class References:
    """Watches over the run. Old databases are full of orphans: only rows that are new fail a revision."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._before: Counter[Row] | None = None
        self._touched = False
        self._watching: bool | None = None

    def start(self) -> None:
        """A revision begins."""
        self._touched = False

    def prepare(self, sql: str) -> None:
        """*sql* is about to run: where it could break a reference for the first time, count those broken before."""
        if self._touched or self._watching is False or not self._session.may_break_references(sql):
            return
        if self._watching is None:
            self._watching = not self._session.enforces_foreign_keys
        if self._watching:
            self._touched = True
            if self._before is None:
                self._before = Counter(self._session.broken_references())

    def rename(self, old: TableName, new: TableName) -> None:
        """The rows of a renamed table are not new."""
        if self._before is not None:
            names = {old.name: new.name}
            self._before = Counter(
                (names.get(table, table), row, names.get(parent, parent))
                for table, row, parent in self._before.elements()
            )

    def broken(self) -> list[Row]:
        """The rows that this revision left pointing nowhere."""
        if not self._touched or self._before is None:
            return []
        after = Counter(self._session.broken_references())
        new = list(_new(self._before, after))
        if not new:
            self._before = after
        return new


def _new(before: Counter[Row], after: Counter[Row]) -> Iterable[Row]:
    """A rebuild may number the rows of a table anew: where there are not more than before, none is new."""
    counts = Counter((table, parent) for table, _, parent in before.elements())
    now = Counter((table, parent) for table, _, parent in after.elements())
    return [row for row in (after - before).elements() if now[row[0], row[2]] > counts[row[0], row[2]]]


def described(rows: list[Row]) -> list[str]:
    """A line for each row, and one for those left out."""
    lines = [f'row {row} of "{table}" points to a row of "{parent}" that is not there' for table, row, parent in rows]
    more = len(lines) - _SHOWN
    return lines if more <= 0 else [*lines[:_SHOWN], f"and {more} more"]
