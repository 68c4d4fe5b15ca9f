"""Calls laid out as a person would: on one line where they fit, else one argument a line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

WIDTH = 100
_BRACKETS = {"[": ("[", "]"), "{": ("{", "}")}


class Call(NamedTuple):
    """``head(argument, name=argument)``; a list has the head "[", a dictionary "{".

    ``broken`` asks for a line per argument always.
    """

    head: str
    arguments: Sequence[str | Call]
    name: str = ""
    broken: bool = False

    def __str__(self) -> str:
        opening, close = self.brackets
        return f"{self._name}{opening}{', '.join(map(str, self.arguments))}{close}"

    @property
    def brackets(self) -> tuple[str, str]:
        """What the arguments stand in, with the head."""
        return _BRACKETS.get(self.head, (f"{self.head}(", ")"))

    @property
    def _name(self) -> str:
        return f"{self.name}=" if self.name else ""


def layout(node: str | Call, indent: str, *, room: int = 0) -> str:
    """*node* with its first line already standing at *indent*; *room* is what follows it on its last line."""
    line = str(node)
    if isinstance(node, str) or (not node.broken and len(indent) + len(line) + room <= WIDTH) or not node.arguments:
        return line
    inner = indent + "    "
    opening, close = node.brackets
    name = f"{node.name}=" if node.name else ""
    lines = [f"{inner}{layout(each, inner, room=1)}," for each in node.arguments]
    return "\n".join([name + opening, *lines, indent + close])
