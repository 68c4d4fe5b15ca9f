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
    """Found out before a statement was sent, so that no driver has raised anything.

    Scripts are written for what they have seen: the database's own error, or ValueError for a constraint, KeyError for
    a column and NoSuchTableError for a table, as Alembic's batches raise them.
    """

    def __init__(self, message: str) -> None:
        sa.exc.OperationalError.__init__(self, None, None, Exception(message))
        self.message = message
        self.orig = None

    def __str__(self) -> str:
        return self.message
