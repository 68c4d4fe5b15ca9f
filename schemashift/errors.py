"""The errors that schemashift raises, each with an exit code and the next step.

::

    SchemashiftError
    ├── UsageError                      2   an error in the command, the configuration, the models or the scripts
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
    │   └── GraphError                      an error in the revisions, or in an identifier
    │       ├── UnknownRevision             unknown-revision
    │       ├── AmbiguousRevision           ambiguous-revision
    │       ├── BadTarget                   bad-target
    │       ├── MultipleHeads               multiple-heads
    │       ├── MissingParent               missing-parent
    │       ├── DuplicateRevision           duplicate-revision
    │       ├── DuplicateLabel              duplicate-label
    │       └── Cycle                       cycle
    ├── AnswerIsNo                      1   a check failed
    │   ├── Pending                         pending
    │   └── ModelsDiffer                    models-differ
    ├── NeedsDecision                   3   needs-decision
    ├── DatabaseError                   4   the database cannot be reached or used
    │   ├── DatabaseUnreachable             database-unreachable
    │   └── DriverMissing                   driver-missing
    ├── MigrationFailed                 5   migration-failed
    │   └── AlreadyExists                   already-exists
    └── Locked                          6   locked

An error consists of a ``message``, the places in the user's files (``where``), the ``cause``, further lines
(``details``), the ``state`` of the database, and what to do next (``hints``): a `Hint` for a schemashift command, else
text. Nothing here prints; the command line does.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from itertools import pairwise
from typing import ClassVar, NamedTuple

_UNQUOTED = "@%+=:,./_-" + os.sep
"""Characters other than letters and digits that a shell does not treat specially."""

_SPECIAL_IN_QUOTES = '"$`!' + ("" if os.sep == "\\" else "\\")


class Location(NamedTuple):
    """A place in a user's file. ``function`` and ``source`` may be empty."""

    path: str
    line: int | None = None
    function: str = ""
    source: str = ""

    def __str__(self) -> str:
        where = self.path if self.line is None else f"{self.path}:{self.line}"
        return f"{where} in {self.function}()" if self.function else where


class Hint(NamedTuple):
    """A schemashift command to run next, and why. It is written out where it is displayed: ``schemashift upgrade
    head``, or ``flask db upgrade head``.

    A hint without a ``command`` is about the same command: ``args`` are flags to add to it, and are written as they
    are. Where the flags are part of a sentence, ``sentence`` is that sentence, with ``{}`` in place of them.

    ``here`` is false for a command that is to be run in another project, to which the flags of this one do not apply.
    """

    command: str
    args: tuple[str, ...] = ()
    why: str = ""
    here: bool = True
    sentence: str = "{}"

    def __str__(self) -> str:
        return self.written()

    def written(self, program: str = "schemashift", flags: Iterable[str] = ()) -> str:
        """Return the line and the reason: ``schemashift upgrade head    tries it again``."""
        line = self.sentence.replace("{}", self.line(program, flags))
        return f"{line}    {self.why}" if self.why else line

    def line(self, program: str = "schemashift", flags: Iterable[str] = ()) -> str:
        """Return the command line, quoted for a shell: *program*, the command and *flags*; or the flags to add."""
        if not self.command:
            return " ".join(self.args)
        words = [self.command, *self.args, *flags]
        quoted = (_quoted(word, text=before == "-m") for before, word in pairwise(["", *words]))
        return " ".join([program, *quoted])


def _quoted(word: str, *, text: bool) -> str:
    """Return *word* quoted for a shell. A *text* is quoted even if it need not be."""
    if word and not text and all(each.isalnum() or each in _UNQUOTED for each in word):
        return word
    if not any(each in word for each in _SPECIAL_IN_QUOTES):
        return f'"{word}"'
    return "'" + word.replace("'", "'\"'\"'") + "'"


class SchemashiftError(Exception):
    """Base class of all errors. ``code`` identifies the error, ``exit_code`` is that of the command line."""

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
        """Return the whole error as text, as it appears in a traceback."""
        lines = [f"[{self.code}] {self.message}", *self.details]
        lines += [f"  --> {place}" for place in self.where]
        lines += [f"cause: {self.cause}"] if self.cause else []
        lines += [f"state: {self.state}"] if self.state else []
        lines += [f"hint: {hint}" for hint in self.hints]
        return "\n".join(lines)


class UsageError(SchemashiftError):
    """An error in the command, the configuration, the models or the scripts."""

    code = "usage"


class NoProject(UsageError):
    """There is no configuration, or no migrations folder."""

    code = "no-project"


class AlreadyInitialised(UsageError):
    """The migrations folder exists and is not empty."""

    code = "already-initialised"


class BadConfig(UsageError):
    """A setting, file or folder cannot be used."""

    code = "bad-config"


class NoUrl(UsageError):
    """No database is configured."""

    code = "no-url"


class BadUrl(UsageError):
    """The database URL cannot be used."""

    code = "bad-url"


class NoModels(UsageError):
    """No models are configured."""

    code = "no-models"


class ModelsDoNotLoad(UsageError):
    """The models cannot be imported, or are not models."""

    code = "models-do-not-load"


class NoTables(UsageError):
    """The models have no tables."""

    code = "no-tables"


class NotSupported(UsageError):
    """The database, or schemashift on it, cannot do what an operation asks for."""

    code = "not-supported"


class OutsideMigration(UsageError):
    """``op`` was used where no migration runs."""

    code = "outside-migration"


class ForeignVersionTable(UsageError):
    """A table with the name of the version table exists, and is not a version table."""

    code = "foreign-version-table"


class Behind(UsageError):
    """Autogenerate was asked for while revisions are pending."""

    code = "behind"


class DatabaseAhead(UsageError):
    """The database is at a revision that is in no file."""

    code = "database-ahead"


class BorrowedTransaction(UsageError):
    """The connection was passed in within its caller's transaction, which the plan does not allow."""

    code = "borrowed-transaction"


class Unfinished(UsageError):
    """A revision was begun and not finished, and the command would skip it."""

    code = "unfinished"


class ScriptDoesNotLoad(UsageError):
    """A script cannot be read or executed."""

    code = "script-does-not-load"


class GraphError(UsageError):
    """An error in the revisions, or in an identifier."""

    code = "graph"


class UnknownRevision(GraphError):
    """An identifier matches no revision."""

    code = "unknown-revision"


class AmbiguousRevision(GraphError):
    """An identifier matches several revisions."""

    code = "ambiguous-revision"


class BadTarget(GraphError):
    """An identifier that is not valid here: a syntax error, or a relative identifier that goes too far."""

    code = "bad-target"


class MultipleHeads(GraphError):
    """There are several heads, and one was asked for."""

    code = "multiple-heads"


class MissingParent(GraphError):
    """A revision revises, or depends on, a revision that is in no file."""

    code = "missing-parent"


class DuplicateRevision(GraphError):
    """Two revisions have the same id, or a new script would replace a file."""

    code = "duplicate-revision"


class DuplicateLabel(GraphError):
    """A branch label is set twice, or is the id of a revision."""

    code = "duplicate-label"


class Cycle(GraphError):
    """Revisions revise or depend on each other."""

    code = "cycle"


class AnswerIsNo(SchemashiftError):
    """A check failed: the models differ, or revisions are pending."""

    code = "no"
    exit_code = 1


class Pending(AnswerIsNo):
    """Revisions are not applied."""

    code = "pending"


class ModelsDiffer(AnswerIsNo):
    """The models have changes that no revision contains."""

    code = "models-differ"


class Edited(AnswerIsNo):
    """Scripts were edited after they were applied: other databases get, or got, something else."""

    code = "edited"


class SeveralHeads(AnswerIsNo):
    """A database is at several heads: what the next revision is based on is not decided."""

    code = "several-heads"


class NeedsDecision(SchemashiftError):
    """The run was not confirmed, or is no longer what was confirmed."""

    code = "needs-decision"
    exit_code = 3


class DatabaseError(SchemashiftError):
    """The database cannot be reached or used. Worth retrying."""

    code = "database"
    exit_code = 4


class DatabaseUnreachable(DatabaseError):
    """A connection cannot be established."""

    code = "database-unreachable"


class DriverMissing(DatabaseError):
    """The driver of the database is not installed."""

    code = "driver-missing"


class MigrationFailed(SchemashiftError):
    """A script failed while it ran. ``state`` describes what remains applied."""

    code = "migration-failed"
    exit_code = 5


class AlreadyExists(MigrationFailed):
    """A script failed because an object that it creates exists."""

    code = "already-exists"


class Locked(SchemashiftError):
    """Another process is migrating this database. Worth retrying."""

    code = "locked"
    exit_code = 6
