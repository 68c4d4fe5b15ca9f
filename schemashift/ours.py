"""Which tables the migrations made, read from the scripts without running them.

Only literal names count. A table that is not known to be ours is never dropped by autogenerate, so what is missed here
costs nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator

from schemashift.schema import TableName

MAKERS = {"create_table": 0, "rename_table": 1}
"""Functions of ``op``, and which argument is the table that is there afterwards."""
_PARAMETERS = {"create_table": "table_name", "rename_table": "new_table_name"}


def tables_made(sources: Iterable[str]) -> frozenset[TableName]:
    """The tables that scripts create, or give their names, in ``upgrade`` or anywhere else."""
    return frozenset(name for source in sources for name in _made_by(source))


def _made_by(source: str) -> Iterator[TableName]:
    if not any(each in source for each in MAKERS):
        return
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (called := _called(node.func)) in MAKERS:
            name = _argument(node, MAKERS[called], _PARAMETERS[called])
            schema = _argument(node, None, "schema")
            if name is not None:
                yield TableName(name, schema)


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _argument(call: ast.Call, position: int | None, keyword: str) -> str | None:
    """A literal argument, by position or by name."""
    found = call.args[position] if position is not None and len(call.args) > position else None
    found = found or next((each.value for each in call.keywords if each.arg == keyword), None)
    return found.value if isinstance(found, ast.Constant) and isinstance(found.value, str) else None
