"""Respells a table that was read like the declared one, where two spellings mean the same to MariaDB and MySQL."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from schemashift.dialects.mysql.foreign_key_indexes import mark_implicit
from schemashift.dialects.mysql.normal import Collations
from schemashift.dialects.mysql.types import charset_of
from schemashift.schema import Column, Constraint, Index, IndexPart, Options, PrimaryKey, Table, Unique, options


def spelled_like(read: Table, declared: Table) -> Table:
    """Return *read* (in normal form), respelled like *declared* wherever both mean the same.

    - A unique index and a unique constraint are the same: it becomes what *declared* has under that name.
    - An index that InnoDB keeps for a foreign key is left out, unless *declared* has one of that name, and the key: it
      is dropped with its key (see `foreign_key_indexes`), and one that is to stay has to be created.
    - A column's collation is left out or written out as in *declared*; so is the table's, and a character set is
      replaced by its default collation on this server.
    - What a model cannot declare is left out: INVISIBLE, SRID, comments of indexes; partitions are copied from
      *declared*, because they are not compared.
    """
    collations = read.payload if isinstance(read.payload, Collations) else None
    return replace(
        read,
        columns=tuple(_column(each, declared.column(each.name), declared, collations) for each in read.columns),
        constraints=tuple(_key(each, declared) for each in read.constraints if not _is_index_in(each, declared)),
        indexes=tuple(_indexes(read, declared)),
        options=_options(read.options, declared.options, collations),
    )


def _key(constraint: Constraint, declared: Table) -> Constraint:
    """Return a key without what a server or an administrator adds to it, and that does not make it another key."""
    if not constraint.options or not isinstance(constraint, PrimaryKey | Unique):
        return constraint
    same = (
        each for each in declared.constraints if type(each) is type(constraint) and each.columns == constraint.columns
    )
    wanted = next(same, None)
    using = dict(wanted.options).get("mysql_using") if wanted is not None else None
    settings = {name: value for name, value in constraint.options if name not in ("mysql_comment", "mysql_invisible")}
    if {using, settings.get("mysql_using")} == {None, "btree"}:
        settings["mysql_using"] = using
    return replace(constraint, options=options(settings.items()))


def _column(column: Column, declared: Column | None, table: Table, collations: Collations | None) -> Column:
    column = replace(column, options=())
    if declared is None or collations is None or column.type.sql != declared.type.sql:
        return column
    mine, wanted = column.type.collation, declared.type.collation
    if mine is None and wanted == collations.collation and _collation_of(table, collations) == collations.collation:
        # Where the table's collation changes, a column that declares it explicitly must keep doing so.
        return replace(column, type=replace(column.type, collation=wanted))
    return column


def _collation_of(declared: Table, collations: Collations) -> str | None:
    """Return the collation that a declared table has on this server."""
    settings = dict(declared.options)
    if "mysql_collate" in settings:
        return str(settings["mysql_collate"])
    if "mysql_charset" in settings:
        return collations.default_of(str(settings["mysql_charset"]))
    return collations.database_collation


def _is_index_in(constraint: Constraint, declared: Table) -> bool:
    if not isinstance(constraint, Unique) or constraint.name is None:
        return False
    index = declared.index(constraint.name)
    return index is not None and index.unique


def _indexes(read: Table, declared: Table) -> Iterator[Index]:
    for index in read.indexes:
        if index.implicit and not (declared.index(index.name) and _is_kept(index, declared)):
            continue
        settings = {name: value for name, value in index.options if name not in ("mysql_comment", "mysql_invisible")}
        wanted = declared.index(index.name)
        if wanted is not None and ("mysql_engine", "MEMORY") not in read.options:
            # USING BTREE is the default, except for tables in memory.
            using = dict(wanted.options).get("mysql_using")
            if {using, settings.get("mysql_using")} == {None, "btree"}:
                settings["mysql_using"] = using
        yield replace(index, implicit=False, options=options(settings.items()))
    for constraint in read.constraints:
        if isinstance(constraint, Unique) and constraint.name and _is_index_in(constraint, declared):
            yield unique_index(constraint)


def _is_kept(index: Index, declared: Table) -> bool:
    """Whether *declared* has a foreign key for which InnoDB would create *index*."""
    return mark_implicit(replace(declared, indexes=(replace(index, implicit=False),))).indexes[0].implicit


def unique_index(unique: Unique) -> Index:
    """Return a unique constraint as an index."""
    parts = tuple(IndexPart(column=column) for column in unique.columns)
    return Index(name=str(unique.name), parts=parts, unique=True, options=unique.options)


def _options(read: Options, declared: Options, collations: Collations | None) -> Options:
    settings, wanted = dict(read), dict(declared)
    for name in _partition_options({**settings, **wanted}):
        settings.pop(name, None)
        if name in wanted and "mysql_partition" in dict(read):
            settings[name] = wanted[name]
    if collations is not None and "mysql_collate" in wanted:
        settings["mysql_collate"] = collations.collation
    elif collations is not None and "mysql_charset" in wanted:
        charset = charset_of(collations.collation)
        is_default = collations.default_of(charset) == collations.collation
        settings.pop("mysql_collate", None)
        settings["mysql_charset" if is_default else "mysql_collate"] = charset if is_default else collations.collation
    return options(settings.items())


def _partition_options(names: Iterable[str]) -> list[str]:
    return [name for name in names if name.startswith(("mysql_partition", "mysql_subpartition"))]
