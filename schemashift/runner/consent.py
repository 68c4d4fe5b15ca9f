"""Consent to the deletions of a run: it is asked for before the lock is acquired, and applies to that plan only."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from schemashift.errors import NeedsDecision
from schemashift.results import Loss
from schemashift.revisions import Plan
from schemashift.scripts.load import Script

Losses = tuple[Loss, ...]

Confirm = Callable[[Plan, Losses], bool]
"""Called with a plan and the values and rows it would delete; returns whether it may run."""


class Consent:
    """The question asked before a run. No question is asked about a plan that deletes nothing.

    No lock is held while the answer is awaited, so the plan made under the lock may be a different one. It is not run
    then, unless it deletes nothing and no question was asked about the first plan either.
    """

    def __init__(self, confirm: Confirm, count: Callable[[Plan, Mapping[str, Script]], Losses]) -> None:
        """*count* returns what a plan would delete, given its scripts by revision."""
        self.count = count
        self._confirm = confirm
        self._plan: Plan | None = None
        self._asked = False

    def ask(self, plan: Plan, losses: Losses) -> None:
        """Ask about *plan*, if it deletes anything. Raises `NeedsDecision` if the answer is no."""
        self._plan, self._asked = plan, bool(losses)
        if losses and not self._confirm(plan, losses):
            raise NeedsDecision("not done: it was not confirmed", state="nothing changed")

    def require(self, plan: Plan, losses: Callable[[], Losses]) -> None:
        """Raise `NeedsDecision` if *plan*, which is about to run, has other steps than the plan that was agreed to.

        A plan without steps is accepted: another process has carried them out.
        """
        if not plan.steps or (self._plan is not None and plan.steps == self._plan.steps):
            return
        current_losses = losses()
        if self._asked or current_losses:
            raise self._changed(plan, current_losses)

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
    """Yield a line for each step of *plan*."""
    dropped = {loss.revision: f", which {loss.describe()}" for loss in losses}
    for step in plan.steps:
        yield f"it would now {step.direction} {step.revision.title}{dropped.get(step.revision, '')}"


def _named(ids: tuple[str, ...]) -> str:
    return " and ".join(ids) or "base"
