"""The floors of the house: who may import whom, and what stays out of ``sys.modules``."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "schemashift"

FLOORS: tuple[frozenset[str], ...] = tuple(
    frozenset(floor.split())
    for floor in (
        "errors paths",
        "schema revisions config",
        "operations scripts events",
        "diff sqla",
        "objects render",
        "dialects op",
        "sources state",
        "connection results",
        "runner effects",
        "autogenerate init",
        "checks",
        "migrator",
        "cli",
    )
)
"""From the ground up. A module imports only from floors below its own; rooms on one floor do not know each other."""

PLAIN = (
    "errors",
    "paths",
    "schema",
    "revisions",
    "config",
    "operations",
    "diff",
    "scripts",
    "events",
    "sources.discovery",
)
CONNECTED = {"state", "runner", "dialects", "sqla", "objects", "connection", "effects"}
"""Those who use a connection; `effects` counts the rows that a plan would delete, `connection` opens it."""
TALKATIVE = {"cli"}


def floor_of(room: str) -> int:
    return next(place for place, floor in enumerate(FLOORS) if room in floor)


def modules() -> Iterator[tuple[str, Path]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        if parts[0] not in ("__init__", "__main__"):
            yield parts[0], path


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """The rooms of the package that a file imports, also inside functions; what only type checkers see is left out."""
    tree = ast.parse(path.read_text())
    unseen = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.unparse(node.test)
        for inner in ast.walk(node)
    }
    for node in ast.walk(tree):
        if id(node) in unseen:
            continue
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names = [f"{node.module}.{alias.name}" for alias in node.names]
        else:
            continue
        for name in names:
            package, _, rest = name.partition(".")
            if package == "schemashift":
                yield rest.partition(".")[0], node.lineno


def test_every_room_has_a_floor() -> None:
    known = frozenset().union(*FLOORS)
    assert {room for room, _ in modules()} - known == set()


def test_a_module_imports_only_from_floors_below() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)}:{line} ({room}) imports {other}"
        for room, path in modules()
        for other, line in imports(path)
        if other != room and other in frozenset().union(*FLOORS) and floor_of(other) >= floor_of(room)
    ]
    assert wrong == []


@pytest.mark.parametrize("room", PLAIN)
def test_what_needs_no_sqlalchemy_does_not_import_it(room: str) -> None:
    code = f"import sys, schemashift.{room}; print(sorted(n for n in sys.modules if n.startswith('sqlalchemy')))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_only_the_rooms_that_may_send_statements_do() -> None:
    """``execute`` on a connection: the others may hand it on."""
    wrong = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for room, path in modules()
        if room not in CONNECTED | {"op"}
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Attribute) and node.attr in ("exec_driver_sql", "scalar_one", "mappings")
    ]
    assert wrong == []


def test_only_the_command_line_prints_and_asks() -> None:
    wrong = [
        f"{path.relative_to(PACKAGE)}:{node.lineno}"
        for room, path in modules()
        if room not in TALKATIVE
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "input")
    ]
    assert wrong == []


def test_no_import_knots() -> None:
    """No two modules import each other, be it in turns."""
    graph: dict[str, set[str]] = {}
    for room, path in modules():
        graph.setdefault(room, set()).update(other for other, _ in imports(path) if other != room)
    done: set[str] = set()
    while rest := {room for room, needs in graph.items() if room not in done and not (needs & graph.keys()) - done}:
        done |= rest
    assert graph.keys() - done == set()
