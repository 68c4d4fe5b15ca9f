"""What the migrations made.

Names that stand in a script as they are, are read without running it; a script that makes up a name (a loop, an
f-string) is run against a recorder. What is not known to be ours is never dropped by autogenerate, so what is missed
costs nothing.
"""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress

from schemashift import objects, op
from schemashift.dialects import Dialect
from schemashift.diff import Tables
from schemashift.errors import SchemashiftError, UsageError
from schemashift.operations import Operation
from schemashift.revisions import RevisionGraph
from schemashift.schema import Key, Schema
from schemashift.scripts.directory import ScriptDirectory
from schemashift.scripts.survey import calls
from schemashift.sources.replay import record

_MAKERS = {Tables.name: Tables.name_parameters, **{kind.name: kind.name_parameters for kind in objects.KINDS}}
MAKERS: dict[str, tuple[str, str]] = {
    function: (kind, parameter) for kind, makers in _MAKERS.items() for function, parameter in makers.items()
}
"""Functions of ``op``: the kind of what is there afterwards, and the parameter that is its name."""

KINDS = tuple(kind for kind, makers in _MAKERS.items() if makers)
"""The kinds of what a migration makes and autogenerate may drop."""

_SIGNATURES = {name: inspect.signature(getattr(op, name)) for name in MAKERS}


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
    return any(call.text(MAKERS[call.function][1]) is None for call in calls(source, _SIGNATURES))


def things_made(sources: Iterable[str]) -> frozenset[Key]:
    """What scripts create, or give its name, in ``upgrade`` or anywhere else."""
    return frozenset(key for source in sources for key in _things_made(source))


def _things_made(source: str) -> Iterator[Key]:
    for call in calls(source, _SIGNATURES):
        kind, parameter = MAKERS[call.function]
        name = call.text(parameter)
        if name is not None:
            yield Key(kind, call.text("schema"), name)
