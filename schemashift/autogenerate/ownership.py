"""What the migrations made.

Names that stand in a script as they are, are read without running it; a script that makes up a name (a loop, an
f-string) is run against a recorder. What is not known to be ours is never dropped by autogenerate, so what is missed
costs nothing.
"""

from __future__ import annotations

import ast
import difflib
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from schemashift import objects
from schemashift.dialects import Dialect
from schemashift.diff import Tables
from schemashift.errors import SchemashiftError, UsageError
from schemashift.operations import Operation
from schemashift.revisions import RevisionGraph
from schemashift.schema import Key, Schema
from schemashift.scripts.directory import ScriptDirectory
from schemashift.sources.replay import record

_MAKERS = {Tables.name: Tables.makers, **{kind.name: kind.makers for kind in objects.KINDS}}
MAKERS: dict[str, tuple[str, int, str]] = {
    function: (kind, position, parameter)
    for kind, makers in _MAKERS.items()
    for function, (position, parameter) in makers.items()
}
"""Functions of ``op``: the kind of what is there afterwards, and which argument is its name."""

KINDS = tuple(kind for kind, makers in _MAKERS.items() if makers)
"""The kinds of what a migration makes and autogenerate may drop."""


def keys_of(name: str, default_schema: str | None = None) -> frozenset[Key]:
    """Whatever *name* may be: a thing of any kind, with its schema before a dot."""
    schema, _, bare = name.rpartition(".")
    return frozenset(Key(kind, schema if schema != default_schema else None, bare) for kind in KINDS if bare) | {
        Key(kind, None, name) for kind in KINDS
    }


def made_by_scripts(
    scripts: ScriptDirectory, graph: RevisionGraph, dialect: Dialect, x: Mapping[str, str]
) -> frozenset[Key]:
    """What the scripts of *graph* make."""
    sources = {revision: scripts.source(revision) for revision in graph}
    found = [things_made(sources.values())]
    for revision in (each for each, source in sources.items() if makes_up_names(source)):
        # What cannot be loaded makes nothing that is known.
        with suppress(SchemashiftError):
            found.append(made_by(record(scripts.load(revision), "upgrade", dialect, x=x).operations))
    return frozenset[Key]().union(*found)


def refuse_absent(named: Mapping[str, frozenset[Key]], there: Schema, left_alone: Iterable[Key], database: str) -> None:
    """Raise `UsageError` for a name that is none of what is *there* beside the models."""
    for name, keys in named.items():
        if not any(key in there for key in keys):
            others = [shown(key) for key in left_alone]
            close = difflib.get_close_matches(name, others, 1)
            raise UsageError(
                f'there is nothing called "{name}" to drop in {database}',
                hints=[f"did you mean {close[0]}?"] if close else [f"left alone are: {', '.join(others) or 'none'}"],
            )


def shown(key: Key) -> str:
    """Its name, with the schema before it."""
    return str(key.table_name)


def made_by(operations: Iterable[Operation]) -> frozenset[Key]:
    """What *operations* leave behind under a name."""
    return frozenset(key for operation in operations for key in operation.creates if key.kind in KINDS)


def makes_up_names(source: str) -> bool:
    """Whether a script makes something whose name does not stand in it."""
    return any(name is None for _, name, _ in _calls(source))


def things_made(sources: Iterable[str]) -> frozenset[Key]:
    """What scripts create, or give its name, in ``upgrade`` or anywhere else."""
    return frozenset(key for source in sources for key in _made_by(source))


def _made_by(source: str) -> Iterator[Key]:
    return (Key(kind, schema, name) for kind, name, schema in _calls(source) if name is not None)


def _calls(source: str) -> Iterator[tuple[str, str | None, str | None]]:
    """Kind, name and schema of what the calls in a script make; None for a name that is not a literal."""
    if not any(each in source for each in MAKERS):
        return
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (called := _called(node.func)) in MAKERS:
            kind, position, parameter = MAKERS[called]
            yield kind, _argument(node, position, parameter), _argument(node, None, "schema")


def _called(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def _argument(call: ast.Call, position: int | None, keyword: str) -> str | None:
    """A literal argument, by position or by name."""
    found = call.args[position] if position is not None and len(call.args) > position else None
    found = found or next((each.value for each in call.keywords if each.arg == keyword), None)
    return found.value if isinstance(found, ast.Constant) and isinstance(found.value, str) else None
