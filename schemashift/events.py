"""What a run tells while it goes on: frozen values."""

from __future__ import annotations

from typing import NamedTuple, TypeAlias

from schemashift.revisions import Direction, Plan, Revision


class RunStarted(NamedTuple):
    """The lock is held and the plan is final. ``current`` are the heads of what is applied."""

    plan: Plan
    current: tuple[str, ...]


class Waiting(NamedTuple):
    """Another process holds the lock; about once a second."""

    holder: str
    seconds: float


class RevisionStarted(NamedTuple):
    """A script is about to run."""

    revision: Revision
    direction: Direction


class StatementSent(NamedTuple):
    """A statement of a script, as the driver got it."""

    sql: str


class RevisionDone(NamedTuple):
    """A revision is applied or undone, and recorded. (With ``single_transaction`` only the end of the run keeps it.)"""

    revision: Revision
    direction: Direction
    seconds: float


class RunFinished(NamedTuple):
    """Everything is done. ``done`` is the number of revisions, ``current`` the heads of what is applied now."""

    done: int
    current: tuple[str, ...]
    seconds: float


Event: TypeAlias = RunStarted | Waiting | RevisionStarted | StatementSent | RevisionDone | RunFinished
