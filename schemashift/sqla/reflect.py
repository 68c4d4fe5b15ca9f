"""From SQLAlchemy's Inspector to our values: the reader of every database that has none of its own.

It also is what our own catalogue readers are tested against.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

import sqlalchemy as sa

from schemashift.schema import (
    Check,
    Column,
    Computed,
    Constraint,
    Default,
    ForeignKey,
    Identity,
    Index,
    IndexPart,
    PrimaryKey,
    Table,
    TableName,
    Unique,
    mentioned,
    options,
    referential_action,
)
from schemashift.sqla.lift import lift_type
from schemashift.sqla.percent_signs import without_percent_doubling

_Found = Mapping[Any, Any]


def tables(
    connection: sa.Connection, names: Collection[TableName] | None = None, *, schemas: Iterable[str] = ()
) -> tuple[Table, ...]:
    """Tables as the Inspector sees them, in a number of bulk calls that does not grow with their number.

    *names* None is all tables of the default schema and of *schemas*. Views are left out.
    """
    inspector = sa.inspect(connection)
    places: list[str | None] = (
        list(dict.fromkeys(name.schema for name in names)) if names is not None else [None, *schemas]
    )
    found: list[Table] = []
    for place in places:
        wanted = None if names is None else [name.name for name in names if name.schema == place]
        found += _Reader(inspector, without_percent_doubling(connection.dialect), place, wanted).tables()
    return tuple(found)


class _Reader:
    """Reads one schema."""

    def __init__(
        self, inspector: sa.Inspector, dialect: sa.Dialect, schema: str | None, names: list[str] | None
    ) -> None:
        self.inspector = inspector
        self.dialect = dialect
        self.schema = schema
        self.names = names

    def get(self, what: str) -> dict[str, Any]:
        """One of the Inspector's ``get_multi_*`` by table name; nothing where the database has no such thing."""
        method = getattr(self.inspector, f"get_multi_{what}")
        try:
            found: _Found = method(schema=self.schema, filter_names=self.names)
        except NotImplementedError:
            return {}
        return {key[1]: value for key, value in found.items()}

    def tables(self) -> Iterator[Table]:
        columns, keys = self.get("columns"), self.get("pk_constraint")
        foreign, uniques = self.get("foreign_keys"), self.get("unique_constraints")
        checks, indexes = self.get("check_constraints"), self.get("indexes")
        comments = self.get("table_comment")
        for name in sorted(columns):
            names = [column["name"] for column in columns[name]]
            constraints: list[Constraint] = [*_primary_key(keys.get(name))]
            constraints += [_foreign_key(each, self.dialect) for each in foreign.get(name, ())]
            constraints += [_unique(each) for each in uniques.get(name, ())]
            constraints += [_check(each, names) for each in checks.get(name, ())]
            primary = {column for key in constraints if isinstance(key, PrimaryKey) for column in key.columns}
            yield Table(
                name=name,
                schema=self.schema,
                columns=tuple(self.column(each, primary) for each in columns[name]),
                constraints=tuple(constraints),
                indexes=tuple(_index(each, names) for each in indexes.get(name, ()) if not _duplicate(each)),
                comment=(comments.get(name) or {}).get("text") or None,
            )

    def column(self, found: _Found, primary: set[str]) -> Column:
        computed, identity, default = found.get("computed"), found.get("identity"), found.get("default")
        counts = bool(found.get("autoincrement") is True)
        return Column(
            name=found["name"],
            type=lift_type(found["type"], self.dialect),
            nullable=bool(found["nullable"]) and found["name"] not in primary,
            default=Default(sql=default) if default is not None and computed is None and not counts else None,
            computed=Computed(sql=computed["sqltext"], stored=bool(computed.get("persisted"))) if computed else None,
            identity=_identity(identity) if identity else None,
            autoincrement=counts and not identity,
            comment=found.get("comment") or None,
        )


def _identity(found: _Found) -> Identity:
    return Identity(
        always=bool(found.get("always")),
        start=found.get("start"),
        increment=found.get("increment"),
        minimum=found.get("minvalue"),
        maximum=found.get("maxvalue"),
        cycle=bool(found.get("cycle")),
        cache=found.get("cache"),
    )


def _primary_key(found: _Found | None) -> Iterator[PrimaryKey]:
    if found and found["constrained_columns"]:
        yield PrimaryKey(columns=tuple(found["constrained_columns"]), name=found.get("name"))


def _foreign_key(found: _Found, dialect: sa.Dialect) -> ForeignKey:
    settings = found.get("options") or {}
    schema = found.get("referred_schema")
    return ForeignKey(
        columns=tuple(found["constrained_columns"]),
        target=TableName(found["referred_table"], None if schema == dialect.default_schema_name else schema),
        target_columns=tuple(found["referred_columns"]),
        name=found.get("name"),
        on_delete=referential_action(settings.get("ondelete")),
        on_update=referential_action(settings.get("onupdate")),
        deferrable=settings.get("deferrable"),
        initially=(settings.get("initially") or "").upper() or None,
        match=(settings.get("match") or "").upper() or None,
    )


def _unique(found: _Found) -> Unique:
    settings = (found.get("dialect_options") or {}).items()
    return Unique(columns=tuple(found["column_names"]), name=found.get("name"), options=options(settings))


def _check(found: _Found, names: list[str]) -> Check:
    return Check(sql=found["sqltext"], name=found.get("name"), columns=mentioned(found["sqltext"], names))


def _duplicate(found: _Found) -> bool:
    return bool(found.get("duplicates_constraint"))


def _index(found: _Found, names: list[str]) -> Index:
    texts = found.get("expressions") or found["column_names"]
    sorting = found.get("column_sorting") or {}
    parts = tuple(
        IndexPart(column=column, expression=None if column else text, descending="desc" in sorting.get(text, ()))
        for column, text in zip(found["column_names"], texts, strict=True)
    )
    used = tuple(dict.fromkeys(n for part in parts if part.expression for n in mentioned(part.expression, names)))
    return Index(name=found["name"], parts=parts, unique=bool(found["unique"]), uses=used)
