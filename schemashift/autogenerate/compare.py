"""Compare the models with the database.

Both are matched, the database is asked about pairs that may differ in spelling only, and the rest is the difference.
"""

from __future__ import annotations

from collections.abc import Collection, Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sqlalchemy as sa

from schemashift.autogenerate.standing import with_standing_options
from schemashift.autogenerate.uses import with_needs, with_used, without_owned
from schemashift.config import LINE_LENGTH
from schemashift.dialects import Dialect
from schemashift.diff import Pairs, Renames, by_kind, diff, match, name_constraints, named
from schemashift.effects.backfill import RowValues
from schemashift.effects.comments import with_comments
from schemashift.effects.notes import said_once
from schemashift.errors import NotSupported
from schemashift.objects import KINDS, AnyKind
from schemashift.operations import Operation
from schemashift.render import Body, body
from schemashift.schema import Doubt, Key, Keyed, Schema, Table, TableName
from schemashift.sources.database import read_database
from schemashift.sources.models import read_models
from schemashift.sources.scratch import read_scratch
from schemashift.state.taken import keys_taken, taken
from schemashift.words import article


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """The operations that make the database equal to the models, and those that undo them.

    ``unmanaged`` are the tables and other objects of the database that no model declares and no migration created.
    ``not_compared`` are the objects that could not be read, or not be compared exactly, each with the reason.
    """

    operations: tuple[Operation, ...]
    downgrade: tuple[Operation, ...]
    before: Schema
    after: Schema
    unmanaged: tuple[Key, ...] = ()
    not_compared: tuple[Doubt, ...] = ()
    conventions: tuple[Mapping[Any, Any], ...] = ()

    def body(self, dialect: Dialect, *, width: int = LINE_LENGTH) -> Body:
        """Return the bodies of ``upgrade()`` and ``downgrade()`` of a script with these operations."""
        return body(self.operations, self.downgrade, dialect.sa, self.conventions, width=width)


def compare(
    connection: sa.Connection,
    metadatas: Iterable[sa.MetaData],
    dialect: Dialect,
    *,
    ignore: Collection[TableName] = (),
    managed: Collection[Key] | None = None,
    set_options: Container[tuple[str, str]] | None = None,
    renames: Renames | None = None,
    database: str = "",
    kinds: Sequence[AnyKind] = KINDS,
) -> Comparison:
    """Compare the schema that *metadatas* declare with that of the database.

    The database's default schema is read, and the schemas that the models name. *ignore* are tables that belong to
    neither side (the version table): models that declare one are refused. An object that no model declares is dropped
    if it is in *managed*, and left alone otherwise; with None, all tables are managed. *set_options* has the names of
    tables and indexes with the options that migrations set: other options that no model names are an administrator's,
    and left alone. *renames* are new names for existing objects. *database* is the name of the database in errors.
    *kinds* are the kinds of objects other than tables.

    Raises `ForeignVersionTable` if the models declare a table in *ignore*, and `NotSupported` if they need what the
    database does not support, if a table that they declare exists and cannot be read, or if *renames* or the changes
    cannot be carried out.
    """
    declared = tuple(metadatas)
    models = read_models(declared, dialect, kinds)
    _refuse_ignored(connection, dialect, models.schema, ignore)
    known = None if managed is None else {*managed, *(renames or ())}
    schemas = sorted({key.schema for key in (*models.schema, *(known or ())) if key.schema})
    dialect.require(connection, models.schema, database or str(connection.engine.url.database))
    read = read_database(connection, dialect, schemas=schemas, kinds=kinds)
    read = replace(read, schema=_with_partitions(connection, dialect, read.schema, models.schema))
    _refuse_unreadable(connection, dialect, read.schema, models.schema)
    # An existing object that could not be read would be created again.
    after = _without(models.schema, (doubt.about for doubt in read.doubts))
    ignored = {Key.of_table(name) for name in ignore}
    before, unmanaged = _managed(_without(read.schema, ignored), after, known, kinds, dialect)
    after = with_needs(with_used(connection, dialect, _without(read.schema, ignored), before, after, kinds), kinds)
    pairs = _matched(before, after, renames, dialect)
    if set_options is not None:
        pairs = with_standing_options(pairs, set_options, dialect)
    pairs, doubts = _settled(connection, dialect, pairs, kinds)
    for pair in pairs.differing:
        if isinstance(pair.after, Table):
            dialect.refuse_misread(pair.before if isinstance(pair.before, Table) else None, pair.after)
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


# The objects to compare --------------------------------------------------------------------------------------------


def _refuse_ignored(
    connection: sa.Connection, dialect: Dialect, declared: Schema, ignored: Collection[TableName]
) -> None:
    """Raise `ForeignVersionTable` if the models declare something with the name of the version table: it would never be
    created, and never be compared."""
    schema, is_same = dialect.sa.default_schema_name, dialect.is_same_table
    for name in ignored:
        for key in keys_taken(declared, name, is_same=is_same, default_schema=schema):
            raise taken(
                f'the models have {article(key.kind)} "{key.table_name}"',
                name,
                exists=connection.dialect.has_table(connection, name.name, schema=name.schema),
                state="nothing was written",
            )


def _refuse_unreadable(connection: sa.Connection, dialect: Dialect, before: Schema, after: Schema) -> None:
    """Raise `NotSupported` if a declared table exists and cannot be read: it would be created again.

    Such a table that no model declares is just left out.
    """
    absent = [table.table_name for table in after.tables if table.key not in before]
    for name, reason in (dialect.unreadable(connection, absent) if absent else {}).items():
        raise NotSupported(
            f'table "{name}", which the models declare, exists and cannot be read',
            cause=reason,
            hints=["grant the user the privilege to read it, or repair it, and try again"],
        )


def _with_partitions(connection: sa.Connection, dialect: Dialect, before: Schema, after: Schema) -> Schema:
    """Return *before* with the partitions that models declare as tables. Those that no model declares are not read."""
    absent = [table.table_name for table in after.tables if table.key not in before]
    return before.put(*dialect.read(connection, absent).schema.tables) if absent and dialect.has_partitions else before


def _without(schema: Schema, keys: Iterable[Key]) -> Schema:
    return schema.drop(*(key for key in keys if key in schema))


def _managed(
    existing: Schema, declared: Schema, managed: Collection[Key] | None, kinds: Sequence[AnyKind], dialect: Dialect
) -> tuple[Schema, tuple[Key, ...]]:
    """Return the part of *existing* that is compared, and the keys of the rest.

    The rest is what no model declares, no migration created, and no managed object needs.
    """
    known, kind_of = {*declared, *(managed or ())}, by_kind(kinds)
    spellings = {(table.name.lower(), table.schema): table.name for table in declared.tables}
    foreign = [table.key for table in existing.tables if managed is not None and table.key not in known]
    # A table that the models declare under another spelling of its name is theirs.
    foreign = [key for key in foreign if not dialect.is_same_table(key.name, spellings.get(_lower(key), ""))]
    kept = existing.drop(*foreign)
    others = (thing for key, thing in kept.items() if key.kind != "table" and key not in known)
    foreign += [thing.key for thing in others if not kind_of[thing.key.kind].is_managed(thing, kept)]
    unmanaged = sorted((key for key in foreign if key.kind != "schema"), key=_by_name)
    return existing.drop(*foreign), tuple(unmanaged)


def _lower(key: Key) -> tuple[str, str | None]:
    return key.name.lower(), key.schema


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
    """Return *pairs* in one spelling, and doubts.

    For pairs that differ anyway, the declared side is replaced by what the database makes of it.
    """
    pairs = without_owned(pairs.put((old, dialect.declared_like(old, new)) for old, new in pairs.tables))
    spelled = spelled_alike(pairs, dialect)
    differing = {pair.after.key for pair in spelled.differing if pair.after is not None}
    asked = (pair for pair in pairs if pair.after is not None and pair.after.key in differing)
    canonical = read_scratch(connection, dialect, asked, kinds=kinds)
    changed = [(pairs.before.get(key), thing) for key, thing in canonical.schema.items()]
    # The texts have changed, so both sides are respelled and named again: a CHECK may now be equal to a named one.
    return spelled.put(_alike(pair, dialect) for pair in changed), canonical.doubts


def spelled_alike(pairs: Pairs, dialect: Dialect) -> Pairs:
    """Return *pairs* with the read side respelled like the declared one, and the declared side named like the read
    one."""
    return pairs.put(_alike(pair, dialect) for pair in pairs.tables)


def _alike(pair: tuple[Keyed | None, Keyed], dialect: Dialect) -> tuple[Keyed | None, Keyed]:
    before, after = pair
    if not isinstance(before, Table) or not isinstance(after, Table):
        return before, after
    read = dialect.spelled_like(before, after)
    return read, name_constraints(read, after, dialect)


# The operations ----------------------------------------------------------------------------------------------------


def _changes(
    connection: sa.Connection, dialect: Dialect, pairs: Pairs, kinds: Sequence[AnyKind]
) -> tuple[tuple[Operation, ...], tuple[Operation, ...]]:
    """Return the operations and those that undo them, with values for rows that would lack them, and comments."""
    operations = [dialect.for_script(operation) for operation in _ordered(pairs, dialect, kinds)]
    reached = pairs.before
    for operation in operations[len(pairs.renames) :]:
        reached = operation.apply(reached)
    inverses = [dialect.for_script(operation) for operation in _inverses(operations, pairs, reached, dialect, kinds)]
    forward = _row_values(connection, dialect, reached, back=False).added_to(operations)
    backward = _row_values(connection, dialect, pairs.before, back=True).added_to(inverses)
    return (
        tuple(said_once(with_comments(forward, dialect, back=False))),
        tuple(said_once(with_comments(backward, dialect, back=True))),
    )


def _ordered(pairs: Pairs, dialect: Dialect, kinds: Sequence[AnyKind]) -> tuple[Operation, ...]:
    try:
        return diff(pairs, kinds=kinds, traits=dialect)
    except ValueError as error:
        raise NotSupported(
            "these changes depend on each other, so no order of them can be carried out",
            cause=str(error),
            hints=["change the models in two steps, with a revision for each"],
        ) from None


def _row_values(connection: sa.Connection, dialect: Dialect, target: Schema, *, back: bool) -> RowValues:
    return RowValues(target=target, back=back, dialect=dialect, accepts=partial(dialect.check_accepts, connection))


def _inverses(
    operations: Sequence[Operation], pairs: Pairs, reached: Schema, dialect: Dialect, kinds: Sequence[AnyKind]
) -> Iterator[Operation]:
    """Yield the inverses in reverse order.

    If one of them cannot be carried out, yield the result of a comparison in the other direction instead. This is the
    one exception to the rule that the diff runs once.
    """
    renames, changes = operations[: len(pairs.renames)], operations[len(pairs.renames) :]
    if all(dialect.is_invertible(operation) for operation in changes):
        yield from (operation.inverse() for operation in reversed(changes))
    else:
        yield from diff(named(Pairs(before=reached, after=pairs.before), dialect), kinds=kinds, traits=dialect)
    yield from (operation.inverse() for operation in reversed(renames))
