"""``schemashift upgrade``"""

from __future__ import annotations

from typing import Any

import click

from schemashift.cli import running
from schemashift.cli.group import REVISION, Command, in_session
from schemashift.cli.session import Session


@in_session
def upgrade(session: Session, revisions: tuple[str, ...], **options: Any) -> dict[str, Any]:
    """Apply REVISIONS, and all they need; by default, everything up to head.

    A revision is given as its id or the first characters of it, head, heads, +1, a branch label, or label@head.
    """
    return running.run(session, "upgrade", revisions or ("head",), **options)


command = Command(
    "upgrade",
    callback=upgrade,
    help=upgrade.__doc__,
    params=[click.Argument(["revisions"], nargs=-1, type=REVISION), *running.options()],
)
