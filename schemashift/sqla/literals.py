"""Plain values as Python source."""

from __future__ import annotations

import re
from typing import Any

from schemashift.scripts import layout
from schemashift.sqla.names import plain


def string(text: object) -> str:
    """Return a string literal, as formatters write it. The member of a ``str`` enum is written as its value."""
    return layout.string(plain(text))


def repr_value(value: Any) -> str:
    """Return a plain value as source."""
    if isinstance(value, str):
        return string(value)
    if isinstance(value, tuple):
        return f"({', '.join(map(repr_value, value))}{',' if len(value) == 1 else ''})"
    if isinstance(value, list):
        return f"[{', '.join(map(repr_value, value))}]"
    if isinstance(value, dict):
        return "{" + ", ".join(f"{repr_value(key)}: {repr_value(each)}" for key, each in value.items()) + "}"
    return repr(value)


def escape_binds(sql: str) -> str:
    """Escape *sql* for ``sa.text()``, in which ``:name`` would be a parameter."""
    return re.sub(r"(?<![:\w\\]):(?=\w)(?!:)", r"\\:", sql)
