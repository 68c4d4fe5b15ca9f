"""The tokens of SQL text as MariaDB and MySQL write it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple


class Token(NamedTuple):
    """One token. ``kind`` is "name" (quoted), "string", "word" or "mark"; ``value`` is unquoted; ``text`` is not."""

    kind: str
    value: str
    start: int
    end: int

    def word(self) -> str:
        """Return the word in upper case; empty for anything but a bare word."""
        return self.value.upper() if self.kind == "word" else ""


_TOKEN = re.compile(
    r"""\s+
      | /\*M?!\d*            # the content of a versioned comment is executed by the server, so it is read here as well
      | \*/
      | `(?P<name>(?:[^`]|``)*)`
      | "(?P<ansi>(?:[^"]|"")*)"
      | '(?P<string>(?:[^'\\]|\\.|'')*)'
      | (?P<word>[\w$\x80-\U0010ffff]+(?:\.\d+(?:[eE][+-]?\d+)?)?)
      | (?P<mark>.)""",
    re.VERBOSE | re.DOTALL,
)
_TOKEN_PLAIN = re.compile(_TOKEN.pattern.replace(r"(?:[^'\\]|\\.|'')*", r"(?:[^']|'')*"), re.VERBOSE | re.DOTALL)
_ESCAPE = re.compile(r"\\(.)|''", re.DOTALL)
_ESCAPED = {"0": "\0", "b": "\b", "n": "\n", "r": "\r", "t": "\t", "Z": "\x1a"}
# LIKE patterns: the server keeps the backslash of these two.
_KEPT = {"%": "\\%", "_": "\\_"}


def tokenize(text: str, *, backslash: bool = True) -> Iterator[Token]:
    """Yield the tokens of *text*. Spaces and the marks of versioned comments are left out.

    *backslash* is False under the SQL mode NO_BACKSLASH_ESCAPES.
    """
    for match in (_TOKEN if backslash else _TOKEN_PLAIN).finditer(text):
        kind = match.lastgroup
        if kind is None:
            continue
        value = match[kind]
        if kind == "name":
            value = value.replace("``", "`")
        elif kind == "ansi":
            kind, value = "name", value.replace('""', '"')
        elif kind == "string":
            value = unescape(value, backslash=backslash)
        yield Token(kind, value, match.start(), match.end())


def unescape(body: str, *, backslash: bool = True) -> str:
    """Return the value of a string literal for the text between its quotes."""
    if not backslash:
        return body.replace("''", "'")
    if "\\" not in body and "''" not in body:
        return body
    return _ESCAPE.sub(_unescaped, body)


def _unescaped(match: re.Match[str]) -> str:
    character = match[1]
    if character is None:
        return "'"
    return _KEPT.get(character) or _ESCAPED.get(character, character)
