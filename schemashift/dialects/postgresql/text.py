"""Expressions as PostgreSQL writes them."""

from __future__ import annotations

import re

_COLUMN = r'\((?P<column>VALUE|[a-z_][a-z0-9_$]*|"(?:[^"]|"")+")\)::text'
_STRING = r"'(?:[^']|'')*'::character varying"
_LISTS = (
    rf"\(\(ARRAY\[(?P<plain>{_STRING}(?:, {_STRING})*)\]\)::text\[\]\)",
    rf"\(ARRAY\[(?P<cast>\({_STRING}\)::text(?:, \({_STRING}\)::text)*)\]\)",
)
_IN = [re.compile(rf"{_COLUMN} (?P<operator>= ANY|<> ALL) {each}") for each in _LISTS]
_ITEM = re.compile(r"('(?:[^']|'')*')::character varying")


def canonical(sql: str) -> str:
    """Return the normal form of an expression that PostgreSQL wrote."""
    return with_in_restored(bare(sql))


def with_in_restored(sql: str) -> str:
    """Return *sql*, an expression as PostgreSQL wrote it, with IN and NOT IN restored.

    For a VARCHAR, PostgreSQL writes ``(s)::text = ANY ((ARRAY['a'::character varying])::text[])``; when it parses that
    again it writes ``(s)::text = ANY (ARRAY[('a'::character varying)::text])``. An IN has the same form each time.
    """
    for pattern in _IN if "ARRAY[" in sql else ():
        sql = pattern.sub(_in, sql)
    return sql


def _in(match: re.Match[str]) -> str:
    groups = match.groupdict()
    items = ", ".join(_ITEM.findall(groups.get("plain") or groups.get("cast") or ""))
    return f"{groups['column']} {'IN' if groups['operator'] == '= ANY' else 'NOT IN'} ({items})"


_NAME = re.compile(
    r"""'(?:[^']|'')*'
      | (?P<before>::\s*|\.\s*)? (?P<name>"(?:[^"]|"")+"|[A-Za-z_\u0080-\uffff][\w$]*) (?P<call>\s*\()?""",
    re.VERBOSE,
)


def with_column(sql: str, old: str, new: str) -> str:
    """Return *sql*, an expression as PostgreSQL wrote it, with the column *old* renamed to *new*, which is already
    quoted. Types and functions of that name are not changed."""

    def renamed(match: re.Match[str]) -> str:
        name = match["name"]
        if name is None or match["before"] or match["call"] or _unquoted(name) != old:
            return match[0]
        return new

    return _NAME.sub(renamed, sql)


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def bare(expression: str) -> str:
    """Return *expression* without the one pair of parentheses that PostgreSQL puts around a CHECK or predicate."""
    if not (expression.startswith("(") and expression.endswith(")")):
        return expression
    depth, quoted = 0, ""
    for place, character in enumerate(expression):
        if quoted:
            quoted = "" if character == quoted else quoted
        elif character in "'\"":
            quoted = character
        elif character in "()":
            depth += 1 if character == "(" else -1
            if depth == 0 and place < len(expression) - 1:
                return expression
    return expression[1:-1]
