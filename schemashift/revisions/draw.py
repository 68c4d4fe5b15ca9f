"""Draw the graph as lines for a terminal, newest first. The caller adds the text beside the lines."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import NamedTuple

from schemashift.revisions.graph import RevisionGraph
from schemashift.revisions.revision import Revision

_UNICODE = tuple("●○◌│├╮╯─")
_ASCII = tuple("*o?||\\/-")

WIDEST = 40
"""The greatest width of the lanes up to which the texts beside them are aligned."""


class Line(NamedTuple):
    """One line. ``lanes`` is the drawing, padded so that text can follow.

    ``revision`` is None for a line that only joins or splits lanes, and for a hole, whose reason is in ``notes``.
    ``notes`` are displayed in parentheses: ``head``, ``current``, ``label: billing``, ``needs 51e0b7a6d2c4``.
    """

    lanes: str
    revision: Revision | None = None
    notes: tuple[str, ...] = ()


def draw(
    graph: RevisionGraph,
    applied: Collection[str] = frozenset(),
    *,
    ids: Collection[str] | None = None,
    unicode: bool = True,
) -> list[Line]:
    """Draw the graph, or the part of it in ``ids``, with one line for each revision.

    A lane is a column that waits for a revision. No two lanes wait for the same revision: the second is joined to the
    first immediately. ``depends_on`` is a note, not a lane. A parent that is in no file is drawn as a hole (``◌``)
    below its child, as is a parent that a cycle has placed above it. Without ``unicode`` the glyphs are ``* o ? | - \\
    /``. The time is proportional to revisions times lanes.
    """
    shown = frozenset(graph.order if ids is None else ids)
    drawing = _Drawing(graph, shown, frozenset(applied), _UNICODE if unicode else _ASCII)
    lines = [line for node in reversed(graph.in_order(shown)) for line in drawing.revision(node)]
    width = max((len(line.lanes) for line in lines), default=0)
    if width > WIDEST:
        return [line._replace(lanes=line.lanes + "  ") for line in lines]
    return [line._replace(lanes=line.lanes.ljust(width + 2)) for line in lines]


class _Drawing:
    """The state of the lanes between two lines: each waits for a revision, or is free (None)."""

    def __init__(
        self, graph: RevisionGraph, shown: frozenset[str], applied: frozenset[str], glyphs: tuple[str, ...]
    ) -> None:
        self.graph = graph
        self.shown = shown
        self.applied = applied
        self.on, self.off, self.hole, self.down, self.fork, self.opens, self.closes, self.across = glyphs
        self.heads = frozenset(graph.heads)
        self.current = frozenset(graph.current(applied))
        self.drawn: set[str] = set()
        self.lanes: list[str | None] = []
        self.lane_of: dict[str, int] = {}
        self.ended: int | None = None
        """The lane that ended at the last line."""

    def revision(self, node: str) -> Iterator[Line]:
        """Return the line of a revision and those that lead to its parents."""
        lane = self.lane_of.pop(node, None)
        if lane is None:
            lane = self._assign_lane(0, node)
            if lane == self.ended:  # it would look like a child of the one above
                yield Line(self._row(lane, " "))
        self.drawn.add(node)
        self.ended = None
        revision = self.graph[node]
        yield Line(self._row(lane, self.on if node in self.applied else self.off), revision, self._notes(revision))
        yield from self._parents(revision, lane)
        while self.lanes and self.lanes[-1] is None:
            self.lanes.pop()

    def _notes(self, revision: Revision) -> tuple[str, ...]:
        return (
            *(["head"] if revision.id in self.heads else []),
            *(["current"] if revision.id in self.current else []),
            *([f"label: {', '.join(sorted(revision.labels))}"] if revision.labels else []),
            *([f"needs {', '.join(revision.depends_on)}"] if revision.depends_on else []),
        )

    def _parents(self, revision: Revision, lane: int) -> Iterator[Line]:
        parents = [each for each in dict.fromkeys(revision.parents) if each in self.shown or each not in self.graph]
        if not parents:
            self._end(lane)
            return
        self.lanes[lane] = parents[0]
        lanes = [lane]
        for parent in parents[1:]:
            lanes.append(self._assign_lane(lane + 1, parent))
            yield Line(self._link(lane, lanes[-1], self.opens))
        for parent, each in zip(parents, lanes, strict=True):
            yield from self._await(parent, each)

    def _await(self, parent: str, lane: int) -> Iterator[Line]:
        """Make the lane wait for the parent, join it to a lane that does, or end it in a hole."""
        if parent not in self.graph or parent in self.drawn:
            why = "is in no file" if parent not in self.graph else "is above: a cycle"
            yield Line(self._row(lane, self.hole), None, (f"{parent} {why}",))
            self._end(lane)
            return
        other = self.lane_of.setdefault(parent, lane)
        if other != lane:
            left, right = sorted((lane, other))
            self.ended = None
            yield Line(self._link(left, right, self.closes))
            self.lane_of[parent] = left
            self.lanes[right] = None

    def _end(self, lane: int) -> None:
        self.lanes[lane] = None
        self.ended = lane

    def _assign_lane(self, first: int, node: str) -> int:
        """Assign the first free lane from ``first`` on to ``node``, and return it."""
        try:
            lane = self.lanes.index(None, first)
        except ValueError:
            lane = len(self.lanes)
            self.lanes.append(None)
        self.lanes[lane] = node
        return lane

    def _row(self, lane: int, glyph: str) -> str:
        cells = [self.down if each is not None else " " for each in self.lanes]
        cells[lane] = glyph
        return " ".join(cells).rstrip()

    def _link(self, left: int, right: int, end: str) -> str:
        """Return ``├─│─╯``: a link from one lane to another, across those between."""
        cells = [
            (self.down if each is not None else self.across if left < lane < right else " ")
            + (self.across if left <= lane < right else " ")
            for lane, each in enumerate(self.lanes)
        ]
        cells[left] = self.fork + self.across
        cells[right] = end + cells[right][1]
        return "".join(cells).rstrip()
