"""``schemashift downgrade``"""

from __future__ import annotations

from typing import Any

import click

from schemashift.cli import running
from schemashift.cli.group import REVISION, Command, in_session
from schemashift.cli.session import Session
from schemashift.errors import Hint, UsageError


@in_session
def downgrade(session: Session, revisions: tuple[str, ...], **options: Any) -> dict[str, Any]:
    """Undo the revisions that were applied after REVISIONS: -1 undoes the last one, base all of them.

    A revision is given as its id or the first characters of it, base, -1, a branch label, or label@base.
    """
    if not revisions:
        raise UsageError(
            "downgrade to where?",
            state="nothing changed",
            hints=[
                Hint("downgrade", ("-1",), "undoes the last revision"),
                Hint("downgrade", ("base",), "undoes them all"),
            ],
        )
    return running.run(session, "downgrade", revisions, nothing="nothing to undo: at", **options)


command = Command(
    "downgrade",
    callback=downgrade,
    help=downgrade.__doc__,
    params=[click.Argument(["revisions"], nargs=-1, type=REVISION), *running.options()],
)
