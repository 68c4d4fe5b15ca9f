"""Models against database: lift, read, compare, and ask the database about what only spelling could explain."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import sqlalchemy as sa

from schemashift.dialects import Dialect
from schemashift.diff import diff, settle
from schemashift.effects.backfill import RowValues
from schemashift.effects.comments import with_comments
from schemashift.errors import NotSupported
from schemashift.objects import KINDS
from schemashift.operations import Operation
from schemashift.render import Body, body
from schemashift.schema import Key, Keyed, Schema, Table, TableName
from schemashift.sqla.lift import lift_metadata

_KINDS = {kind.name: kind for kind in KINDS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What makes the database equal to the models, and the way back.

    ``unmanaged`` are the tables and other objects of the database that no model names and no migration of ours made.
    """

    operations: tuple[Operation, ...]
    downgrade: tuple[Operation, ...]
    before: Schema
    after: Schema
    unmanaged: tuple[Key, ...] = ()
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
    ours: Collection[Key] | None = None,
    database: str = "",
) -> Comparison:
    """Compare the tables of *metadatas* with those of the database.

    The database's default schema is read, and those that the models name. *ignore* are tables of neither side (the
    version table). What no model names is dropped when it is in *ours*, and left alone otherwise; None takes all tables
    for ours. *database* is its name in errors. Raises `NotSupported` where the models need what the database lacks.
    """
    declared = tuple(metadatas)
    after = Schema(dialect.normal(table) for table in lift_metadata(declared, dialect.sa).tables)
    after = after.put(*(dialect.normal_object(thing) for kind in KINDS for thing in kind.lift(declared, dialect.sa)))
    schemas = sorted({key.schema for key in (*after, *(ours or ())) if key.schema})
    dialect.require(connection, after, database or str(connection.engine.url.database))
    before = dialect.read(connection, schemas=schemas)
    _refuse_unreadable(connection, dialect, before, after)
    before = before.drop(*(t.key for t in before.tables if t.table_name in ignore))
    strangers = [t for t in before.tables if t.key not in after and ours is not None and t.key not in ours]
    before = before.drop(*(table.key for table in strangers))
    objects = [dialect.normal_object(thing) for kind in KINDS for thing in kind.read(connection, schemas)]
    known = {*after, *(ours or ())}
    others = [o for o in objects if o.key not in known and not _KINDS[o.key.kind].is_ours(o, before)]
    before = before.put(*(o for o in objects if o not in others))
    unmanaged = sorted((each.key for each in (*strangers, *others) if each.key.kind != "schema"), key=_by_name)
    found = _compare(connection, dialect, before, after, tuple(unmanaged))
    return replace(found, conventions=tuple(metadata.naming_convention for metadata in declared))


def _by_name(key: Key) -> tuple[bool, str, str, str]:
    return key.kind != "table", key.kind, key.schema or "", key.name


def _refuse_unreadable(connection: sa.Connection, dialect: Dialect, before: Schema, after: Schema) -> None:
    """A table that cannot be read would be created once more; one that no model names is just left out."""
    absent = [table.table_name for table in after.tables if table.key not in before]
    for name, reason in (dialect.unreadable(connection, absent) if absent else {}).items():
        raise NotSupported(
            f'table "{name}", which the models name, is there and cannot be read',
            cause=reason,
            hints=["give the user the right to see it, or mend it, and try again"],
        )


def _compare(
    connection: sa.Connection, dialect: Dialect, before: Schema, after: Schema, unmanaged: tuple[Key, ...]
) -> Comparison:
    read = before
    before = _reconciled(read, after, dialect)
    common = [table for table in after.tables if before.table(table.table_name) is not None]
    after = after.put(*dialect.canonical_objects(connection, _other_objects(before, after)))
    objects = _other_objects(before, after)
    doubtful = [table for table in common if _differs(before.table(table.table_name), table, dialect)]
    after = after.put(*dialect.canonical(connection, doubtful, objects=objects).values())
    # Once more, with what the database made of the models: the terms to say it in may be others now.
    before = _reconciled(read, after, dialect)
    found = [dialect.for_script(operation) for operation in _ordered(before, after, dialect)]
    reached = before
    for operation in found:
        reached = operation.apply(reached)
    forward = _row_values(connection, dialect, reached, back=False)
    operations = tuple(with_comments(forward.added_to(found), back=False))
    inverses = (dialect.for_script(operation) for operation in _way_back(found, before, reached, dialect))
    backward = _row_values(connection, dialect, before, back=True)
    downgrade = tuple(with_comments(backward.added_to(inverses), back=True))
    return Comparison(operations=operations, downgrade=downgrade, before=before, after=after, unmanaged=unmanaged)


def _ordered(before: Schema, after: Schema, dialect: Dialect) -> tuple[Operation, ...]:
    try:
        return diff(before, after, kinds=_KINDS, traits=dialect)
    except ValueError as error:
        raise NotSupported(
            "these changes wait for each other, and no order of them would run",
            cause=str(error),
            hints=["change the models in two steps, with a revision for each"],
        ) from None


def _row_values(connection: sa.Connection, dialect: Dialect, target: Schema, *, back: bool) -> RowValues:
    return RowValues(target=target, back=back, dialect=dialect, accepts=partial(dialect.check_accepts, connection))


def _way_back(found: Sequence[Operation], before: Schema, there: Schema, dialect: Dialect) -> Iterator[Operation]:
    """The inverses in reverse order, or what a comparison says where one of them cannot be done."""
    if all(dialect.is_invertible(operation) for operation in found):
        return (operation.inverse() for operation in reversed(found))
    return iter(diff(there, before, kinds=_KINDS, traits=dialect))


def _other_objects(before: Schema, after: Schema) -> list[Keyed]:
    """What *after* has beside tables that is not so in *before*."""
    return [thing for key, thing in after.items() if key.kind != "table" and thing != before.get(key)]


def _reconciled(read: Schema, after: Schema, dialect: Dialect) -> Schema:
    pairs = ((read.table(table.table_name), table) for table in after.tables)
    return read.put(*(dialect.spelled_like(old, new) for old, new in pairs if old is not None))


def _differs(before: Table | None, after: Table, dialect: Dialect) -> bool:
    assert before is not None, "only tables of both sides are asked about"
    return bool(diff(Schema([before]), Schema([settle(before, after, dialect)]), traits=dialect))
