"""Fixtures that give each test databases of its own on real servers, empty, and gone afterwards.

===========================  ===========================================================================
``sqlite_url``               ``sqlite:////...``, a file that does not exist yet
``postgresql_url``           ``postgresql+psycopg://...``
``mariadb_url``              ``mysql+pymysql://...`` on MariaDB
``mysql_url``                ``mysql+pymysql://...`` on MySQL; skipped without ``ENGINES=mysql``
``postgresql_versions_url``  PostgreSQL 16, 17 and 18 in turn, for the smoke selection
``database_url``             each engine in turn: sqlite, postgresql, mariadb, and mysql with ``ENGINES=mysql``
``new_database``             a callable: each call gives the URL of one more database of ``database_url``'s engine
``engine_name``              which engine that is
===========================  ===========================================================================

``@pytest.mark.databases("postgresql", "mariadb")`` restricts ``database_url`` and ``new_database`` to these engines.

Servers start when the first test asks and are shared by all workers of ``pytest -n``. An engine that
``SCHEMASHIFT_REQUIRE`` names (by default ``postgresql,mariadb``) and that cannot be had is an error; another is a skip.
"""

from __future__ import annotations

import itertools
import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy

from tests.support import engines
from tests.support.databases import Databases
from tests.support.engines import EngineMissing
from tests.support.servers import EngineBroken, Provider, Servers, SharedServers

NewDatabase = Callable[[], str]

ADDRESS = "schemashift_servers"
OWNED = pytest.StashKey[Servers]()
PROVIDER = pytest.StashKey[Provider]()
BACKENDS = ("sqlite", "postgresql", "mariadb")


def pytest_configure(config: pytest.Config) -> None:
    """A worker asks the controller for servers; whoever is not a worker owns them."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell runs what it puts in the background this way, and processes that tests interrupt inherit it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        engines.required()
    except EngineMissing as mistake:
        raise pytest.UsageError(str(mistake)) from None
    workerinput = getattr(config, "workerinput", None)
    if workerinput is not None:
        config.stash[PROVIDER] = SharedServers(workerinput[ADDRESS])
    else:
        config.stash[PROVIDER] = config.stash[OWNED] = Servers()


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node) -> None:  # type: ignore[no-untyped-def]
    """Tell a worker of pytest-xdist where to ask."""
    node.workerinput[ADDRESS] = node.config.stash[OWNED].listen()


def pytest_unconfigure(config: pytest.Config) -> None:
    """Stop the servers. If this process dies before it comes here, their keeper does the same."""
    if OWNED in config.stash:
        config.stash[OWNED].close()


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Say what the tests ran on."""
    terminalreporter.write_line(f"sqlalchemy: {sqlalchemy.__version__}")
    for server in config.stash[OWNED].started():
        terminalreporter.write_line(f"{server.engine}: {server.version} from {server.source} in {server.seconds:.1f} s")


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test that asks for ``engine_name`` (which ``database_url`` does) once per engine."""
    if "engine_name" not in metafunc.fixturenames:
        return
    wanted = [name for marker in metafunc.definition.iter_markers("databases") for name in marker.args]
    known = [*BACKENDS, *engines.optional()]
    names = [name for name in known if name in wanted or not wanted]
    metafunc.parametrize("engine_name", names, indirect=True)


@pytest.fixture
def engine_name(request: pytest.FixtureRequest) -> str:
    """The engine of ``database_url`` and ``new_database`` in this run of the test."""
    return str(request.param)


@pytest.fixture(scope="session")
def servers(request: pytest.FixtureRequest) -> Provider:
    """The servers of this run, for a test that needs the administrator's URL: ``servers.get("postgresql").url``."""
    return request.config.stash[PROVIDER]


@pytest.fixture(scope="session")
def databases(servers: Provider) -> Iterator[Callable[[str], Databases]]:
    """A callable: whoever makes databases on an engine's server, one per worker and engine."""
    made: dict[str, Databases] = {}

    def databases_of(name: str) -> Databases:
        if name not in made:
            made[name] = servers.get(name).databases()
        return made[name]

    yield databases_of
    for each in made.values():
        each.close()


def server_or_outcome(databases: Callable[[str], Databases], name: str) -> Databases:
    """Whoever makes databases on the engine; where it cannot be had, the test fails, or skips if nobody requires it."""
    try:
        return databases(name)
    except EngineMissing as missing:
        skip, why = name not in engines.required(), str(missing)
    except EngineBroken as broken:
        skip, why = False, str(broken)
    if skip:
        pytest.skip(why)
    pytest.fail(why, pytrace=False)


@pytest.fixture
def new_database_on(databases: Callable[[str], Databases], tmp_path: Path) -> Iterator[Callable[[str], str]]:
    """A callable: the URL of a new, empty database on the engine named; dropped at the end of the test."""
    made: list[tuple[Databases, str]] = []
    numbers = itertools.count(1)

    def new(name: str) -> str:
        if name == "sqlite":
            return f"sqlite:///{tmp_path / f'database{next(numbers)}.db'}"
        there = server_or_outcome(databases, name)
        url = there.create()
        made.append((there, url))
        return url

    yield new
    for there, url in made:
        there.drop(url)


@pytest.fixture
def new_database(engine_name: str, new_database_on: Callable[[str], str]) -> NewDatabase:
    """A callable: one more empty database of the same engine as ``database_url``."""
    return lambda: new_database_on(engine_name)


@pytest.fixture
def database_url(new_database: NewDatabase) -> str:
    """An empty database, on each engine in turn."""
    return new_database()


@pytest.fixture
def sqlite_url(new_database_on: Callable[[str], str]) -> str:
    """A SQLite file that does not exist yet, in ``tmp_path``."""
    return new_database_on("sqlite")


@pytest.fixture
def postgresql_url(new_database_on: Callable[[str], str]) -> str:
    """An empty PostgreSQL database."""
    return new_database_on("postgresql")


@pytest.fixture
def mariadb_url(new_database_on: Callable[[str], str]) -> str:
    """An empty MariaDB database."""
    return new_database_on("mariadb")


@pytest.fixture
def mysql_url(new_database_on: Callable[[str], str]) -> str:
    """An empty MySQL database; the test is skipped unless ``ENGINES=mysql``."""
    if "mysql" not in engines.optional():
        pytest.skip("MySQL runs with ENGINES=mysql")
    return new_database_on("mysql")


@pytest.fixture(params=engines.POSTGRESQL_VERSIONS, ids=lambda version: f"postgresql{version}")
def postgresql_versions_url(request: pytest.FixtureRequest, new_database_on: Callable[[str], str]) -> str:
    """An empty database on PostgreSQL 16, 17 and 18 in turn."""
    return new_database_on(f"postgresql{request.param}")
