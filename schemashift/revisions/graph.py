"""The graph of revisions: built from whatever is there, in linear time, carrying its faults as values."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import chain

from schemashift.errors import UsageError
from schemashift.revisions import faults as fault
from schemashift.revisions import target as targets
from schemashift.revisions.revision import RESERVED_NAMES, Revision

Edges = Mapping[str, Sequence[str]]
"""From an id to ids. What is missing has none."""


class RevisionGraph:
    """Revisions and what hangs them together.

    Two kinds of edges: ``parents`` (``down_revision``) draw the lines of history, and ``needs`` are parents and
    ``depends_on`` together, which decide what must run before what. A graph with faults is still a graph: edges that
    lead nowhere are left out, of two revisions with one id the first by path is kept, and an edge that closes a cycle
    is followed only as far as it can be.

    Every answer is the same for the same revisions, whatever order they came in.
    """

    def __init__(self, revisions: Iterable[Revision], faults: Iterable[UsageError] = ()) -> None:
        """``faults``: what reading the scripts found, say a header that cannot be read."""
        self._found = tuple(faults)
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
        """The graph with one more revision."""
        alone = (each for each in self._by_id.values() if each.id not in self._duplicates)
        return RevisionGraph([*alone, *chain.from_iterable(self._duplicates.values()), revision], self._found)

    # -- the revisions

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, node: object) -> bool:
        return node in self._by_id

    def __getitem__(self, node: str) -> Revision:
        return self._by_id[node]

    def __iter__(self) -> Iterator[Revision]:
        """Every revision once, parents first."""
        return map(self._by_id.__getitem__, self.order)

    def parents(self, node: str) -> Sequence[str]:
        """The parents that are there."""
        return self._parents.get(node, ())

    def children(self, node: str) -> Sequence[str]:
        """The revisions that revise ``id``, oldest first."""
        return self._children.get(node, ())

    def dependencies(self, node: str) -> tuple[str, ...]:
        """The revisions that its ``depends_on`` means, those that are there."""
        return self._dependencies.get(node, ())

    def needs(self, node: str) -> Sequence[str]:
        """Parents and dependencies: what must run before."""
        return self._needs.get(node, ())

    def needed_by(self, node: str) -> Sequence[str]:
        """The revisions that revise ``id`` or depend on it, oldest first."""
        return self._needed_by.get(node, ())

    # -- places

    @cached_property
    def heads(self) -> tuple[str, ...]:
        """Revisions that no other revises, oldest first. One that another only depends on is among them."""
        parents = self._revised
        return tuple(each for each in self.order if each not in parents)

    @cached_property
    def real_heads(self) -> tuple[str, ...]:
        """The heads that no other revision depends on either."""
        needed = {each for some in self._dependencies.values() for each in some}
        return tuple(each for each in self.heads if each not in needed)

    @cached_property
    def bases(self) -> tuple[str, ...]:
        """Revisions that revise nothing."""
        return tuple(each for each in self.order if not self._by_id[each].parents)

    @cached_property
    def branch_points(self) -> tuple[str, ...]:
        """Revisions that several others revise."""
        return tuple(each for each in self.order if len(self.children(each)) > 1)

    @cached_property
    def merge_points(self) -> tuple[str, ...]:
        """Revisions that revise several others."""
        return tuple(each for each in self.order if len(self._by_id[each].parents) > 1)

    def current(self, applied: Iterable[str]) -> tuple[str, ...]:
        """The heads of an applied set, oldest first; ids that are in no file come last."""
        ids = frozenset(applied)
        below = self.ancestors(ids)
        known = tuple(each for each in self.in_order(ids) if each not in below)
        return known + self.unknown(ids)

    def unknown(self, applied: Iterable[str]) -> tuple[str, ...]:
        """The ids that are in no file."""
        return tuple(sorted(each for each in frozenset(applied) if each not in self._by_id))

    def in_order(self, ids: Collection[str]) -> tuple[str, ...]:
        """``ids`` that are there, parents first."""
        if len(ids) * 8 < len(self):
            return tuple(sorted((each for each in set(ids) if each in self._by_id), key=self._places.__getitem__))
        return tuple(each for each in self.order if each in ids)

    # -- what stands on what

    def ancestors(self, ids: Iterable[str]) -> frozenset[str]:
        """What ``ids`` need, directly or not, over ``down_revision`` and ``depends_on`` together."""
        return _reached(ids, self._needs)

    def descendants(self, ids: Iterable[str]) -> frozenset[str]:
        """What needs one of ``ids``, directly or not, over ``down_revision`` and ``depends_on`` together."""
        return _reached(ids, self._needed_by)

    def closure(self, ids: Iterable[str]) -> frozenset[str]:
        """``ids`` that are there, with their ancestors."""
        some = frozenset(each for each in ids if each in self._by_id)
        return some | self.ancestors(some)

    def lineage(self, name: str) -> frozenset[str]:
        """The revision that ``name`` (a label or a revision) means, and all above and below it over ``down_revision``.

        Raises `UnknownRevision` and `AmbiguousRevision`.
        """
        return self.line_of(targets.named(self, name))

    def line_of(self, node: str) -> frozenset[str]:
        """A revision with all above and below it over ``down_revision``."""
        return frozenset({node}) | _reached((node,), self._parents) | _reached((node,), self._children)

    @cached_property
    def labels(self) -> Mapping[str, str]:
        """From each branch label to the revision that sets it."""
        owners: dict[str, str] = {}
        for label, revision in self._label_owners:
            owners.setdefault(label, revision.id)
        return owners

    def labels_of(self, node: str) -> tuple[str, ...]:
        """The labels of the branches a revision is on, sorted.

        A label holds for every descendant of the revision that sets it, and for its ancestors until the line meets
        another: a merge, or a revision that several others revise or depend on. (Alembic leaves the ancestors out
        where the line above the label parts or is merged.)
        """
        mask = self._label_masks.get(node, 0)
        return tuple(label for bit, label in enumerate(sorted(self.labels)) if mask >> bit & 1) if mask else ()

    # -- order

    @cached_property
    def order(self) -> tuple[str, ...]:
        """Every revision once, after all it needs. Lines are kept together; of two heads the older comes first.

        An iterative depth-first walk from the heads: what is on its path is "open", and an edge into an open revision
        closes a cycle.
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
        """The heads, oldest first; then all, for cycles that no head stands on."""
        heads = [each for node, each in self._by_id.items() if node not in self._revised]
        yield from (each.id for each in sorted(heads, key=lambda each: (each.created, each.id)))
        yield from sorted(self._by_id)

    # -- faults

    @cached_property
    def faults(self) -> tuple[UsageError, ...]:
        """Everything that is wrong, as errors ready to be raised or shown."""
        return (
            *self._found,
            *self._duplicate_faults(),
            *self._edge_faults(),
            *self._label_faults(),
            *self._cycle_faults(),
        )

    def check(self) -> None:
        """Raise the first fault, if there is one. For everybody who walks the graph or adds to it."""
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
                found = self._meant(name)
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

    def resolve(self, text: str, applied: Collection[str] = frozenset()) -> frozenset[str]:
        """The revisions an identifier means; ``base`` is the empty set.

        Raises `UnknownRevision`, `AmbiguousRevision`, `MultipleHeads` and `BadTarget`.
        """
        return targets.resolve(self, text, applied)

    def resolve_range(self, text: str, applied: Collection[str] = frozenset()) -> frozenset[str]:
        """The revisions of ``a:b``, both ends included; either may be empty. Text without a colon is one identifier."""
        return targets.resolve_range(self, text, applied)

    def starting_with(self, prefix: str) -> tuple[str, ...]:
        """The ids that start with ``prefix``, sorted."""
        ids = self._sorted_ids
        first = bisect_left(ids, prefix)
        last = first
        while last < len(ids) and ids[last].startswith(prefix):
            last += 1
        return tuple(ids[first:last])

    # -- edges, each made once and only if asked for

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
        return _turned(self.order, self._parents)

    @cached_property
    def _dependencies(self) -> dict[str, tuple[str, ...]]:
        found = {}
        for node, revision in self._by_id.items():
            if revision.depends_on:
                meant = [self._meant(name) for name in revision.depends_on]
                found[node] = tuple(dict.fromkeys(some[0] for some in meant if len(some) == 1))
        return found

    def _meant(self, name: str) -> Sequence[str]:
        """The revisions that a ``depends_on`` names: an id, a label, or the start of an id."""
        if name in self._by_id:
            return (name,)
        if name in self.labels:
            return (self.labels[name],)
        return self.starting_with(name) if len(name) >= targets.SHORTEST_PREFIX else ()

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
        return _turned(self.order, self._needs) if self._dependencies else self._children

    # -- labels

    @cached_property
    def _label_owners(self) -> Sequence[tuple[str, Revision]]:
        """Sorted; an id that two files share counts once."""
        return sorted([(label, each) for each in self._by_id.values() for label in dict.fromkeys(each.labels)])

    @cached_property
    def _label_masks(self) -> Mapping[str, int]:
        """For each revision its labels as bits, so that a label on every tenth revision stays cheap."""
        own: dict[str, int] = {}
        for bit, label in enumerate(sorted(self.labels)):
            own[self.labels[label]] = own.get(self.labels[label], 0) | 1 << bit
        return self._spread(own) if own else own

    def _spread(self, own: Mapping[str, int]) -> dict[str, int]:
        upwards = dict(own)
        for node in reversed(self.order):
            mask = upwards.get(node, 0)
            if mask and self._alone(node):
                for parent in filter(self._alone, self._parents[node]):
                    upwards[parent] = upwards.get(parent, 0) | mask
        spread: dict[str, int] = {}
        for node in self.order:
            mask = own.get(node, 0)
            for parent in self._parents[node]:
                mask |= spread.get(parent, 0)
            spread[node] = mask
        return {node: mask | upwards.get(node, 0) for node, mask in spread.items()}

    def _alone(self, node: str) -> bool:
        """Neither a merge nor a place where lines part."""
        return len(self._parents[node]) < 2 and len(self._needed_by.get(node, ())) < 2


def _present(names: tuple[str, ...], ids: Mapping[str, Revision]) -> tuple[str, ...]:
    if len(names) == 1:
        return names if names[0] in ids else ()
    return tuple([each for each in dict.fromkeys(names) if each in ids])


def _turned(order: Iterable[str], edges: Edges) -> Edges:
    """The edges the other way round, each list in ``order``."""
    turned: dict[str, list[str]] = {}
    for node in order:
        for each in edges[node]:
            turned.setdefault(each, []).append(node)
    return turned


def _reached(ids: Iterable[str], edges: Edges) -> frozenset[str]:
    """What can be reached from ``ids`` in one step or more."""
    seen: set[str] = set()
    stack = list(ids)
    while stack:
        for each in edges.get(stack.pop(), ()):
            if each not in seen:
                seen.add(each)
                stack.append(each)
    return frozenset(seen)


def _path_back(stack: Sequence[str], state: Mapping[str, bool], start: str) -> list[str]:
    """The cycle that an edge to ``start`` closes, parents first, beginning with its smallest id."""
    # An id may also wait further down the stack.
    path = list(dict.fromkeys(each for each in reversed(stack) if state.get(each)))
    path = path[: path.index(start) + 1]
    first = path.index(min(path))
    return path[first:] + path[:first]
