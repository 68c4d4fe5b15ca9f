"""Plans: which revisions run in which order, and what is applied before and after."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Literal, NamedTuple

from schemashift.errors import BadTarget, DatabaseAhead, Hint
from schemashift.revisions.graph import RevisionGraph
from schemashift.revisions.revision import Revision, folder_of
from schemashift.revisions.target import Target, resolve_target, trail_of, undo_last

Direction = Literal["upgrade", "downgrade", "stamp"]


class Step(NamedTuple):
    """One revision to apply or undo."""

    revision: Revision
    direction: Direction


class Plan(NamedTuple):
    """The steps of a run that has not started. A value: equal plans compare equal.

    ``before`` and ``after`` are the sets of applied revisions (only ``before`` may contain ids that are in no file),
    ``start`` and ``end`` their heads, oldest first. A stamp has no steps: it records ``after``.
    """

    direction: Direction
    steps: tuple[Step, ...]
    before: frozenset[str]
    after: frozenset[str]
    start: tuple[str, ...]
    end: tuple[str, ...]

    @property
    def revisions(self) -> tuple[Revision, ...]:
        """The revisions of the steps, in the order in which they run."""
        return tuple(step.revision for step in self.steps)


def plan(graph: RevisionGraph, applied: Iterable[str], targets: Iterable[Target], direction: Direction) -> Plan:
    """Return the plan that leads from ``applied`` to ``targets``. Pure: the same plan for the same arguments.

    Ancestors and descendants are taken over ``down_revision`` and ``depends_on`` together. ``upgrade X`` runs X and its
    ancestors that are not applied. ``downgrade X`` undoes the applied descendants of X; ``downgrade label@X`` only
    those in the lineage of the label, and the applied revisions that depend on them. ``stamp X`` records the revisions
    that would be applied after going to X.

    Raises what `RevisionGraph.resolve` raises, `DatabaseAhead`, and for upgrade and downgrade the graph's first fault.
    """
    before = frozenset(applied)
    if direction != "stamp":
        graph.check()
        _refuse_unknown(graph, before)
    known = before.difference(graph.unknown(before))
    after = _AFTER[direction](graph, known, tuple(targets))
    if direction == "stamp":
        return _plan(graph, direction, (), before, after)
    ids = graph.in_order(known ^ after)
    steps = (Step(graph[node], direction) for node in (ids if direction == "upgrade" else reversed(ids)))
    return _plan(graph, direction, tuple(steps), before, after)


def _plan(
    graph: RevisionGraph, direction: Direction, steps: tuple[Step, ...], before: frozenset[str], after: frozenset[str]
) -> Plan:
    return Plan(direction, steps, before, after, graph.current(before), graph.current(after))


def _upgraded(graph: RevisionGraph, known: frozenset[str], targets: Sequence[Target]) -> frozenset[str]:
    for target in targets:
        if target.relative and target.steps < 0:
            raise BadTarget(f'"{target}" is behind what is applied', hints=[Hint("downgrade", (str(target),))])
    return known | _gained(graph, known, targets)


def _downgraded(graph: RevisionGraph, known: frozenset[str], targets: Sequence[Target]) -> frozenset[str]:
    for target in targets:
        if target.relative and target.steps > 0:
            raise BadTarget(f'"{target}" is ahead of what is applied', hints=[Hint("upgrade", (str(target),))])
        place = frozenset[str]() if target.relative else resolve_target(graph, target, known)
        for node in graph.in_order(place - known):
            raise BadTarget(
                f"{graph[node].title} is not applied, so nothing can be downgraded to it",
                cause=f"the database is at {_named(graph.current(known))}",
                hints=[Hint("upgrade", (node,))],
            )
    return known - _lost(graph, known, targets)


def _stamped(graph: RevisionGraph, known: frozenset[str], targets: Sequence[Target]) -> frozenset[str]:
    return (known - _lost(graph, known, targets)) | _gained(graph, known, targets)


_AFTER = {"upgrade": _upgraded, "downgrade": _downgraded, "stamp": _stamped}


def _gained(graph: RevisionGraph, known: frozenset[str], targets: Sequence[Target]) -> frozenset[str]:
    """Return the revisions that the targets need, and the targets."""
    ahead = [each for each in targets if not (each.relative and each.steps <= 0)]
    return graph.closure(frozenset().union(*(resolve_target(graph, each, known) for each in ahead)))


def _lost(graph: RevisionGraph, known: frozenset[str], targets: Sequence[Target]) -> frozenset[str]:
    """Return the revisions that going to the targets undoes."""
    return frozenset[str]().union(*(_lost_by(graph, known, each) for each in targets))


def _lost_by(graph: RevisionGraph, known: frozenset[str], target: Target) -> frozenset[str]:
    line = graph.lineage(target.label) if target.label else None
    if target.relative:
        return undo_last(graph, known, target, line) if target.steps < 0 else frozenset()
    place = resolve_target(graph, target, known)
    if not place and target.steps:  # "b2-2" went below a base: before that base, not before everything
        line = graph.line_of(_base_below(graph, target, line))
    above = graph.descendants(place) & known if place else known
    if line is None:
        return above
    gone = above & line
    return gone | (graph.descendants(gone) & known)


def _base_below(graph: RevisionGraph, target: Target, line: frozenset[str] | None) -> str:
    start = resolve_target(graph, target._replace(steps=0), ())
    return trail_of(graph, start, target, line)[-1]


def _named(ids: Sequence[str]) -> str:
    return " and ".join(ids) or "base"


def _refuse_unknown(graph: RevisionGraph, applied: Collection[str]) -> None:
    unknown = graph.unknown(applied)
    if not unknown:
        return
    names = " and ".join(f'"{each}"' for each in unknown)
    folder = next((folder_of(each) for each in graph if each.path), ".")
    known = frozenset(applied).difference(unknown)
    place = graph.current(known)[-1:] or graph.heads[-1:] or ("base",)
    raise DatabaseAhead(
        f"the database is at {names}, which {'is' if len(unknown) == 1 else 'are'} in no file",
        cause="probably another git branch, or a newer release, migrated it",
        hints=[
            *(f"git log --all -S {each} -- {folder}" for each in unknown),
            Hint("stamp", (place[0],), "if you know the schema really is that one"),
        ],
    )
