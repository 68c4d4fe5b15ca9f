"""Find a project's models by reading its Python files, without importing any of them, for `init`.

In order of preference: Flask-SQLAlchemy's ``SQLAlchemy()``, a declarative base, SQLModel's tables, a ``registry``, a
``MetaData``.
"""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from schemashift.scripts.files import read_bytes

SKIPPED = frozenset({"node_modules", "site-packages", "build", "dist", "venv", "env", "__pycache__"})
INDICATORS = (
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
MAX_DEPTH = 6
MAX_FILES = 5_000

FLASK, BASE, SQLMODEL, REGISTRY, METADATA = range(5)
"""What a name can stand for, best first: Flask-SQLAlchemy's tables are not in the declarative base passed to it."""
_BASES = {"DeclarativeBase": BASE, "DeclarativeBaseNoMeta": BASE}
_CALLS = {"declarative_base": BASE, "SQLAlchemy": FLASK, "registry": REGISTRY, "MetaData": METADATA}


class Models(NamedTuple):
    """``spec`` is ``"app.models:Base"``; ``imports`` are other modules with tables, ``tables`` the number of tables."""

    spec: str
    imports: tuple[str, ...]
    tables: int


class _Module(NamedTuple):
    name: str
    path: str
    names: tuple[tuple[int, str], ...]
    """The names it defines, each with its kind."""
    tables: int
    imports: frozenset[str]
    """The modules it imports, as absolute names, and the names it imports from them as ``module:name``."""


def find_models(folder: str, *, besides: str = "migrations") -> Models | None:
    """Return the models of the project in *folder*, or None. *besides* is the scripts' directory, which is skipped."""
    modules = [module for path in _files(folder, os.path.abspath(besides)) if (module := _read(folder, path))]
    candidates = sorted(
        (kind, _is_test(module), -module.tables, module.name, name) for module in modules for kind, name in module.names
    )
    if not candidates:
        return None
    _, test, _, owner, name = candidates[0]
    with_tables = [module for module in modules if module.tables and (test or not _is_test(module))]
    owner, imported = _shorter(owner, name, modules)
    extra = sorted(module.name for module in with_tables if module.name not in imported)
    return Models(f"{owner}:{name}", tuple(extra), sum(module.tables for module in with_tables))


def _shorter(owner: str, name: str, modules: Iterable[_Module]) -> tuple[str, frozenset[str]]:
    """Return the module from which to import *name* of *owner*, and the modules that are imported along with it.

    A parent package that has the name, too, is what people import it from, and where they import all models.
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
        module = modules.get(stack.pop())
        new = {name for name in module.imports if name in modules} - seen if module else set()
        seen |= new
        stack += new
    return frozenset(seen)


# -- files


def _files(folder: str, besides: str) -> Iterator[str]:
    """Return the Python files of the project."""
    paths: list[str] = []
    for parent, folders, files in os.walk(folder):
        depth = os.path.relpath(parent, folder).count(os.sep)
        folders[:] = sorted(
            name for name in folders if depth < MAX_DEPTH and not _skipped(os.path.join(parent, name), besides)
        )
        paths += [os.path.join(parent, name) for name in sorted(files) if name.endswith(".py")]
        if len(paths) > MAX_FILES:
            break
    return iter(paths)


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
        source = read_bytes(path)
        if name is None or not (path.endswith("__init__.py") or any(word in source for word in INDICATORS)):
            return None
        tree = ast.parse(source)
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None
    return _Module(name, path, tuple(_names(tree)), _tables(tree), frozenset(_imports(tree, name, path)))


def module_name(folder: str, path: str) -> str | None:
    """Return ``app.models`` for ``app/models.py``, without a ``src`` folder that is no package.

    Return None if the file cannot be imported under any name.
    """
    parts = os.path.relpath(path, folder).removesuffix(".py").split(os.sep)
    if parts[0] == "src" and len(parts) > 1 and not os.path.isfile(os.path.join(folder, "src", "__init__.py")):
        parts = parts[1:]
    if parts[-1] == "__init__":
        parts = parts[:-1]
    return ".".join(parts) if parts and all(part.isidentifier() for part in parts) else None


# -- the contents of a file


def _last(node: ast.expr) -> str:
    """Return ``declarative_base`` for ``sqlalchemy.orm.declarative_base``."""
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
    """Return the name of `SQLModel` in this file, so that ``"app.models:SQLModel"`` imports the file, too."""
    aliases = [alias for node in tree.body if isinstance(node, ast.ImportFrom) for alias in node.names]
    return next((alias.asname or alias.name for alias in aliases if alias.name == name), name)


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
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            parts = package.split(".")
            above = ".".join(parts[: len(parts) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (above, node.module or "") if part)
            yield module
            for alias in node.names:
                yield f"{module}.{alias.name}"
                yield f"{module}:{alias.name}"
