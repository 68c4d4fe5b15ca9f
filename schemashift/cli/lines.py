"""Revisions as lines of text and as JSON, the same in every command."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from schemashift.cli.ui import paint, table
from schemashift.paths import display_path
from schemashift.revisions import Revision, RevisionGraph


def notes_of(graph: RevisionGraph, revision: Revision) -> str:
    """Return ``(head, label: billing)``, or an empty string."""
    notes = ["head"] if revision.id in graph.heads else []
    notes += [f"label: {', '.join(revision.labels)}"] if revision.labels else []
    return f"({', '.join(notes)})" if notes else ""


def revision_document(revision: Revision) -> dict[str, Any]:
    """Return a revision for ``--json``."""
    return {
        "revision": revision.id,
        "down_revision": list(revision.parents),
        "depends_on": list(revision.depends_on),
        "branch_labels": list(revision.labels),
        "message": revision.message,
        "path": display_path(revision.path),
        "date": revision.created,
    }


def revision_lines(graph: RevisionGraph, revisions: Sequence[Revision], *, verbose: bool = False) -> Iterator[str]:
    """Return lines like ``c4f1d2a97b3e  split name  (head)  2026-11-20``; with *verbose*, also the details."""
    rows: list[tuple[str, ...]] = [
        (paint(each.id, "dim"), each.message, notes_of(graph, each), paint(each.date, "dim")) for each in revisions
    ]
    rows = [
        tuple(cell for cell, column in zip(row, zip(*rows, strict=True), strict=True) if any(column)) for row in rows
    ]
    for revision, line in zip(revisions, table(rows, indent=""), strict=True):
        yield line
        if verbose:
            yield from detail_lines(graph, revision)


def detail_lines(graph: RevisionGraph, revision: Revision) -> Iterable[str]:
    """Return the lines that `show` and ``-v`` add for a revision."""
    rows = [
        ("path", paint(f"{display_path(revision.path)}:{revision.line}" if revision.line else revision.path, "path")),
        ("created", revision.created),
        ("revises", _titles(graph, revision.parents) or "nothing: it is a base"),
        ("needs", _titles(graph, revision.depends_on)),
        ("branch", ", ".join(graph.labels_of(revision.id))),
    ]
    return table([row for row in rows if row[1]], indent="    ")


def _titles(graph: RevisionGraph, names: Iterable[str]) -> str:
    return ", ".join(graph[each].title if each in graph else each for each in names)
