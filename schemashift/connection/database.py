"""One database: its connections, its state, and schemashift's dialect for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import sqlalchemy as sa

from schemashift.config import Config
from schemashift.connection.drivers import product
from schemashift.connection.engine import (
    connect,
    driver_error,
    engine_for,
    has_no_file,
    require_engine,
    require_folder,
    shown,
)
from schemashift.connection.translation import refuse_translation
from schemashift.dialects import Dialect, dialect_for
from schemashift.dialects.session import ending_reads
from schemashift.paths import put_on_path
from schemashift.schema import TableName
from schemashift.sources.models import in_project, load_attribute
from schemashift.sqla.names import names_of
from schemashift.state.version_table import State, VersionTable

if TYPE_CHECKING:
    from schemashift.op.buffer import Convention, Environment


class Database:
    """A database, given as a URL or an `Engine` (one connection for each run), or as a `Connection` of the caller."""

    def __init__(self, source: str | sa.URL | sa.Engine | sa.Connection | None, config: Config) -> None:
        """*source* is not used before it is needed; None means the URL or engine in *config*."""
        self.config = config
        self.version_table_name = TableName(config.version_table, config.version_table_schema)
        self._source = source
        self._callers_connection = source if isinstance(source, sa.Connection) else None

    @cached_property
    def engine(self) -> sa.Engine:
        """The engine.

        Raises `NoUrl`, `BadUrl`, `DriverMissing`, `NotSupported`, and for ``engine = "app.db:engine"`` what
        `load_attribute` raises. So does every method that connects.
        """
        return self._source.engine if isinstance(self._source, sa.Connection) else _engine(self._source, self.config)

    @property
    def shown(self) -> str:
        """The URL as shown to people, without the password."""
        return shown(self.engine.url)

    @property
    def is_missing(self) -> bool:
        """Whether this is a SQLite file that does not exist yet. Reading does not create it."""
        return self._callers_connection is None and has_no_file(self.engine)

    @contextmanager
    def connected(self) -> Iterator[sa.Connection]:
        """Yield the one connection of a run.

        Raises `DatabaseUnreachable`, `NotSupported` if the connection would translate names of schemas, and
        `DatabaseError` for an error of the driver inside the block.
        """
        refuse_translation(self.engine if self._callers_connection is None else self._callers_connection)
        try:
            if self._callers_connection is not None:
                with ending_reads(self._callers_connection) as connection:
                    yield connection
            else:
                with connect(self.engine) as connection:
                    refuse_translation(connection)  # set by a listener
                    yield connection
        except sa.exc.DBAPIError as error:
            raise driver_error(error, self.shown) from error

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """Yield a connection for reading. If a SQLite file does not exist, it is to an empty database in memory."""
        if self.is_missing:
            refuse_translation(self.engine)
            require_folder(self.engine)
            with engine_for("sqlite://").connect() as connection:
                yield connection
        else:
            with self.connected() as connection:
                yield connection

    def dialect(self, connection: sa.Connection) -> Dialect:
        """Return schemashift's dialect for the connected server and its version."""
        return dialect_for(connection.dialect)

    def version_table(self) -> VersionTable:
        """Return the version table."""
        return VersionTable(self.version_table_name)

    def environment(
        self, dialect: Dialect, *, x: Mapping[str, str], convention: Callable[[], Convention | None]
    ) -> Environment:
        """Return what a script can find out in a run on this database, to record it. For the arguments, see `run`."""
        from schemashift.op.buffer import Environment

        return Environment(
            dialect=dialect.sa,
            transactional_ddl=dialect.transactional_ddl,
            normal=dialect.normal,
            version_table=self.version_table_name,
            x=x,
            convention=cache(convention),
        )

    def state(self) -> State:
        """Read the version table; nothing is created. Raises `ForeignVersionTable` and `DatabaseUnreachable`."""
        with self.reading() as connection:
            return self.version_table().read(connection)


def _engine(source: str | sa.URL | sa.Engine | None, config: Config) -> sa.Engine:
    if source is None and config.engine and config.url is None:
        put_on_path(config.root)
        thing: Any = load_attribute(config.engine, config.root, "engine", "engine")
        if callable(thing) and not isinstance(thing, sa.Engine):
            thing = in_project(thing, f"{config.engine}()", config.root)
        return require_engine(thing, config.engine)
    if source is None:
        return engine_for(config.database_url())
    return engine_for(source) if isinstance(source, (str, sa.URL)) else require_engine(source, "the database")


def server_name(connection: sa.Connection) -> str:
    """Return the product and version of the server: ``PostgreSQL 15.18``."""
    numbers = getattr(connection.dialect, "server_version_info", None) or ()
    version = ".".join(str(number) for number in numbers if isinstance(number, int))
    return f"{product(names_of(connection.dialect)[0]).name} {version}".rstrip()
