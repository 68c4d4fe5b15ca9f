"""The errors for faults of the graph, with their places and suggestions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from schemashift.errors import (
    AmbiguousRevision,
    Cycle,
    DuplicateLabel,
    DuplicateRevision,
    Hint,
    Location,
    MissingParent,
    UnknownRevision,
)
from schemashift.revisions.revision import RESERVED_NAMES, Revision, folder_of


def missing_parent(revision: Revision, parent: str, known: Mapping[str, Revision]) -> MissingParent:
    return _missing(revision, parent, "revises", Location(revision.path, revision.parents_line or revision.line), known)


def missing_dependency(revision: Revision, name: str, known: Mapping[str, Revision]) -> MissingParent:
    return _missing(revision, name, "depends on", revision.where, known)


def ambiguous_dependency(revision: Revision, name: str, matches: Sequence[Revision]) -> MissingParent:
    found = ", ".join(each.title for each in matches)
    return MissingParent(
        f'{revision.title} depends on "{name}", which starts {len(matches)} revisions: {found}', where=revision.where
    )


def unknown_revision(
    name: str, known: Mapping[str, Revision], order: Sequence[str], labels: Iterable[str]
) -> UnknownRevision:
    guess = closest(name, [*order, *labels, *RESERVED_NAMES])
    return UnknownRevision(
        f'no revision starts with "{name}", and there is no such branch label',
        hints=[f"did you mean {known[guess].title if guess in known else guess}?" if guess else Hint("history")],
    )


def ambiguous_revision(prefix: str, matches: Sequence[Revision]) -> AmbiguousRevision:
    names = ", ".join(each.title for each in matches)
    return AmbiguousRevision(f'"{prefix}" matches {len(matches)} revisions: {names}')


def _missing(revision: Revision, name: str, verb: str, where: Location, known: Mapping[str, Revision]) -> MissingParent:
    guess = closest(name, known)
    elsewhere = f"git log --all -S {name} -- {folder_of(revision)}"
    return MissingParent(
        f'{revision.title} {verb} "{name}", which is in no file',
        where=where,
        hints=[
            *([f"did you mean {known[guess].title}?"] if guess else []),
            f"{elsewhere}    finds the file if it is on another git branch",
        ],
    )


def duplicate_revision(same: Sequence[Revision]) -> DuplicateRevision:
    count = "two" if len(same) == 2 else str(len(same))
    return DuplicateRevision(
        f'{count} files have revision "{same[0].id}"',
        where=[each.where for each in sorted(same)],
        hints=["delete the copy, or give it another revision id"],
    )


def duplicate_label(label: str, owners: Sequence[Revision]) -> DuplicateLabel:
    names = " and ".join(each.title for each in owners)
    return DuplicateLabel(f'branch label "{label}" is set on {names}', where=[each.where for each in owners])


def label_is_taken(label: str, owner: Revision, taken: Revision | None) -> DuplicateLabel:
    if taken is None:
        word = "|".join(sorted(RESERVED_NAMES))
        return DuplicateLabel(
            f'{owner.title} has the branch label "{label}", which is a reserved word ({word})', where=owner.where
        )
    return DuplicateLabel(
        f'{owner.title} has the branch label "{label}", which is a revision', where=[owner.where, taken.where]
    )


def cycle(path: Sequence[Revision]) -> Cycle:
    """Return the error for a cycle. In ``path`` each revision is needed by the next, and the last by the first."""
    names = " -> ".join([*(each.id for each in path), path[0].id])
    alone = "it revises itself" if path[0].id in path[0].parents else "it depends on itself"
    together = "each revises or depends on the one before it, so none can be first"
    return Cycle(names, where=[each.where for each in path], cause=alone if len(path) == 1 else together)


def closest(name: str, known: Iterable[str]) -> str | None:
    """Return the name that was probably meant: one that starts like ``name``, else one that is spelled like it."""
    import difflib  # takes 3 ms, for errors only

    names = sorted(known)
    alike = [each for each in names if len(name) > 3 and each.startswith(name[: max(4, len(name) - 2)])]
    found = difflib.get_close_matches(name, alike or names, 1, 0.6)
    return found[0] if found else None
