"""``schemashift edit``"""

from __future__ import annotations

import os
from typing import Any

import click

from schemashift.cli.group import REVISION, Command, in_session
from schemashift.cli.session import Session
from schemashift.errors import BadConfig, Hint
from schemashift.paths import display_path
from schemashift.revisions import resolve


@in_session
def edit(session: Session, revision: str) -> dict[str, Any]:
    """Open a script in your editor ($VISUAL or $EDITOR); REVISION defaults to head. With --json, only name it."""
    migrator = session.migrator()
    graph = migrator.graph()
    session.warn(graph)
    found = graph.in_order(resolve(graph, revision, migrator.applied_for(revision)))
    paths = [graph[each].path for each in found]
    shown = [display_path(each) for each in paths]
    if session.ui.json:
        return {"paths": shown, "edited": []}
    if not (session.ui.interactive or any(os.environ.get(each) for each in ("VISUAL", "EDITOR"))):
        raise BadConfig(
            "no editor: neither $VISUAL nor $EDITOR is set, and this is no terminal",
            hints=[f"EDITOR=nano {session.write(Hint('edit', (revision,)))}"],
        )
    for path in paths:
        try:
            click.edit(filename=path)
        except click.ClickException as error:
            again = session.write(Hint("edit", (revision,)))
            raise BadConfig(f"no editor: {error.format_message()}", hints=[f"EDITOR=nano {again}"]) from error
    return {"paths": shown, "edited": shown}


command = Command(
    "edit",
    callback=edit,
    help=edit.__doc__,
    params=[click.Argument(["revision"], default="head", type=REVISION)],
)
