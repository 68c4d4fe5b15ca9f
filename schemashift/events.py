"""The events of a run, as frozen values.

A run calls its listener with each event, in order and as it happens::

    Waiting*  RunStarted  (RevisionStarted  StatementSent*  RevisionDone)*  RunFinished

`Waiting` is sent only while another process holds the lock. A run that fails raises its error after its last event.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from schemashift.revisions import Direction, Plan, Revision


class RunStarted(NamedTuple):
    """The lock is held and the plan is final. ``current`` are the heads of the applied revisions."""

    plan: Plan
    current: tuple[str, ...]


class Waiting(NamedTuple):
    """Another process holds the lock. Sent about once a second."""

    holder: str
    seconds: float


class RevisionStarted(NamedTuple):
    """A script is about to run."""

    revision: Revision
    direction: Direction


class StatementSent(NamedTuple):
    """A statement of a script, as it was passed to the driver."""

    sql: str


class RevisionDone(NamedTuple):
    """A revision is applied or undone, and recorded. (With ``single_transaction`` it is committed at the end of the
    run.)
    """

    revision: Revision
    direction: Direction
    seconds: float


class RunFinished(NamedTuple):
    """The run is complete. ``done`` is the number of revisions, ``current`` the heads of the applied revisions."""

    done: int
    current: tuple[str, ...]
    seconds: float


Event: TypeAlias = RunStarted | Waiting | RevisionStarted | StatementSent | RevisionDone | RunFinished

Listener: TypeAlias = Callable[[Event], None]
"""Called with each event. It must not use the connection of the run."""
