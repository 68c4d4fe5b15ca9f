"""Consent to what a run deletes: it is asked for before the lock is taken, and the run is held to the answer."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from schemashift.errors import NeedsDecision
from schemashift.results import Loss
from schemashift.revisions import Plan
from schemashift.scripts.load import Script

Losses = tuple[Loss, ...]

Confirm = Callable[[Plan, Losses], bool]
"""Called with a plan and what it would delete, counted; whether that may be done."""


class Consent:
    """The question of one run. Nobody is asked about a plan that deletes nothing.

    No lock is held while somebody thinks. So the plan that is made behind the lock may be another one; then it is not
    run, unless it deletes nothing and nobody was asked about the first one either.
    """

    def __init__(self, confirm: Confirm, count: Callable[[Plan, Mapping[str, Script]], Losses]) -> None:
        """*count* says what a plan would delete, from its scripts by revision."""
        self.count = count
        self._confirm = confirm
        self._plan: Plan | None = None
        self._asked = False

    def ask(self, plan: Plan, losses: Losses) -> None:
        """Ask about the plan, if it deletes anything. Raises `NeedsDecision` where the answer is no."""
        self._plan, self._asked = plan, bool(losses)
        if losses and not self._confirm(plan, losses):
            raise NeedsDecision("not done: it was not confirmed", state="nothing changed")

    def require(self, plan: Plan, losses: Callable[[], Losses]) -> None:
        """Raise `NeedsDecision` where *plan*, about to run, has other steps than the plan that was agreed to.

        A plan without steps is fine: somebody else has done what it was for.
        """
        if not plan.steps or (self._plan is not None and plan.steps == self._plan.steps):
            return
        found = losses()
        if self._asked or found:
            raise self._changed(plan, found)

    def _changed(self, plan: Plan, losses: Losses) -> NeedsDecision:
        while_ = "you were asked" if self._asked else "another process was waited for"
        was = f"it was at {_named(self._plan.start)}, and now it is" if self._plan is not None else "it is"
        return NeedsDecision(
            f"not done: the database changed while {while_}",
            cause=f"{was} at {_named(plan.start)}",
            details=list(_lines(plan, losses)),
            state="this run changed nothing",
            hints=["run it again    the question is then about what would be deleted now"],
        )


def _lines(plan: Plan, losses: Losses) -> Iterator[str]:
    """What *plan* would do: a line for each revision."""
    dropped = {each.revision: f", which drops {', '.join(each.what)}" for each in losses}
    for step in plan.steps:
        yield f"it would now {step.direction} {step.revision.title}{dropped.get(step.revision, '')}"


def _named(ids: tuple[str, ...]) -> str:
    return " and ".join(ids) or "base"
