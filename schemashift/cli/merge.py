"""``schemashift merge``"""

from __future__ import annotations

from typing import Any

import click

from schemashift.cli.group import REVISION, Command, in_session
from schemashift.cli.revision import show_written
from schemashift.cli.session import Session


@in_session
def merge(session: Session, revisions: tuple[str, ...], **options: Any) -> dict[str, Any]:
    """Write a script that revises several revisions; by default, all heads."""
    migrator = session.migrator()
    return show_written(session, migrator, migrator.merge(revisions or "heads", **options))


command = Command(
    "merge",
    callback=merge,
    help=merge.__doc__,
    params=[
        click.Argument(["revisions"], nargs=-1, type=REVISION),
        click.Option(["-m", "--message"], metavar="TEXT", help="a description; also used for the file name"),
        click.Option(["--rev-id"], metavar="ID", help="the id, instead of a random one"),
        click.Option(["--branch-label"], metavar="NAME", help="a name for the branch that starts here"),
    ],
)
