"""Who may import whom, and what stays out of ``sys.modules``."""

from __future__ import annotations

import ast
import subprocess
import sys

import pytest

from tests.support.package import NAME, floors, imports, knots, module_of, room_of, trees

WITHOUT_SQLALCHEMY = (
    "errors",
    "paths",
    "words",
    "schema",
    "revisions",
    "config",
    "operations",
    "diff",
    "scripts",
    "events",
    "project",
    "sources.discovery",
)


def floor_of(room: str) -> int:
    return next(height for height, floor in enumerate(floors()) if room in floor)


def test_every_room_has_a_floor_and_every_floor_is_built() -> None:
    rooms = [room for floor in floors() for room in sorted(floor)]
    assert sorted(rooms) == sorted({room_of(path) for path in trees()} - {"__init__", "__main__"})


def test_a_module_imports_only_from_floors_below() -> None:
    """Rooms on one floor do not know each other. What only type checkers see is left to the knots."""
    above = [
        f"{path}:{each.line} imports {each.module}"
        for path in trees()
        for each in imports(path)
        if (room := room_of(path)) not in ("__init__", "__main__") and not each.checked and each.module != NAME
        if (other := each.module.split(".")[1]) not in (room, "__init__", "__main__")
        and floor_of(other) >= floor_of(room)
    ]
    assert above == []


def test_no_modules_import_each_other() -> None:
    assert knots() == set()


def test_what_only_type_checkers_see_of_a_floor_above_is_a_knot() -> None:
    """Else an import upwards could hide under ``TYPE_CHECKING``."""
    wrong = [
        f"{path}:{each.line} imports {each.module}"
        for path in trees()
        for each in imports(path)
        if each.checked and (room := room_of(path)) not in ("__init__", "__main__")
        if (other := each.module.split(".")[1]) != room and floor_of(other) >= floor_of(room)
    ]
    assert wrong == []


@pytest.mark.parametrize("room", WITHOUT_SQLALCHEMY)
def test_what_needs_no_sqlalchemy_does_not_import_it(room: str) -> None:
    """Every module of the room, in a fresh process."""
    modules = [each for each in map(module_of, trees()) if f"{each}.".startswith(f"{NAME}.{room}.")]
    code = f"import sys, {', '.join(modules)}; print(sorted(n for n in sys.modules if n.startswith('sqlalchemy')))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


def test_only_the_command_line_prints_and_asks() -> None:
    wrong = [
        f"{path}:{node.lineno}"
        for path, tree in trees().items()
        if room_of(path) != "cli"
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "input")
    ]
    assert wrong == []
