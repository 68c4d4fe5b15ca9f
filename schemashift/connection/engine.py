"""Create an engine and a connection from a URL, with errors that say what to do.

Engines created here keep no connections (`NullPool`): a run opens one and closes it.
"""

from __future__ import annotations

import os
import re
from importlib.util import find_spec
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc
from sqlalchemy.engine import URL, make_url
from sqlalchemy.pool import NullPool, StaticPool

from schemashift.config import SECRET, display_url, masked, masked_query, sqlite_path
from schemashift.connection.drivers import ASYNC_DRIVERS, INSTALL, PRODUCTS, product
from schemashift.errors import (
    BadConfig,
    BadUrl,
    DatabaseError,
    DatabaseUnreachable,
    DriverMissing,
    Hint,
    Locked,
    NotSupported,
    SchemashiftError,
)
from schemashift.paths import display_path


def engine_for(source: str | URL) -> sa.Engine:
    """Return an engine for a URL, without connecting. Raises `BadUrl`, `DriverMissing` and `NotSupported`."""
    url = with_driver(parse_url(source) if isinstance(source, str) else source)
    database = product(url.get_backend_name())
    if database.needs_database and not url.database:
        named = masked(url.set(database="NAME").render_as_string())
        raise BadUrl(f"{_masked(url)} names no database", hints=[Hint("", ("--url", named))])
    if database.embedded and not url.database:
        pool: Any = StaticPool  # in memory: the database exists as long as its one connection
    else:
        pool = NullPool
    try:
        return sa.create_engine(url, poolclass=pool)
    except exc.NoSuchModuleError as error:
        raise _no_dialect(url) from error
    except ImportError as error:
        raise _no_driver(url, error) from error
    except (exc.ArgumentError, TypeError, ValueError) as error:
        raise BadUrl(f"cannot use {_masked(url)}", cause=_first_line(error, url)) from error


def parse_url(text: str) -> URL:
    """Return the URL in *text*, with SQLAlchemy's name for ``postgres://``. Raises `BadUrl`."""
    if text.startswith("postgres://"):
        text = text.replace("postgres://", "postgresql://", 1)
    try:
        url = make_url(text)
        # SQLAlchemy 2.1 decodes %41 in a file's name, 2.0 does not; here % is just a character.
        return url.set(database=path) if (path := sqlite_path(text)) and "%" in path else url
    except (exc.ArgumentError, ValueError) as error:
        cause = masked(str(error)) if type(error) is ValueError else None  # of a port, say
        raise BadUrl(
            f'"{masked(text)}" is not a database URL',
            cause=cause if "://" in text else "a URL begins with the database's name and ://",
            hints=["sqlite:///app.db,  postgresql+psycopg://user:pass@host/db,  mysql+pymysql://user:pass@host/db"],
        ) from None  # --traceback would show the message, which contains parts of the URL


def with_driver(url: URL) -> URL:
    """Return *url* with an installed driver if it names none. Raises `NotSupported` for asynchronous drivers."""
    backend, _, driver = url.drivername.partition("+")
    if driver in ASYNC_DRIVERS:
        other = "+".join(part for part in (backend, ASYNC_DRIVERS[driver]) if part)
        shown = _masked(url.set(drivername=other))
        raise NotSupported(
            f"{driver} is an asynchronous driver; migrations run on a synchronous one",
            hints=[Hint("", ("--url", shown))],
        )
    drivers = product(backend).drivers
    if not driver and drivers and find_spec(drivers[0]) is None:
        return url.set(drivername=f"{backend}+{drivers[1]}")
    return url


def _no_dialect(url: URL) -> BadUrl:
    import difflib

    backend, plus, driver = url.drivername.partition("+")
    close = difflib.get_close_matches(backend, PRODUCTS, 1)
    what = f'driver "{driver}" for {backend}' if plus and backend in PRODUCTS else f'database "{url.drivername}"'
    return BadUrl(
        f"no {what} is known to SQLAlchemy",
        cause=f"the URL is {_masked(url)}",
        hints=[f"did you mean {close[0]}?"] if close and close[0] != backend else [],
    )


def _no_driver(url: URL, error: ImportError) -> DriverMissing:
    name = (getattr(error, "name", None) or "").partition(".")[0] or url.get_driver_name()
    return DriverMissing(
        f"the driver {name} is not installed",
        cause=f"{_masked(url)} needs it",
        hints=[f"pip install {INSTALL.get(name, name)}"],
    )


# -- connecting


def connect(engine: sa.Engine) -> sa.Connection:
    """Return a new connection. Raises `DatabaseUnreachable` and `DriverMissing`."""
    try:
        return engine.connect()
    except exc.DBAPIError as error:
        raise unreachable(engine.url, error.orig or error) from error
    except ImportError as error:
        raise _no_driver(engine.url, error) from error
    except SchemashiftError:
        raise
    except Exception as error:  # whatever the creator or a listener of the project's engine raises
        raise unreachable(engine.url, error) from error


def has_no_file(engine: sa.Engine) -> bool:
    """Whether this is a SQLite database whose file does not exist yet: reading must not create it."""
    return (path := _sqlite_file(engine.url)) is not None and not os.path.exists(path)


def require_folder(engine: sa.Engine) -> None:
    """Raise `DatabaseUnreachable` for a SQLite file in a folder that does not exist: it cannot be created there."""
    path = _sqlite_file(engine.url)
    if path is not None and not os.path.isdir(os.path.dirname(os.path.abspath(path))):
        raise unreachable(engine.url, FileNotFoundError(path))


def shown(url: URL) -> str:
    """Return *url* as shown to people: without the password, and with a SQLite file relative to the current folder."""
    path = _sqlite_file(url)
    if path is None:
        return display_url(url.render_as_string(hide_password=True))
    query = url.set(database=None).render_as_string().partition("?")
    return f"{url.drivername}:///{display_path(path)}{masked_query(query[1] + query[2])}"


def _sqlite_file(url: URL) -> str | None:
    """Return the file of a plain SQLite URL; None for any other."""
    path = url.database if product(url.get_backend_name()).embedded else None
    return None if not path or path.startswith((":", "file:")) else path


def require_engine(thing: object, name: str) -> sa.Engine:
    """Return *thing* if it is a synchronous engine. Raises `NotSupported` and `BadConfig` otherwise."""
    if isinstance(thing, sa.Engine):
        return thing
    if isinstance(getattr(thing, "sync_engine", None), sa.Engine):
        raise NotSupported(
            f"{name} is an AsyncEngine; migrations run on a synchronous engine",
            hints=['url = "env:DATABASE_URL"   instead of engine, with a synchronous driver in the URL'],
        )
    raise BadConfig(f"{name} is a {type(thing).__name__}, not an Engine")


def unreachable(url: URL, error: BaseException) -> DatabaseUnreachable:
    """Return the error for a failed connection to *url*, with a cause derived from the driver's message."""
    text = _first_line(error, url)
    cause, hint = _file_explained(url) if product(url.get_backend_name()).embedded else _explained(url, text)
    return DatabaseUnreachable(
        f"cannot connect to {shown(url)}",
        cause=cause or text,
        hints=[hint] if hint else [],
    )


def driver_error(error: exc.DBAPIError, shown: str) -> SchemashiftError:
    """Return the error for one of the driver's outside any script: a missing privilege, a lost connection."""
    orig = error.orig or error
    lines = [line.strip() for line in str(orig).splitlines() if line.strip()]
    text = lines[0] if lines else type(orig).__name__
    if "database is locked" in text:
        return Locked("another process is writing to this database", cause=f"{shown}: {text}")
    sql = " ".join((error.statement or "").split())
    return DatabaseError(f"{shown}: {text}", cause=sql[:200] or None)


def _explained(url: URL, text: str) -> tuple[str, str]:
    """Return cause and hint for the message of a server or driver; no cause where the message itself is clear."""
    low = text.lower()
    if any(each in low for each in ("connection refused", "can't connect to mysql server", "(2003", "(2002")):
        if "refused" in low:
            return "connection refused", "is the server running, on this host and port?"
        if any(each in low for each in ("name or service", "getaddrinfo", "nodename", "temporary failure")):
            return f"there is no host {url.host}", ""
        return "", "is the server running, on this host and port?"
    if any(each in low for each in ("could not translate host name", "failed to resolve host", "name or service not")):
        return f"there is no host {url.host}", ""
    if "password authentication failed" in low or "(1045" in low or "access denied for user" in low:
        word = "rejected" if url.password else "missing"
        return f'password {word} for "{url.username}"', ""
    if ("does not exist" in low and "database" in low) or "unknown database" in low:
        return f'database "{url.database}" does not exist', _how_to_create(url)
    if "role" in low and "does not exist" in low:
        return f'user "{url.username}" does not exist', ""
    return "", ""


def _how_to_create(url: URL) -> str:
    return f"{product(url.get_backend_name()).create.format(url.database)}    makes it"


def _file_explained(url: URL) -> tuple[str, str]:
    path = _sqlite_file(url)
    if path is None:
        return "", ""
    folder = os.path.dirname(os.path.abspath(path))
    if not os.path.isdir(folder):
        return f"there is no folder {folder}", ""
    if os.path.isdir(path):
        return f"{path} is a folder", ""
    if not os.path.exists(path) and not os.access(folder, os.W_OK):
        return f"the folder {folder} cannot be written", ""
    return "", ""


def _first_line(error: BaseException, url: URL) -> str:
    """Return the first line of the message of *error*, without passwords."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    text = lines[0] if lines else type(error).__name__
    for secret in _secrets(url):
        text = text.replace(secret, "***") if len(secret) > 3 else text  # a short one may be part of plain words
    return text


def _secrets(url: URL) -> list[str]:
    values = [value for name, value in url.normalized_query.items() if re.search(SECRET, name, re.IGNORECASE)]
    texts = [text for some in values for text in some]
    inside = [text for each in texts for text in re.findall(r"(?i)(?:pwd|password)\s*=\s*\{?([^;}]*)", each)]
    return [str(url.password or ""), *texts, *inside]


def _masked(url: URL) -> str:
    """Return *url* without passwords: SQLAlchemy hides only the one before the host."""
    return masked(url.render_as_string(hide_password=True))
