"""What a script calls, read without running it: from its text, or from what Python compiled of it."""

from __future__ import annotations

import ast
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from types import CodeType, FunctionType, ModuleType
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from inspect import Signature


class Call(NamedTuple):
    """A call of a function that is looked for, with the arguments that stand in the text, by parameter."""

    function: str
    arguments: Mapping[str, ast.expr]

    def text(self, parameter: str) -> str | None:
        """The string that is given for *parameter*; None where there is none, or not as a literal."""
        given = self.arguments.get(parameter)
        return given.value if isinstance(given, ast.Constant) and isinstance(given.value, str) else None


def calls(source: str, signatures: Mapping[str, Signature]) -> Iterator[Call]:
    """The calls in *source* of functions with the names that *signatures* has, in ``upgrade`` or anywhere else.

    A source that is no Python has none. A call that does not fit the signature is given without arguments.
    """
    if not any(name in source for name in signatures):
        return
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := called_name(node)) in signatures:
            yield Call(name, _arguments(node, signatures[name]))


def called_name(expression: ast.expr) -> str:
    """``f`` of ``f``, ``f(...)``, ``a.b.f`` and ``a.b.f(...)``; empty for anything else."""
    function = expression.func if isinstance(expression, ast.Call) else expression
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _arguments(call: ast.Call, signature: Signature) -> Mapping[str, ast.expr]:
    named = {each.arg: each.value for each in call.keywords if each.arg is not None}
    try:
        return signature.bind_partial(*call.args, **named).arguments
    except TypeError:
        return {}


def may_call(function: Callable[..., object], names: Collection[str], *, stop: str) -> bool:
    """Whether *function*, or one of those it names, names one of *names*. Not read are the functions of modules whose
    name begins with *stop*.

    Read from the compiled code. A function that is looked up by a text (``getattr(op, ...)``) is not seen.
    """
    seen: set[CodeType] = set()
    functions: list[object] = [function]
    while functions:
        current = functions.pop()
        if isinstance(current, FunctionType) and current.__code__ not in seen:
            named = _names(current.__code__, seen)
            if not named.isdisjoint(names):
                return True
            if not current.__module__.startswith(stop):
                functions += _functions(current.__globals__, named)
    return False


def _names(code: CodeType, seen: set[CodeType]) -> set[str]:
    """Every global and attribute that *code* names, with what is defined inside it."""
    seen.add(code)
    inner = [each for each in code.co_consts if isinstance(each, CodeType)]
    return {*code.co_names, *code.co_freevars}.union(*(_names(each, seen) for each in inner))


def _functions(namespace: Mapping[str, Any], names: Iterable[str]) -> Iterator[object]:
    """The functions that *names* mean in a module: its own, imported ones, and those of imported modules."""
    for name in names:
        found = namespace.get(name)
        if isinstance(found, ModuleType) and not found.__name__.startswith(("schemashift", "sqlalchemy")):
            yield from (vars(found).get(each) for each in names)
        else:
            yield found
