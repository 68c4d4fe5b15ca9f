"""A stand-in for a database: statements are compiled for it and not executed."""

from __future__ import annotations

from schemashift.dialects.live import LiveSchema
from schemashift.dialects.statement import Statement


class OfflineDatabase:
    """Takes the place of a database while statements are compiled that are only shown or written to a file.

    ``live`` is passed to `Dialect.compile`. By default, the operations that compiling applies to it keep it current.
    """

    def __init__(self, live: LiveSchema) -> None:
        self.live = live

    def follow(self, statement: Statement) -> None:
        """Treat *statement*, which was compiled, as executed."""
