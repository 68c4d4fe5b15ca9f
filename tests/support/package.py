"""The package as tests analyse it: the syntax trees of its files, their imports, the names they use."""

from __future__ import annotations

import ast
import functools
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "schemashift"
NAME = PACKAGE.name


@functools.cache
def trees() -> dict[str, ast.Module]:
    """Return every file of the package by its path in it: ``op/batch.py``."""
    return {
        path.relative_to(PACKAGE).as_posix(): ast.parse(path.read_text(encoding="utf-8"))
        for path in sorted(PACKAGE.rglob("*.py"))
    }


def room_of(path: str) -> str:
    """Return the room that a file belongs to: a folder, or a module at the top."""
    return path.partition("/")[0].removesuffix(".py")


def module_of(path: str) -> str:
    """``op/batch.py`` is ``schemashift.op.batch``, ``op/__init__.py`` is ``schemashift.op``."""
    parts = path.removesuffix(".py").split("/")
    return ".".join([NAME, *(parts[:-1] if parts[-1] == "__init__" else parts)])


class Import(NamedTuple):
    """One module that a file imports. ``checked`` is true if only a type checker sees it."""

    module: str
    line: int
    checked: bool


@functools.cache
def imports(path: str) -> tuple[Import, ...]:
    """Return the modules of the package that a file imports, also in functions.

    Imports are absolute (a rule of ruff).
    """
    return tuple(_imports(trees()[path]))


def _imports(tree: ast.Module) -> Iterator[Import]:
    modules = {module_of(path) for path in trees()}
    checked = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for statement in node.body
        for inner in ast.walk(statement)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            whole = [f"{node.module}.{alias.name}" for alias in node.names]
            names = [name if name in modules else str(node.module) for name in whole]
        else:
            continue
        for name in dict.fromkeys(names):
            if name in modules:
                yield Import(name, node.lineno, id(node) in checked)


def knots() -> set[frozenset[str]]:
    """Return the groups of modules that import each other, directly or not, including imports for type checkers."""
    graph = {module_of(path): {each.module for each in imports(path)} for path in trees()}
    reached = {module: _reached(graph, module) for module in graph}
    groups = (frozenset({m for m in reached[module] if module in reached[m]}) for module in graph)
    return {group for group in groups if len(group) > 1}


def _reached(graph: Mapping[str, set[str]], start: str) -> set[str]:
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        for module in graph[waiting.pop()] - seen:
            seen.add(module)
            waiting.append(module)
    return seen


@functools.cache
def words(path: str) -> frozenset[str]:
    """Every name that a file uses or defines, and strings that could be one (``getattr``, a table of names)."""
    return frozenset(_words(trees()[path]))


def _words(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name):
                yield name
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                yield name
            case ast.alias(name=name):
                yield name.rpartition(".")[2]
            case ast.Constant(value=str() as text) if text.isidentifier():
                yield text


def functions() -> Iterator[tuple[str, ast.FunctionDef]]:
    """Every function of the package, with the path of its file."""
    for path, tree in trees().items():
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef):
                yield path, node


def strings(tree: ast.Module) -> Iterator[ast.Constant]:
    """The literal strings of a file, docstrings left out."""
    statements = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in statements:
            yield node


@functools.cache
def floors() -> tuple[frozenset[str], ...]:
    """Return the floors of the architecture from the bottom up, as listed in README.md."""
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    fenced = re.findall(r"^```(\w*)\n(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    (block,) = [text for language, text in fenced if not language and " < " in text]
    return tuple(frozenset(re.findall(r"\w+", floor)) for floor in block.split("<"))
