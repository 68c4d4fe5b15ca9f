"""What the migrations made, read from the scripts without running them.

Only literal names count. What is not known to be ours is never dropped by autogenerate, so what is missed here costs
nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from schemashift.schema import Key

MAKERS: dict[str, tuple[str, int, str]] = {
    "create_table": ("table", 0, "table_name"),
    "rename_table": ("table", 1, "new_table_name"),
    "create_enum": ("enum", 0, "name"),
    "rename_enum": ("enum", 1, "new_name"),
    "create_domain": ("domain", 0, "name"),
    "create_sequence": ("sequence", 0, "name"),
}
"""Functions of ``op``: the kind of what is there afterwards, and which argument is its name."""


def things_made(sources: Iterable[str]) -> frozenset[Key]:
    """What scripts create, or give its name, in ``upgrade`` or anywhere else."""
    return frozenset(key for source in sources for key in _made_by(source))


def _made_by(source: str) -> Iterator[Key]:
    if not any(each in source for each in MAKERS):
        return
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (called := _called(node.func)) in MAKERS:
            kind, position, parameter = MAKERS[called]
            name = _argument(node, position, parameter)
            if name is not None:
                yield Key(kind, _argument(node, None, "schema"), name)


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _argument(call: ast.Call, position: int | None, keyword: str) -> str | None:
    """A literal argument, by position or by name."""
    found = call.args[position] if position is not None and len(call.args) > position else None
    found = found or next((each.value for each in call.keywords if each.arg == keyword), None)
    return found.value if isinstance(found, ast.Constant) and isinstance(found.value, str) else None
