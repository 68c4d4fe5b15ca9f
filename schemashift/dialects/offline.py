"""A database that is not asked: what is known of it follows the statements that are compiled for it."""

from __future__ import annotations

from schemashift.dialects.live import LiveSchema
from schemashift.dialects.statement import Statement


class OfflineDatabase:
    """Stands in for a database while statements are compiled that do not run there: to be shown, or written to a file.

    ``known`` is what `Dialect.compile` asks. By default operations are enough to keep it up.
    """

    def __init__(self, known: LiveSchema) -> None:
        self.known = known

    def follow(self, statement: Statement) -> None:
        """*statement* was compiled, and counts as done from here on."""
