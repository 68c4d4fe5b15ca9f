"""Find objects by their names in SQL texts.

Models can use an object without declaring it: ``server_default=sa.text("nextval('bill_no')")``, or a type of their own
that is spelled ``mood[]``. Nothing but the text tells of the use.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass

from schemashift.schema import Type

_NOT_TEXTS = {"payload", "needs", "uses"}
_TEXTS = {"sql", "expression", "text"}


def texts_of(value: object) -> Iterator[str]:
    """Yield the SQL texts in a table or another object. The type of a column is written as a cast to it."""
    if isinstance(value, (tuple, frozenset)):
        for each in value:
            yield from texts_of(each)
    elif is_dataclass(value):
        for field in fields(value):
            part = getattr(value, field.name)
            if field.name == "payload" and isinstance(getattr(part, "text", None), str):
                # A normal form may lack a cast that its author typed.
                yield part.text
            if field.name in _NOT_TEXTS:
                continue
            if isinstance(part, str) and field.name in _TEXTS:
                yield f"::{part}" if isinstance(value, Type) else part
            else:
                yield from texts_of(part)


def names_type(text: str, name: str, *, anywhere: bool) -> bool:
    """Return True if *text* has a type called *name*: in a cast, before a literal, or *anywhere*."""
    if anywhere:
        return _word(name).search(text) is not None
    plain = _LITERAL.sub("''", text)
    return any(
        re.search(pattern, plain, re.IGNORECASE) is not None
        for pattern in (rf"(?:::|\bAS\b)\s*{_qualified(name)}", rf"{_qualified(name)}(?:\[\])*\s*''")
    )


def names_sequence(text: str, name: str, *, anywhere: bool) -> bool:
    """Return True if *text* takes numbers from a sequence called *name*, or mentions it *anywhere*."""
    return (anywhere or _TAKES_NUMBERS.search(text) is not None) and _word(name).search(text) is not None


_LITERAL = re.compile(r"'(?:[^']|'')*'")
_TAKES_NUMBERS = re.compile(r"\b(?:nextval|currval|lastval|setval|regclass|value\s+for)\b", re.IGNORECASE)


def _word(name: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w$]){re.escape(name)}(?![\w$])", re.IGNORECASE)


def _qualified(name: str) -> str:
    """Return the pattern of a name, perhaps quoted and with its schema."""
    return rf'(?:"[^"]+"\.|[\w$]+\.)?(?<![\w$])"?{re.escape(name)}(?![\w$])"?'
