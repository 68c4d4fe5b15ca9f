"""The tokens of SQL text by PostgreSQL's own rules (https://www.postgresql.org/docs/current/sql-syntax-lexical.html)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

_TOKEN = re.compile(
    r"""
      (?P<space>\s+)
    | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<string>[eE]'(?:[^'\\]|\\.|'')*'|(?:[bBxXnN]|[uU]&)?'(?:[^']|'')*'|\$(?P<tag>\w*)\$.*?\$(?P=tag)\$)
    | (?P<quoted>(?:[uU]&)?"(?:[^"]|"")+")
    | (?P<number>(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?)
    | (?P<word>[A-Za-z_\x80-\U0010ffff][\w$]*)
    # An operator ends with a sign only if it has one of the special characters: a>-1 are three tokens.
    | (?P<operator>::|[-+*/<>=]*[~!@\#%^&|`?][-+*/<>=~!@\#%^&|`?]*|[-+*/<>=]*[*/<>=]|[-+])
    | (?P<mark>.)
    """,
    re.VERBOSE | re.DOTALL,
)
_PLAIN = re.compile(r"[a-z_\x80-\U0010ffff][a-z0-9_$\x80-\U0010ffff]*\Z")


class Token(NamedTuple):
    """A token and its position. ``kind`` is the name of the pattern's group that it matched."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def keyword(self) -> str:
        """The word in upper case; empty for anything but an unquoted word."""
        return self.text.upper() if self.kind == "word" else ""

    @property
    def is_name(self) -> bool:
        """Whether the token may be an identifier."""
        return self.kind in ("word", "quoted")

    @property
    def name(self) -> str:
        """The identifier: in lower case, unless it is quoted."""
        return self.text[1:-1].replace('""', '"') if self.kind == "quoted" else self.text.lower()


def significant(sql: str) -> list[Token]:
    """Return the tokens of *sql* without white space and comments."""
    return [
        Token(str(match.lastgroup), match.group(), match.start(), match.end())
        for match in _TOKEN.finditer(sql)
        if match.lastgroup not in ("space", "comment")
    ]


def quoted(name: str) -> str:
    """Return an identifier, quoted where its characters require it."""
    return name if _PLAIN.match(name) else '"' + name.replace('"', '""') + '"'


def spelling(sql: str) -> Iterator[str]:
    """Yield the tokens of *sql* without what makes no difference: case, quotes around plain names, white space."""
    for token in significant(sql):
        yield quoted(token.name) if token.is_name else token.text
