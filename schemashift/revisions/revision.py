"""One revision, as the header of its script describes it."""

from __future__ import annotations

import re
from typing import NamedTuple

from schemashift.errors import BadTarget, Location

RESERVED_NAMES = frozenset({"head", "heads", "base", "current"})
"""Words of the identifier grammar, which cannot be the name of a revision or label."""

# Patterns are compiled when they are first used: each takes as long as reading a dozen scripts.
_ID = r"[\w.]+"
_DATE = r"\d{4}-\d\d-\d\d"


class Revision(NamedTuple):
    """A node of the graph. A named tuple: up to ten thousand are created at start-up, and dataclasses take five times
    as long.

    ``parents`` and ``depends_on`` are as written and not validated: ids, and in ``depends_on`` also prefixes and
    labels. ``line`` is the line of ``revision =`` and ``parents_line`` that of ``down_revision =``. ``created`` is the
    text after "Create Date:" in the docstring.
    """

    id: str
    parents: tuple[str, ...] = ()
    depends_on: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    message: str = ""
    path: str = ""
    line: int | None = None
    parents_line: int | None = None
    created: str = ""

    @property
    def date(self) -> str:
        """The date of ``created``, ``2026-11-20``, or an empty string."""
        found = re.match(_DATE, self.created)
        return found[0] if found else ""

    @property
    def title(self) -> str:
        """The name of the revision in messages: ``c4f1d2a97b3e (split name)``."""
        return f"{self.id} ({self.message})" if self.message else self.id

    @property
    def where(self) -> Location:
        """The script, at the line of ``revision =``."""
        return Location(self.path, self.line)


def folder_of(revision: Revision) -> str:
    """Return the folder of the script, for use in the command of a hint."""
    return revision.path.replace("\\", "/").rpartition("/")[0] or "."


def check_revision_id(text: str) -> str:
    """Return ``text`` if it is valid as the id of a new revision. Raises `BadTarget`.

    It consists of letters, digits, ``_`` and ``.``, has at most 255 characters (MySQL's longest indexed VARCHAR), and
    is not a reserved name.
    """
    return _check_name(text, "a revision id", 255)


def check_label(text: str) -> str:
    """Return ``text`` if it is valid as a branch label; ``-`` and ``/`` are allowed too. Raises `BadTarget`."""
    return _check_name(text.replace("-", "_").replace("/", "_"), "a branch label", 255, shown=text)


def _check_name(text: str, kind: str, longest: int, *, shown: str | None = None) -> str:
    shown = text if shown is None else shown
    if shown in RESERVED_NAMES:
        raise BadTarget(f'"{shown}" cannot be {kind}', cause="it already means a place in the graph")
    if len(text) > longest:
        raise BadTarget(f"{kind} has at most {longest} characters, this one {len(text)}")
    if not re.fullmatch(_ID, text):
        raise BadTarget(f'"{shown}" cannot be {kind}', cause="it must consist of letters, digits, _ and .")
    return shown
