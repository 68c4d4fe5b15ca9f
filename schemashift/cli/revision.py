"""``schemashift revision``"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from schemashift.cli.group import REVISION, Command, in_session
from schemashift.cli.lines import revision_document
from schemashift.cli.session import Session
from schemashift.cli.ui import paint
from schemashift.errors import Hint
from schemashift.paths import display_path

if TYPE_CHECKING:
    from schemashift.migrator import Migrator
    from schemashift.results import Written


@in_session
def revision(session: Session, **options: Any) -> dict[str, Any]:
    """Write a new script.

    With --autogenerate, it contains the differences between the models and the database; else it is empty.
    """
    migrator = session.migrator()
    written = migrator.revision(**options)
    if options["autogenerate"]:
        from schemashift.cli.changes import change_document, show_changes, warn_of_doubts

        show_changes(session, migrator, written)
        session.answer["changes"] = [change_document(each) for each in written.operations]
        session.answer["warnings"] = [{"code": "rows", "message": each} for each in written.warnings]
        warn_of_doubts(session, written.not_compared)
        session.answer["unmanaged"] = [{"kind": each.kind, "name": str(each.table_name)} for each in written.unmanaged]
    return show_written(session, migrator, written)


def show_written(session: Session, migrator: Migrator, written: Written) -> dict[str, Any]:
    """Show the path of the new script; with ``-q``, only that."""
    if written.revision is None:
        return {"written": None}
    path = display_path(written.revision.path)
    session.ui.result(path if session.ui.quiet else f"wrote {paint(path, 'path')}")
    heads = "heads" if len(migrator.graph().heads) > 1 else "head"
    upgrade = session.write(Hint("upgrade", (heads,)))
    session.ui.say("next: read it" + (f", then  {paint(upgrade, 'hint')}" if upgrade else ""))
    return {"written": {"path": path, **revision_document(written.revision)}}


command = Command(
    "revision",
    callback=revision,
    help=revision.__doc__,
    params=[
        click.Option(["-m", "--message"], metavar="TEXT", help="a description; also used for the file name"),
        click.Option(["--autogenerate"], is_flag=True, help="compare the models with the database"),
        click.Option(
            ["--drop"], multiple=True, metavar="NAME",
            help="drop an object that neither the models nor a migration mention; may be repeated",
        ),
        click.Option(["--rev-id"], metavar="ID", help="the id, instead of a random one"),
        click.Option(
            ["--head"], multiple=True, default=("head",), type=REVISION, metavar="REV",
            help="the revision it revises; may be repeated. Default: head",
        ),
        click.Option(["--splice"], is_flag=True, help="allow --head to be a revision that has children"),
        click.Option(["--branch-label"], metavar="NAME", help="a name for the branch that starts here"),
        click.Option(
            ["--depends-on"], multiple=True, type=REVISION, metavar="REV",
            help="another revision that must run before; may be repeated",
        ),
        click.Option(["--version-path"], metavar="FOLDER", help="the folder to write to, one of version_locations"),
    ],
)  # fmt: skip
