"""Read the applied revisions from a SQLite file with the standard library alone, for a start without SQLAlchemy.

The file is opened read-only, and an answer is given only where it is certain. `schemashift.state.version_table` is the
authority; a test asserts that the two agree.
"""

from __future__ import annotations

import os

from schemashift.config import Config, sqlite_path


def applied_in_file(config: Config) -> frozenset[str] | None:
    """Return the applied revisions; None if only SQLAlchemy can tell."""
    path = sqlite_path(config.url) if config.url else None
    if path is None or config.engine or config.version_table_schema:
        return None
    if not os.path.exists(path):
        return frozenset()
    import sqlite3

    table = config.version_table.replace('"', '""')
    try:
        connection = sqlite3.connect(f"file:{_quoted(os.path.abspath(path))}?mode=ro", uri=True, timeout=1)
        try:
            if not connection.execute(f'PRAGMA table_info("{table}")').fetchall():
                return frozenset()
            rows = connection.execute(f"""SELECT revision FROM "{table}" WHERE status <> 'upgrading'""").fetchall()
        finally:
            connection.close()
    except sqlite3.Error:
        return None
    return frozenset(str(revision) for (revision,) in rows)


def _quoted(path: str) -> str:
    """Quote *path* for a URI; importing ``urllib.parse.quote`` would take longer than reading the file."""
    return path.replace("%", "%25").replace("?", "%3f").replace("#", "%23")
