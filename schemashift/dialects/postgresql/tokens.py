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


_STRENGTH = {"(": 0, ")": 0, "OR": 1, "AND": 2, "NOT": 3}
_COMPARISON = 4
"""How tightly the operators bind that join conditions. All others bind more tightly."""


def spelling(sql: str) -> tuple[str, ...]:
    """Return the tokens of a condition without what certainly makes no difference: white space, comments, case, quotes
    around plain names, ``!=``, and parentheses around conditions that bind more tightly than what joins them."""
    words = [_word(token) for token in significant(sql)]
    while (found := next(_redundant(words), None)) is not None:
        first, last = found
        words = [*words[:first], *words[first + 1 : last], *words[last + 1 :]]
    return tuple(words)


def _word(token: Token) -> str:
    if token.is_name:
        return token.keyword if token.keyword in _STRENGTH else quoted(token.name)
    return "<>" if token.text == "!=" else token.text


def _redundant(words: list[str]) -> Iterator[tuple[int, int]]:
    """Yield the places of parentheses that can be left out."""
    opened: list[int] = []
    for last, word in enumerate(words):
        if word == "(":
            opened.append(last)
        if word != ")" or not opened:
            continue
        first = opened.pop()
        around = words[first - 1] if first else "(", words[last + 1] if last + 1 < len(words) else ")"
        inside = _strength(words[first + 1 : last])
        if all(each in _STRENGTH and _STRENGTH[each] <= inside for each in around):
            yield first, last


def _strength(words: list[str]) -> int:
    """Return the strength of the weakest operator among these words, outside any parentheses; 0 for no words."""
    depth, found = 0, _COMPARISON if words else 0
    for word in words:
        depth += {"(": 1, ")": -1}.get(word, 0)
        if depth == 0 and word not in "()":
            found = min(found, _STRENGTH.get(word, _COMPARISON))
    return found
