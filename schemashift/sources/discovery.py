"""Find a project's models by reading its Python files, without importing any of them. For `init`.

What is looked for, best first: Flask-SQLAlchemy's ``SQLAlchemy()``, a declarative base, SQLModel's tables, a
``registry``, a ``MetaData``.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

SKIPPED = frozenset({"node_modules", "site-packages", "build", "dist", "venv", "env", "__pycache__"})
TELLING = (
    b"DeclarativeBase",
    b"declarative_base",
    b"SQLModel",
    b"SQLAlchemy",
    b"MetaData",
    b"registry",
    b"__table",
    b".Model",
    b"Table",
)
"""A file with none of these words is not parsed."""
DEEPEST = 6
MOST_FILES = 5_000

FLASK, BASE, SQLMODEL, REGISTRY, METADATA = range(5)
"""What a name can be, best first: with Flask-SQLAlchemy the declarative base it was given does not hold the tables."""
_BASES = {"DeclarativeBase": BASE, "DeclarativeBaseNoMeta": BASE}
_CALLS = {"declarative_base": BASE, "SQLAlchemy": FLASK, "registry": REGISTRY, "MetaData": METADATA}


class Models(NamedTuple):
    """``spec`` is ``"app.models:Base"``; ``imports`` are other modules with tables, ``tables`` how many there are."""

    spec: str
    imports: tuple[str, ...]
    tables: int


class _Module(NamedTuple):
    name: str
    path: str
    names: tuple[tuple[int, str], ...]
    """What it defines: kind and name."""
    tables: int
    imports: frozenset[str]
    """Modules it imports, absolute, and what it imports from them as ``module:name``."""


def find_models(folder: str, *, besides: str = "migrations") -> Models | None:
    """The models of the project in *folder*, or None. *besides* is the scripts' directory, which is left out."""
    modules = [module for path in _files(folder, os.path.abspath(besides)) if (module := _read(folder, path))]
    found = sorted(
        (kind, _is_test(module), -module.tables, module.name, name) for module in modules for kind, name in module.names
    )
    if not found:
        return None
    _, test, _, owner, name = found[0]
    with_tables = [each for each in modules if each.tables and (test or not _is_test(each))]
    owner, imported = _shorter(owner, name, modules)
    extra = sorted(each.name for each in with_tables if each.name not in imported)
    return Models(f"{owner}:{name}", tuple(extra), sum(each.tables for each in with_tables))


def _shorter(owner: str, name: str, modules: Iterable[_Module]) -> tuple[str, frozenset[str]]:
    """The module to name for *name* of *owner*, and the modules that importing it imports.

    A package above that has the name too is what people import it from, and where they import all models.
    """
    by_name = {module.name: module for module in modules}
    parts = owner.split(".")
    packages = [".".join(parts[:end]) for end in range(1, len(parts))]
    for package in packages:
        if package in by_name and f"{owner}:{name}" in by_name[package].imports:
            return package, _reached(package, by_name)
    return owner, _reached(owner, by_name)


def _reached(start: str, modules: dict[str, _Module]) -> frozenset[str]:
    seen, stack = {start}, [start]
    while stack:
        here = modules.get(stack.pop())
        new = {each for each in here.imports if each in modules} - seen if here else set()
        seen |= new
        stack += new
    return frozenset(seen)


# -- files


def _files(folder: str, besides: str) -> Iterator[str]:
    """Python files, those of tests last."""
    found: list[str] = []
    for here, folders, files in os.walk(folder):
        depth = os.path.relpath(here, folder).count(os.sep)
        folders[:] = sorted(
            each for each in folders if depth < DEEPEST and not _skipped(os.path.join(here, each), besides)
        )
        found += [os.path.join(here, each) for each in sorted(files) if each.endswith(".py")]
        if len(found) > MOST_FILES:
            break
    return iter(found)


def _skipped(path: str, besides: str) -> bool:
    name = os.path.basename(path)
    return (
        name in SKIPPED
        or name.startswith(".")
        or not name.isidentifier()
        or os.path.abspath(path) == besides
        or os.path.isfile(os.path.join(path, "pyvenv.cfg"))
        or (os.path.isfile(os.path.join(path, "env.py")) and os.path.isdir(os.path.join(path, "versions")))
    )


def _is_test(module: _Module) -> bool:
    return any(part in ("tests", "test", "conftest") or part.startswith("test_") for part in module.name.split("."))


def _read(folder: str, path: str) -> _Module | None:
    name = module_name(folder, path)
    try:
        with open(path, "rb") as file:
            source = file.read()
        if name is None or not (path.endswith("__init__.py") or any(word in source for word in TELLING)):
            return None
        tree = ast.parse(source)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    return _Module(name, path, tuple(_names(tree)), _tables(tree), frozenset(_imports(tree, name, path)))


def module_name(folder: str, path: str) -> str | None:
    """``app.models`` for ``app/models.py``; a ``src`` folder that is no package is left out. None if it has no name."""
    parts = os.path.relpath(path, folder).removesuffix(".py").split(os.sep)
    if parts[0] == "src" and len(parts) > 1 and not os.path.isfile(os.path.join(folder, "src", "__init__.py")):
        parts = parts[1:]
    if parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else None


# -- what a file says


def _last(node: ast.expr) -> str:
    """``declarative_base`` for ``sqlalchemy.orm.declarative_base``."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _names(tree: ast.Module) -> Iterator[tuple[int, str]]:
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            yield from ((_BASES[_last(base)], node.name) for base in node.bases if _last(base) in _BASES)
            if _is_sqlmodel_table(node):
                yield SQLMODEL, _imported_as(tree, "SQLModel")
        elif isinstance(node, (ast.Assign, ast.AnnAssign)) and isinstance(node.value, ast.Call):
            kind = _CALLS.get(_last(node.value.func))
            target = node.targets[0] if isinstance(node, ast.Assign) else node.target
            if kind is not None and isinstance(target, ast.Name):
                yield kind, target.id


def _is_sqlmodel_table(node: ast.ClassDef) -> bool:
    return any(
        word.arg == "table" and isinstance(word.value, ast.Constant) and word.value.value is True
        for word in node.keywords
    )


def _imported_as(tree: ast.Module, name: str) -> str:
    """The name in this file that `SQLModel` has, so that ``"app.models:SQLModel"`` imports the file too."""
    names = [each for node in tree.body if isinstance(node, ast.ImportFrom) for each in node.names]
    return next((each.asname or each.name for each in names if each.name == name), name)


def _tables(tree: ast.Module) -> int:
    return sum(_defines_table(node) for node in ast.walk(tree))


def _defines_table(node: ast.AST) -> bool:
    if isinstance(node, ast.ClassDef):
        own = {_last(each) for line in node.body for each in _targets(line)}
        return (
            bool(own & {"__tablename__", "__table__"})
            or _is_sqlmodel_table(node)
            or any(isinstance(base, ast.Attribute) and base.attr == "Model" for base in node.bases)
        )
    return (
        isinstance(node, ast.Call)
        and _last(node.func) == "Table"
        and bool(node.args)
        and isinstance(node.args[0], ast.Constant)
        and isinstance(node.args[0].value, str)
        and len(node.args) > 1
    )


def _targets(line: ast.stmt) -> list[ast.expr]:
    if isinstance(line, ast.Assign):
        return line.targets
    return [line.target] if isinstance(line, ast.AnnAssign) else []


def _imports(tree: ast.Module, name: str, path: str) -> Iterator[str]:
    package = name if path.endswith("__init__.py") else name.rpartition(".")[0]
    for node in tree.body:
        if isinstance(node, ast.Import):
            yield from (each.name for each in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            above = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (above, node.module or "") if part)
            yield module
            for each in node.names:
                yield f"{module}.{each.name}"
                yield f"{module}:{each.name}"
