"""Every error schemashift raises, each with an exit code and the next step.

::

    SchemashiftError
    ├── UsageError                      2   what was asked, configured or written cannot work
    │   ├── NoProject                       no-project
    │   ├── AlreadyInitialised              already-initialised
    │   ├── BadConfig                       bad-config
    │   ├── NoUrl                           no-url
    │   ├── BadUrl                          bad-url
    │   ├── NoModels                        no-models
    │   ├── ModelsDoNotLoad                 models-do-not-load
    │   ├── NoTables                        no-tables
    │   ├── NotSupported                    not-supported
    │   ├── OutsideMigration                outside-migration
    │   ├── ForeignVersionTable             foreign-version-table
    │   ├── Behind                          behind
    │   ├── DatabaseAhead                   database-ahead
    │   ├── BorrowedTransaction             borrowed-transaction
    │   ├── Unfinished                      unfinished
    │   ├── ScriptDoesNotLoad               script-does-not-load
    │   └── GraphError                      what is wrong with the revisions or a name for one
    │       ├── UnknownRevision             unknown-revision
    │       ├── AmbiguousRevision           ambiguous-revision
    │       ├── BadTarget                   bad-target
    │       ├── MultipleHeads               multiple-heads
    │       ├── MissingParent               missing-parent
    │       ├── DuplicateRevision           duplicate-revision
    │       ├── DuplicateLabel              duplicate-label
    │       └── Cycle                       cycle
    ├── AnswerIsNo                      1   a check found something
    │   ├── Pending                         pending
    │   └── ModelsDiffer                    models-differ
    ├── NeedsDecision                   3   needs-decision
    ├── DatabaseError                   4   the database cannot be reached or used
    │   ├── DatabaseUnreachable             database-unreachable
    │   └── DriverMissing                   driver-missing
    ├── MigrationFailed                 5   migration-failed
    │   └── AlreadyExists                   already-exists
    └── Locked                          6   locked

An error carries what happened (``message``), where in the user's files (``where``), why (``cause``),
further lines that belong to it (``details``), what the database looks like now (``state``) and what to do
next (``hints``): a `Hint` where that is a command of ours, else text. Nothing here prints; the command line does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import pairwise
from typing import ClassVar, NamedTuple

_UNQUOTED = "@%+=:,./_-" + os.sep
"""What stands in a word beside letters and digits and means nothing to a shell."""

_SPECIAL_IN_QUOTES = '"$`!' + ("" if os.sep == "\\" else "\\")


class Location(NamedTuple):
    """A place in a user's file. ``function`` and ``source`` are empty where they say nothing."""

    path: str
    line: int | None = None
    function: str = ""
    source: str = ""

    def __str__(self) -> str:
        where = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{where} in {self.function}()" if self.function else where


class Hint(NamedTuple):
    """A command of ours to run next, and why. Whoever shows it writes it out: ``schemashift upgrade head``, or
    ``flask db upgrade head``.

    ``here`` is false for a command that is meant for another project: the flags of this one say nothing there.
    """

    command: str
    args: tuple[str, ...] = ()
    why: str = ""
    here: bool = True

    def __str__(self) -> str:
        return self.written()

    def written(self, program: str = "schemashift", flags: Iterable[str] = ()) -> str:
        """The line, and why: ``schemashift upgrade head    tries it again``."""
        line = self.line(program, flags)
        return f"{line}    {self.why}" if self.why else line

    def line(self, program: str = "schemashift", flags: Iterable[str] = ()) -> str:
        """What to type, quoted for a shell. *program* begins it, *flags* end it."""
        words = [self.command, *self.args, *flags]
        quoted = (_quoted(word, text=before == "-m") for before, word in pairwise(["", *words]))
        return " ".join([program, *quoted])


def _quoted(word: str, *, text: bool) -> str:
    """*word* as a shell takes it; a *text* has quotes also where it needs none."""
    if word and not text and all(each.isalnum() or each in _UNQUOTED for each in word):
        return word
    if not any(each in word for each in _SPECIAL_IN_QUOTES):
        return f'"{word}"'
    return "'" + word.replace("'", "'\"'\"'") + "'"


class SchemashiftError(Exception):
    """The root of the tree. ``code`` is the slug of the error, ``exit_code`` what the command line exits with."""

    code: ClassVar[str] = "error"
    exit_code: ClassVar[int] = 2

    def __init__(
        self,
        message: str,
        *,
        where: Iterable[Location] | Location = (),
        cause: str | None = None,
        details: Iterable[str] = (),
        state: str | None = None,
        hints: Iterable[str | Hint] = (),
    ) -> None:
        super().__init__(message)
        self.message = message
        self.where: tuple[Location, ...] = (where,) if isinstance(where, Location) else tuple(where)
        self.cause = cause
        self.details = tuple(details)
        self.state = state
        self.hints: tuple[str | Hint, ...] = tuple(hints)

    def __str__(self) -> str:
        """One readable paragraph, for those who let the error reach a traceback."""
        lines = [f"[{self.code}] {self.message}", *self.details]
        lines += [f"  --> {place}" for place in self.where]
        lines += [f"cause: {self.cause}"] if self.cause else []
        lines += [f"state: {self.state}"] if self.state else []
        lines += [f"hint: {hint}" for hint in self.hints]
        return "\n".join(lines)


class UsageError(SchemashiftError):
    """What was asked, configured or written cannot work as it stands."""

    code = "usage"


class NoProject(UsageError):
    code = "no-project"


class AlreadyInitialised(UsageError):
    code = "already-initialised"


class BadConfig(UsageError):
    code = "bad-config"


class NoUrl(UsageError):
    code = "no-url"


class BadUrl(UsageError):
    code = "bad-url"


class NoModels(UsageError):
    code = "no-models"


class ModelsDoNotLoad(UsageError):
    code = "models-do-not-load"


class NoTables(UsageError):
    code = "no-tables"


class NotSupported(UsageError):
    """The database, or schemashift on it, cannot do what an operation asks for."""

    code = "not-supported"


class OutsideMigration(UsageError):
    """``op`` was used where no migration runs."""

    code = "outside-migration"


class ForeignVersionTable(UsageError):
    """A table with the version table's name exists and is not ours."""

    code = "foreign-version-table"


class Behind(UsageError):
    code = "behind"


class DatabaseAhead(UsageError):
    code = "database-ahead"


class BorrowedTransaction(UsageError):
    """A connection that came to us inside its caller's transaction cannot do what the plan needs."""

    code = "borrowed-transaction"


class Unfinished(UsageError):
    """A revision was begun and not finished, and what is asked for now would pass it over."""

    code = "unfinished"


class ScriptDoesNotLoad(UsageError):
    code = "script-does-not-load"


class GraphError(UsageError):
    """Something is wrong with the revisions, or with a name for one."""

    code = "graph"


class UnknownRevision(GraphError):
    code = "unknown-revision"


class AmbiguousRevision(GraphError):
    code = "ambiguous-revision"


class BadTarget(GraphError):
    """A revision identifier that has no meaning here: bad syntax, or a walk that leads nowhere."""

    code = "bad-target"


class MultipleHeads(GraphError):
    code = "multiple-heads"


class MissingParent(GraphError):
    code = "missing-parent"


class DuplicateRevision(GraphError):
    code = "duplicate-revision"


class DuplicateLabel(GraphError):
    code = "duplicate-label"


class Cycle(GraphError):
    code = "cycle"


class AnswerIsNo(SchemashiftError):
    """A question was asked and the answer is no: differences, pending revisions."""

    code = "no"
    exit_code = 1


class Pending(AnswerIsNo):
    """Revisions of the directory are not applied."""

    code = "pending"


class ModelsDiffer(AnswerIsNo):
    code = "models-differ"


class NeedsDecision(SchemashiftError):
    code = "needs-decision"
    exit_code = 3


class DatabaseError(SchemashiftError):
    """The database cannot be reached or used. Worth retrying."""

    code = "database"
    exit_code = 4


class DatabaseUnreachable(DatabaseError):
    code = "database-unreachable"


class DriverMissing(DatabaseError):
    code = "driver-missing"


class MigrationFailed(SchemashiftError):
    """A script failed while it ran. ``state`` says what stays applied."""

    code = "migration-failed"
    exit_code = 5


class AlreadyExists(MigrationFailed):
    code = "already-exists"


class Locked(SchemashiftError):
    """Another process is migrating this database. Worth retrying."""

    code = "locked"
    exit_code = 6
