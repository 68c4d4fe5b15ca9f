"""SQL text as MariaDB and MySQL write it: string literals, outer parentheses, renamed columns."""

from __future__ import annotations

import re

from schemashift.dialects.mysql.tokens import tokenize

_SPECIAL = re.compile(r"[\0\n\r\x1a\\']")
_WRITTEN = {"\0": "\\0", "\n": "\\n", "\r": "\\r", "\x1a": "\\Z", "\\": "\\\\", "'": "''"}


def quoted(value: str, *, backslash: bool = True) -> str:
    """Return *value* as a string literal, written as in SHOW CREATE TABLE."""
    if not backslash:
        return "'" + value.replace("'", "''") + "'"
    return "'" + _SPECIAL.sub(lambda match: _WRITTEN[match[0]], value) + "'"


def bare(text: str, *, backslash: bool = True) -> str:
    """Return *text* without the parentheses that enclose all of it."""
    text = text.strip()
    while text.startswith("(") and text.endswith(")") and _closes_at_end(text, backslash=backslash):
        text = text[1:-1].strip()
    return text


def _closes_at_end(text: str, *, backslash: bool) -> bool:
    depth = 0
    for token in tokenize(text, backslash=backslash):
        if token.kind == "mark":
            depth += (token.value == "(") - (token.value == ")")
            if depth == 0:
                return token.end == len(text)
    return False


def renamed_in(text: str, old: str, new: str) -> str:
    """Return an expression that the server printed (every column in backquotes), with the column *old* renamed."""
    out, last = [], 0
    for token in tokenize(text):
        if token.kind == "name" and token.value == old:
            out += [text[last : token.start], "`" + new.replace("`", "``") + "`"]
            last = token.end
    return "".join(out) + text[last:]


def without_escapes(text: str) -> str:
    """Return *text* with its string literals written for the SQL mode NO_BACKSLASH_ESCAPES."""
    out, last = [], 0
    for token in tokenize(text):
        if token.kind == "string":
            out += [text[last : token.start], quoted(token.value, backslash=False)]
            last = token.end
    return "".join(out) + text[last:]
