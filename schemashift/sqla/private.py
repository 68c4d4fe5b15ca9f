"""Functions for the private names of SQLAlchemy that we need; only this package uses such names."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from typing import Any

import sqlalchemy as sa
from sqlalchemy.sql import visitors
from sqlalchemy.types import TypeDecorator, TypeEngine


def type_affinity(type_: object) -> type[Any] | None:
    """Return the generic type of *type_* (a ``TypeEngine``, or anything else): `sqlalchemy.Integer` for a BIGINT."""
    if isinstance(type_, TypeDecorator):
        type_ = implementation(type_)
    affinity: Any = getattr(type_, "_type_affinity", None)
    return affinity if isinstance(affinity, type) else None


def implementation(type_: Any) -> Any:
    """Return the type that a TypeDecorator decorates, for a database that it chooses no other type for; None if it has
    none, because that of its class is abstract (``impl = TypeEngine``)."""
    impl = getattr(type_, "impl", None)
    if isinstance(impl, type):
        # Its constructor does not call that of TypeDecorator, which makes the instance.
        try:
            impl = impl()
        except TypeError:
            return None
    return impl if isinstance(impl, TypeEngine) and type(impl) is not TypeEngine else None


def compilers_of(element: object) -> Mapping[str, Any]:
    """Return the functions by which an application has had a class of SQLAlchemy's compiled (``@compiles``), by the
    name of the database; "default" for all others."""
    for class_ in type(element).__mro__:
        if "_compiler_dispatch" in vars(class_):
            dispatcher = vars(class_).get("_compiler_dispatcher")
            if dispatcher is None or not class_.__module__.startswith("sqlalchemy."):
                return {}
            found: Mapping[str, Any] = dispatcher.specs
            return {name: each for name, each in found.items() if each.__name__ != "_wrap_existing_dispatch"}
    return {}


def recompiles(element: object, dialect: sa.Dialect) -> bool:
    """Return True if an application has changed what a class of SQLAlchemy's compiles to on *dialect*."""
    return not compilers_of(element).keys().isdisjoint({dialect.name, "default"})


def is_own(expression: sa.ClauseElement) -> bool:
    """Return True if a part of *expression* is of a class of an application's, or compiled by a function of it."""
    return any(
        not type(each).__module__.startswith("sqlalchemy.") or compilers_of(each)
        for each in visitors.iterate(expression)
    )


def creation_order(item: object) -> int:
    """Return the number that SQLAlchemy gave to a constraint; it writes the constraints of a table in this order."""
    return int(getattr(item, "_creation_order", 0))


def is_disabling(rule: object) -> bool:
    """Return True if *rule*, of a constraint, keeps it out of CREATE TABLE: AddConstraint and DropConstraint set it.

    It is a method of theirs, which SQLAlchemy 2.0 wraps in an object with its name as ``name``.
    """
    return "_create_rule_disable" in (getattr(rule, "__name__", None), getattr(rule, "name", None))


def escapes_with_backslash(dialect: sa.Dialect) -> bool:
    """Return True if a backslash is an escape in MySQL's string literals: SQLAlchemy reads NO_BACKSLASH_ESCAPES when it
    connects."""
    return bool(getattr(dialect, "_backslash_escapes", True))


def copied(item: Any) -> Any:
    """Return a copy of a column or constraint that belongs to no table; *item* itself if it cannot be copied."""
    copy = getattr(item, "_copy", None)
    return item if copy is None else copy()


def wrapped_callable(function: Any) -> Any:
    """Return the callable of ``Column(default=function)``: SQLAlchemy wraps one that does not accept a context."""
    cells = (cell.cell_contents for cell in getattr(function, "__closure__", None) or ())
    wrapped = next(filter(callable, cells), function)
    return wrapped if getattr(function, "__name__", None) == getattr(wrapped, "__name__", None) else function


def is_autobegun(connection: sa.Connection) -> bool:
    """Return True if SQLAlchemy began the open transaction automatically, before a statement ("autobegin").

    It creates the same object as ``connection.begin()``, but nobody keeps it: neither a ``with`` block, nor a variable,
    nor a Session. False where references are not counted (PyPy).
    """
    if not connection.in_transaction() or connection.in_nested_transaction():
        return False
    if isinstance(connection.get_transaction(), sa.TwoPhaseTransaction) or not hasattr(sys, "getrefcount"):
        return False
    in_block = getattr(connection, "_trans_context_manager", None) is not None
    return not in_block and _references(connection) == _references(_Owner())


class _Owner:
    """The only owner of a transaction."""

    def __init__(self) -> None:
        self._transaction = object()


def _references(owner: Any) -> int:
    return sys.getrefcount(owner._transaction)
