"""One revision, as its script's header tells it."""

from __future__ import annotations

import re
from typing import NamedTuple

from schemashift.errors import BadTarget, Location

RESERVED_NAMES = frozenset({"head", "heads", "base", "current"})
"""Words of the identifier grammar: neither a revision nor a label may be called so."""

# Patterns are compiled when they are used: each costs start-up what reading a dozen scripts does.
_ID = r"[\w.]+"
_DATE = r"\d{4}-\d\d-\d\d"


class Revision(NamedTuple):
    """A node of the graph. A named tuple: ten thousand are made at start-up, and a dataclass takes five times as long.

    ``parents`` and ``depends_on`` are as written: ids, and for ``depends_on`` also prefixes and labels, none of them
    checked. ``line`` is the line of ``revision =`` and ``parents_line`` that of ``down_revision =``. ``created`` is the
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
        """The day it was written, ``2026-11-20``, or an empty string."""
        found = re.match(_DATE, self.created)
        return found[0] if found else ""

    @property
    def title(self) -> str:
        """``c4f1d2a97b3e (split name)``, the way messages name a revision."""
        return f"{self.id} ({self.message})" if self.message else self.id

    @property
    def where(self) -> Location:
        """Its script, at the line of ``revision =``."""
        return Location(self.path, self.line)


def folder_of(revision: Revision) -> str:
    """The folder of its script, as a command in a hint can take it."""
    return revision.path.replace("\\", "/").rpartition("/")[0] or "."


def check_revision_id(text: str) -> str:
    """``text``, if a new revision may be called so; else `BadTarget`.

    Letters, digits, ``_`` and ``.``, at most 255 characters (MySQL's longest indexed VARCHAR), no word of the grammar.
    """
    return _check_name(text, "a revision id", 255)


def check_label(text: str) -> str:
    """``text``, if a branch may be called so; else `BadTarget`. Labels may also hold ``-`` and ``/`` inside."""
    return _check_name(text.replace("-", "_").replace("/", "_"), "a branch label", 255, shown=text)


def _check_name(text: str, kind: str, longest: int, *, shown: str | None = None) -> str:
    shown = text if shown is None else shown
    if shown in RESERVED_NAMES:
        raise BadTarget(f'"{shown}" cannot be {kind}', cause="it already means a place in the graph")
    if len(text) > longest:
        raise BadTarget(f"{kind} has at most {longest} characters, this one {len(text)}")
    if not re.fullmatch(_ID, text):
        raise BadTarget(f'"{shown}" cannot be {kind}', cause="it is made of letters, digits, _ and .")
    return shown
