"""Find the objects that the migrations created.

Names that are literals in a script are read without running it; a script that computes a name (in a loop, with an
f-string) is run against a recorder. Autogenerate never drops an object that is not known to be managed, so it does no
harm if one is missed.
"""

from __future__ import annotations

import ast
import difflib
import inspect
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from functools import cache, cached_property

from schemashift import op
from schemashift.diff import Tables
from schemashift.errors import SchemashiftError, UsageError
from schemashift.objects import KINDS, AnyKind
from schemashift.op.buffer import Environment
from schemashift.operations import Operation
from schemashift.revisions import RevisionGraph
from schemashift.schema import Key, Schema
from schemashift.scripts.directory import ScriptDirectory
from schemashift.scripts.survey import calls
from schemashift.sources.replay import record


def makers(kinds: Sequence[AnyKind] = KINDS) -> dict[str, tuple[str, str]]:
    """Return the functions of ``op`` that create or rename a table or an object of *kinds*, each with the name of the
    kind and the parameter that holds the object's name."""
    return {
        function: (kind, parameter)
        for kind, parameters in _name_parameters(kinds).items()
        for function, parameter in parameters.items()
    }


def managed_kinds(kinds: Sequence[AnyKind] = KINDS) -> tuple[str, ...]:
    """Return the names of the kinds whose objects a migration creates and autogenerate may drop."""
    return tuple(kind for kind, parameters in _name_parameters(kinds).items() if parameters)


def _name_parameters(kinds: Sequence[AnyKind]) -> dict[str, Mapping[str, str]]:
    return {Tables.name: Tables.name_parameters, **{kind.name: kind.name_parameters for kind in kinds}}


def keys_of(name: str, default_schema: str | None = None, kinds: Sequence[AnyKind] = KINDS) -> frozenset[Key]:
    """Return the keys that *name* may stand for: an object of any kind, with its schema before a dot."""
    schema, _, bare = name.rpartition(".")
    names = managed_kinds(kinds)
    return frozenset(Key(kind, schema if schema != default_schema else None, bare) for kind in names if bare) | {
        Key(kind, None, name) for kind in names
    }


def created_by_scripts(
    scripts: ScriptDirectory, graph: RevisionGraph, environment: Environment, kinds: Sequence[AnyKind] = KINDS
) -> frozenset[Key]:
    """Return the keys of the objects that the scripts of *graph* create, as a run with *environment* would."""
    sources = {revision: scripts.source(revision) for revision in graph}
    created = [created_in(sources.values(), kinds)]
    for revision in (revision for revision, source in sources.items() if computes_names(source, kinds)):
        # Nothing is known of a script that cannot be loaded.
        with suppress(SchemashiftError):
            created.append(created_by(record(scripts.load(revision), "upgrade", environment).operations, kinds))
    return frozenset[Key]().union(*created)


class SetOptions:
    """The options of tables and indexes that scripts set: found in the calls that name both. Read when first needed."""

    def __init__(self, scripts: ScriptDirectory, graph: RevisionGraph) -> None:
        self._scripts = scripts
        self._graph = graph

    def __contains__(self, place: object) -> bool:
        """Return True if a script sets the option of the thing with that name, or may do so."""
        return place in self._found

    @cached_property
    def _found(self) -> frozenset[tuple[str, str]]:
        return frozenset(found for each in self._graph for found in options_set_in(self._scripts.source(each)))


def options_set_in(source: str) -> Iterator[tuple[str, str]]:
    """Yield the names, with the dialect options (``mysql_engine``) and ``comment`` that are written in the same call.

    Of an option with several settings, each key is an option too: ``postgresql_with.fillfactor``.
    """
    if not _OPTION.search(source):
        return
    try:
        tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError):
        return
    for call in (node for node in ast.walk(tree) if isinstance(node, ast.Call)):
        values = [*call.args, *(each.value for each in call.keywords)]
        names = [name for each in values if (name := _name_in(each)) is not None]
        for keyword in call.keywords:
            if keyword.arg and _OPTION.fullmatch(keyword.arg):
                keys = keyword.value.keys if isinstance(keyword.value, ast.Dict) else []
                settings = [f"{keyword.arg}.{key.value!s}" for key in keys if isinstance(key, ast.Constant)]
                yield from ((name, option) for name in names for option in (keyword.arg, *settings))


_OPTION = re.compile(r"\b(?:(?:mysql|mariadb|postgresql|sqlite)_\w+|prefixes|comment)\b")


def _name_in(value: ast.expr) -> str | None:
    """Return the string in ``"ck"`` and ``op.f("ck")``; None for anything else."""
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute) and value.func.attr == "f" and value.args:
        value = value.args[0]
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


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


def require_unused(named: Mapping[str, frozenset[Key]], declared: Schema, operations: Iterable[Operation]) -> None:
    """Raise `UsageError` for a name whose object is kept by a comparison with *declared*, since something uses it."""
    dropped = frozenset[Key]().union(*(operation.drops for operation in operations))
    for name, keys in named.items():
        if not keys & dropped and (kept := keys & declared.keys()):
            kind = min(key.kind for key in kept)
            raise UsageError(
                f'{kind} "{name}" is not dropped: the models, a view, a routine or an unmanaged table use it',
                hints=["remove what uses it first, or write the operation into a revision of your own"],
            )


def created_by(operations: Iterable[Operation], kinds: Sequence[AnyKind] = KINDS) -> frozenset[Key]:
    """Return the keys of the objects that *operations* create."""
    names = managed_kinds(kinds)
    return frozenset(key for operation in operations for key in operation.creates if key.kind in names)


def computes_names(source: str, kinds: Sequence[AnyKind] = KINDS) -> bool:
    """Whether a script creates an object whose name is not a literal in it."""
    return any(name is None for _, name, _ in _calls(source, makers(kinds)))


def created_in(sources: Iterable[str], kinds: Sequence[AnyKind] = KINDS) -> frozenset[Key]:
    """Return the keys of the objects that scripts create or rename, in ``upgrade`` or anywhere else."""
    functions = makers(kinds)
    named = (call for source in sources for call in _calls(source, functions))
    return frozenset(Key(kind, schema, name) for kind, name, schema in named if name is not None)


def _calls(source: str, functions: Mapping[str, tuple[str, str]]) -> Iterator[tuple[str, str | None, str | None]]:
    """Yield the kind, the name and the schema of each object that *source* creates; None for what is not a literal."""
    for call in calls(source, {name: _signature(name) for name in functions}):
        kind, parameter = functions[call.function]
        yield kind, call.text(parameter), call.text("schema")


@cache
def _signature(name: str) -> inspect.Signature:
    return inspect.signature(getattr(op, name))
