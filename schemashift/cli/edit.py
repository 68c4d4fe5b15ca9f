"""``schemashift edit``"""

from __future__ import annotations

from typing import Any

import click

from schemashift.cli.group import REVISION, Command, in_session
from schemashift.cli.session import Session
from schemashift.errors import BadConfig, Hint
from schemashift.paths import display_path
from schemashift.revisions import resolve


@in_session
def edit(session: Session, revision: str) -> dict[str, Any]:
    """Open a script in your editor ($VISUAL or $EDITOR); REVISION defaults to head."""
    migrator = session.migrator()
    graph = migrator.graph()
    session.warn(graph)
    found = graph.in_order(resolve(graph, revision, migrator.applied_for(revision)))
    paths = [graph[each].path for each in found]
    for path in paths:
        try:
            click.edit(filename=path)
        except click.ClickException as error:
            again = session.write(Hint("edit", (revision,)))
            raise BadConfig(f"no editor: {error.format_message()}", hints=[f"EDITOR=nano {again}"]) from error
    return {"edited": [display_path(each) for each in paths]}


command = Command(
    "edit",
    callback=edit,
    help=edit.__doc__,
    params=[click.Argument(["revision"], default="head", type=REVISION)],
)
