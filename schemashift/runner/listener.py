"""The run's connection, listened to: whoever sends a statement over it, it passes here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa


class ConnectionListener:
    """Listens on one connection, and on nothing else, and tells the script that runs what is about to be sent."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._before_statement: Callable[[str], None] | None = None
        self._quiet = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """For the length of a run."""
        sa.event.listen(self._connection, "before_cursor_execute", self._before_cursor_execute)
        try:
            yield
        finally:
            sa.event.remove(self._connection, "before_cursor_execute", self._before_cursor_execute)

    @contextmanager
    def calling(self, before_statement: Callable[[str], None]) -> Iterator[None]:
        """Call *before_statement* with each statement, for the length of a script."""
        self._before_statement = before_statement
        try:
            yield
        finally:
            self._before_statement = None

    @contextmanager
    def quietly(self) -> Iterator[None]:
        """For statements that are not the script's."""
        before, self._quiet = self._quiet, True
        try:
            yield
        finally:
            self._quiet = before

    def _before_cursor_execute(
        self, connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: Any
    ) -> None:
        del connection, cursor, parameters, context, many
        if self._before_statement is not None and not self._quiet:
            self._before_statement(statement)
