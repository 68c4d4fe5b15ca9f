"""Refuses names in double quotes that are no columns: SQLite would take them for strings, without an error.

"If a keyword in double quotes is used in a context where it cannot be resolved to an identifier but where a string
literal is allowed, then the token is understood to be a string literal" (https://www.sqlite.org/quirks.html#dblquote).
An index on ``"lower(email)"`` is then an index on a constant, and a CHECK compares with the name of a column.
"""

from __future__ import annotations

from collections.abc import Iterator

from schemashift.dialects.sqlite.text import Names, Quote
from schemashift.dialects.sqlite.tokens import TokenError, significant
from schemashift.errors import NotSupported
from schemashift.schema import SQL, Check, Index, PrimaryKey, Table, Unique, option


def refuse_unknown_names(before: Table | None, after: Table, quote: Quote) -> None:
    """Raise `NotSupported` if a text or an index of *after* has such a name. What *before*, the existing table, has in
    the same text is left as it is. Both are in normal form."""
    known = set(_unknown(before, quote)) if before is not None else set()
    for where, text, name in _unknown(after, quote):
        if known and (where, text, name) in known:
            continue
        raise NotSupported(
            f'"{name}" in {where} is not a column of table "{after.table_name}"',
            cause="SQLite takes a name in double quotes that is no column for a string",
            hints=[_hint(where, name, is_element=text == name)],
        )


def _hint(where: str, name: str, *, is_element: bool) -> str:
    if not is_element:
        return f"write a string in single quotes, '{name}', or the name of a column"
    if name.isidentifier():
        return "write the name of a column"
    return f'write an expression as sa.text("{name}")' + ("" if where.startswith("index") else ", in a unique index")


def _unknown(table: Table, quote: Quote) -> Iterator[tuple[str, str, str]]:
    """Yield where there is such a name, the text that has it (the name alone if it is an element of an index), and the
    name."""
    names = Names.of(table.name, (column.name for column in table.columns), quote)
    for where, text in _texts(table):
        yield from ((where, text, name) for name in _quoted(text, names))
    for index in table.indexes:
        for part in index.parts:
            if part.column is not None and part.column.lower() not in names.columns:
                yield f'index "{index.name}"', part.column, part.column
    for constraint in table.constraints:
        if isinstance(constraint, Unique | PrimaryKey):
            word = "a UNIQUE constraint" if isinstance(constraint, Unique) else "the primary key"
            yield from ((word, name, name) for name in constraint.columns if name.lower() not in names.columns)


def _texts(table: Table) -> Iterator[tuple[str, str]]:
    """Yield the texts of *table*, except for defaults, in which SQLite accepts no names."""
    for column in table.columns:
        if column.computed is not None:
            yield f'computed column "{column.name}"', column.computed.sql
    for constraint in table.constraints:
        if isinstance(constraint, Check):
            yield f'CHECK "{constraint.name}"' if constraint.name else "a CHECK", constraint.sql
    for index in table.indexes:
        yield from ((f'index "{index.name}"', text) for text in _index_texts(index))


def _index_texts(index: Index) -> Iterator[str]:
    yield from (part.expression for part in index.parts if part.expression is not None)
    where = option(index.options, "sqlite_where")
    if isinstance(where, SQL):
        yield where.text


def _quoted(text: str, names: Names) -> Iterator[str]:
    """Yield the names in double quotes where SQLite accepts a string, that are no columns."""
    try:
        tokens = significant(text)
    except TokenError:
        return
    for place, token in enumerate(tokens):
        before = tokens[place - 1] if place else None
        following = tokens[place + 1].text if place + 1 < len(tokens) else ""
        if token.kind != "quoted" or token.text[0] != '"' or token.name.lower() in names.columns:
            continue
        is_other_name = following in ("(", ".") or (before is not None and before.text == ".")
        if not is_other_name and not (before is not None and before.keyword in ("COLLATE", "AS")):
            yield token.name
