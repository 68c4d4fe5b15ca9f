"""The bodies of the two functions of a script."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from textwrap import wrap
from typing import NamedTuple

import sqlalchemy as sa

from schemashift.operations import Operation
from schemashift.render.layout import WIDTH, layout
from schemashift.render.operations import Convention, Printer

INDENT = "    "


class Body(NamedTuple):
    """``imports`` are whole lines, sorted; ``upgrade`` and ``downgrade`` are indented text that ends in a newline."""

    imports: tuple[str, ...]
    upgrade: str
    downgrade: str


def body(
    up: Sequence[Operation], down: Sequence[Operation], dialect: sa.Dialect, conventions: Iterable[Convention] = ()
) -> Body:
    """Return the text of ``upgrade()`` and ``downgrade()``. Raises TypeError for an operation without a printer.

    *conventions* are the naming conventions of the models, which must not be applied to final names.
    """
    printer = Printer(dialect, conventions)
    upgrade, downgrade = _function(up, printer), _function(down, printer)
    imports = set(printer.source.imports)
    if up or down:
        imports.add("from schemashift import op")
    return Body(imports=tuple(sorted(imports, key=_import_order)), upgrade=upgrade, downgrade=downgrade)


def _import_order(line: str) -> tuple[bool, bool, str]:
    return line.startswith("from schemashift"), line.startswith("from "), line


def _function(operations: Sequence[Operation], printer: Printer) -> str:
    lines = [line for operation in operations for line in _lines(operation, printer)]
    return "".join(lines) or f"{INDENT}pass\n"


def _lines(operation: Operation, printer: Printer) -> Iterator[str]:
    head = f"{INDENT}# "
    for line in wrap(operation.note, WIDTH, initial_indent=head, subsequent_indent=head, break_long_words=False):
        yield f"{line}\n"
    for call in printer.calls(operation):
        yield f"{INDENT}{layout(call, INDENT)}\n"
