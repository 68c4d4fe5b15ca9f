"""A hint is a value, and never names a command or an option that is not there."""

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
OPTION = re.compile(r"--?[a-z][\w-]*$")


class Text(NamedTuple):
    """A piece of text in the source. ``hint``: it is written where hints are made."""

    path: str
    line: int
    text: str
    hint: bool = False


def texts() -> Iterator[Text]:
    """Every piece of text in the package that is not a docstring."""
    for path in sorted(PACKAGE.rglob("*.py")):
        yield from texts_of(path.name, ast.parse(path.read_text(encoding="utf-8")))


def template() -> Iterator[Text]:
    for path in sorted(PACKAGE.parent.glob("migrations_template/*")):
        yield Text(path.name, 1, path.read_text(encoding="utf-8"))


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
PLANNED = {"adopt", "diagram", "doctor", "lint", "rebase", "repair", "resume", "sql", "squash", "unlock"}
"""Commands that do not exist yet, or never will. Other words may follow the name in a sentence."""
CALL = re.compile(r"(?<!from )\bschemashift ((?:-\S+ )*)([a-z]+)\b([^\n;(`]*)")


class Made(NamedTuple):
    """A call of `Hint` in the source. What is only known when it runs is ``{}``."""

    place: str
    command: str
    args: list[str]


def made() -> Iterator[Made]:
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "Hint":
                command, args = values_of(node)
                yield Made(f"{path.name}:{node.lineno}", word(command), words(args))


def values_of(call: ast.Call) -> tuple[ast.expr, ast.expr | None]:
    """What is given for ``command`` and ``args``."""
    named = {each.arg: each.value for each in call.keywords}
    found = [*call.args[:2], *([named["args"]] if "args" in named else [])]
    return found[0], found[1] if len(found) > 1 else None


def words(args: ast.expr | None) -> list[str]:
    if args is None:
        return []
    assert isinstance(args, ast.Tuple), f"line {args.lineno}: args is no tuple that can be read here"
    return [word(each) for each in args.elts]


def word(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else "{}"


MADE = list(made())


@pytest.mark.parametrize("hint", [each for each in MADE if not each.command], ids=lambda hint: hint.place)
def test_flags_to_add_to_the_same_line_are_those_of_a_command(hint: Made) -> None:
    flags = {each for each in hint.args if OPTION.match(each)}
    assert flags
    having = [each for each in KNOWN.values() if each and flags <= options_of(each) | COMMON_OPTIONS]
    assert having, f"no command has {flags}"
    for each in having:
        values = [
            param for param in (*each.params, *COMMON) if isinstance(param, click.Option) and flags & set(param.opts)
        ]
        assert len(hint.args) == len(flags) + sum(not (param.is_flag or param.count) for param in values)


@pytest.mark.parametrize(
    "hint", [each for each in MADE if each.command], ids=lambda hint: f"{hint.place}:{hint.command}"
)
def test_a_hint_names_a_command_and_options_that_are_there(hint: Made) -> None:
    command = KNOWN.get(hint.command)
    assert command is not None, f"{hint.command} is no command"
    assert {each for each in hint.args if OPTION.match(each)} <= options_of(command) | COMMON_OPTIONS
    with command.make_context(hint.command, [*hint.args], parent=CONTEXT):
        pass


def test_commands_are_named_by_hints_and_not_in_text() -> None:
    """Text would say ``schemashift upgrade`` under ``flask db`` too, and without the flags of the line."""
    spelled_out = [
        each
        for each in texts()
        for call in CALL.finditer(each.text)
        if each.hint or call[2] in KNOWN or call[2] in PLANNED
    ]
    assert spelled_out == []


def test_commands_that_the_template_names_are_there() -> None:
    calls = [call for each in template() for call in CALL.finditer(each.text) if call[2] in {*KNOWN, *PLANNED}]
    assert calls
    for _, name, rest in (call.groups() for call in calls):
        command = KNOWN.get(name)
        assert command is not None, f"schemashift {name} is no command"
        assert set(re.findall(r"(?<![\w-])--?[a-z][\w-]*", rest)) <= options_of(command) | COMMON_OPTIONS


def test_options_that_are_named_are_there() -> None:
    named = {
        (each.path, each.line, option)
        for each in [*texts(), *template()]
        if "git log" not in each.text and "CREATE" not in each.text
        for option in re.findall(r"(?<![\w-])--[a-z][a-z-]+", each.text)
    }
    assert {each for each in named if each[2] not in ALL_OPTIONS} == set()


def test_the_tests_see_something() -> None:
    assert {each.command for each in MADE} >= {
        "",
        "init",
        "upgrade",
        "downgrade",
        "revision",
        "stamp",
        "status",
        "merge",
    }
    assert len(MADE) >= 20
    assert CALL.search("then  schemashift upgrade head")
