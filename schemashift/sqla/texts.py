"""Texts that SQLAlchemy passes on unparsed: ``sa.text()`` and ``sa.literal_column()``."""

from __future__ import annotations

import re
from collections.abc import Iterator

import sqlalchemy as sa

_PIECE = re.compile(r"""'(?:[^']|'')*'|"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\]|--[^\n]*|/\*.*?\*/|.""", re.DOTALL)


def is_raw_text(clause: object) -> bool:
    """Return True for ``sa.text()`` and ``sa.literal_column()``."""
    return isinstance(clause, sa.TextClause) or (isinstance(clause, sa.ColumnClause) and clause.is_literal)


def raw_text(clause: object) -> str:
    """Return the text of a clause; empty for one that is not `is_raw_text`."""
    if isinstance(clause, sa.TextClause):
        return clause.text
    return str(clause.name) if isinstance(clause, sa.ColumnClause) and clause.is_literal else ""


def separated(text: str) -> Iterator[str]:
    """Yield the elements of a list: ``a, f(b, c) DESC`` has two."""
    element, depth = "", 0
    for piece in _PIECE.findall(text):
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if piece == "," and depth == 0:
            yield element.strip()
            element = ""
        else:
            element += piece
    yield element.strip()
