"""Parses elements of indexes: a column or an expression, and what may follow it.

The grammar is ``index_elem`` of PostgreSQL's gram.y: a name, a function call or an expression in parentheses, then
COLLATE, an operator class with parameters, ASC or DESC, and NULLS FIRST or LAST. SQLAlchemy passes such texts on
unparsed (``sa.text("lower(name) text_pattern_ops DESC")``).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy.dialects.postgresql.base import RESERVED_WORDS

from schemashift.dialects.postgresql.tokens import Token, quoted, significant


@dataclass(frozen=True, slots=True, kw_only=True)
class Element:
    """An element of an index. ``column`` is None where ``text`` is another expression than a column."""

    text: str
    column: str | None = None
    collation: str | None = None
    opclass: str | None = None
    descending: bool = False
    nulls: str | None = None


class _NotAnElement(ValueError):
    """The text is not an element of an index, but another expression, which needs parentheses to be one."""


class _Reader:
    def __init__(self, sql: str, tokens: list[Token]) -> None:
        self.sql = sql
        self.tokens = tokens
        self.at = 0

    def sees(self, *words: str) -> bool:
        """Whether the next tokens are *words*: keywords or marks."""
        following = self.tokens[self.at : self.at + len(words)]
        return [token.keyword or token.text for token in following] == list(words)

    def accept(self, *words: str) -> bool:
        """Take *words* if they are next."""
        if not self.sees(*words):
            return False
        self.at += len(words)
        return True

    def sees_name(self) -> bool:
        """Whether an identifier is next, rather than a reserved word."""
        token = self.tokens[self.at] if self.at < len(self.tokens) else None
        return token is not None and token.is_name and token.keyword.lower() not in RESERVED_WORDS

    def name(self) -> list[str]:
        """Take a name with its schema, if it has one."""
        parts: list[str] = []
        while not parts or self.accept("."):
            if not (self.sees_name() or (parts and self.at < len(self.tokens) and self.tokens[self.at].is_name)):
                raise _NotAnElement
            parts.append(self.tokens[self.at].name)
            self.at += 1
        return parts

    def group(self) -> tuple[int, int]:
        """Take a pair of parentheses with its content, and return where the content begins and ends."""
        depth, first = 0, self.at
        while self.at < len(self.tokens):
            depth += {"(": 1, ")": -1}.get(self.tokens[self.at].text, 0)
            self.at += 1
            if depth == 0:
                return self.tokens[first].end, self.tokens[self.at - 1].start
        raise _NotAnElement

    def operand(self) -> Element:
        """Take the column or the expression."""
        first = self.tokens[self.at]
        if self.sees("("):
            start, end = self.group()
            inner = self.sql[start:end].strip()
            element = parse_element(inner)
            # As PostgreSQL does it: (name) and (name COLLATE "C") are the column (ComputeIndexAttrs in indexcmds.c).
            is_bare = element is not None and element == Element(
                text=element.text, column=element.column, collation=element.column and element.collation
            )
            return element if element is not None and is_bare else Element(text=inner)
        called = self.tokens[self.at + 1 : self.at + 2]
        if first.is_name and [token.text for token in called] == ["("]:
            self.at += 1
        else:
            name = self.name()
            if not self.sees("("):
                if len(name) > 1:
                    raise _NotAnElement
                return Element(text=first.text, column=name[0])
        self.group()
        return Element(text=self.sql[first.start : self.tokens[self.at - 1].end])

    def opclass(self) -> str | None:
        """Take an operator class with its parameters, if there is one."""
        if not self.sees_name() or self.sees("NULLS", "FIRST") or self.sees("NULLS", "LAST"):
            return None
        name = self.name()
        name = name[1:] if name[0] == "pg_catalog" else name
        parameters = ""
        if self.sees("("):
            start, end = self.group()
            parameters = f"({', '.join(sorted(_parameters(self.sql[start:end])))})"
        return ".".join(map(quoted, name)) + parameters

    def element(self) -> Element:
        """Take an element, up to the comma or parenthesis after it."""
        operand = self.operand()
        collation = self.name()[-1] if self.accept("COLLATE") else operand.collation
        opclass = self.opclass()
        descending = not self.accept("ASC") and self.accept("DESC")
        nulls = "first" if self.accept("NULLS", "FIRST") else "last" if self.accept("NULLS", "LAST") else None
        return Element(
            text=operand.text,
            column=operand.column,
            collation=collation,
            opclass=opclass,
            descending=descending,
            nulls=nulls,
        )


def parse_element(text: str) -> Element | None:
    """Parse an element of an index. Returns None for another expression, which needs parentheses to be one."""
    tokens = significant(text)
    if not tokens:
        return None
    reader = _Reader(text, tokens)
    try:
        element = reader.element()
    except _NotAnElement:
        return None
    return element if reader.at == len(tokens) else None


def parse_index(definition: str) -> Iterator[Element]:
    """Yield the elements of a CREATE INDEX statement that PostgreSQL wrote, without those of INCLUDE."""
    reader = _Reader(definition, significant(definition))
    while not reader.accept("USING"):
        reader.at += 1
    reader.name()
    reader.accept("(")
    yield reader.element()
    while reader.accept(","):
        yield reader.element()


def normal_opclass(text: str) -> str:
    """Return an operator class as it is compared: ``extensions.gist_trgm_ops(siglen=64)``."""
    reader = _Reader(text, significant(text))
    try:
        opclass = reader.opclass()
    except _NotAnElement:
        return text
    return opclass if opclass is not None and reader.at == len(reader.tokens) else text


def _parameters(text: str) -> Iterator[str]:
    """Yield the parameters of an operator class as they are compared: ``siglen=64`` for ``siglen = '64'``."""
    for each in text.split(","):
        name, equals, value = each.partition("=")
        value = value.strip()
        inner = value[1:-1] if value[:1] == "'" else value
        yield name.strip().lower() + equals + (inner if inner.isalnum() else value)
