"""``schemashift stamp``"""

from __future__ import annotations

from typing import Any

import click

from schemashift.cli import running
from schemashift.cli.group import REVISION, Command, in_session
from schemashift.cli.session import Session
from schemashift.errors import Hint, UsageError


@in_session
def stamp(session: Session, revisions: tuple[str, ...], *, lock_timeout: float | None) -> dict[str, Any]:
    """Record that the database is at REVISIONS, without running any script: head, an id, or base for none."""
    if not revisions:
        raise UsageError(
            "stamp with which revision?",
            state="nothing changed",
            hints=[Hint("stamp", ("head",), "records all revisions as applied")],
        )
    return running.run(session, "stamp", revisions, lock_timeout=lock_timeout)


command = Command(
    "stamp",
    callback=stamp,
    help=stamp.__doc__,
    params=[click.Argument(["revisions"], nargs=-1, type=REVISION), running.lock_timeout()],
)
