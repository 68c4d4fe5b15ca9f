"""A hint never names a command or an option that is not there."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import click
import pytest

import schemashift
from schemashift.cli import cli
from schemashift.cli.group import COMMON

PACKAGE = Path(schemashift.__file__).parent
OTHERS = {"--all", "--traceback", "--help", "--version", "--"}
"""Options of other programs (git), or of none."""


class Text(NamedTuple):
    """A piece of text in the source. ``hint``: it is written where hints are made."""

    path: str
    line: int
    text: str
    hint: bool = False


def texts() -> Iterator[Text]:
    """Every piece of text in the package that is not a docstring, and the template."""
    for path in [*sorted(PACKAGE.rglob("*.py")), *sorted(PACKAGE.parent.glob("migrations_template/*"))]:
        source = path.read_text(encoding="utf-8")
        if path.suffix == ".py":
            yield from texts_of(path.name, ast.parse(source))
        else:
            yield Text(path.name, 1, source)


def texts_of(path: str, tree: ast.Module) -> Iterator[Text]:
    hints = {id(inner) for node in ast.walk(tree) if makes_hints(node) for inner in ast.walk(node)}
    skipped = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            skipped |= {id(each) for each in node.values}
            parts = (str(each.value) if isinstance(each, ast.Constant) else "{}" for each in node.values)
            yield Text(path, node.lineno, "".join(parts), id(node) in hints)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in skipped:
            yield Text(path, node.lineno, node.value, id(node) in hints)


def makes_hints(node: ast.AST) -> bool:
    """``hints=[...]``, a function called after them or after the way on, and what is shown as the next command."""
    if isinstance(node, ast.keyword):
        return node.arg in ("hints", "hint")
    if isinstance(node, ast.FunctionDef):
        return "hint" in node.name or node.name.strip("_") == "way_on"
    return isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "next"


def options_of(command: click.Command) -> set[str]:
    return {name for param in command.params if isinstance(param, click.Option) for name in param.opts}


CONTEXT = click.Context(cli)
KNOWN = {name: cli.get_command(CONTEXT, name) for name in cli.list_commands(CONTEXT)}
COMMON_OPTIONS = {name for option in COMMON for name in option.opts}
ALL_OPTIONS = COMMON_OPTIONS.union(*(options_of(each) for each in KNOWN.values() if each)) | OTHERS
CALL = re.compile(r"(?<!from )\bschemashift ((?:-\S+ )*)([a-z]+)\b([^\n;(]*)")
PLANNED = {"adopt", "diagram", "doctor", "lint", "rebase", "repair", "resume", "sql", "squash", "unlock"}
"""Commands that do not exist yet, or never will. Other words may follow the name in a sentence."""


def calls() -> list[tuple[str, int, str, str]]:
    return [
        (each.path, each.line, match[2], match[3])
        for each in texts()
        for match in CALL.finditer(each.text)
        if each.hint or match[2] in KNOWN or match[2] in PLANNED
    ]


@pytest.mark.parametrize("call", calls(), ids=lambda call: f"{call[0]}:{call[1]}:{call[2]}")
def test_commands_that_are_named_are_there(call: tuple[str, int, str, str]) -> None:
    _, _, name, rest = call
    command = KNOWN.get(name)
    assert command is not None, f"schemashift {name} is no command"
    known = options_of(command) | COMMON_OPTIONS | OTHERS
    for option in re.findall(r"(?<![\w-])(--?[a-z][\w-]*)", rest.partition("   ")[0]):
        assert option in known, f"schemashift {name} has no {option}"


def test_options_that_are_named_are_there() -> None:
    named = {
        (each.path, each.line, option)
        for each in texts()
        if "git log" not in each.text and "CREATE" not in each.text
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", each.text)
    }
    assert {each for each in named if each[2] not in ALL_OPTIONS} == set()


def test_the_test_sees_something() -> None:
    assert {call[2] for call in calls()} >= {"init", "upgrade", "downgrade", "revision", "stamp", "status"}
