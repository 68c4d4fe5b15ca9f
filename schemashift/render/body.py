"""The bodies of the two functions of a script."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import NamedTuple

import sqlalchemy as sa

from schemashift.config import LINE_LENGTH
from schemashift.operations import Operation
from schemashift.render.operations import Convention, Printer
from schemashift.scripts.layout import layout

INDENT = "    "


class Body(NamedTuple):
    """``imports`` are whole lines in isort's order; ``upgrade`` and ``downgrade`` are indented text that ends in a
    newline."""

    imports: tuple[str, ...]
    upgrade: str
    downgrade: str


def body(
    up: Sequence[Operation],
    down: Sequence[Operation],
    dialect: sa.Dialect,
    conventions: Iterable[Convention] = (),
    *,
    width: int = LINE_LENGTH,
) -> Body:
    """Return the text of ``upgrade()`` and ``downgrade()``. Raises TypeError for an operation without a printer.

    *conventions* are the naming conventions of the models, which must not be applied to final names. *width* is the
    longest line.
    """
    printer = Printer(dialect, conventions)
    upgrade, downgrade = _function(up, printer, width), _function(down, printer, width)
    imports = set(printer.source.imports)
    if up or down:
        imports.add("from schemashift import op")
    return Body(imports=tuple(sorted_imports(imports)), upgrade=upgrade, downgrade=downgrade)


def sorted_imports(lines: Iterable[str]) -> Iterator[str]:
    """Yield import lines in the order of isort: ``import`` before ``from``, by module, and one line per module."""
    whole, names = set[str](), defaultdict[str, set[str]](set)
    for line in lines:
        head, _, imported = line.partition(" import ")
        if imported:
            names[head].add(imported)
        else:
            whole.add(line)
    yield from sorted(whole)
    yield from (f"{head} import {', '.join(sorted(names[head]))}" for head in sorted(names))


def _function(operations: Sequence[Operation], printer: Printer, width: int) -> str:
    lines = [line for operation in operations for line in _lines(operation, printer, width)]
    return "".join(lines) or f"{INDENT}pass\n"


def _lines(operation: Operation, printer: Printer, width: int) -> Iterator[str]:
    head = f"{INDENT}# "
    for line in wrap(operation.note, width, initial_indent=head, subsequent_indent=head, break_long_words=False):
        yield f"{line}\n"
    for call in printer.calls(operation):
        yield f"{INDENT}{layout(call, INDENT, width=width)}\n"
