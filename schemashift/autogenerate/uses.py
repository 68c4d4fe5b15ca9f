"""Keep the objects that are used although no model declares them: see `objects.uses`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import sqlalchemy as sa

from schemashift.dialects import Dialect
from schemashift.diff import Pairs, by_kind
from schemashift.objects import KINDS, AnyKind
from schemashift.objects.uses import texts_of
from schemashift.schema import Column, Keyed, Schema, Table
from schemashift.sqla.defaults import sequence_of


def with_used(
    connection: sa.Connection,
    dialect: Dialect,
    existing: Schema,
    compared: Schema,
    declared: Schema,
    kinds: Sequence[AnyKind] = KINDS,
) -> Schema:
    """Return *declared* with the objects of *compared* that it, or what is not compared, uses by their names in texts.

    *compared* is the part of *existing* that is compared. What is not compared are the other objects of *existing*,
    views and routines.
    """
    kind_of = by_kind(kinds)
    # What the models declare under the name is meant by it, though it is of another kind.
    taken = {(key.name, key.schema) for key in declared}
    unused = [
        thing
        for key, thing in compared.items()
        if key not in declared and key.kind not in ("table", "schema") and (key.name, key.schema) not in taken
    ]
    if not unused:
        return declared
    others = (thing for key, thing in existing.items() if key not in compared)
    texts = [*_texts((*declared.values(), *others)), *dialect.other_texts(connection)]
    while used := [
        thing
        for thing in unused
        if any(kind_of[thing.key.kind].is_named_in(text, thing, anywhere=anywhere) for text, anywhere in texts)
    ]:
        declared = declared.put(*used)
        unused = [thing for thing in unused if thing not in used]
        # A domain that is kept uses its own type.
        texts = list(_texts(used))
    return declared


def with_needs(declared: Schema, kinds: Sequence[AnyKind] = KINDS) -> Schema:
    """Return *declared* with the enums and domains that columns need whose types an application spells itself."""
    kind_of = by_kind(kinds)
    types = [thing for key, thing in declared.items() if key.kind not in ("table", "schema")]

    def with_need(column: Column) -> Column:
        type_ = column.type
        if type_.needs or type(type_.payload).__module__.startswith("sqlalchemy."):
            return column
        texts = list(texts_of(type_))
        needs = (
            thing.key for thing in types if any(kind_of[thing.key.kind].is_named_in(text, thing) for text in texts)
        )
        return replace(column, type=replace(type_, needs=tuple(needs)))

    return declared.put(*(replace(each, columns=tuple(map(with_need, each.columns))) for each in declared.tables))


def _texts(things: Iterable[Keyed]) -> Iterator[tuple[str, bool]]:
    return ((text, False) for thing in things for text in texts_of(thing))


def without_owned(pairs: Pairs) -> Pairs:
    """Return *pairs* without the sequences of the models that the database has as those of SERIAL columns."""
    owned = {
        key
        for before, after in pairs.tables
        for column in after.columns
        if column.autoincrement
        and (read := before.column(column.name)) is not None
        and read.autoincrement
        and (key := sequence_of(column)) is not None
    }
    owned = {key for key in owned if key in pairs.after and key not in pairs.before}
    numbered = {key for table in pairs.after.tables for key in _numbering(table)}
    return replace(pairs, after=pairs.after.drop(*(owned - numbered)))


def _numbering(table: Table) -> Iterator[object]:
    """Yield the sequences that number columns of *table* which are no SERIAL."""
    for column in table.columns:
        if not column.autoincrement:
            yield sequence_of(column)
