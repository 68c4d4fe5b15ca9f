"""Compile operations to statements, one after the other. Databases that join several override `statements`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from schemashift.dialects.ddl import DDL
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.statement import Statement, compiling
from schemashift.operations import Operation


class Compilation:
    """Compiles one list of operations. Each statement is executed before the next one is asked for."""

    def __init__(self, ddl: DDL, live: LiveSchema) -> None:
        self.ddl = ddl
        self.live = live

    def statements(self, operations: Sequence[Operation]) -> Iterator[Statement]:
        """Yield the statements for *operations*, in order. Raises `NotSupported` for what this database cannot do."""
        for operation in operations:
            with compiling(operation):
                yield from self.statement(operation)

    def statement(self, operation: Operation) -> Iterator[Statement]:
        """Yield the statements of one operation, then apply it to the live schema."""
        for sql in self.texts(operation):
            yield sql if isinstance(sql, Statement) else Statement(sql=sql, operations=(operation,))
        self.follow(operation)

    def texts(self, operation: Operation) -> Iterator[str | Statement]:
        """Yield the SQL of one operation. The live schema does not have it yet."""
        yield from self.ddl.statements(operation, self.live)

    def follow(self, operation: Operation) -> None:
        """Apply an operation that was executed to the live schema."""
        self.live.apply(operation)
