"""``schemashift init``"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from schemashift.cli.group import Command, in_session
from schemashift.cli.session import Session
from schemashift.cli.ui import paint, table
from schemashift.config import TABLE, display_url, masked
from schemashift.errors import Hint
from schemashift.paths import display_path
from schemashift.words import plural

if TYPE_CHECKING:
    from schemashift.results import Initialised


@in_session
def init(session: Session) -> dict[str, Any]:
    """Create the migrations folder, and write the settings into pyproject.toml (or schemashift.toml).

    The models are found by reading the Python files in the current folder, without importing them.
    """
    from schemashift.init.files import init_project

    config = session.settings(required=False, upwards=False)
    folder = config.root
    initialised = init_project(config, folder=folder, given_url=session.url, environment=os.environ)
    url = initialised.settings.get("url") or config.url
    _show(session, initialised, str(url) if url else None)
    return {
        "created": [display_path(each) for each in initialised.created],
        "updated": [display_path(each) for each in initialised.updated],
        "models": initialised.models.spec if initialised.models else None,
        "url": masked(str(url)) if url else None,
    }


def _show(session: Session, initialised: Initialised, url: str | None) -> None:
    rows = [(paint("created", "ok"), _path(each), "") for each in initialised.created]
    rows += [(paint("updated", "ok"), _path(each), TABLE) for each in initialised.updated]
    for line in table(rows):
        session.ui.result(line)
    session.ui.result()
    for line in table([_models(initialised), _database(session, initialised, url)]):
        session.ui.result(line)
    session.directory = None if initialised.settings else session.directory  # it is in the settings now
    session.url = None if "url" in initialised.settings else session.url
    following = session.write(Hint("revision", ("--autogenerate", "-m", "initial")))
    if following:
        session.ui.next(following)


def _path(path: str) -> str:
    return paint(display_path(path) + ("/" if path.endswith(os.sep) else ""), "path")


def _models(initialised: Initialised) -> tuple[str, ...]:
    if initialised.models is None:
        return ("models", paint("not found", "warning") + ': set models = "package.module:Base"')
    spec = initialised.models.spec
    described = f"{spec} ({plural(initialised.models.tables, 'table')})"
    if initialised.lacks_models:
        return ("models", described, paint("not set", "warning") + f': write  models = "{spec}"')
    return ("models", described, "found")


def _database(session: Session, initialised: Initialised, url: str | None) -> tuple[str, ...]:
    if session.url:
        why = "from --url" if "url" in initialised.settings else "has a password, so not written: set SCHEMASHIFT_URL"
    elif "url" in initialised.settings:
        why = "default; set url or SCHEMASHIFT_URL for another"
    else:
        why = "from SCHEMASHIFT_URL" if os.environ.get("SCHEMASHIFT_URL") else "as it was set"
    return ("database", display_url(url) if url else paint("not set", "warning"), paint(why, "dim"))


command = Command("init", callback=init, help=init.__doc__)
