"""Listen to the statements sent over the run's connection, whoever sends them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa


class ConnectionListener:
    """Listens to one connection only, and calls back before each statement of the running script."""

    def __init__(self, connection: sa.Connection) -> None:
        self._connection = connection
        self._before_statement: Callable[[str], None] | None = None
        self._suspended = False

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Listen inside this block, which is the whole run."""
        sa.event.listen(self._connection, "before_cursor_execute", self._before_cursor_execute)
        try:
            yield
        finally:
            sa.event.remove(self._connection, "before_cursor_execute", self._before_cursor_execute)

    @contextmanager
    def calling(self, before_statement: Callable[[str], None]) -> Iterator[None]:
        """Call *before_statement* with each statement inside this block, which runs one script."""
        self._before_statement = before_statement
        try:
            yield
        finally:
            self._before_statement = None

    @contextmanager
    def suspended(self) -> Iterator[None]:
        """Do not call back inside this block, for statements that are not the script's."""
        before, self._suspended = self._suspended, True
        try:
            yield
        finally:
            self._suspended = before

    def _before_cursor_execute(
        self, connection: Any, cursor: Any, statement: str, parameters: Any, context: Any, many: Any
    ) -> None:
        del connection, cursor, parameters, context, many
        if self._before_statement is not None and not self._suspended:
            self._before_statement(statement)
