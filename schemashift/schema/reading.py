"""What was found when a schema was read, and what remained open."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from schemashift.schema.names import Key
from schemashift.schema.schema import Keyed, Schema


@dataclass(frozen=True, slots=True, kw_only=True)
class Doubt:
    """Something that could not be read, compared exactly, or replayed: *about* what, and the *reason* in one line."""

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
        """Both in one, *other*'s objects in place of those that have their keys here."""
        return Reading(schema=self.schema.put(*other.schema.values()), doubts=(*self.doubts, *other.doubts))

    @classmethod
    def of(cls, found: Iterable[Keyed | Doubt]) -> Reading:
        """Gather what a reader yields: the objects, and a doubt in place of each that it could not read."""
        objects: list[Keyed] = []
        doubts: list[Doubt] = []
        for each in found:
            if isinstance(each, Doubt):
                doubts.append(each)
            else:
                objects.append(each)
        return cls(schema=Schema(objects), doubts=tuple(doubts))
