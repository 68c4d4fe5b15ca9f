"""What the methods of `Migrator` return: plain values."""

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
    """What `init` made: files and folders, and the settings it wrote, if any.

    ``lacks_models``: there was a configuration, which is left as it is and names no models.
    """

    created: tuple[str, ...]
    updated: tuple[str, ...]
    models: Models | None
    settings: Mapping[str, str | list[str]]
    lacks_models: bool = False


class Written(NamedTuple):
    """A new revision; None where nothing changed and nothing was written.

    ``tables`` is how many the models have; ``unmanaged`` are the database's that neither they nor a migration know;
    ``warnings`` say what the new script would do to the rows that are there; ``not_compared`` says what of the database
    could not be read or compared.
    """

    revision: Revision | None
    operations: tuple[Operation, ...] = ()
    tables: int = 0
    unmanaged: tuple[Key, ...] = ()
    warnings: tuple[str, ...] = ()
    not_compared: tuple[Doubt, ...] = ()


class Done(NamedTuple):
    """One revision that ran."""

    revision: Revision
    direction: Direction
    seconds: float


class Loss(NamedTuple):
    """What one revision of a plan would delete: ``("users.name (1,204 values)", "orders (51,880 rows)")``."""

    revision: Revision
    what: tuple[str, ...]


class Run(NamedTuple):
    """What a run did: the revisions in order, the plan, and the heads of what is applied before and after."""

    done: tuple[Done, ...]
    plan: Plan
    start: tuple[str, ...]
    current: tuple[str, ...]
    seconds: float


class Branch(NamedTuple):
    """A place where lines part."""

    revision: Revision
    children: tuple[Revision, ...]


class Status(NamedTuple):
    """Where the database is. ``differences`` is None where the models were not compared, and ``why`` says why not.

    ``hint`` is the command that says more about that. ``rows`` are the version table's, of ``current`` or in flight;
    ``edited`` are scripts that changed after they ran; ``not_compared`` is what could not be read or compared.
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
    """One line of `check`: ``error`` is None where it is well. ``not_compared`` is what it could not look at."""

    name: str
    text: str
    error: SchemashiftError | None = None
    operations: tuple[Operation, ...] = ()
    skipped: bool = False
    not_compared: tuple[Doubt, ...] = ()


class Checked(NamedTuple):
    """What `check` found."""

    parts: tuple[Part, ...]

    @property
    def not_compared(self) -> tuple[Doubt, ...]:
        """What could not be read or compared."""
        return tuple(doubt for part in self.parts for doubt in part.not_compared)

    @property
    def ok(self) -> bool:
        """All is well."""
        return all(part.error is None for part in self.parts)
