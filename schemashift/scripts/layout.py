"""Lay out expressions as formatters do: on one line if they fit, else with one argument per line.

The result is what ``ruff format`` and Black leave unchanged, without either of them: a trailing comma keeps a list of
arguments on several lines, and a chain of two or more calls after the first has a line for each.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import ast

_CLOSING = {"[": "]", "{": "}", "(": ")"}
_KEYWORD = re.compile(r"[A-Za-z_]\w*=(?!=)")


class Call(NamedTuple):
    """A call such as ``head(argument, name=argument)``; a list has the head "[", a dictionary "{", a tuple "(".

    ``prefix`` is the text before it: ``name=``. ``broken`` requests one line per argument, even if all of them fit on
    one line.
    """

    head: str
    arguments: Sequence[Node]
    prefix: str = ""
    broken: bool = False

    def __str__(self) -> str:
        comma = "," if self.head == "(" and len(self.arguments) == 1 else ""
        return f"{self.opening}{', '.join(map(str, self.arguments))}{comma}{self.close}"

    @property
    def opening(self) -> str:
        """The text before the arguments."""
        return self.prefix + (self.head if self.head in _CLOSING else f"{self.head}(")

    @property
    def close(self) -> str:
        """The bracket after the arguments."""
        return _CLOSING.get(self.head, ")")


class Chain(NamedTuple):
    """Calls that follow each other: ``sa.String(36).with_variant(...)``. The heads after the first begin with a dot."""

    calls: Sequence[Call]
    prefix: str = ""

    def __str__(self) -> str:
        return self.prefix + "".join(map(str, self.calls))


Node = str | Call | Chain


def layout(node: Node, indent: str, *, width: int, room: int = 0) -> str:
    """Return *node* as text whose first line follows *indent*; *room* is reserved for what follows its last line.

    A line is longer than *width* only where a single name or string is.
    """
    return _Layout(indent, width).text(node, len(indent), room)


class _Layout(NamedTuple):
    """Lays out nodes whose lines after the first have *indent* or more."""

    indent: str
    width: int

    def text(self, node: Node, start: int, room: int) -> str:
        """Return *node* as text whose first line begins in column *start*."""
        line = str(node)
        if start + len(line) + room <= self.width and not (isinstance(node, Call) and node.broken):
            return line
        node = _parsed(node) if isinstance(node, str) else node
        if isinstance(node, Chain):
            return self.chain(node, start, room)
        return self.broken(node) if isinstance(node, Call) and node.arguments else line

    def broken(self, call: Call) -> str:
        """Return *call* with one argument per line."""
        inner = _Layout(self.indent + "    ", self.width)
        lines = [f"{inner.indent}{inner.text(each, len(inner.indent), 1)}," for each in call.arguments]
        return "\n".join([call.opening, *lines, self.indent + call.close])

    def chain(self, chain: Chain, start: int, room: int) -> str:
        """Return a chain: with a line per call if there are more than two, else with the arguments of a call broken."""
        first, *rest = chain.calls
        first = first._replace(prefix=chain.prefix)
        if len(rest) > 1:
            lines = [self.text(first, start, 0)]
            lines += (self.indent + self.text(each, len(self.indent), room if each is rest[-1] else 0) for each in rest)
            return "\n".join(lines)
        text = ""
        for each, following in zip([first, *rest], [*rest, None], strict=True):
            # What follows must fit too, up to the place where it can be broken.
            behind = room if following is None else len(following.opening if following.arguments else str(following))
            text += self.text(each, start, behind)
            start = len(text.rpartition("\n")[2]) + (0 if "\n" in text else start)
        return text


def string(text: str) -> str:
    """Return a string literal, in double quotes unless that takes more escapes, as formatters write it."""
    # With a double quote in it, repr() uses single ones.
    body = repr(f'{text}"')[1:-2]
    if text.count('"') > text.count("'"):
        return f"'{body}'"
    return '"' + body.replace("\\'", "'").replace('"', '\\"') + '"'


# Source text -------------------------------------------------------------------------------------------------------


def _parsed(text: str) -> Node:
    """Return the parts of an argument: ``name=value``, ``"key": value`` or a value; *text* if it has none."""
    import ast

    keyword = _KEYWORD.match(text)
    prefix = keyword[0] if keyword else ""
    value = text[len(prefix) :]
    try:
        return _node(ast.parse(value, mode="eval").body, value.encode(), prefix)
    except SyntaxError:
        (pair,) = _node(ast.parse(f"{{{text}}}", mode="eval").body, f"{{{text}}}".encode()).arguments  # type: ignore[union-attr]
        return pair


def _node(tree: ast.expr, source: bytes, prefix: str = "") -> Node:
    import ast

    def text(part: ast.expr) -> str:
        return source[part.col_offset : part.end_col_offset].decode()

    def nodes(parts: Sequence[ast.expr]) -> list[Node]:
        return [_node(each, source) for each in parts]

    match tree:
        case ast.Call(func=function, args=positional, keywords=named):
            arguments = nodes(positional) + [_node(each.value, source, f"{each.arg}=") for each in named]
            if isinstance(function, ast.Attribute) and isinstance(function.value, ast.Call):
                before = _node(function.value, source)
                calls = before.calls if isinstance(before, Chain) else [before]
                return Chain([*calls, Call(f".{function.attr}", arguments)], prefix)
            return Call(text(function), arguments, prefix)
        case ast.List(elts=parts):
            return Call("[", nodes(parts), prefix)
        case ast.Tuple(elts=parts):
            return Call("(", nodes(parts), prefix)
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            return Call("{", [_node(value, source, f"{text(key)}: ") for key, value in pairs if key], prefix)
    return prefix + text(tree)
