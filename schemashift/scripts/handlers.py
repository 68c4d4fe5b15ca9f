"""The lines of a script where an error may be caught: there, operations must be executed immediately."""

from __future__ import annotations

import ast
import linecache
from collections.abc import Iterable
from types import CodeType, FunctionType, ModuleType

from schemashift.scripts.survey import called_name

_LETS_OUT = frozenset(
    {"batch_alter_table", "autocommit_block", "begin", "begin_nested", "connect", "Session", "catch_warnings", "open"}
)
"""Context managers that do not suppress errors. Any other may contain ``contextlib.suppress``."""

NOWHERE: frozenset[int] = frozenset()


def guarded_lines(module: ModuleType, path: str) -> frozenset[int]:
    """Return the lines inside a ``try`` with handlers, or inside a ``with`` that may suppress errors.

    The source is parsed only if the compiled functions have an exception table, which is rare in scripts.
    """
    # By the exact type: accessing an attribute of a lazy object in the script could evaluate it.
    codes = [value.__code__ for value in vars(module).values() if type(value) is FunctionType]
    own = [code for code in codes if code.co_filename == path]
    if not any(map(_may_catch, own)):
        return NOWHERE
    linecache.checkcache(path)
    try:
        tree = ast.parse("".join(linecache.getlines(path)))
    except (SyntaxError, ValueError):
        return NOWHERE
    return frozenset(line for node in ast.walk(tree) for line in _guarded_by(node))


def _may_catch(code: CodeType) -> bool:
    return bool(code.co_exceptiontable) or any(
        _may_catch(constant) for constant in code.co_consts if isinstance(constant, CodeType)
    )


def _guarded_by(node: ast.AST) -> Iterable[int]:
    if isinstance(node, (ast.Try, ast.TryStar)) and node.handlers:
        return range(node.body[0].lineno, (node.body[-1].end_lineno or 0) + 1)
    if isinstance(node, (ast.With, ast.AsyncWith)) and any(_suppresses(item.context_expr) for item in node.items):
        # Including the first line: a second context manager there is already inside.
        return range(node.lineno, (node.end_lineno or 0) + 1)
    return ()


def _suppresses(expression: ast.expr) -> bool:
    return called_name(expression) not in _LETS_OUT
