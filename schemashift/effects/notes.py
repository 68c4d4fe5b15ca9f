"""Comments in scripts that can be joined: one sentence about nine columns instead of nine sentences."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Self

from schemashift.operations import Operation
from schemashift.words import conjoined

Sentence = tuple[str, str]
"""A sentence without its subject: the text before and after."""


class Note(str):
    """A comment on one operation, or on several.

    ``one`` is the sentence about a single subject and ``many`` that about several; ``subjects`` has the text of each
    subject, as ``one`` and as ``many`` show it.
    """

    __slots__ = ("many", "one", "subjects")

    one: Sentence
    many: Sentence
    subjects: tuple[tuple[str, str], ...]

    def __new__(cls, one: Sentence, many: Sentence, *subjects: tuple[str, str]) -> Self:
        before, after = one if len(subjects) == 1 else many
        shown = [each[0 if len(subjects) == 1 else 1] for each in dict.fromkeys(subjects)]
        self = super().__new__(cls, f"{before}{conjoined(shown)}{after}")
        self.one, self.many, self.subjects = one, many, subjects
        return self

    def with_subjects_of(self, other: str) -> Note | None:
        """Return one comment for both; None if *other* says something else."""
        if not isinstance(other, Note) or (other.one, other.many) != (self.one, self.many):
            return None
        return Note(self.one, self.many, *self.subjects, *other.subjects)


def said_once(operations: Iterable[Operation]) -> Iterator[Operation]:
    """Yield *operations* with the comments that repeat each other joined into the first of them.

    Operations without a comment may stand between them, if they touch the same tables.
    """
    done: list[Operation] = []
    first: int | None = None
    for operation in operations:
        if operation.note and first is not None and isinstance(note := done[first].note, Note):
            both = note.with_subjects_of(operation.note)
            if both is not None:
                done[first] = replace(done[first], note=both)
                done.append(replace(operation, note=""))
                continue
        if operation.note:
            first = len(done)
        elif first is not None and not set(operation.touches) <= _touched(done[first:]):
            first = None
        done.append(operation)
    yield from done


def _touched(operations: Sequence[Operation]) -> set[object]:
    return {table for operation in operations for table in operation.touches}
