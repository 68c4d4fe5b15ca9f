"""The commands by section, each with its one line of help: what `--help` shows without importing any of them."""

from __future__ import annotations

SECTIONS = {
    "Begin": {
        "init": "make the migrations folder and the settings",
    },
    "Write": {
        "revision": "write a new script; --autogenerate fills it in from the models",
        "merge": "join heads with one more script",
        "edit": "open a script in your editor",
    },
    "Run": {
        "upgrade": "apply what the database lacks",
        "downgrade": "undo what is applied, down to a revision",
        "stamp": "record revisions as applied without running them",
    },
    "Look": {
        "status": "where the database is, and what is pending",
        "current": "the revisions the database is at, for scripts",
        "history": "the graph of revisions",
        "heads": "the newest revisions",
        "branches": "revisions with more than one child",
        "show": "one revision in full",
        "check": "does everything fit together? for CI",
    },
}


def short_help(command: str) -> str | None:
    """The one line of a command; None for one that is in no section."""
    return next((commands[command] for commands in SECTIONS.values() if command in commands), None)
