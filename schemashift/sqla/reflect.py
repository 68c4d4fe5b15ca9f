"""Read tables with SQLAlchemy's Inspector: the reader for every database that has no own reader.

The catalogue readers of our dialects are tested against it.
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
from schemashift.sqla.lift_types import lift_type
from schemashift.sqla.percent_signs import without_percent_doubling
from schemashift.sqla.traits import traits_of

_Reflected = Mapping[Any, Any]


def tables(
    connection: sa.Connection, names: Collection[TableName] | None = None, *, schemas: Iterable[str] = ()
) -> tuple[Table, ...]:
    """Return tables as the Inspector reads them; the number of its bulk calls does not grow with the tables.

    Without *names*, these are all tables of the default schema and of *schemas*. Views are left out.
    """
    inspector = sa.inspect(connection)
    schema_names: list[str | None] = (
        list(dict.fromkeys(name.schema for name in names)) if names is not None else [None, *schemas]
    )
    lifted: list[Table] = []
    for schema in schema_names:
        wanted = None if names is None else [name.name for name in names if name.schema == schema]
        lifted += _Reader(inspector, without_percent_doubling(connection.dialect), schema, wanted).tables()
    return tuple(lifted)


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
        """Return the result of one of the Inspector's ``get_multi_*`` by table name; empty if not supported."""
        method = getattr(self.inspector, f"get_multi_{what}")
        try:
            reflected: _Reflected = method(schema=self.schema, filter_names=self.names)
        except NotImplementedError:
            return {}
        return {key[1]: value for key, value in reflected.items()}

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

    def column(self, reflected: _Reflected, primary: set[str]) -> Column:
        computed, identity, default = reflected.get("computed"), reflected.get("identity"), reflected.get("default")
        autoincrement = bool(reflected.get("autoincrement") is True)
        return Column(
            name=reflected["name"],
            type=lift_type(reflected["type"], self.dialect),
            nullable=bool(reflected["nullable"])
            and (traits_of(self.dialect).nullable_keys or reflected["name"] not in primary),
            default=Default(sql=default) if default is not None and computed is None and not autoincrement else None,
            computed=Computed(sql=computed["sqltext"], stored=bool(computed.get("persisted"))) if computed else None,
            identity=_identity(identity) if identity else None,
            autoincrement=autoincrement and not identity,
            comment=reflected.get("comment") or None,
        )


def _identity(reflected: _Reflected) -> Identity:
    return Identity(
        always=bool(reflected.get("always")),
        start=reflected.get("start"),
        increment=reflected.get("increment"),
        minimum=reflected.get("minvalue"),
        maximum=reflected.get("maxvalue"),
        cycle=bool(reflected.get("cycle")),
        cache=reflected.get("cache"),
    )


def _primary_key(reflected: _Reflected | None) -> Iterator[PrimaryKey]:
    if reflected and reflected["constrained_columns"]:
        columns = tuple(reflected["constrained_columns"])
        yield PrimaryKey(columns=columns, name=reflected.get("name"), comment=reflected.get("comment"))


def _foreign_key(reflected: _Reflected, dialect: sa.Dialect) -> ForeignKey:
    settings = reflected.get("options") or {}
    schema = reflected.get("referred_schema")
    return ForeignKey(
        columns=tuple(reflected["constrained_columns"]),
        target=TableName(reflected["referred_table"], None if schema == dialect.default_schema_name else schema),
        target_columns=tuple(reflected["referred_columns"]),
        name=reflected.get("name"),
        comment=reflected.get("comment"),
        on_delete=referential_action(settings.get("ondelete")),
        on_update=referential_action(settings.get("onupdate")),
        deferrable=settings.get("deferrable"),
        initially=(settings.get("initially") or "").upper() or None,
        match=(settings.get("match") or "").upper() or None,
    )


def _unique(reflected: _Reflected) -> Unique:
    return Unique(
        columns=tuple(reflected["column_names"]),
        name=reflected.get("name"),
        comment=reflected.get("comment"),
        options=options((reflected.get("dialect_options") or {}).items()),
    )


def _check(reflected: _Reflected, names: list[str]) -> Check:
    return Check(
        sql=reflected["sqltext"],
        name=reflected.get("name"),
        comment=reflected.get("comment"),
        columns=mentioned(reflected["sqltext"], names),
    )


def _duplicate(reflected: _Reflected) -> bool:
    return bool(reflected.get("duplicates_constraint"))


def _index(reflected: _Reflected, names: list[str]) -> Index:
    texts = reflected.get("expressions") or reflected["column_names"]
    sorting = reflected.get("column_sorting") or {}
    parts = tuple(
        IndexPart(column=column, expression=None if column else text, descending="desc" in sorting.get(text, ()))
        for column, text in zip(reflected["column_names"], texts, strict=True)
    )
    used = tuple(dict.fromkeys(n for part in parts if part.expression for n in mentioned(part.expression, names)))
    return Index(name=reflected["name"], parts=parts, unique=bool(reflected["unique"]), uses=used)
