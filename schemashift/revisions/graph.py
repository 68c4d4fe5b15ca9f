"""The graph of revisions. It is built in linear time, also from faulty revisions; its faults are values."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain

from schemashift.errors import UsageError
from schemashift.revisions import faults as fault
from schemashift.revisions.revision import RESERVED_NAMES, Revision

SHORTEST_PREFIX = 2
"""A single character would make a typing error an identifier."""

Edges = Mapping[str, Sequence[str]]
"""From an id to ids. An id that is missing has none."""


class RevisionGraph:
    """Revisions and the edges between them.

    There are two kinds of edges: ``parents`` (``down_revision``) are the lines of history; ``needs`` are parents and
    ``depends_on`` together, and determine the order in which revisions run. A graph with faults is still a graph: edges
    to missing revisions are omitted, the first by path of two revisions with the same id is kept, and an edge that
    closes a cycle is ignored where the revisions are put in order.

    The results do not depend on the order in which the revisions are given.
    """

    def __init__(self, revisions: Iterable[Revision], faults: Iterable[UsageError] = ()) -> None:
        """``faults`` are those found while reading the scripts, such as a header that cannot be read."""
        self._read_faults = tuple(faults)
        self._by_id: dict[str, Revision] = {}
        self._duplicates: dict[str, list[Revision]] = {}
        for revision in revisions:
            other = self._by_id.setdefault(revision.id, revision)
            if other is not revision:
                self._keep_one(other, revision)
        self._cycles: list[list[str]] = []

    def _keep_one(self, one: Revision, other: Revision) -> None:
        self._duplicates.setdefault(one.id, [one]).append(other)
        self._by_id[one.id] = min(one, other, key=lambda each: (each.path, each))

    def with_revision(self, revision: Revision) -> RevisionGraph:
        """Return a graph with one more revision."""
        alone = (each for each in self._by_id.values() if each.id not in self._duplicates)
        return RevisionGraph([*alone, *chain.from_iterable(self._duplicates.values()), revision], self._read_faults)

    # -- the revisions

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, node: object) -> bool:
        return node in self._by_id

    def __getitem__(self, node: str) -> Revision:
        return self._by_id[node]

    def __iter__(self) -> Iterator[Revision]:
        """Iterate over all revisions, parents first."""
        return map(self._by_id.__getitem__, self.order)

    def parents(self, node: str) -> Sequence[str]:
        """Return the parents that exist."""
        return self._parents.get(node, ())

    def children(self, node: str) -> Sequence[str]:
        """Return the revisions that revise ``node``, oldest first."""
        return self._children.get(node, ())

    def dependencies(self, node: str) -> tuple[str, ...]:
        """Return the revisions that ``depends_on`` refers to and that exist."""
        return self._dependencies.get(node, ())

    def needs(self, node: str) -> Sequence[str]:
        """Return the parents and dependencies: the revisions that must run before."""
        return self._needs.get(node, ())

    def needed_by(self, node: str) -> Sequence[str]:
        """Return the revisions that revise ``node`` or depend on it, oldest first."""
        return self._needed_by.get(node, ())

    # -- places

    @cached_property
    def heads(self) -> tuple[str, ...]:
        """The revisions that no other revision revises, oldest first. Another may depend on them."""
        parents = self._revised
        return tuple(each for each in self.order if each not in parents)

    @cached_property
    def real_heads(self) -> tuple[str, ...]:
        """The heads that no other revision depends on either."""
        needed = {each for some in self._dependencies.values() for each in some}
        return tuple(each for each in self.heads if each not in needed)

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """The revisions without parents."""
        return tuple(each for each in self.order if not self._by_id[each].parents)

    @cached_property
    def branch_points(self) -> tuple[str, ...]:
        """The revisions with more than one child."""
        return tuple(each for each in self.order if len(self.children(each)) > 1)

    @cached_property
    def merge_points(self) -> tuple[str, ...]:
        """The revisions with more than one parent."""
        return tuple(each for each in self.order if len(self._by_id[each].parents) > 1)

    def current(self, applied: Iterable[str]) -> tuple[str, ...]:
        """Return the heads of a set of applied revisions, oldest first; ids that are in no file come last."""
        ids = frozenset(applied)
        below = self.ancestors(ids)
        known = tuple(each for each in self.in_order(ids) if each not in below)
        return known + self.unknown(ids)

    def unknown(self, applied: Iterable[str]) -> tuple[str, ...]:
        """Return the ids that are in no file, sorted."""
        return tuple(sorted(each for each in frozenset(applied) if each not in self._by_id))

    def in_order(self, ids: Collection[str]) -> tuple[str, ...]:
        """Return those of ``ids`` that exist, parents first."""
        if len(ids) * 8 < len(self):
            return tuple(sorted((each for each in set(ids) if each in self._by_id), key=self._places.__getitem__))
        return tuple(each for each in self.order if each in ids)

    # -- ancestors and descendants

    def ancestors(self, ids: Iterable[str]) -> frozenset[str]:
        """Return the revisions that ``ids`` need, directly or not, over ``down_revision`` and ``depends_on``."""
        return _reached(ids, self._needs)

    def descendants(self, ids: Iterable[str]) -> frozenset[str]:
        """Return the revisions that need one of ``ids``, directly or not, over ``down_revision`` and ``depends_on``."""
        return _reached(ids, self._needed_by)

    def closure(self, ids: Iterable[str]) -> frozenset[str]:
        """Return those of ``ids`` that exist, with their ancestors."""
        some = frozenset(each for each in ids if each in self._by_id)
        return some | self.ancestors(some)

    def lineage(self, name: str) -> frozenset[str]:
        """Return the revision of ``name`` (a label or a revision) with its ancestors and descendants over
        ``down_revision``.

        Raises `UnknownRevision` and `AmbiguousRevision`.
        """
        return self.line_of(self.named(name))

    def line_of(self, node: str) -> frozenset[str]:
        """Return a revision with its ancestors and descendants over ``down_revision``."""
        return frozenset({node}) | _reached((node,), self._parents) | _reached((node,), self._children)

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """A mapping of each branch label to the revision that sets it."""
        owners: dict[str, str] = {}
        for label, revision in self._label_owners:
            owners.setdefault(label, revision.id)
        return owners

    def labels_of(self, node: str) -> tuple[str, ...]:
        """Return the labels of the branches that a revision is on, sorted.

        A label applies to all descendants of the revision that sets it, and to its ancestors down to the first merge,
        or revision that several others revise or depend on. (Alembic omits the ancestors if there is a branch point or
        a merge above the label.)
        """
        mask = self._label_masks.get(node, 0)
        return tuple(label for bit, label in enumerate(sorted(self.labels)) if mask >> bit & 1) if mask else ()

    # -- order

    @cached_property
    def order(self) -> tuple[str, ...]:
        """All revisions, each after those it needs. Lines are kept together; of two heads the older comes first.

        This is an iterative depth-first search from the heads. Revisions on its path are "open"; an edge to an open
        revision closes a cycle.
        """
        state: dict[str, bool] = {}  # True: open, False: done
        order: list[str] = []
        for root in self._roots():
            if root not in state:
                self._visit([root], state, order)
        return tuple(order)

    def _visit(self, stack: list[str], state: dict[str, bool], order: list[str]) -> None:
        needs = self._needs
        while stack:
            node = stack[-1]
            if node not in state:
                state[node] = True
                for each in reversed(needs[node]):
                    if each not in state:
                        stack.append(each)
                    elif state[each]:
                        self._cycles.append(_path_back(stack, state, each))
            else:
                stack.pop()
                if state[node]:
                    state[node] = False
                    order.append(node)

    def _roots(self) -> Iterator[str]:
        """Return the heads, oldest first; then all revisions, for cycles that no head depends on."""
        heads = [each for node, each in self._by_id.items() if node not in self._revised]
        yield from (each.id for each in sorted(heads, key=lambda each: (each.created, each.id)))
        yield from sorted(self._by_id)

    # -- faults

    @cached_property
    def faults(self) -> tuple[UsageError, ...]:
        """All faults, as errors that can be raised or shown."""
        return (
            *self._read_faults,
            *self._duplicate_faults(),
            *self._edge_faults(),
            *self._label_faults(),
            *self._cycle_faults(),
        )

    def check(self) -> None:
        """Raise the first fault, if there is one. Called before a run, and before a revision is added."""
        for each in self.faults:
            raise each

    def _duplicate_faults(self) -> Iterator[UsageError]:
        return (fault.duplicate_revision(self._duplicates[node]) for node in sorted(self._duplicates))

    def _edge_faults(self) -> Iterator[UsageError]:
        for revision in self:
            for parent in revision.parents:
                if parent not in self._by_id:
                    yield fault.missing_parent(revision, parent, self._by_id)
            for name in revision.depends_on:
                found = self._resolve_dependency(name)
                if not found:
                    yield fault.missing_dependency(revision, name, self._by_id)
                elif len(found) > 1:
                    yield fault.ambiguous_dependency(revision, name, [self._by_id[each] for each in found])

    def _label_faults(self) -> Iterator[UsageError]:
        owners: dict[str, list[Revision]] = {}
        for label, revision in self._label_owners:
            owners.setdefault(label, []).append(revision)
        for label, some in owners.items():
            if len(some) > 1:
                yield fault.duplicate_label(label, some)
            if label in self._by_id or label in RESERVED_NAMES:
                yield fault.label_is_taken(label, some[0], self._by_id.get(label))

    def _cycle_faults(self) -> Iterator[UsageError]:
        self.order  # noqa: B018  finds them
        return (fault.cycle([self._by_id[each] for each in path]) for path in self._cycles)

    # -- identifiers

    def named(self, name: str, *, among: Collection[str] | None = None) -> str:
        """Return the revision of an id, the start of an id, or a label. A start that several revisions share is that of
        the only one *among* the given ones.

        Raises `UnknownRevision` and `AmbiguousRevision`.
        """
        if name in self._by_id:
            return name
        if name in self.labels:
            return self.labels[name]
        matches = self.starting_with(name) if len(name) >= SHORTEST_PREFIX else ()
        if among is not None:
            matches = tuple(each for each in matches if each in among) or matches
        if not matches:
            raise fault.unknown_revision(name, self._by_id, self.order, self.labels)
        if len(matches) > 1:
            raise fault.ambiguous_revision(name, [self._by_id[each] for each in matches])
        return matches[0]

    def short(self, node: str) -> str:
        """Return the shortest start of an id, of four characters or more, that `named` takes for it."""
        starts = (node[:length] for length in range(4, len(node)))
        taken = {*self.labels, *RESERVED_NAMES}
        return next((each for each in starts if self.starting_with(each) == (node,) and each not in taken), node)

    def starting_with(self, prefix: str) -> tuple[str, ...]:
        """Return the ids that start with ``prefix``, sorted."""
        ids = self._sorted_ids
        first = bisect_left(ids, prefix)
        last = first
        while last < len(ids) and ids[last].startswith(prefix):
            last += 1
        return tuple(ids[first:last])

    # -- edges, computed when they are first needed

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {each: n for n, each in enumerate(self.order)}

    @cached_property
    def _sorted_ids(self) -> list[str]:
        return sorted(self._by_id)

    @cached_property
    def _revised(self) -> frozenset[str]:
        return frozenset(
            [each for revision in self._by_id.values() for each in revision.parents if each != revision.id]
        )

    @cached_property
    def _parents(self) -> Edges:
        ids = self._by_id
        return {node: _present(revision.parents, ids) for node, revision in ids.items()}

    @cached_property
    def _children(self) -> Edges:
        return _reversed_edges(self.order, self._parents)

    @cached_property
    def _dependencies(self) -> dict[str, tuple[str, ...]]:
        found = {}
        for node, revision in self._by_id.items():
            if revision.depends_on:
                meant = [self._resolve_dependency(name) for name in revision.depends_on]
                found[node] = tuple(dict.fromkeys(some[0] for some in meant if len(some) == 1))
        return found

    def _resolve_dependency(self, name: str) -> Sequence[str]:
        """Return the revisions that an entry of ``depends_on`` refers to: an id, a label, or the start of an id."""
        if name in self._by_id:
            return (name,)
        if name in self.labels:
            return (self.labels[name],)
        return self.starting_with(name) if len(name) >= SHORTEST_PREFIX else ()

    @cached_property
    def _needs(self) -> Edges:
        if not self._dependencies:
            return self._parents
        return {
            **self._parents,
            **{node: tuple(dict.fromkeys((*self._parents[node], *some))) for node, some in self._dependencies.items()},
        }

    @cached_property
    def _needed_by(self) -> Edges:
        return _reversed_edges(self.order, self._needs) if self._dependencies else self._children

    # -- labels

    @cached_property
    def _label_owners(self) -> Sequence[tuple[str, Revision]]:
        """Pairs of labels and revisions, sorted. An id that two files share counts once."""
        return sorted([(label, each) for each in self._by_id.values() for label in dict.fromkeys(each.labels)])

    @cached_property
    def _label_masks(self) -> Mapping[str, int]:
        """The labels of each revision as bits, so that many labels remain cheap."""
        own: dict[str, int] = {}
        for bit, label in enumerate(sorted(self.labels)):
            own[self.labels[label]] = own.get(self.labels[label], 0) | 1 << bit
        return self._spread_labels(own) if own else own

    def _spread_labels(self, own: Mapping[str, int]) -> dict[str, int]:
        upwards = dict(own)
        for node in reversed(self.order):
            mask = upwards.get(node, 0)
            if mask and self._is_on_one_line(node):
                for parent in filter(self._is_on_one_line, self._parents[node]):
                    upwards[parent] = upwards.get(parent, 0) | mask
        spread: dict[str, int] = {}
        for node in self.order:
            mask = own.get(node, 0)
            for parent in self._parents[node]:
                mask |= spread.get(parent, 0)
            spread[node] = mask
        return {node: mask | upwards.get(node, 0) for node, mask in spread.items()}

    def _is_on_one_line(self, node: str) -> bool:
        """Return True if the revision is neither a merge nor a branch point."""
        return len(self._parents[node]) < 2 and len(self._needed_by.get(node, ())) < 2


def _present(names: tuple[str, ...], ids: Mapping[str, Revision]) -> tuple[str, ...]:
    if len(names) == 1:
        return names if names[0] in ids else ()
    return tuple([each for each in dict.fromkeys(names) if each in ids])


def _reversed_edges(order: Iterable[str], edges: Edges) -> Edges:
    """Return the reversed edges, each list in ``order``."""
    edges_back: dict[str, list[str]] = {}
    for node in order:
        for each in edges[node]:
            edges_back.setdefault(each, []).append(node)
    return edges_back


def _reached(ids: Iterable[str], edges: Edges) -> frozenset[str]:
    """Return the ids that can be reached from ``ids`` in one step or more."""
    seen: set[str] = set()
    stack = list(ids)
    while stack:
        for each in edges.get(stack.pop(), ()):
            if each not in seen:
                seen.add(each)
                stack.append(each)
    return frozenset(seen)


def _path_back(stack: Sequence[str], state: Mapping[str, bool], start: str) -> list[str]:
    """Return the cycle that an edge to ``start`` closes, parents first, beginning with its smallest id."""
    # An id may also wait further down the stack.
    path = list(dict.fromkeys(each for each in reversed(stack) if state.get(each)))
    path = path[: path.index(start) + 1]
    first = path.index(min(path))
    return path[first:] + path[:first]
