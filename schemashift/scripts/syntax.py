"""Read the header of a script with `ast`, where `header` cannot. Imported only then: importing `ast` takes 5 ms."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from typing import NamedTuple

from schemashift.errors import Location, ScriptDoesNotLoad
from schemashift.revisions.revision import Revision
from schemashift.scripts.header import ASSIGNMENT, message_of

NAMES = frozenset({"revision", "down_revision", "branch_labels", "depends_on"})

_CREATED = re.compile(r"^(?:Create Date|Created):[ \t]*(\S.*?)[ \t]*$", re.MULTILINE)
_NOT_LITERAL = (ValueError, TypeError, SyntaxError, MemoryError, RecursionError)
_Scope = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda


class Header(NamedTuple):
    """The values of the four names in a script, its docstring, and the lines of the names."""

    values: Mapping[str, object]
    doc: str
    lines: Mapping[str, int]


def parse(path: str, data: bytes) -> ast.Module:
    """Parse a script; in case of a syntax error, as much of it as possible. Raises SyntaxError or ValueError."""
    try:
        return ast.parse(data, path)
    except (SyntaxError, ValueError):
        for end in reversed([match.end() for match in ASSIGNMENT.finditer(data)]):
            try:
                return ast.parse(data[:end])
            except (SyntaxError, ValueError):
                continue
        raise


def literal_header(tree: ast.Module) -> Header | None:
    """Return the last literal value of each name; None if one is bound in another way."""
    values: dict[str, object] = {}
    starred = False
    for statement in tree.body:
        names = _assigned(statement)
        if names is None:
            if _binds(statement):
                return None
            starred = starred or (isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*")
        elif names:
            try:
                value = ast.literal_eval(statement.value)  # type: ignore[attr-defined]
            except _NOT_LITERAL:
                return None
            values.update(dict.fromkeys(names, value))
    if starred and "revision" not in values:
        return None
    return Header(values, ast.get_docstring(tree, clean=False) or "", lines_of(tree))


def lines_of(tree: ast.Module) -> dict[str, int]:
    """Return the lines of the last assignments to the names."""
    return {name: each.lineno for each in tree.body for name in (_assigned(each) or ())}


def to_revision(path: str, header: Header) -> Revision:
    """Convert a header to a revision. Raises `ScriptDoesNotLoad` if it is not valid."""
    values, lines = header.values, header.lines
    created = _CREATED.search(header.doc)
    parents, depends_on, labels = (
        _names(name, values.get(name), Location(path, lines.get(name)))
        for name in ("down_revision", "depends_on", "branch_labels")
    )
    return Revision(
        _id(values.get("revision"), Location(path, lines.get("revision"))),
        parents,
        depends_on,
        labels,
        message_of(header.doc),
        path,
        lines.get("revision"),
        lines.get("down_revision"),
        created[1] if created else "",
    )


def _id(value: object, where: Location) -> str:
    if isinstance(value, str) and value:
        return value
    if value is None or value == "":
        raise ScriptDoesNotLoad(
            "there is no revision in this file",
            where=where,
            hints=['a migration has  revision = "..."  at the top; anything else belongs outside this folder'],
        )
    raise ScriptDoesNotLoad("its revision is not a string", where=where, hints=[f'revision = "{value}"'])


def _names(name: str, value: object, where: Location) -> tuple[str, ...]:
    if value is None or isinstance(value, str):
        return (value,) if value else ()
    if isinstance(value, tuple | list | set | frozenset) and all(isinstance(each, str) for each in value):
        return tuple(sorted(value) if isinstance(value, set | frozenset) else value)
    raise ScriptDoesNotLoad(f"its {name} is neither None, nor a string, nor a tuple of strings", where=where)


def _assigned(statement: ast.stmt) -> frozenset[str] | None:
    """Return which of the names ``a = b = value`` or ``a: str = value`` binds; None for any other statement."""
    if isinstance(statement, ast.AnnAssign):
        targets: list[ast.expr] = [statement.target] if statement.value is not None else []
    elif isinstance(statement, ast.Assign):
        targets = [*statement.targets]
    else:
        return None
    if any(isinstance(each, ast.Tuple | ast.List) for each in targets):
        return None
    return NAMES & {each.id for each in targets if isinstance(each, ast.Name)}


def _binds(statement: ast.stmt) -> bool:
    """Return True if a statement binds one of the names in the module, at any depth; local variables do not count."""
    stack: list[ast.AST] = [statement]
    while stack:
        node = stack.pop()
        if _binds_directly(node):
            return True
        if not isinstance(node, _Scope):
            stack.extend(ast.iter_child_nodes(node))
        elif any(isinstance(each, ast.Global) and not NAMES.isdisjoint(each.names) for each in ast.walk(node)):
            return True
    return False


def _binds_directly(node: ast.AST) -> bool:
    if isinstance(node, ast.Name):
        return node.id in NAMES and not isinstance(node.ctx, ast.Load)
    if isinstance(node, ast.alias):
        return (node.asname or node.name) in NAMES
    return getattr(node, "name", None) in NAMES  # def, class, except ... as, match ... as
