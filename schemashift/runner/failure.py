"""From what a script raised to an error that says what, where, why, and what the database looks like now."""

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
from schemashift.scripts.load import hints_for

_LONGEST_SQL = 200
_CREATE_TABLE = re.compile(r"\s*CREATE\s+(?:\w+\s+)*TABLE\b", re.IGNORECASE)


class Circumstances:
    """What is known about a failure beside the exception."""

    def __init__(
        self,
        revision: Revision,
        direction: str,
        session: Session,
        *,
        origin: Location | None,
        applied: frozenset[str] | None,
        at: Sequence[str],
        done: int,
        kept: int,
        total: int | None,
        transactional: bool,
        earlier: int = 0,
    ) -> None:
        """*applied* and *at* (its heads) were read after the failure; *applied* is None where that was not possible.
        *kept* of *total* statements of the revision stay; *done* revisions of this run came before it. *earlier* is
        the statement at which an earlier run of it stopped, 0 where there was none: what that run did stays."""
        self.revision = revision
        self.direction = direction
        self.session = session
        self.origin = origin
        self.applied = applied
        self.at = tuple(at)
        self.done = done
        self.kept = kept
        self.total = total
        self.transactional = transactional
        self.earlier = earlier


def failure(error: Exception, there: Circumstances) -> SchemashiftError:
    """The error to raise for *error*, which left a script. One of ours keeps its class."""
    places = tuple(_places(error, there.revision.path, there.origin))
    state = _state(there)
    if isinstance(error, SchemashiftError):
        error.where = error.where or places
        error.state = error.state or state
        return error
    orig = error.orig if isinstance(error, sa.exc.DBAPIError) else None
    if orig is None or not isinstance(error, sa.exc.DBAPIError):
        what = str(error) if isinstance(error, Incomplete) else f"{type(error).__name__}: {error}".rstrip(": ")
        hints = [*hints_for(error), *_way_on(there)]
        return MigrationFailed(f"{there.revision.title}: {what}", where=places, state=state, hints=hints)
    message = f"{there.revision.title}: {there.session.message(orig)}"
    if not there.earlier and _CREATE_TABLE.match(error.statement or "") and there.session.is_duplicate_table(orig):
        return _already_exists(message, places, state, there)
    hint = there.session.hint(orig)
    return MigrationFailed(
        message,
        where=places,
        cause=_cause(error, there.session),
        state=state,
        hints=[*([hint] if hint else []), *_way_on(there)],
    )


def _already_exists(message: str, places: Sequence[Location], state: str | None, there: Circumstances) -> AlreadyExists:
    nowhere = there.applied is not None and not there.applied
    return AlreadyExists(
        message,
        where=places,
        cause="the tables were made outside migrations (create_all?)"
        + (", the database has no version" if nowhere else ""),
        state=state,
        hints=[Hint("stamp", (there.revision.id,), "if the schema really is that of this revision")],
    )


def _cause(error: sa.exc.DBAPIError, session: Session) -> str | None:
    """The statement, shortened, and the database's own code."""
    code = session.code(error.orig) if error.orig is not None else None
    label = f"({session.product} {code})" if code else f"({session.product})"
    text = " ".join((error.statement or "").split())
    if len(text) > _LONGEST_SQL:
        text = text[: _LONGEST_SQL - 3] + "..."
    return f"{text}   {label}".strip()


def _state(there: Circumstances) -> str:
    if there.applied is None:
        return "not known: the database does not answer any more"
    what = _what_stays(there)
    place = f"the database is at {' and '.join(there.at) or 'base'}"
    if not there.done:
        return f"{what}; {place}"
    before = "revision before it is" if there.done == 1 else f"{there.done} revisions before it are"
    done = "applied" if there.direction == "upgrade" else "undone"
    return f"{what}; {place}, the {before} {done}"


def _what_stays(there: Circumstances) -> str:
    if not there.kept:
        earlier = f"; what an earlier run of {there.revision.id} did up to its statement {there.earlier} stays"
        return "rolled back" + (earlier if there.earlier else "")
    count = f"{there.kept} of {there.total} statements" if there.total else _count(there.kept, "statement")
    verb = "stays" if there.kept == 1 else "stay"
    why = (
        "its transaction was committed on the way"
        if there.transactional
        else f"{there.session.product} commits DDL at once"
    )
    return f"{count} of {there.revision.id} {verb} applied ({why})"


def _way_on(there: Circumstances) -> list[str]:
    """Nothing resumes yet: the whole revision runs again."""
    if not (there.kept or there.earlier) or there.applied is None:
        return []
    return [f"undo what stays by hand; the next {there.direction} runs the whole revision again"]


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" + ("" if number == 1 else "s")


# Where -------------------------------------------------------------------------------------------------------------


def _places(error: BaseException, path: str, origin: Location | None) -> Iterator[Location]:
    """The script's line first: where the operation was written, or where the script was. Then a helper's."""
    frames = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in frames if frame.filename == path]
    script = origin if origin is not None and origin.path == path else None
    if script is None and own:
        script = Location(path, own[-1].lineno, own[-1].name)
    if script is not None:
        yield _shown(script)
    if origin is not None and origin.path != path:
        yield _shown(origin)


def _shown(place: Location) -> Location:
    if place.line is None:
        return place
    linecache.checkcache(place.path)
    return place._replace(source=linecache.getline(place.path, place.line).strip("\n"))
