"""Find rows with broken references, where the database's own check is off during the run (SQLite).

See `Session.run`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import Any

from schemashift.dialects.session import Session
from schemashift.schema import TableName

Row = tuple[str, Any, str]

_MOST_ROWS = 5


class References:
    """The broken references of a database during a run.

    Old databases are full of orphaned rows: only new ones make a revision fail.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        self._before: Counter[Row] | None = None
        self._touched = False
        self._watching: bool | None = None

    def start(self) -> None:
        """Start with a new revision."""
        self._touched = False

    @property
    def watched(self) -> bool:
        """False once it is known that the database enforces foreign keys itself."""
        return self._watching is not False

    def prepare(self, sql: str) -> None:
        """Count the broken references before *sql* is executed, if it is the first statement that may break any."""
        if self._touched or self._watching is False or not self._session.may_break_references(sql):
            return
        if self._watching is None:
            self._watching = not self._session.enforces_foreign_keys
        if self._watching:
            self._touched = True
            if self._before is None:
                self._before = Counter(self._session.broken_references())

    def rename(self, old: TableName, new: TableName) -> None:
        """Rename a table in what was counted before: its rows are not new."""
        if self._before is not None:
            names = {old.name: new.name}
            self._before = Counter(
                (names.get(table, table), row, names.get(parent, parent))
                for table, row, parent in self._before.elements()
            )

    def broken(self) -> list[Row]:
        """Return the rows whose references this revision has broken."""
        if not self._touched or self._before is None:
            return []
        after = Counter(self._session.broken_references())
        new = list(_new(self._before, after))
        if not new:
            self._before = after
        return new


def _new(before: Counter[Row], after: Counter[Row]) -> Iterable[Row]:
    """Return the rows of *after* that are new. A rebuild may change the rowids of a table: where its broken references
    are no more than before, none is new."""
    old_counts = Counter((table, parent) for table, _, parent in before.elements())
    new_counts = Counter((table, parent) for table, _, parent in after.elements())
    return [row for row in (after - before).elements() if new_counts[row[0], row[2]] > old_counts[row[0], row[2]]]


def described(rows: list[Row]) -> list[str]:
    """Return a line for each row, the last one telling how many were left out."""
    lines = [f'row {row} of "{table}" points to a row of "{parent}" that does not exist' for table, row, parent in rows]
    more = len(lines) - _MOST_ROWS
    return lines if more <= 0 else [*lines[:_MOST_ROWS], f"and {more} more"]
