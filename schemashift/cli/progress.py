"""The progress of a run: one line for each revision, with its time."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self, assert_never

from schemashift.cli.ui import Ui, paint, time_taken
from schemashift.events import (
    Event,
    RevisionDone,
    RevisionStarted,
    RunFinished,
    RunStarted,
    StatementSent,
    Waiting,
)
from schemashift.revisions import Plan, Revision, RevisionGraph
from schemashift.words import plural

if TYPE_CHECKING:
    from schemashift.results import Run

LONG = 10.0
"""Seconds after which a revision that is still running is announced if lines cannot be rewritten."""
WIDEST = 60


class Progress:
    """A listener for the events of one run. As a context manager, it completes its output when the run ends."""

    def __init__(self, ui: Ui, where: Callable[[], str]) -> None:
        self._ui = ui
        self._where = where
        self._width = 0
        self._id_width = 0
        self._running: Revision | None = None
        self._introduced = False
        self._lock = threading.Lock()
        self._started_at = 0.0
        self._holder = ""
        self._announced = False
        self._stopped = threading.Event()
        self._clock: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop()
        if error is not None and self._running is not None:
            word = "FAIL" if isinstance(error, Exception) else "stopped"
            self._ui.say(self._line(paint(word, "bad"), self._running))
            self._ui.say()

    def __call__(self, event: Event) -> None:
        """Show one event."""
        with self._lock:
            match event:
                case Waiting():
                    self._show_waiting(event)
                case RunStarted():
                    self._show_start(event.plan)
                case RevisionStarted():
                    self._begin(event.revision)
                case StatementSent():
                    self._show_statement(event.sql)
                case RevisionDone():
                    self._show_done(event)
                case RunFinished():
                    pass
                case _:
                    assert_never(event)

    @property
    def running(self) -> Revision | None:
        """The revision that is running, or was running when the run stopped."""
        return self._running

    def introduce(self, plan: Plan) -> None:
        """Show the first line of a run, unless it has been shown."""
        if not self._introduced and plan.steps:
            self._introduced = True
            count = plural(len(plan.steps), "revision")
            self._ui.say(f"{self._where()}   {places(plan.start)} -> {places(plan.end)}   {count}")
            self._ui.say()

    # -- events

    def _show_waiting(self, event: Waiting) -> None:
        text = f"  ..  waiting: another process is migrating this database, {event.holder}"
        self._ui.rewrite(f"{text}   {event.seconds:.0f} s")
        if not self._ui.live and event.holder != self._holder:
            self._ui.say(text)
        self._holder = event.holder

    def _show_start(self, plan: Plan) -> None:
        self._stop()
        self._width = min(WIDEST, max((len(each.message) for each in plan.revisions), default=0))
        self._id_width = max((len(each.id) for each in plan.revisions), default=0)
        self.introduce(plan)

    def _begin(self, revision: Revision) -> None:
        self._running, self._started_at, self._announced = revision, time.monotonic(), False
        self._stopped.clear()
        if not (self._ui.quiet or self._ui.json) and self._clock is None:
            self._clock = threading.Thread(target=self._tick, daemon=True)
            self._clock.start()

    def _show_statement(self, sql: str) -> None:
        if self._ui.verbose:
            self._ui.rewrite("")
            for line in sql.strip().splitlines():
                self._ui.say(paint(f"      {line}", "dim"))

    def _show_done(self, event: RevisionDone) -> None:
        self._running = None
        self._ui.rewrite("")
        self._ui.say(self._line(paint("ok", "ok"), event.revision, time_taken(event.seconds)))

    # -- lines

    def _line(self, mark: str, revision: Revision, taken: str = "") -> str:
        gap = " " * (self._id_width - len(revision.id))
        message = revision.message.ljust(self._width)
        return f"  {mark}  {paint(revision.id, 'dim')}{gap}  {message}  {taken.rjust(8)}".rstrip()

    def _tick(self) -> None:
        """Show once a second how long the revision has been running."""
        while not self._stopped.wait(1.0):
            with self._lock:
                if self._running is not None:
                    self._say_how_long(self._running, time.monotonic() - self._started_at)

    def _say_how_long(self, revision: Revision, seconds: float) -> None:
        if self._ui.live:
            self._ui.rewrite(self._line("..", revision, time_taken(round(seconds))))
        elif seconds >= LONG and not self._announced:
            self._announced = True
            self._ui.say(self._line("..", revision))

    def _stop(self) -> None:
        self._stopped.set()
        if self._clock is not None:
            self._clock.join(timeout=2.0)
            self._clock = None
        if self._ui.live:
            self._ui.rewrite("")


def places(ids: Sequence[str]) -> str:
    """Return ``8d1f0c2be917``; several joined with "and"; or ``base``."""
    return " and ".join(ids) or "base"


def marked(graph: RevisionGraph, ids: Sequence[str]) -> str:
    """Return `places` with heads marked: ``8d1f0c2be917 (head)``."""
    return " and ".join(f"{each} (head)" if each in graph.heads else each for each in ids) or "base"


def run_document(run: Run) -> dict[str, Any]:
    """Return a run for ``--json``."""
    return {
        "from": list(run.start),
        "current": list(run.current),
        "seconds": round(run.seconds, 3),
        "revisions": [
            {"revision": each.revision.id, "message": each.revision.message, "direction": each.direction,
             "seconds": round(each.seconds, 3)}
            for each in run.done
        ],
    }  # fmt: skip
