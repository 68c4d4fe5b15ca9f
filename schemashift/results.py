"""The values that the methods of `Migrator` return."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, NamedTuple

from schemashift.errors import Hint, SchemashiftError
from schemashift.revisions import Direction, Plan, Revision

if TYPE_CHECKING:
    from schemashift.operations import Operation
    from schemashift.schema import Doubt, Key
    from schemashift.sources.discovery import Models
    from schemashift.state.version_table import Applied


class Initialised(NamedTuple):
    """The files and folders that `init` created, and the settings it wrote, if any.

    ``lacks_models`` is true for an existing configuration, which `init` does not change, that names no models.
    """

    created: tuple[str, ...]
    updated: tuple[str, ...]
    models: Models | None
    settings: Mapping[str, str | list[str]]
    lacks_models: bool = False


class Written(NamedTuple):
    """A new revision. ``revision`` is None if nothing changed and nothing was written.

    ``tables`` is the number of tables of the models; ``unmanaged`` are the objects of the database that neither the
    models nor a migration mention; ``warnings`` describe what the new script would do to existing rows;
    ``not_compared`` are the objects of the database that could not be read or compared.
    """

    revision: Revision | None
    operations: tuple[Operation, ...] = ()
    tables: int = 0
    unmanaged: tuple[Key, ...] = ()
    warnings: tuple[str, ...] = ()
    not_compared: tuple[Doubt, ...] = ()


class Done(NamedTuple):
    """One revision that was applied or undone."""

    revision: Revision
    direction: Direction
    seconds: float


class Loss(NamedTuple):
    """The data that one revision of a plan would delete: ``("users.name (1,204 values)", "orders (51,880 rows)")``.

    ``uncounted`` describes what cannot be counted: ``("executes SQL that deletes: DELETE FROM users",)``.
    """

    revision: Revision
    what: tuple[str, ...]
    uncounted: tuple[str, ...] = ()

    def describe(self) -> str:
        """Return a description in one line: ``drops users (3 rows); executes SQL that deletes: DELETE FROM orders``."""
        counted = (f"drops {', '.join(self.what)}",) if self.what else ()
        return "; ".join((*counted, *self.uncounted))


class Run(NamedTuple):
    """A finished run: the revisions in order, the plan, and the heads of the applied revisions before and after."""

    done: tuple[Done, ...]
    plan: Plan
    start: tuple[str, ...]
    current: tuple[str, ...]
    seconds: float


class Branch(NamedTuple):
    """A revision with more than one child."""

    revision: Revision
    children: tuple[Revision, ...]


class Status(NamedTuple):
    """The state of the database. ``differences`` is None if the models were not compared; ``why`` is the reason, and
    ``hint`` the command that shows more.

    ``rows`` are the rows of the version table for ``current`` and for revisions in flight; ``edited`` are revisions
    whose scripts changed after they ran; ``not_compared`` are the objects that could not be read or compared.
    """

    url: str
    server: str
    rows: tuple[Applied, ...]
    current: tuple[str, ...]
    heads: tuple[str, ...]
    pending: tuple[Revision, ...]
    unknown: tuple[str, ...]
    differences: tuple[Operation, ...] | None
    why: str
    edited: tuple[Revision, ...] = ()
    hint: Hint | None = None
    not_compared: tuple[Doubt, ...] = ()


class Part(NamedTuple):
    """One line of `check`.

    ``error`` is None if the part passed; ``not_compared`` are the objects it could not compare.
    """

    name: str
    text: str
    error: SchemashiftError | None = None
    operations: tuple[Operation, ...] = ()
    skipped: bool = False
    not_compared: tuple[Doubt, ...] = ()


class Checked(NamedTuple):
    """The result of `check`."""

    parts: tuple[Part, ...]

    @property
    def not_compared(self) -> tuple[Doubt, ...]:
        """The objects that could not be read or compared."""
        return tuple(doubt for part in self.parts for doubt in part.not_compared)

    @property
    def ok(self) -> bool:
        """True if no part has an error."""
        return all(part.error is None for part in self.parts)
