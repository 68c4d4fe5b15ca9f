"""The header of a new revision, validated against the graph before anything is written."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from schemashift.errors import BadConfig, BadTarget, DuplicateLabel, DuplicateRevision, Hint, MultipleHeads
from schemashift.revisions import RevisionGraph, check_label, check_revision_id, resolve
from schemashift.scripts.directory import ScriptDirectory
from schemashift.scripts.files import new_revision_id


class Draft(NamedTuple):
    """The header of a revision to be written, and the folder it goes to."""

    id: str
    parents: tuple[str, ...]
    labels: tuple[str, ...]
    depends_on: tuple[str, ...]
    location: str


def draft(
    graph: RevisionGraph,
    scripts: ScriptDirectory,
    *,
    heads: Sequence[str],
    applied: Iterable[str] = (),
    splice: bool = False,
    rev_id: str | None = None,
    branch_label: str | Iterable[str] | None = None,
    depends_on: Iterable[str] = (),
    version_path: str | os.PathLike[str] | None = None,
) -> Draft:
    """Return the header of a revision on top of *heads*, which may be any identifiers.

    Raises the first fault of the graph, `MultipleHeads`, `BadTarget`, `DuplicateRevision`, `DuplicateLabel`,
    `BadConfig`.
    """
    graph.check()
    applied = frozenset(applied)
    parents = parents_of(graph, heads, applied, splice=splice)
    labels = (branch_label,) if isinstance(branch_label, str) else tuple(branch_label or ())
    own = new_id(graph) if rev_id is None else unused_id(graph, rev_id)
    return Draft(
        own,
        parents,
        tuple(unused_label(graph, each, own) for each in labels),
        tuple(dependency(graph, each, parents, applied) for each in depends_on),
        location(graph, scripts, parents, version_path),
    )


def parents_of(
    graph: RevisionGraph, heads: Sequence[str], applied: frozenset[str] = frozenset(), *, splice: bool = False
) -> tuple[str, ...]:
    """Return the parents that *heads* refer to, oldest first. One that is not a head requires *splice*."""
    try:
        found = frozenset[str]().union(*(resolve(graph, each, applied) for each in heads))
    except MultipleHeads as error:
        error.hints = (error.hints[0], Hint("", ("--head", graph.heads[-1]), "goes on from one of them"))
        raise
    parents = graph.in_order(found)
    inner = [each for each in parents if each not in graph.heads]
    if inner and not splice:
        children = ", ".join(graph[each].title for each in graph.children(inner[0]))
        raise BadTarget(
            f"{graph[inner[0]].title} is not a head",
            cause=f"{children} revises it already",
            hints=[
                Hint("", ("--splice",), "starts a branch there"),
                Hint("", ("--head", "head"), "goes on from the newest revision"),
            ],
        )
    return parents


def merge_parents(graph: RevisionGraph, names: Sequence[str], applied: frozenset[str] = frozenset()) -> tuple[str, ...]:
    """Return the revisions to merge: at least two, none an ancestor of another."""
    found = frozenset[str]().union(*(resolve(graph, each, applied) for each in names))
    parents = graph.in_order(found)
    below = [each for each in parents if each in graph.ancestors(found)]
    if len(parents) < 2:
        have = f"there is only {graph[parents[0]].title}" if parents else "there is none"
        raise BadTarget(f"a merge needs two revisions or more, and {have}")
    if below:
        above = next(each for each in parents if below[0] in graph.ancestors({each}))
        raise BadTarget(f"{graph[below[0]].title} is below {graph[above].title}: nothing to merge")
    return parents


def new_id(graph: RevisionGraph) -> str:
    """Return a random id whose first four characters are unique, so that they can be used as an abbreviation."""
    for _ in range(100):
        found = new_revision_id()
        if not graph.starting_with(found[:4]):
            return found
    return new_revision_id()


def unused_id(graph: RevisionGraph, name: str) -> str:
    """Return *name* if a new revision can have it. Raises `BadTarget` and `DuplicateRevision`."""
    check_revision_id(name)
    if name in graph:
        raise DuplicateRevision(f'there is a revision "{name}" already', where=graph[name].where)
    if name in graph.labels:
        raise DuplicateRevision(f'"{name}" is a branch label', where=graph[graph.labels[name]].where)
    return name


def unused_label(graph: RevisionGraph, label: str, own: str) -> str:
    """Return *label* if a new branch can have it. Raises `BadTarget` and `DuplicateLabel`."""
    check_label(label)
    owner = graph.labels.get(label) or (label if label in graph else None)
    if owner is not None:
        what = "a revision" if label in graph else f"the branch label of {graph[owner].title}"
        raise DuplicateLabel(f'"{label}" is {what} already', where=graph[owner].where)
    if label == own:
        raise DuplicateLabel(f'"{label}" is the revision itself')
    return label


def dependency(graph: RevisionGraph, name: str, parents: Sequence[str], applied: frozenset[str] = frozenset()) -> str:
    """Return a label unchanged, and any other identifier as the id of its revision."""
    if name in graph.labels:
        found = graph.labels[name]
        text = name
    else:
        several = graph.in_order(resolve(graph, name, applied))
        if len(several) != 1:
            raise BadTarget(f'"{name}" is {len(several)} revisions; --depends-on names one at a time')
        text = found = several[0]
    if found in graph.closure(parents):
        raise BadTarget(
            f"{graph[found].title} comes before this revision anyway",
            hints=[Hint("", ("--depends-on", name), sentence="leave out  {}")],
        )
    return text


def location(
    graph: RevisionGraph,
    scripts: ScriptDirectory,
    parents: Sequence[str],
    version_path: str | os.PathLike[str] | None,
) -> str:
    """Return the folder to write to: *version_path*, else that of the parent, else the first."""
    if version_path is None:
        if len(scripts.version_locations) > 1 and parents:
            return os.path.dirname(graph[parents[-1]].path)
        return scripts.version_locations[0]
    wanted = os.path.abspath(version_path)
    for each in scripts.version_locations:
        folder = os.path.abspath(each)
        if wanted == folder or (scripts.recursive and wanted.startswith(folder + os.sep)):
            return os.fspath(version_path)
    raise BadConfig(
        f"{os.fspath(version_path)} is none of the folders that scripts are read from",
        cause=f"these are {', '.join(scripts.version_locations)}",
        hints=["version_locations = [...]   under [tool.schemashift] names more"],
    )


def one_line(message: str | None, otherwise: str) -> str:
    """Return the message on one line; *otherwise* if it is empty."""
    return " ".join((message or "").split()) or otherwise
