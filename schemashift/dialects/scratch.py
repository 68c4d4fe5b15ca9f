"""Scratch comparison: the part that is the same for every database.

The text to compare comes from the scratch table, the objects to render come from the models: the texts that the
database wrote are put into the declared table, whose payloads are kept.
"""

from __future__ import annotations

from dataclasses import replace

from schemashift.schema import SQL, Check, Column, Constraint, Exclude, ForeignKey, Index, IndexPart, Table, options

_PREFIX = "schemashift_check_"


def scratch_copy(table: Table) -> Table:
    """Return *table* as it is created in a scratch place: without foreign keys (they contain no expression, and one
    that points to a live table locks it), and with a name for every constraint that contains an expression, so that it
    can be found again."""
    kept = [constraint for constraint in table.constraints if not isinstance(constraint, ForeignKey)]
    return replace(
        table,
        schema=None,
        constraints=tuple(_named(constraint, place) for place, constraint in enumerate(kept)),
        options=options(),
        comment=None,
    )


def _named(constraint: Constraint, number: int) -> Constraint:
    if isinstance(constraint, Check | Exclude):
        return replace(constraint, name=f"{_PREFIX}{number}")
    return replace(constraint, name=None)


def with_server_text(created: Table, declared: Table) -> Table:
    """Return *declared* with the texts of *created*, its scratch copy as the database wrote it."""
    kept = [constraint for constraint in declared.constraints if not isinstance(constraint, ForeignKey)]
    checks: dict[Constraint, Constraint | None] = {
        old: created.constraint(_named(old, place).name or "") for place, old in enumerate(kept)
    }
    return replace(
        declared,
        columns=tuple(_column(created.column(column.name), column) for column in declared.columns),
        constraints=tuple(_check(checks.get(c), c) for c in declared.constraints),
        indexes=tuple(_index(created.index(index.name), index) for index in declared.indexes),
    )


def _column(created: Column | None, declared: Column) -> Column:
    if created is None:
        return declared
    default, computed = declared.default, declared.computed
    return replace(
        declared,
        type=replace(declared.type, sql=created.type.sql, collation=created.type.collation),
        default=replace(default, sql=created.default.sql)
        if default and created.default
        else (None if default else default),
        computed=replace(computed, sql=created.computed.sql, stored=created.computed.stored)
        if computed and created.computed
        else computed,
        identity=created.identity,
    )


def _check(created: Constraint | None, declared: Constraint) -> Constraint:
    if isinstance(declared, Check) and isinstance(created, Check):
        return replace(declared, sql=created.sql, columns=created.columns or declared.columns)
    if isinstance(declared, Exclude) and isinstance(created, Exclude) and len(created.parts) == len(declared.parts):
        where = _text(created.where, declared.where)
        return replace(
            declared,
            parts=_parts(created.parts, declared.parts),
            where=where if isinstance(where, SQL) else None,
            uses=created.uses or declared.uses,
        )
    return declared


def _parts(created: tuple[IndexPart, ...], declared: tuple[IndexPart, ...]) -> tuple[IndexPart, ...]:
    pairs = zip(created, declared, strict=True)
    return tuple(replace(new, payload=old.payload, written=old.written) for new, old in pairs)


def _index(created: Index | None, declared: Index) -> Index:
    if created is None or len(created.parts) != len(declared.parts):
        return declared
    parts = _parts(created.parts, declared.parts)
    asked = dict(declared.options)
    texts = ((name, _text(value, asked.get(name))) for name, value in created.options)
    return replace(declared, parts=parts, options=options(texts), uses=created.uses or declared.uses)


def _text(created: object, declared: object) -> object:
    """Return the database's text with the payload from the models."""
    if isinstance(created, SQL) and isinstance(declared, SQL):
        return replace(created, payload=declared.payload, written=declared.written)
    return created
