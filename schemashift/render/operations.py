"""Write operations as calls of ``op``: one method per kind of value, and one per operation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa

from schemashift.operations import (
    AddColumn,
    AddConstraint,
    AlterColumn,
    AlterConstraint,
    AlterTable,
    Backfill,
    BackfillNumbers,
    ColumnChanges,
    CreateIndex,
    CreateTable,
    DropColumn,
    DropConstraint,
    DropIndex,
    DropTable,
    Execute,
    InsertMissingRows,
    Operation,
    RenameColumn,
    RenameIndex,
    RenameTable,
    default_name,
)
from schemashift.render.parts import declared_comment, declared_deferral, is_enclosed, opclasses_of
from schemashift.schema import (
    INTEGER_LIMITS,
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
    implied_start,
    option,
    options,
)
from schemashift.scripts.layout import Call
from schemashift.sqla.lift import lift_expression, lift_options
from schemashift.sqla.literals import escape_binds, repr_value, string
from schemashift.sqla.names import names_of, option_for
from schemashift.sqla.private import type_affinity
from schemashift.sqla.source import Source
from schemashift.sqla.traits import traits_of

Node = str | Call
Convention = Mapping[Any, Any]
"""The value of ``MetaData(naming_convention=...)``."""
_TYPES: dict[type[Constraint], str] = {
    PrimaryKey: "primary",
    Unique: "unique",
    ForeignKey: "foreignkey",
    Check: "check",
    Exclude: "exclude",
}

_CONVENTION_KEYS: dict[str, tuple[type[Any], type[Any]]] = {
    "pk": (PrimaryKey, sa.PrimaryKeyConstraint),
    "uq": (Unique, sa.UniqueConstraint),
    "fk": (ForeignKey, sa.ForeignKeyConstraint),
    "ck": (Check, sa.CheckConstraint),
    "ix": (Index, sa.Index),
}


def _renamed_by(convention: Convention) -> Iterator[type[Any]]:
    """Yield the kinds whose names *convention* derives from the names that they are given."""
    for key, (kind, class_) in _CONVENTION_KEYS.items():
        template = convention.get(key, convention.get(class_))
        if isinstance(template, str) and "constraint_name" in template:
            yield kind


class Printer:
    """Writes operations for one dialect; `Source.imports` collects the imports that they need."""

    def __init__(self, dialect: sa.Dialect, conventions: Iterable[Convention] = ()) -> None:
        self.source = Source(dialect)
        self.dialect = dialect
        self.prefix = f"{dialect.name}_"
        self._renamed = {Check, *(kind for convention in conventions for kind in _renamed_by(convention))}

    @property
    def databases(self) -> tuple[str, ...]:
        """The name of the database, and of the database that it is a variant of: ``("mariadb", "mysql")``."""
        return names_of(self.dialect)

    def calls(self, operation: Operation) -> Iterator[Node]:
        """Yield the calls that create *operation*: usually one, several for a table with indexes."""
        method: Callable[[Operation], Iterator[Node]] | None = getattr(self, operation.verb, None)
        yield from operation.source(self) if method is None else method(operation)

    def call(self, head: str, arguments: Iterable[object], **keywords: object) -> Call:
        """Return a call with plain values; a keyword argument that is None is left out."""
        nodes: list[Node] = [self.strings(each) if isinstance(each, list) else repr_value(each) for each in arguments]
        for name, value in keywords.items():
            if isinstance(value, list):
                nodes.append(self.strings(value)._replace(prefix=f"{name}="))
            elif value is not None:
                nodes.append(f"{name}={repr_value(value)}")
        return Call(head, nodes)

    def compose(self, head: str, arguments: Iterable[str | Call]) -> Call:
        """Return a call whose arguments are source text or nodes."""
        return Call(head, list(arguments))

    def value(self, value: object) -> str:
        """Return a plain value as source."""
        return repr_value(value)

    def type_(self, type_: Type) -> str:
        """Return a type as source."""
        return self.source.type_(type_.payload)

    def default(self, default: Default) -> str:
        """Return a server default as source."""
        return self.source.default(default)

    # Values ------------------------------------------------------------------------------------------------------

    def strings(self, names: Iterable[str]) -> Call:
        """Return ``["a", "b"]``."""
        return Call("[", [string(name) for name in names])

    def schema(self, name: TableName) -> list[str]:
        """Return ``schema="x"`` if *name* has a schema."""
        return [f"schema={string(name.schema)}"] if name.schema else []

    def keywords(self, options: Options) -> list[str]:
        """Return dialect options as keyword arguments."""
        return [f"{name}={self.option(name, value)}" for name, value in options if name != "prefixes"]

    def option(self, name: str, value: object) -> str:
        """Return the value of an option: SQL as ``sa.text``, pairs as a dict."""
        if isinstance(value, SQL):
            return self.source.text(self.as_written(value.payload, value.written or value.text))
        if isinstance(value, tuple) and value and all(isinstance(each, tuple) and len(each) == 2 for each in value):
            # The catalogue stores storage parameters as text.
            return repr_value({key: int(each) if str(each).isdigit() else each for key, each in value})
        return repr_value(list(value) if isinstance(value, tuple) else value)

    def as_written(self, payload: object, text: str) -> str:
        """Return SQL as its author wrote it: another database may not accept *text*, as this one stores it."""
        return lift_expression(payload, self.dialect) if isinstance(payload, sa.ClauseElement) else text

    def text(self, payload: object, text: str) -> str:
        """Return SQL as its author wrote it, escaped for ``sa.text()``."""
        return escape_binds(self.as_written(payload, text))

    def check(self, check: Check) -> str:
        """Return the text of a CHECK: a literal, unless its expression is another one on other databases."""
        expression = getattr(check.payload, "sqltext", None)
        return self.source.condition(expression, self.as_written(expression, check.written or check.sql))

    def column(
        self, column: Column, *, primary: bool = False, keyed: bool = False, autoincrement: bool | None = None
    ) -> Call:
        """Return ``sa.Column(...)``. The column is *keyed* in the primary key, declared *primary* by itself or not."""
        arguments: list[Node] = [string(column.name), self.source.type_(column.type.payload, column.payload)]
        arguments += self.generation(column)
        if primary:
            arguments.append("primary_key=True")
        if column.nullable and keyed:
            arguments.append("nullable=True")
        elif not column.nullable and not primary:
            arguments.append("nullable=False")
        if autoincrement is not None:
            arguments.append(f"autoincrement={autoincrement}")
        if column.default is not None:
            arguments.append(f"server_default={self.source.default(column.default)}")
        if column.comment:
            arguments.append(f"comment={string(column.comment)}")
        return Call(self.source.sa("Column"), [*arguments, *self.keywords(self.declared(column))])

    def declared(self, thing: Any) -> Options:
        """Return the options for this database, and those declared for others, since scripts run everywhere."""
        own = {option_for(name, self.dialect): value for name, value in thing.options}
        others = (pair for pair in lift_options(thing.payload, self.dialect) if not pair[0].startswith(self.prefix))
        return options([*own.items(), *(pair for pair in others if pair[0] not in own)])

    def generation(self, column: Column) -> list[str]:
        """Return ``sa.Computed(...)`` or ``sa.Identity(...)``, if the column has one."""
        if column.computed is not None:
            return [self.computed(column.computed)]
        return [self.identity(column.identity, column.type.sql)] if column.identity is not None else []

    def computed(self, computed: Computed) -> str:
        """Return ``sa.Computed("a + b", persisted=True)``."""
        expression = getattr(computed.payload, "sqltext", None)
        text = self.source.condition(expression, self.as_written(expression, computed.written or computed.sql))
        return f"{self.source.sa('Computed')}({text}, persisted={computed.stored})"

    def identity(self, identity: Identity, type_: str) -> str:
        """Return ``sa.Identity(always=True, start=5)`` for a column of that type, without defaults."""
        limit = INTEGER_LIMITS.get(type_, INTEGER_LIMITS["BIGINT"])
        ascends = (identity.increment or 1) > 0
        defaults = {
            "always": False,
            "start": implied_start(identity.increment, identity.minimum, identity.maximum),
            "increment": 1,
            "minimum": 1 if ascends else -limit - 1,
            "maximum": limit if ascends else -1,
            "cycle": False,
            "cache": 1,
        }
        names = {"minimum": "minvalue", "maximum": "maxvalue"}
        values = {name: getattr(identity, name) for name in Identity.__dataclass_fields__}
        arguments = [
            f"{names.get(name, name)}={value!r}"
            for name, value in values.items()
            if value is not None and defaults[name] != value
        ]
        return f"{self.source.sa('Identity')}({', '.join(arguments)})"

    def final_name(self, name: str, kind: type[Any] | None) -> str:
        """Return the name of a constraint or an index, marked as final where a naming convention would change it.

        CHECKs are always marked: widespread conventions derive the name of a CHECK from the one that it has, and a
        script must mean the same when the models get such a convention later.
        """
        return f"op.f({string(name)})" if kind in self._renamed else string(name)

    def name_and_options(self, constraint: Constraint) -> list[str]:
        """Return ``name="x"`` and the options."""
        name = [f"name={self.final_name(constraint.name, type(constraint))}"] if constraint.name else []
        return [*name, *self.tail(constraint)]

    def tail(self, constraint: Constraint) -> list[str]:
        """Return the comment and the options."""
        return [*self.comment(constraint), *self.keywords(self.declared(constraint))]

    def comment(self, constraint: Constraint) -> list[str]:
        """Return ``comment="x"``, if there is one: also that of a database which this one is not."""
        others = None if self.dialect.supports_constraint_comments else declared_comment(constraint)
        comment = constraint.comment or others
        return [f"comment={string(comment)}"] if comment else []

    def deferral(self, constraint: PrimaryKey | Unique | ForeignKey | Exclude) -> list[str]:
        """Return ``deferrable=True, initially="DEFERRED"``, also where only other databases can defer such a key."""
        deferrable, initially = constraint.deferrable, constraint.initially
        if deferrable is None:
            deferrable, initially = declared_deferral(constraint) or (None, initially)
        arguments = [f"deferrable={deferrable}"] if deferrable is not None else []
        return arguments + ([f"initially={string(initially)}"] if initially else [])

    def actions(self, key: ForeignKey) -> list[str]:
        """Return the actions, MATCH and deferral of a foreign key."""
        pairs = [("onupdate", key.on_update), ("ondelete", key.on_delete), ("match", key.match)]
        return [f"{name}={string(value)}" for name, value in pairs if value] + self.deferral(key)

    def constraint(self, constraint: Constraint) -> Call:
        """Return a constraint as an argument of ``op.create_table``."""
        match constraint:
            case PrimaryKey():
                arguments: list[Node] = [string(name) for name in constraint.columns]
                tail = [*self.name_and_options(constraint), *self.deferral(constraint)]
                return Call(self.source.sa("PrimaryKeyConstraint"), [*arguments, *tail])
            case Unique():
                arguments = [string(name) for name in constraint.columns]
                tail = [*self.name_and_options(constraint), *self.deferral(constraint)]
                return Call(self.source.sa("UniqueConstraint"), [*arguments, *tail])
            case Check():
                return Call(
                    self.source.sa("CheckConstraint"), [self.check(constraint), *self.name_and_options(constraint)]
                )
            case ForeignKey():
                return self.foreign_key(constraint)
            case Exclude():
                self.source.add_import("from sqlalchemy.dialects import postgresql")
                name = [f"name={string(constraint.name)}"] if constraint.name else []
                return Call("postgresql.ExcludeConstraint", [*self.exclusion(constraint), *name])

    def exclusion(self, constraint: Exclude) -> list[Node]:
        """Return arguments such as ``("room", "="), (sa.text("during"), "&&"), using="gist"``."""
        pairs = zip(constraint.parts, constraint.operators, strict=True)
        arguments: list[Node] = [f"({self.exclusion_part(part)}, {string(operator)})" for part, operator in pairs]
        arguments += [f"where={self.option('where', constraint.where)}"] if constraint.where else []
        opclasses = opclasses_of(constraint.parts, getattr(constraint.payload, "ops", {}))
        arguments += [f"ops={repr_value(opclasses)}"] if opclasses else []
        arguments += [f"using={string(constraint.using)}"] if constraint.using != "gist" else []
        return [*arguments, *self.deferral(constraint)]

    def exclusion_part(self, part: IndexPart) -> str:
        """Return a part as in an index, but with parentheses round an expression, which SQLAlchemy does not add."""
        if part.expression is None:
            return self.part(part)
        text = self.as_written(part.payload, part.written or part.expression)
        return self.part(
            replace(part, payload=None, written=None, expression=text if is_enclosed(text) else f"({text})")
        )

    def foreign_key(self, key: ForeignKey) -> Call:
        """Return ``sa.ForeignKeyConstraint([...], [...])``."""
        targets = self.strings(f"{key.target}.{column}" for column in key.target_columns)
        arguments: list[Node] = [self.strings(key.columns), targets, *self.name_and_options(key), *self.actions(key)]
        return Call(self.source.sa("ForeignKeyConstraint"), arguments)

    def part(self, part: IndexPart) -> str:
        """Return an element of an index: a name, or an expression with its ordering, collation and operator class."""
        if part.column is not None and not part.collation:
            if not (part.descending or part.nulls):
                return string(part.column)
            text = f"{self.source.sa('column')}({string(part.column)})" + (".desc()" if part.descending else "")
            return text + (f".nulls_{part.nulls}()" if part.nulls else "")
        plain = self.dialect.identifier_preparer.quote(part.column) if part.column is not None else ""
        text = plain or self.as_written(part.payload, part.written or part.expression or "")
        if not plain and (part.collation or part.opclass or part.descending or part.nulls):
            text = text if is_enclosed(text) else f"({text})"
        text += f' COLLATE "{part.collation}"' if part.collation else ""
        text += f" {part.opclass}" if part.opclass else ""
        text += " DESC" if part.descending else ""
        return self.source.text(text + (f" NULLS {part.nulls.upper()}" if part.nulls else ""))

    # Operations --------------------------------------------------------------------------------------------------

    def create_table(self, operation: CreateTable) -> Iterator[Node]:
        table = operation.table
        key = table.primary_key
        inline = key is not None and self.is_inline(key, table)
        arguments: list[Node] = [string(table.name)]
        for column in table.columns:
            keyed = key is not None and column.name in key.columns
            numbered = self.autoincrement(column, table)
            arguments.append(self.column(column, primary=inline and keyed, keyed=keyed, autoincrement=numbered))
        arguments += [self.constraint(each) for each in table.constraints if not (inline and each is key)]
        arguments += self.schema(table.table_name)
        arguments += [f"comment={string(table.comment)}"] if table.comment else []
        prefixes = dict(table.options).get("prefixes")
        arguments += [f"prefixes={repr_value(list(prefixes))}"] if isinstance(prefixes, tuple) else []
        yield Call("op.create_table", [*arguments, *self.keywords(self.declared(table))], broken=True)
        for index in table.indexes:
            yield self.index(table.table_name, index)
        for each in table.constraints:
            if isinstance(each, Exclude) and each.comment:  # which SQLAlchemy has no argument for
                changes = (("comment", each.comment),)
                name = each.name or default_name(table.name, each)
                yield from self.alter_constraint(
                    AlterConstraint(table=table.table_name, name=name, kind=Exclude, set=changes)
                )

    @staticmethod
    def is_inline(key: PrimaryKey, table: Table) -> bool:
        """Return True if ``primary_key=True`` on the columns is enough: no name, no options, in the table's order."""
        if key.name or key.options or key.comment or key.deferrable or key.initially or declared_deferral(key):
            return False
        return tuple(column.name for column in table.columns if column.name in key.columns) == key.columns

    def autoincrement(self, column: Column, table: Table) -> bool | None:
        """Return the value of ``autoincrement=``; None if SQLAlchemy's default for the column is right."""
        key = table.primary_key
        if key is None or column.name not in key.columns:
            return True if column.autoincrement else None
        declared = getattr(column.payload, "autoincrement", None)
        if isinstance(getattr(column.payload, "default", None), sa.Sequence) and not column.autoincrement:
            # The sequence of the models numbers the rows, and nothing beside it.
            return False
        if isinstance(declared, bool):
            return declared
        if traits_of(self.dialect).numbers_integer_keys:
            return None
        guess = (
            len(key.columns) == 1
            and _is_integer(column)
            and column.default is None
            and column.identity is None
            and column.computed is None
            and not any(column.name in each.columns for each in table.foreign_keys)
        )
        return None if guess == column.autoincrement or column.identity is not None else column.autoincrement

    def drop_table(self, operation: DropTable) -> Iterator[Node]:
        yield Call("op.drop_table", [string(operation.name.name), *self.schema(operation.name)])

    def rename_table(self, operation: RenameTable) -> Iterator[Node]:
        old = operation.old
        yield Call("op.rename_table", [string(old.name), string(operation.new), *self.schema(old)])

    def alter_table(self, operation: AlterTable) -> Iterator[Node]:
        before = dict(operation.before or ())
        for field, value in operation.set:
            name, schema = string(operation.table.name), self.schema(operation.table)
            if field == "comment":
                existing = before.get("comment")
                arguments = [name, *([string(str(value))] if value else []), *schema]
                arguments += [f"existing_comment={string(str(existing))}"] if existing else []
                yield Call("op.create_table_comment" if value else "op.drop_table_comment", arguments)
            else:
                yield from self.table_options(operation, dict(value or ()), dict(before.get(field) or ()))  # type: ignore[arg-type]

    def table_options(self, operation: AlterTable, new: dict[str, Any], old: dict[str, Any]) -> Iterator[Node]:
        """Yield ``op.alter_table("t", mysql_engine="InnoDB")`` with the changed options, None for removed ones."""
        changed = {name: new.get(name) for name in sorted(new.keys() | old.keys()) if new.get(name) != old.get(name)}
        arguments = [f"{name}={self.option(name, value)}" for name, value in changed.items()]
        yield Call("op.alter_table", [string(operation.table.name), *arguments, *self.schema(operation.table)])

    def add_column(self, operation: AddColumn) -> Iterator[Node]:
        numbered = ["autoincrement=True"] if operation.column.autoincrement else []
        column = self.column(operation.column)
        yield Call("op.add_column", [string(operation.table.name), column, *numbered, *self.schema(operation.table)])

    def drop_column(self, operation: DropColumn) -> Iterator[Node]:
        arguments = [string(operation.table.name), string(operation.name), *self.schema(operation.table)]
        yield Call("op.drop_column", arguments)

    def alter_column(self, operation: AlterColumn) -> Iterator[Node]:
        arguments: list[Node] = [string(operation.table.name), string(operation.name)]
        before = operation.before
        for field in operation.changes:
            arguments += self.change(field, operation.changes, before)
        yield Call("op.alter_column", [*arguments, *self.keywords(operation.options), *self.schema(operation.table)])

    def change(self, field: str, changes: ColumnChanges, before: Column | None) -> list[str]:
        """Return the arguments for one changed field of a column, with the existing value where it is of interest."""
        match field:
            case "type":
                existing = [f"existing_type={self.source.type_(before.type.payload)}"] if before else []
                return [*existing, f"type_={self.type_(changes['type'])}"]
            case "nullable":
                return [f"nullable={changes['nullable']}"]
            case "autoincrement":
                return [f"autoincrement={changes['autoincrement']}"]
            case "default":
                default = changes["default"]
                return [f"server_default={self.default(default) if default is not None else None}"]
            case "comment":
                return [f"comment={string(changes['comment']) if changes['comment'] else None}"]
            case "computed":
                return [f"computed={self.computed(changes['computed']) if changes['computed'] else None}"]
            case "identity":
                identity, type_ = changes["identity"], changes.get("type") or (before.type if before else None)
                return [f"identity={self.identity(identity, type_.sql if type_ else '') if identity else None}"]
            case _:
                old = dict(before.options) if before else {}
                changed = dict.fromkeys(old) | dict(changes["options"])
                return [f"{name}={self.option(name, each)}" for name, each in sorted(changed.items())]

    def rename_column(self, operation: RenameColumn) -> Iterator[Node]:
        arguments = [string(operation.table.name), string(operation.old), f"new_column_name={string(operation.new)}"]
        yield Call("op.alter_column", [*arguments, *self.schema(operation.table)])

    def add_constraint(self, operation: AddConstraint) -> Iterator[Node]:
        constraint, table = operation.constraint, operation.table
        name = self.constraint_name(table, constraint)
        options = self.tail(constraint)
        match constraint:
            case PrimaryKey():
                arguments: list[Node] = [name, string(table.name), self.strings(constraint.columns)]
                arguments += self.deferral(constraint)
                yield Call("op.create_primary_key", [*arguments, *options, *self.schema(table)])
            case Unique():
                arguments = [name, string(table.name), self.strings(constraint.columns), *self.deferral(constraint)]
                yield Call("op.create_unique_constraint", [*arguments, *options, *self.schema(table)])
            case Check():
                arguments = [name, string(table.name), self.check(constraint), *options]
                yield Call("op.create_check_constraint", [*arguments, *self.schema(table)])
            case Exclude():
                arguments = [name, string(table.name), *self.exclusion(constraint)]
                arguments += self.comment(constraint)
                yield Call("op.create_exclude_constraint", [*arguments, *self.schema(table)])
            case ForeignKey():
                yield self.create_foreign_key(table, constraint, [*self.actions(constraint), *options])

    def constraint_name(self, table: TableName, constraint: Constraint) -> str:
        """Return the name, by which it is dropped too: the default name where the database stores none."""
        return self.final_name(constraint.name or default_name(table.name, constraint), type(constraint))

    def create_foreign_key(self, table: TableName, key: ForeignKey, arguments: list[str]) -> Call:
        """Return ``op.create_foreign_key(...)``."""
        schemas = [f"source_schema={string(table.schema)}"] if table.schema else []
        schemas += [f"referent_schema={string(key.target.schema)}"] if key.target.schema else []
        names: list[Node] = [self.constraint_name(table, key), string(table.name), string(key.target.name)]
        return Call(
            "op.create_foreign_key",
            [*names, self.strings(key.columns), self.strings(key.target_columns), *arguments, *schemas],
        )

    def alter_constraint(self, operation: AlterConstraint) -> Iterator[Node]:
        arguments = [self.final_name(operation.name, operation.kind), string(operation.table.name)]
        arguments += [f"type_={string(_TYPES[operation.kind])}"] if operation.kind else []
        if "comment" in operation.changes:
            arguments.append(f"comment={repr_value(operation.changes['comment'])}")
        changed = operation.changes.get("options", ())
        arguments += [f"{name}={self.option(name, False if value is None else value)}" for name, value in changed]
        yield Call("op.alter_constraint", [*arguments, *self.schema(operation.table)])

    def drop_constraint(self, operation: DropConstraint) -> Iterator[Node]:
        arguments = [self.final_name(operation.name, operation.kind), string(operation.table.name)]
        arguments += [f"type_={string(_TYPES[operation.kind])}"] if operation.kind else []
        yield Call("op.drop_constraint", [*arguments, *self.schema(operation.table)])

    def index(self, table: TableName, index: Index) -> Call:
        """Return ``op.create_index(...)``."""
        arguments: list[Node] = [
            self.final_name(index.name, Index),
            string(table.name),
            Call("[", [self.part(p) for p in index.parts]),
        ]
        arguments += ["unique=True"] if index.unique else []
        lengths = {part.column: part.length for part in index.parts if part.length}
        arguments += [f"{self.prefix}length={repr_value(lengths)}"] if lengths else []
        opclasses = opclasses_of(index.parts, self.declared_opclasses(index))
        arguments += [f"{self.prefix}ops={repr_value(opclasses)}"] if opclasses else []
        return Call("op.create_index", [*arguments, *self.keywords(self.declared(index)), *self.schema(table)])

    def declared_opclasses(self, index: Index) -> Mapping[str, str]:
        """Return the operator classes of *index* as its author wrote them."""
        declared: Options = option(lift_options(index.payload, self.dialect), f"{self.prefix}ops") or ()
        return {column: str(opclass) for column, opclass in declared}

    def create_index(self, operation: CreateIndex) -> Iterator[Node]:
        yield self.index(operation.table, operation.index)

    def drop_index(self, operation: DropIndex) -> Iterator[Node]:
        table = operation.table
        arguments = [string(operation.name), *([f"table_name={string(table.name)}"] if table else [])]
        yield Call("op.drop_index", [*arguments, *(self.schema(table) if table else [])])

    def rename_index(self, operation: RenameIndex) -> Iterator[Node]:
        arguments = [string(operation.table.name), string(operation.old), string(operation.new)]
        yield Call("op.rename_index", [*arguments, *self.schema(operation.table)])

    def backfill(self, operation: Backfill) -> Iterator[Node]:
        value = self.source.default(operation.value)
        head, _, rest = value.partition("(")
        node = Call(head, [rest[:-1]]) if head == "sa.text" else value
        arguments = [string(operation.table.name), string(operation.column), node]
        yield Call("op.backfill", [*arguments, *self.schema(operation.table)])

    def backfill_numbers(self, operation: BackfillNumbers) -> Iterator[Node]:
        arguments = [string(operation.table.name), string(operation.column)]
        yield Call("op.backfill_numbers", [*arguments, *self.schema(operation.table)])

    def insert_missing_rows(self, operation: InsertMissingRows) -> Iterator[Node]:
        arguments: list[Node] = [string(operation.table.name)]
        if operation.values:
            pairs = (
                (name, "None" if value is None else self.source.default(value)) for name, value in operation.values
            )
            arguments.append(Call("{", [f"{string(name)}: {value}" for name, value in pairs]))
        if operation.children is not None:
            arguments.append(f"children={string(operation.children.name)}")
        if operation.keys:
            arguments.append(f"keys={repr_value(dict(operation.keys))}")
        arguments += self.schema(operation.table)
        if operation.children is not None and operation.children.schema:
            arguments.append(f"children_schema={string(operation.children.schema)}")
        yield Call("op.insert_missing_rows", arguments)

    def execute(self, operation: Execute) -> Iterator[Node]:
        yield Call("op.execute", [string(str(operation.statement))])


def _is_integer(column: Column) -> bool:
    affinity = type_affinity(column.type.payload)
    return affinity is not None and issubclass(affinity, sa.Integer)
