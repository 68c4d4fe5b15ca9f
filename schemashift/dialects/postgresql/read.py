"""Reads tables from PostgreSQL's catalogue, in four queries for any number of tables."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any, NamedTuple

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql as pg

from schemashift.dialects.postgresql.normal import WithoutToast, normal_table
from schemashift.dialects.postgresql.parse import Element, parse_index
from schemashift.dialects.postgresql.text import canonical
from schemashift.dialects.postgresql.types import type_engine, type_text
from schemashift.schema import (
    SQL,
    Check,
    Column,
    Computed,
    Constraint,
    Default,
    Exclude,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    Options,
    PrimaryKey,
    Table,
    TableName,
    Type,
    Unique,
    mentioned,
    options,
    referential_action,
)
from schemashift.sqla.lift import default_needs
from schemashift.sqla.lift_types import domain_key, enum_key

Rows = Iterable[Mapping[str, Any]]

# Partitions belong to their parent, and what an extension created (PostGIS's spatial_ref_sys) belongs to it.
_TABLES = """
SELECT c.oid, n.nspname AS schema, c.relname AS name, obj_description(c.oid, 'pg_class') AS comment,
       c.relpersistence AS persistence, pg_get_partkeydef(c.oid) AS partition_by, c.reloptions AS settings,
       ts.spcname AS tablespace, am.amname AS method, c.reltoastrelid <> 0 AS has_toast,
       toast.reloptions AS toast_settings,
       ARRAY(SELECT parent.relname::text FROM pg_catalog.pg_inherits i
               JOIN pg_catalog.pg_class parent ON parent.oid = i.inhparent
              WHERE i.inhrelid = c.oid AND NOT c.relispartition ORDER BY i.inhseqno) AS parents
  FROM pg_catalog.pg_class c
  JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
  LEFT JOIN pg_catalog.pg_tablespace ts ON ts.oid = c.reltablespace
  LEFT JOIN pg_catalog.pg_am am ON am.oid = c.relam
  LEFT JOIN pg_catalog.pg_class toast ON toast.oid = c.reltoastrelid
 WHERE c.relkind IN ('r', 'p')
   AND {where}
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_depend d
                    WHERE d.classid = 'pg_catalog.pg_class'::regclass AND d.objid = c.oid AND d.deptype = 'e')
"""

_COLUMNS = """
SELECT a.attrelid AS oid, a.attname AS name, format_type(a.atttypid, a.atttypmod) AS type, a.attnotnull AS not_null,
       pg_get_expr(d.adbin, d.adrelid) AS default, a.attidentity AS identity, a.attgenerated AS generated,
       CASE WHEN a.attcollation <> t.typcollation THEN co.collname END AS collation,
       col_description(a.attrelid, a.attnum) AS comment,
       s.relname AS sequence, sn.nspname AS sequence_schema, format_type(q.seqtypid, NULL) AS sequence_type,
       q.seqstart AS start, q.seqincrement AS increment, q.seqmin AS minimum, q.seqmax AS maximum,
       q.seqcycle AS cycle, q.seqcache AS cache,
       et.typname AS named, et.typtype AS named_kind, en.nspname AS named_schema,
       format_type(et.typbasetype, et.typtypmod) AS base,
       ARRAY(SELECT e.enumlabel::text FROM pg_catalog.pg_enum e WHERE e.enumtypid = et.oid
              ORDER BY e.enumsortorder) AS labels
  FROM pg_catalog.pg_attribute a
  JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
  LEFT JOIN pg_catalog.pg_type et ON et.typtype IN ('e', 'd')
       AND et.oid = CASE WHEN t.typtype = 'b' AND t.typcategory = 'A' THEN t.typelem ELSE t.oid END
  LEFT JOIN pg_catalog.pg_namespace en ON en.oid = et.typnamespace
  LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  LEFT JOIN pg_catalog.pg_collation co ON co.oid = a.attcollation
  LEFT JOIN pg_catalog.pg_depend p ON p.refclassid = 'pg_catalog.pg_class'::regclass AND p.refobjid = a.attrelid
       AND p.refobjsubid = a.attnum AND p.classid = 'pg_catalog.pg_class'::regclass AND p.deptype IN ('a', 'i')
       AND EXISTS (SELECT FROM pg_catalog.pg_class k WHERE k.oid = p.objid AND k.relkind = 'S')
  LEFT JOIN pg_catalog.pg_class s ON s.oid = p.objid
  LEFT JOIN pg_catalog.pg_namespace sn ON sn.oid = s.relnamespace
  LEFT JOIN pg_catalog.pg_sequence q ON q.seqrelid = s.oid
 WHERE a.attrelid = ANY(CAST(:oids AS oid[])) AND a.attnum > 0 AND NOT a.attisdropped
 ORDER BY a.attrelid, a.attnum
"""

_NAMES = """ARRAY(SELECT a.attname::text FROM unnest({keys}) WITH ORDINALITY AS k(number, place)
       JOIN pg_catalog.pg_attribute a ON a.attrelid = {relation} AND a.attnum = k.number ORDER BY k.place)"""

# PostgreSQL 15 and later: pg_constraint.confdelsetcols.
_SET_COLUMNS = """ARRAY(SELECT jsonb_array_elements_text(to_jsonb(c) -> 'confdelsetcols')::int2
       WHERE c.confdeltype IN ('n', 'd') AND jsonb_typeof(to_jsonb(c) -> 'confdelsetcols') = 'array')"""

_CONSTRAINTS = f"""
SELECT c.conrelid AS oid, c.conname AS name, c.contype AS kind, c.condeferrable AS deferrable,
       c.condeferred AS deferred, c.confdeltype AS on_delete, c.confupdtype AS on_update, c.confmatchtype AS match,
       c.convalidated AS validated, obj_description(c.oid, 'pg_constraint') AS comment,
       pg_get_expr(c.conbin, c.conrelid) AS expression,
       {_NAMES.format(keys="c.conkey", relation="c.conrelid")} AS columns,
       {_NAMES.format(keys=_SET_COLUMNS, relation="c.conrelid")} AS set_columns,
       f.relname AS target, fn.nspname AS target_schema,
       {_NAMES.format(keys="c.confkey", relation="c.confrelid")} AS target_columns,
       to_jsonb(i) ->> 'indnullsnotdistinct' AS nulls_not_distinct,
       {_NAMES.format(keys="(i.indkey::int2[])[i.indnkeyatts:i.indnatts - 1]", relation="c.conrelid")} AS include
  FROM pg_catalog.pg_constraint c
  LEFT JOIN pg_catalog.pg_class f ON f.oid = c.confrelid
  LEFT JOIN pg_catalog.pg_namespace fn ON fn.oid = f.relnamespace
  LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.conindid AND c.contype IN ('p', 'u')
 WHERE c.conrelid = ANY(CAST(:oids AS oid[])) AND c.contype IN ('p', 'u', 'f', 'c')
 ORDER BY c.conrelid, c.conname
"""

_INDEXES = """
SELECT i.indrelid AS oid, c.relname AS name, am.amname AS method, i.indisunique AS unique, i.indnkeyatts AS keys,
       pg_get_expr(i.indpred, i.indrelid) AS predicate, c.reloptions AS settings, ts.spcname AS tablespace,
       to_jsonb(i) ->> 'indnullsnotdistinct' AS nulls_not_distinct,
       ARRAY(SELECT pg_get_indexdef(i.indexrelid, k, true)
               FROM generate_series(1, i.indnatts) AS k ORDER BY k) AS texts,
       i.indkey::int2[] AS numbers, i.indoption::int2[] AS flags,
       pg_get_indexdef(i.indexrelid) AS definition,
       x.condeferrable AS deferrable, x.condeferred AS deferred, obj_description(x.oid, 'pg_constraint') AS comment,
       ARRAY(SELECT o.oprname::text FROM unnest(x.conexclop) WITH ORDINALITY AS k(oid, place)
               JOIN pg_catalog.pg_operator o ON o.oid = k.oid ORDER BY k.place) AS operators
  FROM pg_catalog.pg_index i
  JOIN pg_catalog.pg_class c ON c.oid = i.indexrelid
  JOIN pg_catalog.pg_am am ON am.oid = c.relam
  LEFT JOIN pg_catalog.pg_tablespace ts ON ts.oid = c.reltablespace
  LEFT JOIN pg_catalog.pg_constraint x ON x.conindid = i.indexrelid AND x.contype = 'x'
 WHERE i.indrelid = ANY(CAST(:oids AS oid[]))
   -- An index of a partition that is attached to one of the partitioned table belongs to that.
   AND NOT c.relispartition
   AND NOT EXISTS (SELECT FROM pg_catalog.pg_constraint k
                    WHERE k.conindid = i.indexrelid AND k.contype IN ('p', 'u'))
 ORDER BY i.indrelid, c.relname
"""

_ACTIONS = {"a": None, "r": "RESTRICT", "c": "CASCADE", "n": "SET NULL", "d": "SET DEFAULT"}
_MATCHES = {"f": "FULL", "p": "PARTIAL", "s": None}
_DESCENDING, _NULLS_FIRST = 1, 2


class OwnedSequence(NamedTuple):
    """The sequence of a SERIAL or identity column, kept as the column's payload."""

    name: str
    schema: str | None
    type: str


def read_tables(
    connection: sa.Connection, names: Collection[TableName] | None = None, *, schemas: Iterable[str] = ()
) -> Iterator[Table]:
    """Yield tables in normal form. With *names* None, all tables of the default schema and of *schemas*, except the
    partitions of others."""
    default = connection.dialect.default_schema_name
    if names is None:
        where = "NOT c.relispartition AND n.nspname = ANY(CAST(:schemas AS text[]))"
        values: dict[str, Any] = {"schemas": [default, *schemas]}
    else:
        where = "(n.nspname, c.relname) IN (SELECT * FROM unnest(CAST(:schemas AS text[]), CAST(:names AS text[])))"
        values = {"schemas": [name.schema or default for name in names], "names": [name.name for name in names]}
    return _read(connection, where, values, default)


def schema_names(connection: sa.Connection) -> list[str]:
    """Return the names of all schemas except PostgreSQL's own."""
    sql = "SELECT nspname FROM pg_catalog.pg_namespace WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'"
    return [str(row[0]) for row in connection.execute(sa.text(sql))]


def read_temporary(connection: sa.Connection, names: Collection[str]) -> Iterator[Table]:
    """Yield this session's temporary tables *names*, in normal form, as if they were in the default schema."""
    where = "n.oid = pg_my_temp_schema() AND c.relname = ANY(CAST(:names AS text[]))"
    return _read(connection, where, {"names": list(names)}, None)


def _read(connection: sa.Connection, where: str, values: dict[str, Any], default: str | None) -> Iterator[Table]:
    rows = _rows(connection, _TABLES.format(where=where), values)
    if not rows:
        return
    oids = {"oids": [row["oid"] for row in rows]}
    columns = _grouped(_rows(connection, _COLUMNS, oids))
    constraints = _grouped(_rows(connection, _CONSTRAINTS, oids))
    indexes = _grouped(_rows(connection, _INDEXES, oids))
    reader = _Reader(default)
    for row in rows:
        parts = (groups.get(row["oid"], []) for groups in (columns, constraints, indexes))
        yield normal_table(reader.table(row, *parts))


def _rows(connection: sa.Connection, sql: str, values: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [dict(row) for row in connection.execute(sa.text(sql), values).mappings()]


def _grouped(rows: Rows) -> dict[int, list[Mapping[str, Any]]]:
    groups: dict[int, list[Mapping[str, Any]]] = {}
    for row in rows:
        groups.setdefault(row["oid"], []).append(row)
    return groups


class _Reader:
    """Turns rows into our values. *default* is the schema that is left out of names (None: every schema is)."""

    def __init__(self, default: str | None) -> None:
        self.default_schema = default

    def schema(self, name: str | None) -> str | None:
        return None if self.default_schema is None or name == self.default_schema else name

    def table(self, row: Mapping[str, Any], columns: Rows, constraints: Rows, indexes: Rows) -> Table:
        columns, indexes = list(columns), list(indexes)
        names = [column["name"] for column in columns]
        return Table(
            name=row["name"],
            schema=self.schema(row["schema"]),
            columns=tuple(self.column(column) for column in columns),
            constraints=(
                *(self.constraint(constraint) for constraint in constraints),
                *(_exclude(index, names) for index in indexes if index["operators"]),
            ),
            indexes=tuple(_index(index, names) for index in indexes if not index["operators"]),
            comment=row["comment"] or None,
            options=_table_options(row),
            payload=None if row["has_toast"] else WithoutToast(),
        )

    def column(self, row: Mapping[str, Any]) -> Column:
        serial = _is_serial(row)
        default = row["default"]
        generated = row["generated"] in ("s", "v")
        owned = (
            OwnedSequence(row["sequence"], row["sequence_schema"], row["sequence_type"]) if row["sequence"] else None
        )
        return Column(
            name=row["name"],
            type=self.type(row),
            nullable=not row["not_null"],
            default=self.default(default) if default is not None and not serial and not generated else None,
            computed=Computed(sql=canonical(default), stored=row["generated"] == "s") if generated else None,
            identity=_identity(row) if row["identity"] else None,
            autoincrement=serial,
            comment=row["comment"] or None,
            payload=owned,
        )

    def default(self, sql: str) -> Default:
        return Default(sql=sql, needs=default_needs(sql, self.default_schema))

    def type(self, row: Mapping[str, Any]) -> Type:
        sql = type_text(row["type"])
        collation = row["collation"]
        if not row["named"]:
            return Type(sql=sql, collation=collation, payload=type_engine(sql, collation))
        name, schema = row["named"], self.schema(row["named_schema"])
        named: Any
        if row["named_kind"] == "d":
            base = type_engine(type_text(row["base"]))
            key, named = domain_key(name, schema), pg.DOMAIN(name, base, schema=schema, create_type=False)
        else:
            key, named = enum_key(name, schema), sa.Enum(*row["labels"], name=name, schema=schema)
        payload = pg.ARRAY(named) if sql.endswith("[]") else named
        return Type(sql=sql, collation=collation, needs=(key,), payload=payload)

    def constraint(self, row: Mapping[str, Any]) -> Constraint:
        columns, comment = tuple(row["columns"]), row["comment"] or None
        common: dict[str, Any] = {"columns": columns, "name": row["name"], "comment": comment}
        match row["kind"]:
            case "p":
                return PrimaryKey(**common, options=_key_options(row), **_deferral(row))
            case "u":
                return Unique(**common, options=_key_options(row), **_deferral(row))
            case "c":
                return Check(**common, sql=canonical(row["expression"]), options=_validity(row))
        return ForeignKey(
            **common,
            target=TableName(row["target"], self.schema(row["target_schema"])),
            target_columns=tuple(row["target_columns"]),
            on_delete=_on_delete(row),
            on_update=_ACTIONS[row["on_update"]],
            match=_MATCHES[row["match"]],
            options=_validity(row),
            **_deferral(row),
        )


def _table_options(row: Mapping[str, Any]) -> Options:
    return options(
        [
            ("postgresql_partition_by", row["partition_by"]),
            ("postgresql_inherits", tuple(row["parents"]) or None),
            ("postgresql_tablespace", row["tablespace"]),
            ("postgresql_using", row["method"]),
            ("postgresql_with", _settings([*(row["settings"] or ()), *_of_toast(row["toast_settings"])])),
            ("prefixes", ("UNLOGGED",) if row["persistence"] == "u" else None),
        ]
    )


def _of_toast(settings: list[str] | None) -> Iterator[str]:
    yield from (f"toast.{each}" for each in settings or ())


def _settings(settings: list[str] | None) -> tuple[tuple[str, str], ...] | None:
    if not settings:
        return None
    return tuple(sorted((name, value) for name, _, value in (each.partition("=") for each in settings)))


def _deferral(row: Mapping[str, Any]) -> dict[str, Any]:
    return {"deferrable": True if row["deferrable"] else None, "initially": "DEFERRED" if row["deferred"] else None}


def _validity(row: Mapping[str, Any]) -> Options:
    return () if row["validated"] else options([("postgresql_not_valid", True)])


def _key_options(row: Mapping[str, Any]) -> Options:
    distinct = True if row["nulls_not_distinct"] == "true" else None
    return options(
        [("postgresql_nulls_not_distinct", distinct), ("postgresql_include", tuple(row["include"] or ()) or None)]
    )


def _is_serial(row: Mapping[str, Any]) -> bool:
    """Whether the default takes the next number of the sequence that the column owns."""
    if row["identity"] or not row["sequence"] or not row["default"]:
        return False
    match = re.fullmatch(r"nextval\('(.*)'::regclass\)", row["default"])
    if match is None:
        return False
    last = re.search(r'(?:"((?:[^"]|"")+)"|([^".]+))$', match[1].replace("''", "'"))
    return last is not None and (last[1] or last[2]).replace('""', '"') == row["sequence"]


def _identity(row: Mapping[str, Any]) -> Identity:
    return Identity(
        always=row["identity"] == "a",
        start=row["start"],
        increment=row["increment"],
        minimum=row["minimum"],
        maximum=row["maximum"],
        cycle=row["cycle"],
        cache=row["cache"],
    )


def _index(row: Mapping[str, Any], names: list[str]) -> Index:
    keys = row["keys"]
    # What an element adds to its expression is in the statement alone: PostgreSQL omits what is the default.
    parts = tuple(_part(row, place, element) for place, element in enumerate(parse_index(row["definition"])))
    predicate = canonical(row["predicate"]) if row["predicate"] else None
    texts = [part.expression for part in parts if part.expression] + ([predicate] if predicate else [])
    found = [
        ("postgresql_where", SQL(predicate) if predicate else None),
        ("postgresql_using", row["method"] if row["method"] != "btree" else None),
        ("postgresql_include", tuple(map(_unquoted, row["texts"][keys:])) or None),
        ("postgresql_with", _settings(row["settings"])),
        ("postgresql_tablespace", row["tablespace"]),
        ("postgresql_nulls_not_distinct", True if row["nulls_not_distinct"] == "true" else None),
    ]
    uses = (*(name for text in texts for name in mentioned(text, names)), *(dict(found)["postgresql_include"] or ()))
    return Index(
        name=row["name"], parts=parts, unique=row["unique"], options=options(found), uses=tuple(dict.fromkeys(uses))
    )


def _exclude(row: Mapping[str, Any], names: list[str]) -> Exclude:
    """Return an exclusion constraint. Everything but its operators comes from its index."""
    index = _index(row, names)
    where = dict(index.options).get("postgresql_where")
    return Exclude(
        parts=index.parts,
        operators=tuple(row["operators"]),
        using=row["method"],
        where=where if isinstance(where, SQL) else None,
        name=index.name,
        comment=row["comment"] or None,
        uses=index.uses,
        **_deferral(row),
    )


def _part(row: Mapping[str, Any], place: int, element: Element) -> IndexPart:
    text, flags = row["texts"][place], row["flags"][place]
    descending = bool(flags & _DESCENDING)
    first = bool(flags & _NULLS_FIRST)
    plain = row["numbers"][place] != 0
    return IndexPart(
        column=_unquoted(text) if plain else None,
        expression=None if plain else canonical(text),
        descending=descending,
        nulls=None if first == descending else ("first" if first else "last"),
        opclass=element.opclass,
        collation=element.collation,
    )


def _unquoted(name: str) -> str:
    return name[1:-1].replace('""', '"') if name.startswith('"') else name


def _on_delete(row: Mapping[str, Any]) -> str | None:
    """Return the action of ON DELETE, with the columns of SET NULL and SET DEFAULT if they are not all of the key."""
    columns = ", ".join('"' + name.replace('"', '""') + '"' for name in row["set_columns"])
    action = _ACTIONS[row["on_delete"]]
    return referential_action(f"{action} ({columns})") if columns else action


_OTHER_TEXTS = """
WITH place AS (
  SELECT oid FROM pg_catalog.pg_namespace
   WHERE nspname <> 'information_schema' AND left(nspname, 3) <> 'pg_')
SELECT pg_get_viewdef(c.oid), false FROM pg_catalog.pg_class c
 WHERE c.relkind IN ('v', 'm') AND c.relnamespace IN (SELECT oid FROM place) AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = CAST('pg_catalog.pg_class' AS regclass) AND d.objid = c.oid AND d.deptype = 'e')
UNION ALL
SELECT pg_get_functiondef(p.oid), true FROM pg_catalog.pg_proc p
 WHERE p.prokind IN ('f', 'p') AND p.pronamespace IN (SELECT oid FROM place) AND NOT EXISTS (
       SELECT FROM pg_catalog.pg_depend d
        WHERE d.classid = CAST('pg_catalog.pg_proc' AS regclass) AND d.objid = p.oid AND d.deptype = 'e')
"""


def other_texts(connection: sa.Connection) -> Iterator[tuple[str, bool]]:
    """Yield the texts of all views, and with True of all routines, but those of extensions."""
    yield from ((row[0], row[1]) for row in connection.execute(sa.text(_OTHER_TEXTS)))
