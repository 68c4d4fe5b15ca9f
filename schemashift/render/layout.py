"""Format calls: on one line if they fit, else with one argument per line."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

WIDTH = 100
_BRACKETS = {"[": ("[", "]"), "{": ("{", "}")}


class Call(NamedTuple):
    """A call such as ``head(argument, name=argument)``; a list has the head "[", a dictionary "{".

    ``broken`` requests one line per argument, even if all of them fit on one line.
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
        """The text before and after the arguments: the head with its brackets."""
        return _BRACKETS.get(self.head, (f"{self.head}(", ")"))

    @property
    def _name(self) -> str:
        return f"{self.name}=" if self.name else ""


def layout(node: str | Call, indent: str, *, room: int = 0) -> str:
    """Return *node* as text whose first line follows *indent*; *room* is reserved for what follows its last line."""
    line = str(node)
    if isinstance(node, str) or (not node.broken and len(indent) + len(line) + room <= WIDTH) or not node.arguments:
        return line
    inner = indent + "    "
    opening, close = node.brackets
    name = f"{node.name}=" if node.name else ""
    lines = [f"{inner}{layout(each, inner, room=1)}," for each in node.arguments]
    return "\n".join([name + opening, *lines, indent + close])
