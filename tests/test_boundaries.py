"""What stays in its room: sending statements, the names of databases, SQLAlchemy's private names."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.support.package import room_of, strings, trees

SENDING = {
    "exec_driver_sql",
    "execute",
    "mappings",
    "scalar",
    "scalar_one",
    "scalar_one_or_none",
    "scalars",
    "stream",
}
TRANSACTIONS = {"begin", "begin_nested", "begin_twophase", "commit", "rollback"}

SENDERS = {"dialects", "objects", "runner", "sources", "state"}
"""Those who use a connection; the others may hand it on."""

ALSO_SEND = {
    "effects/counts.py": "counts the rows that a plan would delete",
    "op/alembic.py": "`context.execute()` of a script that came from Alembic: not a connection's",
    "op/context.py": "`execute` of the migration that runs: not a connection's",
    "op/migration.py": "`execute` of the migration that runs: not a connection's",
    "op/rows.py": "`execute` of the migration that runs: not a connection's",
}

ALSO_BEGIN = {
    "cli/group.py": "`begin` of the command line's session: no transaction",
}

DIALECTS_SEND = {"__init__.py", "base.py", "live.py", "offline.py", "read.py", "scratch.py", "session.py"}
"""Of the dialects' files, those that ask the database. What makes normal forms and SQL sends nothing."""

DATABASES = ("mariadb", "mysql", "postgresql", "sqlite")

NAMED = {
    "config.py": (2, "a relative path in a SQLite URL is relative to the configuration file"),
    "connection/drivers.py": (4, "the table of what connecting depends on"),
    "sqla/names.py": (2, "the names that SQL and options are looked up by: MariaDB is a variant of MySQL"),
    "sqla/traits.py": (4, "the table of what SQLAlchemy's dialects do not know of their databases"),
}
"""Literals that name a database outside of `dialects/`, by file: how many, and what for. In `objects/`, the keys of a
kind's tables of SQL do not count.
"""

PRIVATE = {
    "sources/replay.py": {"_returning"},
}
"""SQLAlchemy's private names outside of `sqla/`."""

OTHERS_PRIVATE = {"_asdict", "_fields", "_getframe", "_replace"}
"""Of the standard library, and documented."""


def called(tree: ast.Module, names: set[str]) -> Iterator[ast.Call]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in names:
            yield node


def test_only_the_rooms_that_may_send_statements_do() -> None:
    sending = {path for path, tree in trees().items() if any(called(tree, SENDING))}
    assert {path for path in sending if room_of(path) not in SENDERS} == ALSO_SEND.keys()


def test_transactions_begin_and_end_where_statements_are_sent() -> None:
    found = {path for path, tree in trees().items() if any(called(tree, TRANSACTIONS))}
    assert {path for path in found if room_of(path) not in SENDERS} == ALSO_BEGIN.keys()


def test_a_dialect_asks_the_database_in_the_files_that_are_for_it() -> None:
    wrong = [
        f"{path}:{node.lineno}"
        for path, tree in trees().items()
        if room_of(path) == "dialects" and path.rpartition("/")[2] not in DIALECTS_SEND
        for node in called(tree, SENDING | TRANSACTIONS)
    ]
    assert wrong == []


def test_a_kind_asks_only_the_connection_it_is_given() -> None:
    """So its values, its operations and its SQL ask nothing."""
    wrong = [
        f"{path}:{function.name}"
        for path, tree in trees().items()
        if room_of(path) == "objects"
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef) and "connection" not in {each.arg for each in function.args.args}
        if any(called(ast.Module(function.body, []), SENDING | TRANSACTIONS))
    ]
    assert wrong == []


def databases_named(path: str, tree: ast.Module) -> int:
    """How often a file says which database something is for: ``"mysql"``, ``"mysql_engine"``."""
    tables = {id(key) for node in ast.walk(tree) if isinstance(node, ast.Dict) for key in node.keys}
    literals = [node for node in strings(tree) if not (room_of(path) == "objects" and id(node) in tables)]
    return sum(str(node.value).startswith(DATABASES) and _is_word(str(node.value)) for node in literals)


def _is_word(text: str) -> bool:
    name, _, _ = text.partition("_")
    return name in DATABASES and " " not in text


def test_databases_are_named_in_their_own_room() -> None:
    found = {path: databases_named(path, tree) for path, tree in trees().items() if room_of(path) != "dialects"}
    assert {path: count for path, count in found.items() if count} == {
        path: count for path, (count, _) in NAMED.items()
    }


def private_names(tree: ast.Module) -> Iterator[str]:
    """Names with an underscore that a file asks of something else than ``self`` and does not define."""
    own = OTHERS_PRIVATE | set(_defined(tree))
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name, value=value):
                if not (isinstance(value, ast.Name) and value.id in ("self", "cls")) and name not in own:
                    yield name
            case ast.Call(func=ast.Name(id="getattr" | "hasattr"), args=[_, ast.Constant(value=str() as name), *_]):
                yield name
            case ast.keyword(arg=str() as name) if name not in own:
                yield name
            case ast.ImportFrom(module=str() as module) if module.startswith("sqlalchemy"):
                yield from (alias.name for alias in node.names)
                yield from module.split(".")


def _defined(tree: ast.Module) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name) | ast.arg(arg=name):
                yield name
            case ast.Name(id=name, ctx=ast.Store()) | ast.Attribute(attr=name, ctx=ast.Store()):
                yield name


def test_the_private_names_of_sqlalchemy_stay_behind_one_door() -> None:
    found = {
        path: {name for name in private_names(tree) if name.startswith("_") and not name.startswith("__")}
        for path, tree in trees().items()
        if room_of(path) != "sqla"
    }
    assert {path: names for path, names in found.items() if names} == PRIVATE


def test_every_exception_says_why() -> None:
    assert all(
        reason.strip() for reason in [*ALSO_SEND.values(), *ALSO_BEGIN.values(), *(why for _, why in NAMED.values())]
    )
