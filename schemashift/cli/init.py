"""``schemashift init``"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from schemashift.cli.group import Command, in_session
from schemashift.cli.session import Session
from schemashift.cli.ui import paint, plural, table
from schemashift.config import TABLE, display_url, masked
from schemashift.errors import Hint
from schemashift.paths import display_path

if TYPE_CHECKING:
    from schemashift.results import Initialised


@in_session
def init(session: Session) -> dict[str, Any]:
    """Make the migrations folder, and write the settings into pyproject.toml (or schemashift.toml).

    The models are found by reading the Python files of the current folder; none of them is imported.
    """
    from schemashift.init.files import init_project

    config = session.settings(required=False, upwards=False)
    folder = config.root
    made = init_project(config, folder=folder, given_url=session.url, environment=os.environ)
    url = made.settings.get("url") or config.url
    _show(session, made, str(url) if url else None)
    return {
        "created": [display_path(each) for each in made.created],
        "updated": [display_path(each) for each in made.updated],
        "models": made.models.spec if made.models else None,
        "url": masked(str(url)) if url else None,
    }


def _show(session: Session, made: Initialised, url: str | None) -> None:
    rows = [(paint("created", "ok"), _path(each), "") for each in made.created]
    rows += [(paint("updated", "ok"), _path(each), TABLE) for each in made.updated]
    for line in table(rows):
        session.ui.result(line)
    session.ui.result()
    for line in table([_models(made), _database(session, made, url)]):
        session.ui.result(line)
    session.directory = None if made.settings else session.directory  # the settings say it now
    session.url = None if "url" in made.settings else session.url
    session.ui.next(session.write(Hint("revision", ("--autogenerate", "-m", "initial"))))


def _path(path: str) -> str:
    return paint(display_path(path) + ("/" if path.endswith(os.sep) else ""), "path")


def _models(made: Initialised) -> tuple[str, ...]:
    if made.models is None:
        return ("models", paint("not found", "warning") + ': set models = "package.module:Base"')
    found = f"{made.models.spec} ({plural(made.models.tables, 'table')})"
    if made.lacks_models:
        return ("models", found, paint("not set", "warning") + f': write  models = "{made.models.spec}"')
    return ("models", found, "found")


def _database(session: Session, made: Initialised, url: str | None) -> tuple[str, ...]:
    if session.url:
        why = "from --url" if "url" in made.settings else "has a password, so not written: set SCHEMASHIFT_URL"
    elif "url" in made.settings:
        why = "default; set url or SCHEMASHIFT_URL for another"
    else:
        why = "from SCHEMASHIFT_URL" if os.environ.get("SCHEMASHIFT_URL") else "as it was set"
    return ("database", display_url(url) if url else paint("not set", "warning"), paint(why, "dim"))


command = Command("init", callback=init, help=init.__doc__)
