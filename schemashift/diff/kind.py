"""What the diff must know of a kind of object, and nothing more: `schemashift.objects.Kind` has these methods."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Protocol, TypeAlias, TypeVar

from schemashift.diff.traits import Traits
from schemashift.operations import Operation
from schemashift.schema import Column, Key, Keyed, Schema

Thing_contra = TypeVar("Thing_contra", bound=Keyed, contravariant=True)


class Kind(Protocol[Thing_contra]):
    """One kind of object: how it is created, dropped and altered, and what it depends on."""

    @property
    def name(self) -> str:
        """The ``kind`` of its keys."""

    def create(self, thing: Thing_contra, /) -> Iterable[Operation]:
        """The operations that create it."""

    def drop(self, thing: Thing_contra, /) -> Iterable[Operation]:
        """The operations that drop it."""

    def alter(self, before: Thing_contra, after: Thing_contra, old: Schema, new: Schema, /) -> Iterable[Operation]:
        """The operations that make *after* of *before*, which are in the schemas *old* and *new*."""

    def claims(self, key: Key, /) -> Key:
        """The name that *key* takes: it is free again only when the object that has it is dropped."""

    def rebuildable(self, before: Thing_contra, after: Thing_contra, /) -> Iterable[Operation]:
        """The unchanged parts that can be dropped and created again with nothing lost, as what creates them."""

    def keeps(self, part: Operation, before: Column, after: Column, traits: Traits, /) -> bool:
        """Whether *part*, one of `rebuildable`, can stay where a column that it uses becomes *after*."""


AnyKind: TypeAlias = Kind[Any]
"""Kinds of different things side by side: the things under a key are those of the kind that the key names."""
Kinds: TypeAlias = Mapping[str, AnyKind]
"""By the ``kind`` of their keys."""
OneKind = TypeVar("OneKind", bound=AnyKind)


def by_kind(kinds: Iterable[OneKind]) -> dict[str, OneKind]:
    """*kinds* by the ``kind`` of their keys. Raises ValueError for two of one name."""
    found: dict[str, OneKind] = {}
    for kind in kinds:
        if found.setdefault(kind.name, kind) is not kind:
            raise ValueError(f"two kinds of objects are called {kind.name!r}")
    return found
