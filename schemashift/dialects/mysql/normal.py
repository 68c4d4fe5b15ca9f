"""The normal form of tables.

`normal_table` normalizes what can be decided by text alone: types, defaults, options, and what the servers do not keep
(the primary key's name, DEFERRABLE, MATCH, and RESTRICT, which means the same as NO ACTION here). Expressions of
CHECKs, computed columns and indexes only lose their outer parentheses: the servers rewrite them, and `scratch` reads
back how.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from schemashift.dialects.mysql.defaults import BEYOND, normal_default
from schemashift.dialects.mysql.parse import ColumnLevel
from schemashift.dialects.mysql.text import bare
from schemashift.dialects.mysql.tokens import tokenize
from schemashift.dialects.mysql.types import (
    Flavour,
    ParsedType,
    charset_name,
    charset_of,
    collation_name,
    default_collation,
    normal_type,
    parse_type,
)
from schemashift.errors import NotSupported
from schemashift.schema import (
    Check,
    Column,
    Computed,
    Constraint,
    Default,
    Exclude,
    ForeignKey,
    Index,
    IndexPart,
    Options,
    PrimaryKey,
    Table,
    Type,
    Unique,
    options,
    referential_action,
)

LONGEST_NAME = 64


@dataclass(frozen=True, slots=True)
class Collations:
    """The payload of a table that was read: the collations that its options leave out because they are the default."""

    collation: str
    database_collation: str
    default_collations: tuple[tuple[str, str], ...] = ()
    """The default collation of each character set on this server."""

    def default_of(self, charset: str) -> str | None:
        """Return the default collation of *charset* on this server."""
        return dict(self.default_collations).get(charset)


def is_column_level(check: Check) -> bool:
    """Whether a CHECK is part of its column's definition (MariaDB keeps those separately, without a name)."""
    if isinstance(check.payload, ColumnLevel):
        return True
    parent = getattr(check.payload, "parent", None)
    return isinstance(parent, sa.Column) and check.name is None


def normal_table(table: Table, flavour: Flavour) -> Table:
    """Return *table* in normal form. Raises `NotSupported` for what neither server can do, naming table and column."""
    _check_names(table)
    settings = dict(_table_options(table.options))
    collation = _table_collation(settings, table.payload, flavour)
    charset = charset_of(collation) if collation else None
    columns, constraints = _fold_json(table, collation, flavour)
    primary = {name for key in constraints if isinstance(key, PrimaryKey) for name in key.columns}
    return replace(
        table,
        columns=tuple(_column(each, flavour, collation, charset, is_key=each.name in primary) for each in columns),
        constraints=tuple(_constraint(each, flavour) for each in constraints),
        indexes=tuple(_index(each, table, flavour) for each in table.indexes),
        comment=_comment(table.comment),
        options=options(settings.items()),
    )


def _check_names(table: Table) -> None:
    parts = [("column", column.name) for column in table.columns]
    parts += [("index", index.name) for index in table.indexes]
    parts += [("constraint", constraint.name) for constraint in table.constraints if constraint.name]
    for noun, name in [("table", table.name), *parts]:
        if len(name) > LONGEST_NAME:
            where = "" if noun == "table" else f' of table "{table.table_name}"'
            raise NotSupported(
                f'the name of {noun} "{name}"{where} is too long for MySQL and MariaDB',
                cause=f"they keep {LONGEST_NAME} characters, this one has {len(name)}",
            )


# Options --------------------------------------------------------------------------------------------------------

_SPELLING = {"charset": "charset", "character_set": "charset", "collate": "collate", "collation": "collate"}
_ENGINES = {
    name.lower(): name for name in ("InnoDB", "MyISAM", "Aria", "MEMORY", "ARCHIVE", "CSV", "RocksDB", "ndbcluster")
}


def own_options(given: Options) -> Iterator[tuple[str, object]]:
    """Yield the options of MySQL and MariaDB without their prefix. SQLAlchemy has one for each; they mean the same."""
    for name, value in given:
        prefix, _, rest = name.partition("_")
        if prefix in ("mysql", "mariadb"):
            yield rest.lower().replace(" ", "_"), value


def _table_options(given: Options) -> Iterator[tuple[str, object]]:
    own: dict[str, str] = {}
    for name, value in own_options(given):
        short = name.removeprefix("default_")
        own[_SPELLING.get(short, name)] = value.text if hasattr(value, "text") else str(value)
    collate = own.get("collate")
    if collate:
        own["collate"] = collation_name(collate)
        own.pop("charset", None)
    elif "charset" in own:
        own["charset"] = charset_name(own["charset"])
    for name, value in own.items():
        changed = _option(name, value)
        if changed is not None:
            yield f"mysql_{name}", changed


def _option(name: str, value: str) -> str | None:
    match name:
        case "engine":
            engine = _ENGINES.get(value.lower(), value)
            return None if engine == "InnoDB" else engine
        case "row_format":
            return None if value.upper() == "DEFAULT" else value.upper()
        case "comment" | "auto_increment":
            # A table's comment is a separate field; the next AUTO_INCREMENT number is not part of the definition.
            return None
        case _:
            return value


def _table_collation(settings: dict[str, object], payload: object, flavour: Flavour) -> str | None:
    """Return the default collation of the table's columns; None where only the database knows it."""
    if isinstance(payload, Collations):
        return payload.collation
    if "mysql_collate" in settings:
        return str(settings["mysql_collate"])
    charset = settings.get("mysql_charset")
    return default_collation(str(charset), flavour) if charset else None


# Columns --------------------------------------------------------------------------------------------------------


def _column(column: Column, flavour: Flavour, collation: str | None, charset: str | None, *, is_key: bool) -> Column:
    type_ = normal_type(column.type, flavour, charset)
    parts = parse_type(type_.sql, type_.collation, flavour, charset)
    if collation is not None and type_.collation == collation:
        payload = None if column.type.payload is None else type_.payload
        type_ = Type(sql=type_.sql, payload=payload) if payload else normal_type(Type(sql=type_.sql), flavour)
    computed = column.computed
    if computed is not None:
        inner = bare(computed.sql, backslash=flavour.backslash)
        computed = Computed(sql=inner, stored=computed.stored, payload=computed.payload)
    default = column.default
    return replace(
        column,
        type=type_,
        # MariaDB has no NOT NULL for a generated column.
        nullable=(column.nullable and not is_key) or (computed is not None and flavour.mariadb),
        default=_default(default, parts, flavour) if default is not None and computed is None else None,
        computed=computed,
        identity=None,
        comment=_comment(column.comment),
        options=options((name, value) for name, value in column.options if name == "mysql_attributes"),
    )


def _comment(text: str | None) -> str | None:
    """Return a comment as the servers keep it: in three-byte UTF-8, with a question mark for other characters."""
    return BEYOND.sub("?", text) if text else None


def _default(default: Default, type_: ParsedType, flavour: Flavour) -> Default | None:
    sql = normal_default(default.sql, type_, flavour)
    return None if sql is None else Default(sql=sql, needs=default.needs, payload=default.payload)


def _fold_json(table: Table, collation: str | None, flavour: Flavour) -> tuple[list[Column], list[Constraint]]:
    """Return columns and constraints with MariaDB's JSON, a LONGTEXT in utf8mb4_bin with a CHECK, as the type JSON."""
    constraints = list(table.constraints)
    if not flavour.mariadb:
        return list(table.columns), constraints
    columns = []
    for column in table.columns:
        check = next((c for c in constraints if _is_json_check(c, column.name)), None)
        if check is None or not _is_json_text(column.type, collation, flavour):
            columns.append(column)
            continue
        constraints.remove(check)
        columns.append(replace(column, type=Type(sql="json", payload=sa.JSON())))
    return columns, constraints


def _is_json_text(type_: Type, collation: str | None, flavour: Flavour) -> bool:
    parsed = parse_type(type_.sql, type_.collation, flavour)
    return parsed.base == "longtext" and (parsed.collation or collation) == "utf8mb4_bin"


def _is_json_check(constraint: Constraint, column: str) -> bool:
    if not isinstance(constraint, Check) or not is_column_level(constraint) or constraint.columns != (column,):
        return False
    return [token.value.lower() for token in tokenize(bare(constraint.sql))] == [
        "json_valid",
        "(",
        column.lower(),
        ")",
    ]


# Constraints and indexes ----------------------------------------------------------------------------------------


def _constraint(constraint: Constraint, flavour: Flavour) -> Constraint:
    # Constraints have no comments, and none can be deferred.
    constraint = replace(constraint, comment=None)
    if isinstance(constraint, PrimaryKey | Unique | ForeignKey):
        constraint = replace(constraint, deferrable=None, initially=None)
    match constraint:
        case PrimaryKey():
            return replace(constraint, name=None, options=_key_options(constraint.options, flavour))
        case Unique():
            return replace(constraint, options=_key_options(constraint.options, flavour))
        case ForeignKey():
            return replace(
                constraint,
                on_delete=_action(constraint.on_delete),
                on_update=_action(constraint.on_update),
                match=None,
                options=(),
            )
        case Check():
            settings = options(pair for pair in constraint.options if pair[0] == "mysql_enforced")
            return replace(constraint, sql=bare(constraint.sql, backslash=flavour.backslash), options=settings)
        case Exclude():
            # The servers have none: compiling it raises NotSupported.
            return constraint


def _action(action: str | None) -> str | None:
    return None if action == "RESTRICT" else referential_action(action)


INDEX_SETTINGS = frozenset({"mysql_using", "mysql_key_block_size"})
"""The options of a key that do not say what it is. MariaDB itself adds USING HASH to a unique key on a long text."""


def _key_options(given: Options, flavour: Flavour) -> Options:
    settings = {f"mysql_{name}": value for name, value in own_options(given) if name not in ("length", "prefix")}
    using = str(settings.get("mysql_using") or "").lower()
    # InnoDB has no hash indexes. MySQL drops the word, MariaDB keeps it.
    settings["mysql_using"] = None if not using or (using == "hash" and not flavour.mariadb) else using
    return options(settings.items())


def _index(index: Index, table: Table, flavour: Flavour) -> Index:
    own = dict(own_options(index.options))
    lengths, prefix = own.get("length"), own.get("prefix")
    parts = tuple(_part(part, lengths, table, flavour) for part in index.parts)
    settings = dict(_key_options(index.options, flavour))
    settings["mysql_prefix"] = str(prefix).upper() if prefix else None
    return replace(index, parts=parts, options=options(settings.items()))


def _part(part: IndexPart, lengths: Any, table: Table, flavour: Flavour) -> IndexPart:
    part = _without_order(part, flavour)
    if part.expression is not None and (column := _plain_column(part.expression, table, flavour)):
        part = replace(column, descending=part.descending or column.descending, payload=part.payload)
    if part.expression is not None:
        if flavour.mariadb:
            raise NotSupported(f'MariaDB has no index on an expression: "{part.expression}" of "{table.table_name}"')
        inner = bare(part.expression, backslash=flavour.backslash)
        return replace(part, expression=inner, nulls=None, opclass=None, collation=None)
    length = part.length
    if isinstance(lengths, int):
        length = lengths
    elif isinstance(lengths, tuple):
        length = dict(lengths).get(part.column, length)
    # MariaDB supports DESC since 10.8; before, it was accepted and ignored.
    descending = part.descending and not (flavour.mariadb and flavour.before(10, 8))
    return IndexPart(column=part.column, descending=descending, length=length, payload=part.payload)


def _without_order(part: IndexPart, flavour: Flavour) -> IndexPart:
    """Return an element that is one text, ``(lower(name)) DESC``, with its order separated."""
    if part.expression is None:
        return part
    *before, last = tokenize(part.expression, backslash=flavour.backslash)
    if not before or last.word() not in ("ASC", "DESC"):
        return part
    text = part.expression[: last.start].strip()
    # The payload is the whole text.
    return replace(
        part,
        expression=text,
        descending=part.descending or last.word() == "DESC",
        payload=None,
        written=bare(text, backslash=flavour.backslash),
    )


def _plain_column(text: str, table: Table, flavour: Flavour) -> IndexPart | None:
    """Return the column that an expression ``name``, ``name(10)`` or ``name DESC`` is; None for other expressions.

    Where the columns of the table are not known (an index that a script adds), every name may be one.
    """
    tokens = list(tokenize(bare(text, backslash=flavour.backslash), backslash=flavour.backslash))
    if not tokens or tokens[0].kind not in ("name", "word"):
        return None
    column = table.column(tokens[0].value)
    name = column.name if column is not None else tokens[0].value
    if column is None and table.columns:
        return None
    rest = [token.value.upper() for token in tokens[1:]]
    descending = rest[-1:] == ["DESC"]
    rest = rest[:-1] if rest[-1:] in (["DESC"], ["ASC"]) else rest
    if not rest:
        return IndexPart(column=name, descending=descending)
    if len(rest) == 3 and rest[0] == "(" and rest[1].isdigit() and rest[2] == ")":
        return IndexPart(column=name, descending=descending, length=int(rest[1]))
    return None
