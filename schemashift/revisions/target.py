"""Revision identifiers, which have the same syntax in every command.

==================  =====================================================================
``c4f1d2a97b3e``    a revision
``c4f1``            the only revision whose id starts with it (two characters or more)
``billing``         a branch label: the revision that sets it
``head``, ``heads``  the only head; every head
``base``            before everything: the empty set
``current``         the heads of what is applied
``+2``, ``-2``      from ``current``: two revisions further, two revisions back
``X+2``, ``X-2``    two steps from any of the above, over ``down_revision``
``billing@X``       any of the above in a branch: the revision of the label, its ancestors and descendants. A
                    revision may take the place of the label
``a:b``             from a to b, both included; ``a:`` up to the heads, ``:b`` from the base. ``a:+2`` is a and the two
                    after it, ``-2:b`` is b and the two before it; ``billing@base:b`` leaves out other branches
==================  =====================================================================
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from schemashift.errors import BadTarget, Hint, MultipleHeads
from schemashift.revisions.graph import RevisionGraph
from schemashift.words import listed, plural

_FORM = r"(?:(?P<label>[^@:]+)@)?(?P<name>[^@:]*?)(?P<steps>[+-]\d+)?"
_STEPS = r"(?:[^@:]+@)?(?P<sign>[+-])\d+"


class Target(NamedTuple):
    """A parsed identifier. ``name`` is a reserved name, a label, or a revision id or its start."""

    name: str
    label: str = ""
    steps: int = 0

    def __str__(self) -> str:
        """Return the text that `parse` parses as this target."""
        name = "" if self.relative and self.steps else self.name
        return (f"{self.label}@" if self.label else "") + name + (f"{self.steps:+d}" if self.steps else "")

    @property
    def relative(self) -> bool:
        """True if it counts from the applied revisions."""
        return self.name == "current"


def parse(text: str) -> Target:
    """Parse ``"billing@head-1"`` as ``Target("head", "billing", -1)``; ``"+1"`` is ``current+1``.

    Raises `BadTarget`.
    """
    text = text.strip()
    found = re.fullmatch(_FORM, text)
    name, steps = (found["name"], found["steps"]) if found else ("", None)
    if is_range(text):
        raise BadTarget(f'"{text}" is a range of revisions, where one is expected')
    if found is None or not (name or steps):
        raise BadTarget(
            f'"{text}" names no revision' if text else "an empty text names no revision",
            hints=["revisions are named like  c4f1, head, heads, base, current, +1, -1, head-1, a-label, a-label@head"],
        )
    return Target(name or "current", found["label"] or "", int(steps or 0))


def is_range(text: str) -> bool:
    return ":" in text


def split_range(text: str) -> tuple[str, str]:
    """Split ``"a:b"`` into ``("a", "b")``; an omitted end is ``base`` or ``heads``. Raises `BadTarget`."""
    start, colon, end = text.partition(":")
    if not colon or ":" in end:
        raise BadTarget(f'"{text}" is not a range', hints=["a range is  start:end,  start:  or  :end"])
    return start.strip() or "base", end.strip() or "heads"


def resolve(graph: RevisionGraph, text: str, applied: Collection[str] = frozenset()) -> frozenset[str]:
    """Return the revisions an identifier refers to; ``base`` is the empty set.

    Raises `UnknownRevision`, `AmbiguousRevision`, `MultipleHeads` and `BadTarget`.
    """
    return resolve_target(graph, read_target(graph, text), applied)


def read_target(graph: RevisionGraph, text: str) -> Target:
    """Parse an identifier, unless it is an id or label of the graph as it is (``2024-01``, ``billing@2024-01``)."""
    label, at, name = text.strip().rpartition("@")
    if (name in graph or name in graph.labels) and bool(label) == bool(at) and "@" not in label:
        return Target(name, label)
    return parse(text)


def read_targets(graph: RevisionGraph, texts: str | Iterable[str]) -> tuple[Target, ...]:
    """Return the targets for one identifier or several."""
    return tuple(read_target(graph, each) for each in ((texts,) if isinstance(texts, str) else texts))


def resolve_target(graph: RevisionGraph, target: Target, applied: Collection[str]) -> frozenset[str]:
    line = graph.lineage(target.label) if target.label else None
    if target.relative:
        return _from_current(graph, target, applied, line)
    start = _resolve_name(graph, target, line)
    return walk(graph, start, target, line) if target.steps else start


def resolve_range(graph: RevisionGraph, text: str, applied: Collection[str] = frozenset()) -> frozenset[str]:
    """Return the revisions of ``a:b``, both included; either may be omitted.

    Without a colon, it is an identifier. Raises as `resolve` does.
    """
    if not is_range(text):
        return resolve(graph, text, applied)
    first, last = (read_target(graph, each) for each in split_range(text))
    counted = counts_from_the_other_end(graph, text)
    if counted == "+":
        lower = resolve_target(graph, first, applied)
        upper = _walk_from(graph, lower, last, first.label)
    else:
        upper = resolve_target(graph, last, applied)
        lower = _walk_from(graph, upper, first, last.label) if counted else resolve_target(graph, first, applied)
    below = graph.closure(upper)
    if not lower:
        return below & graph.lineage(first.label) if first.label else below
    if not lower & below:
        raise _empty_range(graph, text, lower, upper)
    return below & (lower | graph.descendants(lower))


def counts_from_the_other_end(graph: RevisionGraph, text: str) -> str:
    """Return ``+`` for ``a:+2``, ``-`` for ``-2:b``, and an empty text for a range whose ends are independent.

    Steps alone count from the other end if that is written out, and from what is applied otherwise (``-2:``), as in
    Alembic.
    """
    start, _, end = (part.strip() for part in text.partition(":"))
    signs = [
        re.fullmatch(_STEPS, each) if read_target(graph, each or "heads").relative else None for each in (start, end)
    ]
    first, last = (found["sign"] if found else "" for found in signs)
    if last == "+" and start and not first:
        return "+"
    return "-" if first == "-" and end and not last else ""


def is_relative(graph: RevisionGraph, text: str) -> bool:
    """Return True if *text*, an identifier or a range, counts from the applied revisions."""
    if not is_range(text):
        return read_target(graph, text).relative
    first, last = (read_target(graph, each).relative for each in split_range(text))
    counted = counts_from_the_other_end(graph, text)
    return (first and counted != "-") or (last and counted != "+")


def _walk_from(graph: RevisionGraph, start: frozenset[str], target: Target, label: str) -> frozenset[str]:
    """Walk from the other end of a range, in the branch that either end names."""
    label = target.label or label
    return walk(graph, start, target, graph.lineage(label) if label else None)


# -- places


def _resolve_name(graph: RevisionGraph, target: Target, line: frozenset[str] | None) -> frozenset[str]:
    if target.name == "base":
        return frozenset()
    if target.name in ("head", "heads"):
        heads = [each for each in graph.heads if line is None or each in line]
        if target.name == "head" and len(heads) > 1:
            raise multiple_heads(graph, heads, str(target), label=target.label)
        return frozenset(heads)
    node = graph.named(target.name, among=line)
    if line is not None and node not in line:
        raise BadTarget(
            f"{graph[node].title} is not on the branch {target.label}",
            cause=f"it is neither above nor below {graph[graph.named(target.label)].title}",
        )
    return frozenset({node})


def walk(graph: RevisionGraph, start: frozenset[str], target: Target, line: frozenset[str] | None) -> frozenset[str]:
    """Go ``target.steps`` from ``start`` over ``down_revision``. One step below a base is the empty set."""
    trail = trail_of(graph, start, target, line)
    return frozenset(trail[-1:]) if len(trail) == len(start) + abs(target.steps) else frozenset()


def trail_of(graph: RevisionGraph, start: frozenset[str], target: Target, line: frozenset[str] | None) -> Sequence[str]:
    """Return the revisions on the way, the start first. If it ends below a base, there are only as many as steps."""
    if len(start) > 1:
        raise multiple_heads(graph, graph.in_order(start), str(target), label=target.label, steps=target.steps)
    trail = list(graph.in_order(start))
    upwards = target.steps > 0
    for left in range(abs(target.steps), 0, -1):
        if left == 1 and not upwards and trail and not graph.parents(trail[-1]):
            break
        trail.append(_step(graph, trail, target, line, left - 1 if upwards else 1 - left))
    return trail


def _from_current(
    graph: RevisionGraph, target: Target, applied: Collection[str], line: frozenset[str] | None
) -> frozenset[str]:
    if target.steps > 0:
        return frozenset(run_next(graph, applied, target, line)[-1:])
    left = frozenset(applied) - undo_last(graph, applied, target, line)
    here = left if line is None else left & line
    return frozenset(each for each in graph.current(here) if each in graph)


def _step(graph: RevisionGraph, trail: Sequence[str], target: Target, line: frozenset[str] | None, steps: int) -> str:
    """Return the next revision of a walk, which is followed by *steps* more."""
    upwards = target.steps > 0
    way: Sequence[str] = (graph.children if upwards else graph.parents)(trail[-1]) if trail else graph.bases
    found = [each for each in way if line is None or each in line]
    if len(found) == 1:
        return found[0]
    side = "children" if upwards else "parents"
    place = graph[trail[-1]].title if trail else "the base"
    if found:
        raise BadTarget(
            f'"{target}" is ambiguous: {place} has {len(found)} {side}',
            details=describe(graph, found),
            hints=[name_one(graph, found, f"{steps:+d}" if steps else "")],
        )
    count = len(trail) - 1 if upwards else len(trail)
    raise BadTarget(
        f'"{target}" leads nowhere: only {plural(count, "revision")} that way', cause=f"{place} has no {side}"
    )


# -- counting from what is applied


def run_next(
    graph: RevisionGraph, applied: Collection[str], target: Target, line: frozenset[str] | None
) -> Sequence[str]:
    """Return the next ``target.steps`` revisions, each the only one that can run next (in the branch).

    Outside a branch, the dependencies of a revision must be applied already; in a branch, they are applied with it.
    Raises `BadTarget`.
    """
    done, found = set(applied), list[str]()
    ready = _ready(graph, graph.order, done, line)
    while len(found) < target.steps:
        if len(ready) != 1:
            raise _not_exactly_one(graph, target, ready, len(found), state="left to run", choice="could run next")
        found += ready
        done |= {*ready} if line is None else graph.closure(ready)
        ready = _ready(graph, graph.needed_by(ready[0]) if line is None else graph.order, done, line)
    return found


def _ready(
    graph: RevisionGraph, some: Sequence[str], done: Collection[str], line: frozenset[str] | None
) -> Sequence[str]:
    if line is None:
        return [node for node in some if node not in done and all(each in done for each in graph.needs(node))]
    left = [node for node in some if node in line and node not in done]
    return [node for node in left if all(each in done or each not in line for each in graph.parents(node))]


def undo_last(
    graph: RevisionGraph, applied: Collection[str], target: Target, line: frozenset[str] | None
) -> frozenset[str]:
    """Return the revisions that ``-target.steps`` steps undo: each time the only head (of the branch), with all
    revisions that depend on it. Raises `BadTarget`.
    """
    left, undone = {node for node in applied if node in graph}, set[str]()
    last = _last(graph, graph.order, left, line)
    for taken in range(-target.steps):
        if len(last) != 1:
            raise _not_exactly_one(graph, target, last, taken, state="applied", choice="could be undone")
        gone = {*last, *(left & graph.descendants(last) if graph.needed_by(last[0]) and line else ())}
        left -= gone
        undone |= gone
        freed = {each for node in gone for each in graph.needs(node)}
        last = _last(graph, graph.in_order(freed), left, line)
    return frozenset(undone)


def _last(graph: RevisionGraph, some: Sequence[str], left: set[str], line: frozenset[str] | None) -> Sequence[str]:
    """Return those of ``some`` that are left and that no other revision left depends on (in the branch)."""
    if line is None:
        return [node for node in some if node in left and left.isdisjoint(graph.needed_by(node))]
    here = left & line
    return [node for node in some if node in here and here.isdisjoint(graph.children(node))]


# -- errors


def name_one(graph: RevisionGraph, ids: Sequence[str], suffix: str = "") -> str:
    """Return the hint for an identifier that may mean several revisions: what to write for each of them."""
    return f"name one of them:  {listed((graph.short(each) + suffix for each in ids), '  or  ')}"


def describe(graph: RevisionGraph, ids: Sequence[str]) -> list[str]:
    """Return lines of ``id  message  branch label, date`` in columns."""
    rows = [(node, graph[node].message, _branch(graph, node), graph[node].date) for node in ids]
    widths = [max((len(row[column]) for row in rows), default=0) for column in range(3)]
    return [
        "  ".join([row[0].ljust(widths[0]), row[1].ljust(widths[1]), row[2].ljust(widths[2]) + row[3]]).rstrip(" ,")
        for row in rows
    ]


def _branch(graph: RevisionGraph, node: str) -> str:
    labels = ", ".join(graph.labels_of(node))
    return f"branch {labels}, " if labels else ""


def multiple_heads(
    graph: RevisionGraph, heads: Sequence[str], text: str, *, label: str = "", steps: int = 0
) -> MultipleHeads:
    where = f' on the branch "{label}"' if label else ""
    return MultipleHeads(
        f'{len(heads)} heads{where}, "{text}" is ambiguous',
        details=describe(graph, heads),
        hints=[
            *([name_one(graph, heads, f"{steps:+d}")] if steps else []),
            Hint("merge", ("-m", "merge heads", *(heads if label else ())), "one merge revision"),
            *([] if steps else [Hint("upgrade", (f"{label}@heads" if label else "heads",), "apply all of them")]),
        ],
    )


def _empty_range(graph: RevisionGraph, text: str, lower: frozenset[str], upper: frozenset[str]) -> BadTarget:
    low, high = (listed(graph.in_order(ids), " and ") or "base" for ids in (lower, upper))
    first, last = split_range(text)
    is_reversed = bool(graph.closure(lower) & upper)
    return BadTarget(
        f'"{text}" is empty: {low} is not below {high}',
        hints=[f"did you mean {last}:{first}?"] if is_reversed else [],
    )


def _not_exactly_one(
    graph: RevisionGraph, target: Target, found: Sequence[str], taken: int, *, state: str, choice: str
) -> BadTarget:
    after = f" after {plural(taken, 'step')}" if taken else ""
    if found:
        return BadTarget(
            f'"{target}" is ambiguous{after}: {len(found)} revisions {choice}',
            details=describe(graph, found),
            hints=[name_one(graph, found, f"@{target.steps:+d}")],
        )
    count = f"only {taken} {'is' if taken == 1 else 'are'}" if taken else "none is"
    branch = f' on the branch "{target.label}"' if target.label else ""
    return BadTarget(f'"{target}" leads too far: {count} {state}{branch}')
