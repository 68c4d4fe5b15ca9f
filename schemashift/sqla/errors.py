"""What a driver's error says."""

from __future__ import annotations

import sqlalchemy as sa


def driver_message(error: sa.exc.SQLAlchemyError) -> str:
    """The first line of what the driver said, without its number; of SQLAlchemy's own words where it said nothing."""
    origin = getattr(error, "orig", None) or error
    numbered = len(origin.args) > 1 and isinstance(origin.args[0], int)
    return str(origin.args[1] if numbered else origin).strip().partition("\n")[0]
