"""``schemashift history``"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from schemashift.cli.group import Command, in_session
from schemashift.cli.lines import detail_lines, revision_document
from schemashift.cli.session import Session
from schemashift.cli.ui import paint, shown_width
from schemashift.errors import Hint
from schemashift.revisions import Line, RevisionGraph, draw, resolve_range

if TYPE_CHECKING:
    from schemashift.migrator import Migrator

WIDEST = 72
"""The greatest width of a line beside which the dates of a straight history are still aligned."""


@in_session
def history(session: Session, span: str, *, oneline: bool, indicate_current: bool) -> dict[str, Any]:
    """Draw the graph of revisions, newest first. A filled circle is an applied revision, a hollow one is not applied.

    The applied revisions are read from a SQLite file; other databases are queried only with -i.
    """
    migrator = session.migrator()
    graph = migrator.graph()
    session.warn(graph)
    applied = _applied(migrator, ask=indicate_current)
    ids = resolve_range(graph, span, applied if applied is not None else migrator.applied_for(span))
    lines = draw(graph, applied or frozenset(), ids=ids, unicode=session.ui.unicode)
    shown = _straight(graph, lines) if _is_line(lines) or oneline else _forked(lines)
    session.ui.results(
        _with_details(graph, shown) if session.ui.verbose and not oneline else (each for each, _ in shown)
    )
    _say_what_is_missing(session, graph, applied)
    return {"revisions": _documents(graph, ids, applied)} if session.ui.json else {}


def _documents(graph: RevisionGraph, ids: Collection[str], applied: frozenset[str] | None) -> list[dict[str, Any]]:
    shown = [graph[each] for each in reversed(graph.in_order(ids))]
    marks = [{} if applied is None else {"applied": each.id in applied} for each in shown]
    return [revision_document(each) | mark for each, mark in zip(shown, marks, strict=True)]


def _with_details(graph: RevisionGraph, lines: Iterable[tuple[str, Line]]) -> Iterator[str]:
    for text, line in lines:
        yield text
        if line.revision is not None:
            yield from (_beside(line) + detail for detail in detail_lines(graph, line.revision))


def _applied(migrator: Migrator, *, ask: bool) -> frozenset[str] | None:
    """Return the applied revisions if they can be read without SQLAlchemy, or with *ask*; else None."""
    if ask:
        return migrator.applied()
    from schemashift.state.sqlite_file import applied_in_file

    return applied_in_file(migrator.config)


def _say_what_is_missing(session: Session, graph: RevisionGraph, applied: frozenset[str] | None) -> None:
    if not len(graph):
        session.ui.say("no revisions yet")
    elif applied is None:
        command = session.write(Hint("history", ("-i",)))
        session.ui.say(paint(f"the applied revisions were not read from the database; {command} reads them", "dim"))
    elif unknown := graph.unknown(applied):
        session.ui.say(f"{paint('warning:', 'warning')} the database is at {', '.join(unknown)}, which is in no file")


# -- lines

_BELOW = str.maketrans("●○*o", "││||")
_BELOW_BASE = str.maketrans("●○*o", "    ")


def _is_line(lines: Sequence[Line]) -> bool:
    """Return True if there is one lane, without holes."""
    return all(line.revision and len(line.lanes.rstrip()) == 1 for line in lines)


def _forked(lines: Sequence[Line]) -> Iterator[tuple[str, Line]]:
    for line in lines:
        yield (_lanes(line) + _text(line)).rstrip(), line


def _straight(graph: RevisionGraph, lines: Sequence[Line]) -> Iterator[tuple[str, Line]]:
    """Return a plain list, with dates."""
    del graph
    some = [line for line in lines if line.revision]
    texts = [_text(line) for line in some]
    widths = [shown_width(text) for text in texts]
    column = max((width for width in widths if width <= WIDEST), default=0)
    for line, text, width in zip(some, texts, widths, strict=True):
        date = line.revision.date if line.revision else ""
        yield (_mark(line) + text + " " * (max(column - width, 0) + 3) + paint(date, "dim")).rstrip(), line


def _beside(line: Line) -> str:
    """Return the lanes beside the details of a revision."""
    return line.lanes.translate(_BELOW if line.revision and line.revision.parents else _BELOW_BASE)


def _mark(line: Line) -> str:
    return _lanes(line._replace(lanes=line.lanes.strip("│|├─╯╮\\/ ")[:1] + "  "))


def _lanes(line: Line) -> str:
    return "".join(paint(each, "ok") if each in "●*" else each for each in line.lanes)


def _text(line: Line) -> str:
    notes = f"({', '.join(line.notes)})" if line.notes else ""
    if line.revision is None:
        return paint(notes, "warning")
    return "  ".join(
        part for part in (paint(line.revision.id, "dim"), line.revision.message, paint(notes, "ok")) if part
    )


command = Command(
    "history",
    callback=history,
    help=history.__doc__,
    params=[
        click.Option(
            ["-r", "--rev-range", "span"],
            default=":",
            metavar="A:B",
            help="show only these: a:b, a:, :b, or one revision",
        ),
        click.Option(["--oneline"], is_flag=True, help="one line for each revision, without the lines between"),
        click.Option(["-i", "--indicate-current"], is_flag=True, help="read the applied revisions from the database"),
    ],
)
