"""Turn an exception raised by a script into an error that tells what failed, where, why, and the state it leaves."""

from __future__ import annotations

import linecache
import re
import traceback
from collections.abc import Iterator, Sequence

import sqlalchemy as sa

from schemashift.dialects.session import Session
from schemashift.errors import AlreadyExists, Hint, Location, MigrationFailed, SchemashiftError
from schemashift.operations import Incomplete
from schemashift.revisions import Revision
from schemashift.schema import TableName
from schemashift.scripts.load import hints_for
from schemashift.state.taken import taken
from schemashift.words import cut, plural

_LONGEST_SQL = 200
_CREATE_TABLE = re.compile(r"\s*CREATE\s+(?:\w+\s+)*TABLE\b", re.IGNORECASE)


class FailureContext:
    """The circumstances of a failure."""

    def __init__(
        self,
        revision: Revision,
        direction: str,
        session: Session,
        *,
        origins: Sequence[Location],
        applied: frozenset[str] | None,
        at: Sequence[str],
        done: int,
        kept: int,
        total: int | None,
        transactional: bool,
        earlier: int = 0,
        state_table: TableName | None = None,
    ) -> None:
        """*origins* are the lines of the operations that failed, in the script or in a helper's file. *applied* and
        *at* (its heads) were read after the failure; *applied* is None if that was not possible. *kept* of *total*
        statements of the revision stay applied; *done* revisions of this run precede it. *earlier* is the statement at
        which an earlier run of the revision stopped, whose changes stay; 0 if there was none. *state_table* is the
        version table."""
        self.revision = revision
        self.direction = direction
        self.session = session
        self.origins = tuple(origins)
        self.applied = applied
        self.at = tuple(at)
        self.done = done
        self.kept = kept
        self.total = total
        self.transactional = transactional
        self.earlier = earlier
        self.state_table = state_table


def failure(error: Exception, context: FailureContext) -> SchemashiftError:
    """Return the error to raise for *error*, which a script raised. A `SchemashiftError` keeps its class."""
    places = tuple(_places(error, context.revision.path, context.origins))
    state = _state(context)
    if isinstance(error, SchemashiftError):
        error.where = error.where or places
        error.state = error.state or state
        return error
    orig = error.orig if isinstance(error, sa.exc.DBAPIError) else None
    if orig is None or not isinstance(error, sa.exc.DBAPIError):
        what = str(error) if isinstance(error, Incomplete) else told(error, context.session)
        hints = [*hints_for(error), *_how_to_continue(context)]
        return MigrationFailed(f"{context.revision.title}: {what}", where=places, state=state, hints=hints)
    detail = context.session.detail(orig)
    message = f"{context.revision.title}: {context.session.message(orig)}" + (f" ({detail})" if detail else "")
    if context.state_table is not None and _creates(error.statement or "", context.state_table):
        way_out = taken(message, context.state_table, exists=bool(context.applied))
        return AlreadyExists(message, where=places, cause=way_out.cause, state=state, hints=way_out.hints)
    if not context.earlier and _CREATE_TABLE.match(error.statement or "") and context.session.is_duplicate_table(orig):
        return _already_exists(message, places, state, context)
    hint = context.session.hint(orig)
    return MigrationFailed(
        message,
        where=places,
        cause=_cause(error, context.session),
        state=state,
        hints=[*([hint] if hint else []), *_how_to_continue(context)],
    )


def told(error: BaseException, session: Session) -> str:
    """Return the class and the message of *error*, without the parameters of its statement, which SQLAlchemy adds."""
    text = str(error)
    if isinstance(error, sa.exc.DBAPIError) and error.orig is not None:
        text = session.message(error.orig)
    elif isinstance(error, sa.exc.StatementError):
        text = str(error.orig or error.args[0])
    return f"{type(error).__name__}: {text}".rstrip(": ")


def _creates(statement: str, table: TableName) -> bool:
    """Whether SQL text of the script creates *table*."""
    if not _CREATE_TABLE.match(statement):
        return False
    name = _CREATE_TABLE.sub("", statement, count=1).partition("(")[0].strip().rpartition(".")[2]
    return name.strip('"`[] ').lower() == table.name.lower()


def _already_exists(
    message: str, places: Sequence[Location], state: str | None, context: FailureContext
) -> AlreadyExists:
    unversioned = context.applied is not None and not context.applied
    return AlreadyExists(
        message,
        where=places,
        cause="the tables were made outside migrations (create_all?)"
        + (", the database has no version" if unversioned else ""),
        state=state,
        hints=[Hint("stamp", (context.revision.id,), "if the schema is that of this revision")],
    )


def _cause(error: sa.exc.DBAPIError, session: Session) -> str | None:
    """The statement, shortened, and the database's own code."""
    code = session.code(error.orig) if error.orig is not None else None
    label = f"({session.product} {code})" if code else f"({session.product})"
    text = cut(" ".join((error.statement or "").split()), _LONGEST_SQL)
    return f"{text}   {label}".strip()


def _state(context: FailureContext) -> str:
    if context.applied is None:
        return "not known: the database no longer answers"
    what = _what_stays(context)
    place = f"the database is at {' and '.join(context.at) or 'base'}"
    if not context.done:
        return f"{what}; {place}"
    before = "revision before it is" if context.done == 1 else f"{context.done} revisions before it are"
    done = "applied" if context.direction == "upgrade" else "undone"
    return f"{what}; {place}, the {before} {done}"


def _what_stays(context: FailureContext) -> str:
    if not context.kept:
        earlier = f"; what an earlier run of {context.revision.id} did up to its statement {context.earlier} stays"
        return "rolled back" + (earlier if context.earlier else "")
    count = f"{context.kept} of {context.total} statements" if context.total else plural(context.kept, "statement")
    verb = "stays" if context.kept == 1 else "stay"
    why = (
        "its transaction was committed on the way"
        if context.transactional
        else f"{context.session.product} commits DDL at once"
    )
    return f"{count} of {context.revision.id} {verb} applied ({why})"


def _how_to_continue(context: FailureContext) -> list[str]:
    """A revision cannot be resumed yet: the whole of it runs again."""
    if not (context.kept or context.earlier) or context.applied is None:
        return []
    return [f"undo the statements that stay by hand; the next {context.direction} runs the whole revision again"]


# Where -------------------------------------------------------------------------------------------------------------


def _places(error: BaseException, path: str, origins: Sequence[Location]) -> Iterator[Location]:
    """Yield the lines of the script (those of the operations, else the one that raised), then those of helpers."""
    script = [origin for origin in origins if origin.path == path]
    if not script:
        own = [frame for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]
        script = [Location(path, frame.lineno, frame.name) for frame in own[-1:]]
    yield from map(_with_source, script)
    yield from (_with_source(origin) for origin in origins if origin.path != path)


def _with_source(place: Location) -> Location:
    if place.line is None:
        return place
    linecache.checkcache(place.path)
    return place._replace(source=linecache.getline(place.path, place.line).strip("\n"))
