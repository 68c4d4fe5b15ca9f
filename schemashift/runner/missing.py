"""The error for something that an operation needs and the database lacks, as scripts expect to catch it."""

from __future__ import annotations

import sqlalchemy as sa

from schemashift.operations import Incomplete


class MissingObject(
    Incomplete,
    KeyError,
    ValueError,
    sa.exc.NoSuchTableError,
    sa.exc.OperationalError,
    sa.exc.ProgrammingError,
):
    """Raised when the lack is noticed before a statement is sent, so that no driver has raised an error.

    Scripts handle the errors that they have met with Alembic: the database's own, or in a batch ValueError for a
    constraint, KeyError for a column and NoSuchTableError for a table.
    """

    def __init__(self, message: str, words: str = "") -> None:
        """*words* are those of the database's own error, for which scripts look in the text."""
        sa.exc.OperationalError.__init__(self, None, None, Exception(message))
        self.message = message
        self.words = words
        self.orig = None

    def __str__(self) -> str:
        return f"{self.message} ({self.words})" if self.words else self.message
