"""The result of reading a schema, and the doubts about it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from schemashift.schema.names import Key
from schemashift.schema.schema import Keyed, Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something that could not be read, compared exactly or replayed, with the *reason* in one line."""

    about: Key
    what: Literal["read", "compared exactly", "replayed"] = "read"
    reason: str

    def __str__(self) -> str:
        return f'{self.about.kind} "{self.about.table_name}" cannot be {self.what}: {self.reason}'


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A schema, however it was obtained, and the doubts about it."""

    schema: Schema
    doubts: tuple[Doubt, ...] = ()

    def with_reading(self, other: Reading) -> Reading:
        """Return both combined; the objects of *other* replace those with the same keys."""
        return Reading(schema=self.schema.put(*other.schema.values()), doubts=(*self.doubts, *other.doubts))

    @classmethod
    def of(cls, results: Iterable[Keyed | Doubt]) -> Reading:
        """Collect the results of a reader: the objects, and a doubt in place of each that it could not read."""
        objects: list[Keyed] = []
        doubts: list[Doubt] = []
        for result in results:
            if isinstance(result, Doubt):
                doubts.append(result)
            else:
                objects.append(result)
        return cls(schema=Schema(objects), doubts=tuple(doubts))
