"""SQLite's normal form of a table.

What SQLite does not have (comments, identity, foreign keys to other schemas) is left out, and so are defaults (``ON
CONFLICT ABORT``, ``NOT DEFERRABLE``, ``COLLATE BINARY``, ``DEFAULT NULL``).

A constraint with its own default name counts as unnamed. So an unnamed constraint that a script drops by that name, and
adds again under it, is equal to the original. The statement has the name anyway (`WrittenName`): scripts look for it
with the Inspector.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from itertools import chain, count

import sqlalchemy as sa

from schemashift.dialects.sqlite.parse import ParseError, parse_part
from schemashift.dialects.sqlite.text import Names, Quote, as_typed, bare, canonical, canonical_default, collation_name
from schemashift.dialects.sqlite.tokens import SPACE, TokenError, significant
from schemashift.dialects.sqlite.types import normal_type
from schemashift.operations import default_name
from schemashift.schema import (
    SQL,
    Check,
    Column,
    Constraint,
    Default,
    ForeignKey,
    Index,
    IndexPart,
    Options,
    PrimaryKey,
    Table,
    TableName,
    Unique,
    option,
    options,
    referential_action,
)

ON_CONFLICT_NOT_NULL = "sqlite_on_conflict_not_null"
"""The one option of a column that can be changed."""


def normal_table(table: Table, quote: Quote) -> Table:
    """Return *table* in normal form. Pure and idempotent."""
    names = Names.of(table.name, (column.name for column in table.columns), quote)
    primary = next((tuple(map(names.spelled, c.columns)) for c in table.constraints if isinstance(c, PrimaryKey)), ())
    columns = tuple(normal_column(column, names) for column in table.columns)
    settings = _table_options(table, columns, primary)
    raw = replace(table, options=settings)
    constraints = (normal_constraint(each, raw, names) for each in table.constraints if _is_supported(each, table))
    return replace(
        table,
        columns=columns,
        constraints=tuple(_with_aliases(table.name, sorted(dict.fromkeys(constraints), key=_sort_key))),
        indexes=tuple(normal_index(index, names, columns) for index in table.indexes),
        comment=None,
        options=settings,
    )


def _sort_key(constraint: Constraint) -> tuple[tuple[str, ...], str]:
    """Return the sort key of a constraint: its place in the table changes when it is dropped and added again."""
    match constraint:
        case Check():
            return (), constraint.sql
        case ForeignKey():
            return constraint.columns, f"{constraint.target}({','.join(constraint.target_columns)}){constraint}"
    return constraint.columns, ""


def _with_aliases(table: str, constraints: Sequence[Constraint]) -> Iterable[Constraint]:
    """Return *constraints*, with an alias for those that share a name, which SQLite accepts."""
    written = [(type(each), written_name(each)) for each in constraints]
    names = Counter(each for each in written if each[1] is not None)
    if len(names) == names.total():
        return constraints
    taken = {written_name(each) or default_name(table, each) for each in constraints}
    shared = {each for each, number in names.items() if number > 1}
    return [
        _with_alias(table, each, taken) if (type(each), written_name(each)) in shared else each for each in constraints
    ]


def _with_alias(table: str, constraint: Constraint, taken: set[str]) -> Constraint:
    """Return *constraint* with the alias that it has, or one that is not *taken*."""
    name = default_name(table, constraint)
    names = chain([name], (f"{name}{number}" for number in count(1)))
    alias = alias_of(constraint) or next(each for each in names if each not in taken)
    taken.add(alias)
    return replace(constraint, payload=WrittenName(str(written_name(constraint)), constraint.payload, alias=alias))


def _is_supported(constraint: Constraint, table: Table) -> bool:
    """Whether SQLite supports *constraint*: it has no foreign keys to other files, and SQLAlchemy omits them."""
    return not isinstance(constraint, ForeignKey) or constraint.target.schema == table.schema


def has_autoincrement(table: Table) -> bool:
    """Whether the primary key of *table* is AUTOINCREMENT."""
    return bool(option(table.options, "sqlite_autoincrement"))


def _table_options(table: Table, columns: tuple[Column, ...], primary: tuple[str, ...]) -> Options:
    autoincrement = has_autoincrement(table) and _may_have_autoincrement(columns, primary)
    return options(
        [
            ("sqlite_autoincrement", autoincrement or None),
            ("sqlite_strict", bool(option(table.options, "sqlite_strict")) or None),
            ("sqlite_with_rowid", False if option(table.options, "sqlite_with_rowid") is False else None),
        ]
    )


def _may_have_autoincrement(columns: tuple[Column, ...], primary: tuple[str, ...]) -> bool:
    """Whether AUTOINCREMENT is written: SQLAlchemy leaves it out for a key that is also a foreign key."""
    found = [column for column in columns if (column.name,) == primary]
    if not found or found[0].type.sql != "INTEGER":
        return False
    payload = found[0].payload
    return not (isinstance(payload, sa.Column) and payload.foreign_keys)


# Columns -------------------------------------------------------------------------------------------------------------


def normal_column(column: Column, names: Names) -> Column:
    """Return the normal form of a column."""
    computed = column.computed
    if computed is not None:
        sql, typed = canonical(computed.sql, names)[0], computed.written or as_typed(computed.sql, names)
        computed = replace(computed, sql=sql, written=typed)
    conflict = None if column.nullable else conflict_of(column.options, ON_CONFLICT_NOT_NULL)
    return replace(
        column,
        type=normal_type(column.type),
        default=_default(column.default, names),
        computed=computed,
        identity=None,
        # SQLite always numbers the rowid as a primary key; AUTOINCREMENT is an option of the table.
        autoincrement=False,
        comment=None,
        options=options([(ON_CONFLICT_NOT_NULL, conflict)]),
    )


def conflict_of(found: Options, name: str = "sqlite_on_conflict") -> str | None:
    """Return an ON CONFLICT option in upper case; None for ABORT, the default."""
    value = option(found, name)
    upper = str(value).upper() if value else None
    return None if upper == "ABORT" else upper


def _default(default: Default | None, names: Names) -> Default | None:
    if default is None:
        return None
    text = canonical_default(default.sql, names)
    return None if text is None else replace(default, sql=text, written=default.written or default.sql)


# Constraints ---------------------------------------------------------------------------------------------------------


def normal_constraint(constraint: Constraint, table: Table, names: Names) -> Constraint:
    """Return the normal form of a constraint of *table*, where only the ON CONFLICT options of columns are used."""
    columns = tuple(names.spelled(name) for name in constraint.columns)
    # SQLite has no comments, and can defer foreign keys alone.
    constraint = replace(constraint, comment=None)
    if isinstance(constraint, PrimaryKey | Unique):
        constraint = replace(constraint, deferrable=None, initially=None)
    changed: Constraint
    match constraint:
        case PrimaryKey():
            changed = replace(constraint, columns=columns, options=_key_options(constraint, table, "primary_key"))
            if has_autoincrement(table):
                # AUTOINCREMENT is inline at the column, where SQLAlchemy writes no name.
                changed = replace(changed, name=None)
        case Unique():
            changed = replace(constraint, columns=columns, options=_key_options(constraint, table, "unique"))
        case Check():
            text, used = canonical(constraint.sql, names)
            found = options([("sqlite_on_conflict", conflict_of(constraint.options))])
            typed = constraint.written or as_typed(constraint.sql, names)
            changed = replace(constraint, sql=text, columns=used, options=found, written=typed)
        case ForeignKey():
            changed = _foreign_key(replace(constraint, columns=columns), table, names)
    if changed.name is None or not has_default_name(table, changed):
        return changed
    return replace(changed, name=None, payload=WrittenName(changed.name, changed.payload))


class WrittenName:
    """The payload of a constraint that is declared with its default name, or whose name another constraint shares.

    In the second case, scripts refer to it by its ``alias``. What is needed of the original payload is kept.
    """

    def __init__(self, name: str, payload: object, *, alias: str | None = None) -> None:
        self.name = name
        self.alias: str | None = alias or (payload.alias if isinstance(payload, WrittenName) else None)
        self.sqltext = getattr(payload, "sqltext", None)


def alias_of(constraint: Constraint) -> str | None:
    """Return the name in scripts of a constraint that shares its name with another one; None for other constraints."""
    return constraint.payload.alias if isinstance(constraint.payload, WrittenName) else None


def written_name(constraint: Constraint) -> str | None:
    """Return the name that a constraint has in its table's statement."""
    payload = constraint.payload
    return constraint.name or (payload.name if isinstance(payload, WrittenName) else None)


def has_default_name(table: Table, constraint: Constraint) -> bool:
    """Whether a constraint has its default name, possibly with a number appended."""
    if constraint.name is None:
        return False
    name = default_name(table.name, constraint)
    number = constraint.name.removeprefix(name)
    return constraint.name.startswith(name) and (not number or number.isdigit())


def _key_options(constraint: PrimaryKey | Unique, table: Table, word: str) -> Options:
    conflict = conflict_of(constraint.options)
    column = table.column(constraint.columns[0]) if len(constraint.columns) == 1 else None
    if conflict is None and column is not None:
        conflict = conflict_of(column.options, f"sqlite_on_conflict_{word}")
    return options([("sqlite_on_conflict", conflict)])


def _foreign_key(key: ForeignKey, table: Table, names: Names) -> ForeignKey:
    target, columns = key.target, key.target_columns
    if target.name.lower() == table.name.lower():
        target = TableName(table.name, table.schema)
        columns = tuple(names.spelled(name) for name in columns)
    deferrable = True if key.deferrable else None
    return replace(
        key,
        target=target,
        target_columns=columns,
        on_delete=referential_action(key.on_delete),
        on_update=referential_action(key.on_update),
        deferrable=deferrable,
        initially="DEFERRED" if deferrable and (key.initially or "").upper() == "DEFERRED" else None,
        match=None if (key.match or "SIMPLE").upper() == "SIMPLE" else (key.match or "").upper(),
        options=(),
    )


# Indexes -------------------------------------------------------------------------------------------------------------


def normal_index(index: Index, names: Names, columns: tuple[Column, ...]) -> Index:
    """Return the normal form of an index on a table with *columns*, which are in normal form."""
    here = {column.name for column in columns}
    parts, used = [], list[str]()
    for part in index.parts:
        normal, uses = _part(part, names)
        parts.append(normal)
        used += uses
    where = _where(index)
    if where is not None:
        text, uses = canonical(where.text, names)
        where = replace(where, text=text, written=where.written or as_typed(where.text, names))
        used += uses
    return replace(
        index,
        parts=tuple(parts),
        options=options([("sqlite_where", where)]),
        implicit=False,
        uses=tuple(dict.fromkeys(name for name in used if name in here)),
    )


def _where(index: Index) -> SQL | None:
    where = option(index.options, "sqlite_where")
    return where if where is None or isinstance(where, SQL) else SQL(str(where))


def _part(part: IndexPart, names: Names) -> tuple[IndexPart, tuple[str, ...]]:
    """Return an element in normal form, and the columns that its expression uses."""
    part = _in_parts(part, names)
    used: tuple[str, ...] = ()
    if part.expression is not None:
        text, used = canonical(part.expression, names)
        part = replace(part, expression=text, written=part.written or as_typed(part.expression, names))
    else:
        part = replace(part, column=names.spelled(part.column or ""))
    # Also where it is the collation of the column: the index keeps it when that of the column changes.
    wanted = collation_name(part.collation.strip('"')) if part.collation else None
    return replace(part, collation=wanted, nulls=None, opclass=None, length=None), used


def _in_parts(part: IndexPart, names: Names) -> IndexPart:
    """Return an element that is one text, ``name COLLATE NOCASE DESC``, with its parts separated."""
    if part.expression is None:
        return part
    try:
        parsed = parse_part(part.expression)
        tokens = significant(bare(parsed.text))
    except (ParseError, TokenError):
        return part
    is_name = len(tokens) == 1 and tokens[0].is_name
    column = names.columns.get(tokens[0].name.lower()) if is_name else None
    is_whole = parsed.collation is None and parsed.text == part.expression.strip(SPACE)
    return replace(
        part,
        column=column,
        expression=None if column is not None else parsed.text,
        descending=part.descending or parsed.descending,
        collation=parsed.collation or part.collation,
        # The payload is the whole text.
        payload=part.payload if is_whole else None,
    )
