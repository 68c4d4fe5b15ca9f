"""Write types as Python source, and compile what was written: it must give what the type of the model gives.

A type is written as SQLAlchemy's own class, by the signature of its constructor. Its ``repr()`` is not source:
``ARRAY(Integer())`` loses its ``sa.``, ``with_variant`` is lost and a TypeDecorator prints the arguments of its impl.
But the class does not say everything: a subclass may have ``get_col_spec`` or ``@compiles``, a TypeDecorator may choose
a type for each database, and an argument may not be kept by the constructor. So the source is evaluated and compiled,
and where the SQL differs, it gets a variant for that database: another class, or else the SQL itself
(``op.sql_type``). This is done for all databases that a script may run on, not only for the one that it is written on.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.types import TypeDecorator, TypeEngine, UserDefinedType

from schemashift.sqla.lift_types import is_domain, lift_type, unwrapped
from schemashift.sqla.literals import repr_value, string
from schemashift.sqla.names import of_one_family, plain
from schemashift.sqla.percent_signs import without_percent_doubling
from schemashift.sqla.private import compilers_of, implementation, recompiles, type_affinity
from schemashift.sqla.traits import DATABASES, offline_dialect
from schemashift.sqla.types import SQLType

# Parameters for the conversion of values in Python, and those that are written as separate constraints.
_NOT_DDL = {
    "as_tuple", "as_uuid", "asdecimal", "astext_type", "cache_ok", "create_constraint", "create_type",
    "decimal_return_scale", "inherit_schema", "metadata", "none_as_null", "omit_aliases", "quote",
    "sort_key_function", "validate_strings", "values_callable", "zero_indexes", "comparator", "pickler", "protocol",
    "enforce_ascii", "storage_format", "regexp", "truncate_microseconds", "retrieve_as_bitwise", "_enums",
    "_adapted_from", "_create_events", "_is_impl_for_variant", "convert_unicode", "strict", "check", "not_null",
}  # fmt: skip
_POSITIONAL = {"length", "precision", "scale", "display_width", "fsp"}


class TypeSource:
    """Writes the types of a script that is generated on *dialect*."""

    def __init__(self, dialect: sa.Dialect) -> None:
        self.dialect = without_percent_doubling(dialect)
        self._results: dict[tuple[str, str], str | None] = {}

    def source(self, type_: Any, column: sa.Column[Any] | None = None) -> str:
        """Return *type_* with its variants. *column* is the column that has it, for a type whose SQL depends on that.

        Raises `NotSupported` if the database has no such type.
        """
        type_, here = instance(type_), self.dialect.name
        text, declared = self._class(type_), _variants(type_)
        sql = compiled(type_, self.dialect, column)
        exact = text is not None and sql is not None and _is_known(type_)
        exact = exact and (here in declared or self._sql(text, here) == sql)
        if exact and text is not None and not declared:
            return text
        wanted = self._wanted(type_, dict.fromkeys((*declared, *(() if exact else DATABASES), here)), column)
        written = {name: self._on(type_, name, sql) for name, sql in wanted.items()}
        if not exact:
            for name, other in of_one_family(DATABASES):
                # A type with @compiles for "mysql" alone does not compile on "mariadb", which is the same server.
                if name not in wanted and other in wanted:
                    wanted[name], written[name] = wanted[other], written[other]
        base = self._base(type_, text, wanted, written)
        return base + self._with_variants(type_, base, wanted, written)

    def _wanted(self, type_: Any, names: Iterable[str], column: sa.Column[Any] | None) -> dict[str, str]:
        """Return what *type_* compiles to on each of *names*, without those on which it does not compile."""
        found = {}
        for name in names:
            dialect = self._dialect(name)
            if dialect is not None and (sql := compiled(type_, dialect, column)) is not None:
                found[name] = sql
        if self.dialect.name not in found:
            # For its error.
            lift_type(type_, self.dialect, column)
        return found

    def _on(self, type_: Any, name: str, sql: str) -> str:
        """Return a type that is *sql* on the database *name*, where *type_* is: a class, if there is one."""
        dialect = self._dialect(name)
        resolved = type_ if dialect is None else _resolved(type_, dialect)
        # A decorator often asks SQLAlchemy for a type by type_descriptor(), and gets a class of the driver's.
        generic = (self._class(resolved, class_) for class_ in _known_classes(type(resolved)) if _is_generic(class_))
        texts = (text for text in (*generic, self._class(resolved)) if text is not None)
        return next((text for text in texts if self._sql(text, name) == sql), sql_type(sql))

    def _base(self, type_: Any, text: str | None, wanted: Mapping[str, str], written: Mapping[str, str]) -> str:
        """Return the type to add variants to: *text*, the class of *type_*, or else that which needs the fewest.

        A class of integers is kept, since SQLAlchemy makes only such a primary key AUTO_INCREMENT or SERIAL.
        """
        names = wanted.keys() - _variants(type_).keys()
        wrong = {
            each: sum(self._sql(each, name) != wanted[name] for name in names)
            for each in filter(None, (text, written[self.dialect.name], *written.values()))
        }
        affinity = type_affinity(type_)
        is_integer = affinity is not None and issubclass(affinity, sa.Integer)
        if text is not None and (is_integer or not names):
            return text
        return min(wrong, key=lambda each: wrong[each])

    def _with_variants(self, type_: Any, base: str, wanted: Mapping[str, str], written: Mapping[str, str]) -> str:
        """Return the ``.with_variant(...)`` for what is declared, and for each database where *base* is not right."""
        declared = _variants(type_)
        names: dict[str, list[str]] = {}
        for name in dict.fromkeys((*declared, *wanted)):
            if name in declared or self._sql(base, name) != wanted[name]:
                text = written.get(name) or self._class(declared[name])
                if text is not None:
                    names.setdefault(text, []).append(string(name))
        return "".join(f".with_variant({text}, {', '.join(each)})" for text, each in names.items())

    # One class ---------------------------------------------------------------------------------------------------

    def _class(self, type_: Any, class_: Any = None) -> str | None:
        """Return *type_* as a class of SQLAlchemy's, without variants; None if there is none or it is incomplete.

        *class_* is one of the classes of *type_*; by default the nearest that scripts can import.
        """
        try:
            return self._call(type_, class_)
        except Exception:  # noqa: BLE001  a type of the application may lack anything, as without super().__init__()
            return None

    def _call(self, type_: Any, class_: Any = None) -> str | None:
        if isinstance(type_, SQLType):
            return sql_type(type_.sql)
        if isinstance(type_, sa.PickleType) or _is_decorator(type_):
            # With the impl, a script does not depend on the application's code.
            inner = implementation(type_)
            return None if inner is None else self._call(inner)
        if is_domain(type_):
            return self._domain(type_)
        class_ = class_ or next(_known_classes(type(type_)), None)
        if class_ is None:
            return None
        module = "sa" if _is_generic(class_) else class_.__module__.split(".")[2]
        return f"{module}.{class_.__name__}({', '.join(self._arguments(type_, class_))})"

    def _arguments(self, type_: Any, class_: Any) -> Iterator[str]:
        if isinstance(type_, sa.Enum):
            yield from _enum(type_)
            return
        if hasattr(type_, "retrieve_as_bitwise"):
            yield from (string(value) for value in type_.values)
        values = [(name, default, getattr(type_, name, default)) for name, default in _parameters(class_)]
        positional = True
        for name, default, value in values:
            # A Boolean's name is that of its CHECK, which is written separately.
            if (
                name in _NOT_DDL
                or (name == "name" and isinstance(type_, sa.Boolean))
                or value is None
                or _is_default(value, default)
            ):
                positional = positional and name in _NOT_DDL
                continue
            text = self.source(value) if isinstance(value, TypeEngine) else repr_value(value)
            positional = positional and name in _POSITIONAL
            bare = positional or name == "item_type"
            yield text if bare else f"{name}={text}"

    def _domain(self, type_: Any) -> str:
        """Return a domain by name: its definition is in ``op.create_domain``, in this script or an earlier one."""
        schema = f", schema={string(type_.schema)}" if type_.schema else ""
        module = type(type_).__module__.split(".")[2]
        return f"{module}.DOMAIN({string(type_.name)}, {self.source(type_.data_type)}{schema}, create_type=False)"

    # What is compiled --------------------------------------------------------------------------------------------

    def _dialect(self, name: str) -> sa.Dialect | None:
        return self.dialect if name == self.dialect.name else offline_dialect(name)

    def _sql(self, text: str | None, name: str) -> str | None:
        """Return what the source of a type compiles to on the database *name*, in a process without the models."""
        if text is None:
            return None
        key = text, name
        if key not in self._results:
            dialect = self._dialect(name)
            self._results[key] = None if dialect is None else _evaluated(text, dialect)
        return self._results[key]


def instance(type_: Any) -> Any:
    """Return *type_* as an instance; it may be a class."""
    return type_() if isinstance(type_, type) else type_


def sql_type(sql: str) -> str:
    """Return the source of a type that is given as SQL."""
    return f"op.sql_type({string(sql)})"


def imports_of(source: str) -> Iterator[str]:
    """Yield the import lines that the source of a type needs."""
    for name in sorted(_names(source) - {"op"}):
        yield "import sqlalchemy as sa" if name == "sa" else f"from sqlalchemy.dialects import {name}"


def compiled(type_: Any, dialect: sa.Dialect, column: sa.Column[Any] | None = None) -> str | None:
    """Return the SQL of *type_*, with its collation; None if it does not compile."""
    try:
        return plain(dialect.type_compiler_instance.process(type_, type_expression=column))
    except Exception:  # noqa: BLE001  SQLAlchemy's CompileError, and whatever the methods of an application's type raise
        return None


def _evaluated(source: str, dialect: sa.Dialect) -> str | None:
    names: dict[str, Any] = {"sa": sa, "op": SimpleNamespace(sql_type=SQLType)}
    names |= {name: import_module(f"sqlalchemy.dialects.{name}") for name in _names(source) - names.keys()}
    try:
        type_ = eval(source, names)
    except Exception:  # noqa: BLE001  an argument without a source: a repr() that is none, a value that is refused
        return None
    if any(recompiles(each, dialect) for each in (type_, getattr(type_, "item_type", None))):
        return None
    return compiled(type_, dialect)


@cache
def _names(source: str) -> frozenset[str]:
    return frozenset(node.id for node in ast.walk(ast.parse(source)) if isinstance(node, ast.Name))


def _is_decorator(type_: Any) -> bool:
    return isinstance(type_, TypeDecorator) and not type(type_).__module__.startswith("sqlalchemy.")


def _is_known(type_: Any) -> bool:
    """Return True if *type_* compiles the same in a script: SQLAlchemy's own, as SQLAlchemy compiles it."""
    inner = [getattr(type_, name, None) for name in ("item_type", "data_type")]
    inner += [implementation(type_)] if isinstance(type_, TypeDecorator) else []
    own = type(type_).__module__.startswith("sqlalchemy.") and not compilers_of(type_)
    return isinstance(type_, SQLType) or (
        own and all(_is_known(each) for each in inner if isinstance(each, TypeEngine))
    )


def _variants(type_: Any) -> Mapping[str, Any]:
    """Return the variants that are declared, by the names of their databases."""
    inner = implementation(type_) if _is_decorator(type_) else None
    return {**({} if inner is None else _variants(inner)), **(getattr(type_, "_variant_mapping", None) or {})}


def _resolved(type_: Any, dialect: sa.Dialect) -> Any:
    """Return the type that *type_* stands for on *dialect*: its variant, and what a TypeDecorator chooses."""
    try:
        return unwrapped(type_, dialect, _is_decorator)
    except Exception:  # noqa: BLE001  load_dialect_impl() of the application may raise anything
        return type_


def _enum(type_: Any) -> Iterator[str]:
    yield from (string(value) for value in type_.enums)
    for name in ("charset", "collation", "schema"):
        if getattr(type_, name, None):
            yield f"{name}={string(getattr(type_, name))}"
    native = getattr(type_, "native_enum", True) is not False
    if type_.name and native and hasattr(type_, "native_enum"):
        yield f"name={string(type_.name)}"
    if not native:
        yield "native_enum=False"
        longest = max((len(value) for value in type_.enums), default=0)
        if type_.length and type_.length != longest:
            yield f"length={type_.length}"


def _known_classes(class_: Any) -> Iterator[Any]:
    """Yield the classes that scripts can import, the nearest first: SQLAlchemy's own, not those of a driver or the
    application."""
    for each in class_.__mro__:
        module = each.__module__
        if not issubclass(each, TypeEngine) or each in _NO_TYPES or not module.startswith("sqlalchemy."):
            continue
        parts = module.split(".")
        if _is_generic(each):
            yield each
        elif parts[1] == "dialects" and not each.__name__.startswith("_"):
            package = import_module(f"sqlalchemy.dialects.{parts[2]}")
            if getattr(package, each.__name__, None) is each:
                yield each


_NO_TYPES = {TypeEngine, TypeDecorator, UserDefinedType, sa.types.NullType}
"""What is public, and is the type of no column."""


def _is_generic(class_: Any) -> bool:
    return getattr(sa, class_.__name__, None) is class_


@cache
def _parameters(class_: Any) -> tuple[tuple[str, Any], ...]:
    """Return the constructor's parameters and defaults, including those that ``**kw`` passes on to the bases."""
    defaults: dict[str, Any] = {}
    for each in class_.__mro__:
        if "__init__" not in vars(each) or each is object:
            continue
        parameters = inspect.signature(vars(each)["__init__"]).parameters.values()
        for parameter in parameters:
            if parameter.name != "self" and parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY):
                defaults.setdefault(parameter.name, parameter.default)
        if not any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters):
            break
    return tuple(defaults.items())


def _is_default(value: Any, default: Any) -> bool:
    return value is default or (type(value) is type(default) and value == default)
