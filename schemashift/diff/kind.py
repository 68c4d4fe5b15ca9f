"""The part of a kind of object that the diff uses, as a protocol; `schemashift.objects.Kind` implements it."""

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
        """Return the operations that create it."""

    def drop(self, thing: Thing_contra, /) -> Iterable[Operation]:
        """Return the operations that drop it."""

    def alter(self, before: Thing_contra, after: Thing_contra, old: Schema, new: Schema, /) -> Iterable[Operation]:
        """Return the operations that change *before* to *after*; these are in the schemas *old* and *new*."""

    def claims(self, key: Key, /) -> Key:
        """Return the name that *key* occupies, which is free again only when the object that has it is dropped."""

    def rebuildable(self, before: Thing_contra, after: Thing_contra, /) -> Iterable[Operation]:
        """Return operations that create the unchanged parts which can be dropped and created again without loss."""

    def keeps(self, part: Operation, before: Column, after: Column, traits: Traits, /) -> bool:
        """Return True if *part*, one of `rebuildable`, can stay while a column that it uses changes to *after*."""


AnyKind: TypeAlias = Kind[Any]
"""A kind of any object, for collections of kinds: an object belongs to the kind that its key names."""
Kinds: TypeAlias = Mapping[str, AnyKind]
"""Kinds by the ``kind`` of their keys."""
OneKind = TypeVar("OneKind", bound=AnyKind)


def by_kind(kinds: Iterable[OneKind]) -> dict[str, OneKind]:
    """Return *kinds* by the ``kind`` of their keys. Raises ValueError if two have the same name."""
    by_name: dict[str, OneKind] = {}
    for kind in kinds:
        if by_name.setdefault(kind.name, kind) is not kind:
            raise ValueError(f"two kinds of objects are called {kind.name!r}")
    return by_name
