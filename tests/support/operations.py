"""Every class of operation."""

from __future__ import annotations

from collections.abc import Iterator
from inspect import isabstract

import schemashift.objects  # noqa: F401  the kinds' operations
from schemashift.operations import Operation


def operations() -> Iterator[type[Operation]]:
    """Return the classes of operations that scripts can contain: those of `schemashift.operations` and of the kinds."""
    found: dict[str, type[Operation]] = {}
    waiting: list[type[Operation]] = [Operation]
    while waiting:
        below = waiting.pop().__subclasses__()
        waiting += below
        # A dataclass with slots is created twice; the second class is the one that is used.
        found |= {each.__qualname__: each for each in below if _is_of_scripts(each)}
    yield from found.values()


def _is_of_scripts(operation: type[Operation]) -> bool:
    rooms = ("schemashift.operations.", "schemashift.objects.")
    return not isabstract(operation) and operation.__module__.startswith(rooms)
