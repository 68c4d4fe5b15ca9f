"""The tokens of SQL text by SQLite's own rules (its file ``tokenize.c``)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

SPACE = " \t\n\f\r"
"""The white space of SQLite, which is less than Python's."""

_ID = r"[A-Za-z0-9_$\x80-\U0010ffff]"
_TOKEN = re.compile(
    rf"""
      (?P<space>[ \t\n\f\r]+)
    | (?P<comment>--[^\n]*|/\*.*?(?:\*/|\Z))
    | (?P<blob>[xX]'[0-9a-fA-F]*')
    | (?P<string>'(?:[^']|'')*')
    | (?P<quoted>"(?:[^"]|"")*"|`(?:[^`]|``)*`|\[[^\]]*\])
    | (?P<number>0[xX][0-9a-fA-F_]+|(?:[0-9][0-9_]*(?:\.[0-9_]*)?|\.[0-9][0-9_]*)(?:[eE][+-]?[0-9][0-9_]*)?)
    | (?P<variable>\?[0-9]*|[:@\#]{_ID}+|\${_ID}+)
    | (?P<word>[A-Za-z_\x80-\U0010ffff]{_ID}*)
    | (?P<operator>\|\||->>|->|<<|>>|<=|>=|<>|!=|==|[-+*/%&|~<>=(),.;])
    | (?P<nothing>.)
    """,
    re.VERBOSE | re.DOTALL,
)

KEYWORDS = frozenset(
    """
    ABORT ACTION ADD AFTER ALL ALTER ALWAYS ANALYZE AND AS ASC ATTACH AUTOINCREMENT BEFORE BEGIN BETWEEN BY CASCADE
    CASE CAST CHECK COLLATE COLUMN COMMIT CONFLICT CONSTRAINT CREATE CROSS CURRENT CURRENT_DATE CURRENT_TIME
    CURRENT_TIMESTAMP DATABASE DEFAULT DEFERRABLE DEFERRED DELETE DESC DETACH DISTINCT DO DROP EACH ELSE END ESCAPE
    EXCEPT EXCLUDE EXCLUSIVE EXISTS EXPLAIN FAIL FILTER FIRST FOLLOWING FOR FOREIGN FROM FULL GENERATED GLOB GROUP
    GROUPS HAVING IF IGNORE IMMEDIATE IN INDEX INDEXED INITIALLY INNER INSERT INSTEAD INTERSECT INTO IS ISNULL JOIN
    KEY LAST LEFT LIKE LIMIT MATCH MATERIALIZED NATURAL NO NOT NOTHING NOTNULL NULL NULLS OF OFFSET ON OR ORDER
    OTHERS OUTER OVER PARTITION PLAN PRAGMA PRECEDING PRIMARY QUERY RAISE RANGE RECURSIVE REFERENCES REGEXP REINDEX
    RELEASE RENAME REPLACE RESTRICT RETURNING RIGHT ROLLBACK ROW ROWS SAVEPOINT SELECT SET TABLE TEMP TEMPORARY THEN
    TIES TO TRANSACTION TRIGGER UNBOUNDED UNION UNIQUE UPDATE USING VACUUM VALUES VIEW VIRTUAL WHEN WHERE WINDOW WITH
    WITHOUT
    """.split()
)
"""SQLite's keywords (https://www.sqlite.org/lang_keywords.html)."""

_QUOTES = {'"': '"', "`": "`", "'": "'"}


class TokenError(ValueError):
    """Text that is not valid SQL to SQLite. ``position`` is where the invalid part begins."""

    def __init__(self, message: str, position: int) -> None:
        super().__init__(message)
        self.position = position


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
        """Whether the token may be an identifier. SQLite accepts a string in place of a name."""
        return self.kind in ("word", "quoted", "string")

    @property
    def name(self) -> str:
        """The identifier without its quotes."""
        if self.kind == "word":
            return self.text
        inner = self.text[1:-1]
        quote = _QUOTES.get(self.text[0])
        return inner.replace(quote * 2, quote) if quote else inner


def tokenize(sql: str) -> Iterator[Token]:
    """Yield all tokens, including white space and comments. Raises `TokenError`."""
    for match in _TOKEN.finditer(sql):
        kind = match.lastgroup
        if kind is None or kind == "nothing":
            raise TokenError(f"unrecognized token {sql[match.start() : match.start() + 10]!r}", match.start())
        yield Token(kind, match.group(), match.start(), match.end())


def significant(sql: str) -> list[Token]:
    """Return the tokens without white space and comments. Raises `TokenError`."""
    return [token for token in tokenize(sql) if token.kind not in ("space", "comment")]


def comments(sql: str) -> list[str]:
    """Return the comments of a text, in order."""
    return [token.text.strip() for token in tokenize(sql) if token.kind == "comment"]


def names_in(sql: str) -> frozenset[str]:
    """Return every identifier of a statement in lower case: the names that it may refer to."""
    return frozenset(token.name.lower() for token in significant(sql) if token.is_name)
