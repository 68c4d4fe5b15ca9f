"""Models against database: match the two, let the database say what only spelling could explain, and compare."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

import sqlalchemy as sa

from schemashift.dialects import Dialect
from schemashift.diff import Pairs, Renames, by_kind, diff, match, name_constraints, named
from schemashift.effects.backfill import RowValues
from schemashift.effects.comments import with_comments
from schemashift.errors import NotSupported
from schemashift.objects import KINDS, AnyKind
from schemashift.operations import Operation
from schemashift.render import Body, body
from schemashift.schema import Doubt, Key, Keyed, Schema, Table, TableName
from schemashift.sources.database import read_database
from schemashift.sources.models import read_models
from schemashift.sources.scratch import read_scratch


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What makes the database equal to the models, and the way back.

    ``unmanaged`` are the tables and other objects of the database that no model names and no migration made;
    ``not_compared`` says what could not be read, or not be compared exactly, and why.
    """

    operations: tuple[Operation, ...]
    downgrade: tuple[Operation, ...]
    before: Schema
    after: Schema
    unmanaged: tuple[Key, ...] = ()
    not_compared: tuple[Doubt, ...] = ()
    conventions: tuple[Mapping[Any, Any], ...] = ()

    def body(self, dialect: Dialect) -> Body:
        """The two functions of a script that does it."""
        return body(self.operations, self.downgrade, dialect.sa, self.conventions)


def compare(
    connection: sa.Connection,
    metadatas: Iterable[sa.MetaData],
    dialect: Dialect,
    *,
    ignore: Collection[TableName] = (),
    managed: Collection[Key] | None = None,
    renames: Renames | None = None,
    database: str = "",
    kinds: Sequence[AnyKind] = KINDS,
) -> Comparison:
    """Compare what *metadatas* declare with what the database holds.

    The database's default schema is read, and those that the models name. *ignore* are tables of neither side (the
    version table). What no model names is dropped when it is in *managed*, and left alone otherwise; None takes all
    tables for managed. *renames* are new names of what is in the database. *database* is its name in errors. *kinds*
    are the kinds of objects beside tables. Raises `NotSupported` where the models need what the database lacks.
    """
    declared = tuple(metadatas)
    models = read_models(declared, dialect, kinds)
    known = None if managed is None else {*managed, *(renames or ())}
    schemas = sorted({key.schema for key in (*models.schema, *(known or ())) if key.schema})
    dialect.require(connection, models.schema, database or str(connection.engine.url.database))
    read = read_database(connection, dialect, schemas=schemas, kinds=kinds)
    _refuse_unreadable(connection, dialect, read.schema, models.schema)
    # What is there and could not be read would be made once more.
    after = _without(models.schema, (doubt.about for doubt in read.doubts))
    ignored = {Key.of_table(name) for name in ignore}
    before, unmanaged = _managed(_without(read.schema, ignored), after, known, kinds)
    pairs, doubts = _settled(connection, dialect, _matched(before, after, renames, dialect), kinds)
    operations, downgrade = _changes(connection, dialect, pairs, kinds)
    return Comparison(
        operations=operations,
        downgrade=downgrade,
        before=before,
        after=pairs.after,
        unmanaged=unmanaged,
        not_compared=tuple(each for each in (*read.doubts, *doubts) if each.about not in ignored),
        conventions=tuple(metadata.naming_convention for metadata in declared),
    )


# What is compared --------------------------------------------------------------------------------------------------


def _refuse_unreadable(connection: sa.Connection, dialect: Dialect, before: Schema, after: Schema) -> None:
    """A table that cannot be read would be created once more; one that no model names is just left out."""
    absent = [table.table_name for table in after.tables if table.key not in before]
    for name, reason in (dialect.unreadable(connection, absent) if absent else {}).items():
        raise NotSupported(
            f'table "{name}", which the models name, is there and cannot be read',
            cause=reason,
            hints=["give the user the right to see it, or mend it, and try again"],
        )


def _without(schema: Schema, keys: Iterable[Key]) -> Schema:
    return schema.drop(*(key for key in keys if key in schema))


def _managed(
    there: Schema, declared: Schema, managed: Collection[Key] | None, kinds: Sequence[AnyKind]
) -> tuple[Schema, tuple[Key, ...]]:
    """What of *there* is compared, and the rest: what no model names, no migration made, and nothing managed needs."""
    known, kind_of = {*declared, *(managed or ())}, by_kind(kinds)
    foreign = [table.key for table in there.tables if managed is not None and table.key not in known]
    kept = there.drop(*foreign)
    others = (thing for key, thing in kept.items() if key.kind != "table" and key not in known)
    foreign += [thing.key for thing in others if not kind_of[thing.key.kind].is_managed(thing, kept)]
    unmanaged = sorted((key for key in foreign if key.kind != "schema"), key=_by_name)
    return there.drop(*foreign), tuple(unmanaged)


def _by_name(key: Key) -> tuple[bool, str, str, str]:
    return key.kind != "table", key.kind, key.schema or "", key.name


# Two schemas, matched and spelled alike ----------------------------------------------------------------------------


def _matched(before: Schema, after: Schema, renames: Renames | None, dialect: Dialect) -> Pairs:
    try:
        return match(before, after, renames=renames, traits=dialect)
    except ValueError as error:
        raise NotSupported("these renames cannot be done", cause=str(error)) from None


def _settled(
    connection: sa.Connection, dialect: Dialect, pairs: Pairs, kinds: Sequence[AnyKind]
) -> tuple[Pairs, tuple[Doubt, ...]]:
    """*pairs* in one spelling; where they differ all the same, with what the database makes of the models."""
    spelled = spelled_alike(pairs, dialect)
    differing = {pair.after.key for pair in spelled.differing if pair.after is not None}
    asked = (pair for pair in pairs if pair.after is not None and pair.after.key in differing)
    made = read_scratch(connection, dialect, asked, kinds=kinds)
    changed = [(pairs.before.get(key), thing) for key, thing in made.schema.items()]
    # The texts are others now, so what was read may be spelled like them, and a CHECK be one that has its name already.
    return spelled.put(_alike(each, dialect) for each in changed), made.doubts


def spelled_alike(pairs: Pairs, dialect: Dialect) -> Pairs:
    """*pairs*, what was read respelled like what is declared, and what is declared named like what was read."""
    return pairs.put(_alike(each, dialect) for each in pairs.tables)


def _alike(pair: tuple[Keyed | None, Keyed], dialect: Dialect) -> tuple[Keyed | None, Keyed]:
    before, after = pair
    if not isinstance(before, Table) or not isinstance(after, Table):
        return before, after
    read = dialect.spelled_like(before, after)
    return read, name_constraints(read, after, dialect)


# What changes ------------------------------------------------------------------------------------------------------


def _changes(
    connection: sa.Connection, dialect: Dialect, pairs: Pairs, kinds: Sequence[AnyKind]
) -> tuple[tuple[Operation, ...], tuple[Operation, ...]]:
    """The operations, and those of the way back; with values for rows that would lack them, and comments."""
    found = [dialect.for_script(operation) for operation in _ordered(pairs, dialect, kinds)]
    reached = pairs.before
    for operation in found[len(pairs.renames) :]:
        reached = operation.apply(reached)
    inverses = [dialect.for_script(operation) for operation in _way_back(found, pairs, reached, dialect, kinds)]
    forward = _row_values(connection, dialect, reached, back=False).added_to(found)
    backward = _row_values(connection, dialect, pairs.before, back=True).added_to(inverses)
    return tuple(with_comments(forward, back=False)), tuple(with_comments(backward, back=True))


def _ordered(pairs: Pairs, dialect: Dialect, kinds: Sequence[AnyKind]) -> tuple[Operation, ...]:
    try:
        return diff(pairs, kinds=kinds, traits=dialect)
    except ValueError as error:
        raise NotSupported(
            "these changes wait for each other, and no order of them would run",
            cause=str(error),
            hints=["change the models in two steps, with a revision for each"],
        ) from None


def _row_values(connection: sa.Connection, dialect: Dialect, target: Schema, *, back: bool) -> RowValues:
    return RowValues(target=target, back=back, dialect=dialect, accepts=partial(dialect.check_accepts, connection))


def _way_back(
    found: Sequence[Operation], pairs: Pairs, reached: Schema, dialect: Dialect, kinds: Sequence[AnyKind]
) -> Iterator[Operation]:
    """The inverses in reverse order, or what a comparison says where one of them cannot be done."""
    renames, changes = found[: len(pairs.renames)], found[len(pairs.renames) :]
    if all(dialect.is_invertible(operation) for operation in changes):
        yield from (operation.inverse() for operation in reversed(changes))
    else:
        yield from diff(named(Pairs(before=reached, after=pairs.before), dialect), kinds=kinds, traits=dialect)
    yield from (operation.inverse() for operation in reversed(renames))
