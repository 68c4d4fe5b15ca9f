"""Find the functions that a script calls without executing it: from its source, or from compiled code."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from inspect import Signature


class Call(NamedTuple):
    """A call of one of the functions searched for, with its arguments by parameter."""

    function: str
    arguments: Mapping[str, ast.expr]
    line: int = 0

    def text(self, parameter: str) -> str | None:
        """Return the string literal passed for *parameter*, or None."""
        argument = self.arguments.get(parameter)
        return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def calls(source: str, signatures: Mapping[str, Signature]) -> Iterator[Call]:
    """Return the calls anywhere in *source* of functions that are named in *signatures*.

    Source that is not valid Python has none. A call that does not match the signature is returned without arguments.
    """
    if not any(name in source for name in signatures):
        return
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := called_name(node)) in signatures:
            yield Call(name, _arguments(node, signatures[name]), node.lineno)


def called_name(expression: ast.expr) -> str:
    """Return ``f`` for ``f``, ``f(...)``, ``a.b.f`` and ``a.b.f(...)``; an empty string for anything else."""
    function = expression.func if isinstance(expression, ast.Call) else expression
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _arguments(call: ast.Call, signature: Signature) -> Mapping[str, ast.expr]:
    named = {each.arg: each.value for each in call.keywords if each.arg is not None}
    try:
        return signature.bind_partial(*call.args, **named).arguments
    except TypeError:
        return {}


def may_call(
    function: Callable[..., object],
    names: Collection[str],
    *,
    stop: str | tuple[str, ...],
    text: re.Pattern[str] | None = None,
) -> bool:
    """Return True if *function*, or a function it refers to, refers to one of *names* or to a string matching *text*.

    Functions of modules whose name begins with *stop* are not searched, nor are their strings. This reads the compiled
    code: a name that is put together at run time (``getattr(op, "drop_" + kind)``) is not found.
    """
    seen: set[CodeType] = set()
    objects: list[object] = [function]
    while objects:
        current = objects.pop()
        if text is not None and any(map(text.search, _strings(current))):
            return True
        if isinstance(current, FunctionType) and current.__code__ not in seen:
            named = _names(current.__code__, seen)
            if current.__name__ in names or not named.isdisjoint(names):
                return True
            if not current.__module__.startswith(stop):
                objects += _constants(current.__code__)
                objects += _referenced(current.__globals__, named)
    return False


def _strings(value: object) -> Iterator[str]:
    """Yield the SQL text that *value* is or contains."""
    if isinstance(value, str):
        yield value
    elif type(value).__name__ == "TextClause":  # SQLAlchemy need not be imported for this
        yield str(value)
    elif isinstance(value, tuple | list | frozenset | set):
        for each in value:
            yield from _strings(each)
    elif isinstance(value, dict):
        yield from _strings(list(value.values()))


def _constants(code: CodeType) -> Iterator[object]:
    """Yield every constant of *code*, including nested functions."""
    for each in code.co_consts:
        if isinstance(each, CodeType):
            yield from _constants(each)
        else:
            yield each


def _names(code: CodeType, seen: set[CodeType]) -> set[str]:
    """Return every global and attribute that *code* refers to, including nested functions."""
    seen.add(code)
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    return {*code.co_names, *code.co_freevars}.union(*(_names(each, seen) for each in inner))


def _referenced(namespace: Mapping[str, Any], names: Iterable[str]) -> Iterator[object]:
    """Yield the objects that *names* refer to in a module: its own, imported ones, and those of imported modules."""
    for name in names:
        found = namespace.get(name)
        if isinstance(found, ModuleType) and not found.__name__.startswith(("schemashift", "sqlalchemy")):
            yield from (vars(found).get(each) for each in names)
        else:
            yield found
