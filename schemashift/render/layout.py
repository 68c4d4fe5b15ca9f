"""Calls laid out as a person would: on one line where they fit, else one argument a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

WIDTH = 100


class Call(NamedTuple):
    """``head(argument, name=argument)``; a list has the head "[". ``broken`` asks for a line per argument always."""

    head: str
    arguments: Sequence[str | Call]
    name: str = ""
    broken: bool = False

    def __str__(self) -> str:
        close = "]" if self.head == "[" else ")"
        opening = "[" if self.head == "[" else f"{self.head}("
        return f"{self._name}{opening}{', '.join(map(str, self.arguments))}{close}"

    @property
    def _name(self) -> str:
        return f"{self.name}=" if self.name else ""


def layout(node: str | Call, indent: str, *, room: int = 0) -> str:
    """*node* with its first line already standing at *indent*; *room* is what follows it on its last line."""
    line = str(node)
    if isinstance(node, str) or (not node.broken and len(indent) + len(line) + room <= WIDTH) or not node.arguments:
        return line
    inner = indent + "    "
    close = "]" if node.head == "[" else ")"
    opening = "[" if node.head == "[" else f"{node.head}("
    name = f"{node.name}=" if node.name else ""
    lines = [f"{inner}{layout(each, inner, room=1)}," for each in node.arguments]
    return "\n".join([name + opening, *lines, indent + close])
