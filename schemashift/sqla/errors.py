"""The messages of drivers' errors."""

from __future__ import annotations

import sqlalchemy as sa


def driver_message(error: sa.exc.SQLAlchemyError) -> str:
    """Return the first line of the driver's message, without its number, or else that of SQLAlchemy's message."""
    origin = getattr(error, "orig", None) or error
    numbered = len(origin.args) > 1 and isinstance(origin.args[0], int)
    return str(origin.args[1] if numbered else origin).strip().partition("\n")[0]
