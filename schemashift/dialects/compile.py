"""Operations to statements, one operation after the other. Databases that do several at once override `statements`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from schemashift.dialects.ddl import DDL
from schemashift.dialects.live import LiveSchema
from schemashift.dialects.statement import Statement, compiling
from schemashift.operations import Operation


class Compilation:
    """One run of operations: a generator to be run statement by statement, so that what it asks *known* is true."""

    def __init__(self, ddl: DDL, known: LiveSchema) -> None:
        self.ddl = ddl
        self.known = known

    def statements(self, operations: Sequence[Operation]) -> Iterator[Statement]:
        """The statements for *operations*, in order. Raises `NotSupported` for what cannot be done here."""
        for operation in operations:
            with compiling(operation):
                yield from self.statement(operation)

    def statement(self, operation: Operation) -> Iterator[Statement]:
        """The statements of one operation; what is known follows it."""
        for sql in self.texts(operation):
            yield sql if isinstance(sql, Statement) else Statement(sql=sql, operations=(operation,))
        self.follow(operation)

    def texts(self, operation: Operation) -> Iterator[str | Statement]:
        """What is sent for one operation, before what is known has followed it."""
        yield from self.ddl.statements(operation, self.known)

    def follow(self, operation: Operation) -> None:
        """Have what is known follow an operation that was sent."""
        self.known.apply(operation)
