"""Find the objects that the migrations created.

Names that are literals in a script are read without running it; a script that computes a name (in a loop, with an
f-string) is run against a recorder. Autogenerate never drops an object that is not known to be managed, so it does no
harm if one is missed.
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

_MAKERS = {Tables.name: Tables.makers, **{kind.name: kind.makers for kind in objects.KINDS}}
MAKERS: dict[str, tuple[str, str]] = {
    function: (kind, parameter) for kind, makers in _MAKERS.items() for function, parameter in makers.items()
}
"""Functions of ``op`` that create or rename an object: its kind, and the parameter that holds its name."""

KINDS = tuple(kind for kind, makers in _MAKERS.items() if makers)
"""The kinds of objects that a migration creates and autogenerate may drop."""

_SIGNATURES = {name: inspect.signature(getattr(op, name)) for name in MAKERS}


def keys_of(name: str, default_schema: str | None = None) -> frozenset[Key]:
    """Return the keys that *name* may stand for: an object of any kind, with its schema before a dot."""
    schema, _, bare = name.rpartition(".")
    return frozenset(Key(kind, schema if schema != default_schema else None, bare) for kind in KINDS if bare) | {
        Key(kind, None, name) for kind in KINDS
    }


def created_by_scripts(
    scripts: ScriptDirectory, graph: RevisionGraph, dialect: Dialect, x: Mapping[str, str]
) -> frozenset[Key]:
    """Return the keys of the objects that the scripts of *graph* create."""
    sources = {revision: scripts.source(revision) for revision in graph}
    created = [created_in(sources.values())]
    for revision in (revision for revision, source in sources.items() if computes_names(source)):
        # Nothing is known of a script that cannot be loaded.
        with suppress(SchemashiftError):
            created.append(created_by(record(scripts.load(revision), "upgrade", dialect, x=x).operations))
    return frozenset[Key]().union(*created)


def require_existing(
    named: Mapping[str, frozenset[Key]], existing: Schema, unmanaged: Iterable[Key], database: str
) -> None:
    """Raise `UsageError` for a name that is the key of no object in *existing*, the compared part of *database*."""
    for name, keys in named.items():
        if not any(key in existing for key in keys):
            others = [str(key.table_name) for key in unmanaged]
            close = difflib.get_close_matches(name, others, 1)
            raise UsageError(
                f'there is nothing called "{name}" to drop in {database}',
                hints=[f"did you mean {close[0]}?"] if close else [f"unmanaged are: {', '.join(others) or 'none'}"],
            )


def created_by(operations: Iterable[Operation]) -> frozenset[Key]:
    """Return the keys of the objects that *operations* create."""
    return frozenset(key for operation in operations for key in operation.creates if key.kind in KINDS)


def computes_names(source: str) -> bool:
    """Whether a script creates an object whose name is not a literal in it."""
    return any(call.text(MAKERS[call.function][1]) is None for call in calls(source, _SIGNATURES))


def created_in(sources: Iterable[str]) -> frozenset[Key]:
    """Return the keys of the objects that scripts create or rename, in ``upgrade`` or anywhere else."""
    return frozenset(key for source in sources for key in _created_in(source))


def _created_in(source: str) -> Iterator[Key]:
    for call in calls(source, _SIGNATURES):
        kind, parameter = MAKERS[call.function]
        name = call.text(parameter)
        if name is not None:
            yield Key(kind, call.text("schema"), name)
