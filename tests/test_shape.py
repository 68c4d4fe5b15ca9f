"""How far one thing spreads: files that name an operation, files of a dialect, lines of a function."""

from __future__ import annotations

import ast

from schemashift.operations import Operation
from tests.support.operations import operations
from tests.support.package import PACKAGE, functions, trees, words

MOST_FILES = 10
"""In how many files an operation may be named, by its class or by its directive."""

MORE_FILES = {
    "AddColumn": 12,
    "AddConstraint": 11,
    "AlterColumn": 14,
    "AlterTable": 12,
    "CreateIndex": 15,
    "DropColumn": 11,
    "DropConstraint": 12,
    "DropIndex": 12,
}
"""Those that are named in more; one of CreateIndex's files names SQLAlchemy's class. A number only goes down."""

LONGEST_FUNCTION, FUNCTIONS_OVER_30 = 58, 14
LONGEST_FILE = 580
"""In lines; a function's docstring is not counted, since those of ``op`` are documentation. These too only go down."""

NOT_EVERYWHERE = {
    "defaults.py": {"mysql"},  # which defaults a type may have, and how they are written
    "foreign_key_indexes.py": {"mysql"},  # a foreign key has an index below it, which comes and goes with it
    "native.py": {"sqlite"},  # what SQLite's own ALTER can do
    "offline.py": {"sqlite"},  # a copy in memory, whose texts SQLite edits as it does in the database itself
    "rebuild.py": {"sqlite"},  # what SQLite's own ALTER cannot do
    "renaming.py": {"mysql", "sqlite"},  # PostgreSQL rewrites the texts that name a column itself
    "rewrite.py": {"sqlite"},  # the text of a statement, edited
    "scratch.py": {"mysql", "postgresql"},  # SQLite keeps texts as they were typed: there is nothing to ask
    "script.py": {"postgresql", "sqlite"},  # on MySQL a script says what the diff says
    "unknown_names.py": {"sqlite"},  # only SQLite takes a name that it does not know for a string
}
"""Files that not every dialect has, and who has them."""


def files_that_name(operation: type[Operation]) -> int:
    names = {operation.__name__, operation.verb} if operation.verb != "execute" else {operation.__name__}
    return sum(not names.isdisjoint(words(path)) for path in trees())


def test_an_operation_is_named_in_few_files() -> None:
    found = {each.__name__: files_that_name(each) for each in operations()}
    assert {"AddColumn", "BulkInsert", "CreateEnum", "AlterSequence"} <= found.keys()
    assert {name: number for name, number in found.items() if number > MOST_FILES} == MORE_FILES


def test_the_dialects_have_the_same_files() -> None:
    """Who knows one folder knows all three."""
    folders = [path for path in (PACKAGE / "dialects").iterdir() if (path / "__init__.py").exists()]
    found: dict[str, set[str]] = {}
    for folder in folders:
        for file in folder.glob("*.py"):
            found.setdefault(file.name, set()).add(folder.name)
    assert {name: who for name, who in found.items() if len(who) < len(folders)} == NOT_EVERYWHERE


def test_functions_stay_short() -> None:
    sizes = {f"{path}:{node.lineno} {node.name}": _lines(node) for path, node in functions()}
    assert {place: lines for place, lines in sizes.items() if lines > LONGEST_FUNCTION} == {}
    over = [place for place, lines in sizes.items() if lines > 30]
    assert len(over) <= FUNCTIONS_OVER_30, over


def _lines(function: ast.FunctionDef) -> int:
    docstring = function.body[0] if ast.get_docstring(function) is not None else None
    return _span(function) - (_span(docstring) if docstring is not None else 0)


def _span(node: ast.stmt) -> int:
    return int(node.end_lineno or 0) - node.lineno + 1


def test_files_stay_short() -> None:
    sizes = {path: (PACKAGE / path).read_text(encoding="utf-8").count("\n") for path in trees()}
    assert {path: lines for path, lines in sizes.items() if lines > LONGEST_FILE} == {}
