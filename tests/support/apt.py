"""Debian packages, unpacked into a folder: nothing is installed, and root privileges are not needed.

``apt-get download`` works for everybody once the package lists are there. Where they are missing or stale, lists of
our own are fetched into the cache, with the addresses of the machine's own sources. Standard library only: this also
runs before there is a virtual environment.
"""

from __future__ import annotations

import functools
import os
import re
import shutil
import subprocess
from collections.abc import Iterable, Sequence
from pathlib import Path


class AptError(Exception):
    """A package could not be downloaded; the message contains the last lines of apt."""


def available() -> bool:
    """Return True if this machine has apt."""
    return all(shutil.which(program) for program in ("apt-get", "dpkg-deb"))


class Apt:
    """Downloads packages and unpacks them; ``state`` keeps the private lists between runs.

    ``options`` precede all others: the sources of another release, for example. ``system_lists`` says whether the
    machine's own lists are worth a try first.
    """

    def __init__(self, state: Path, options: Sequence[str] = (), *, system_lists: bool = True) -> None:
        self.state = state
        self.options = [*_private(state), *options]
        self.system_lists = system_lists
        self._complaints = ""

    def unpack(self, packages: Iterable[str], root: Path) -> None:
        """Unpack each of ``packages`` into ``root``, without their dependencies."""
        for package in packages:
            self._extract(self._download(package), root)

    def unpack_with_dependencies(self, package: str, root: Path) -> None:
        """Unpack ``package`` and everything it depends on, the C library included."""
        self.update()
        self._apt("install", "--download-only", "--yes", "--no-install-recommends", package)
        self._extract(sorted((self.state / "cache/archives").glob("*.deb")), root)

    def mirror(self, release: str) -> str:
        """The address that this machine takes ``release`` from, which apt shows once it has the lists."""
        query = ["indextargets", "--format", "$(RELEASE) $(CODENAME) $(REPO_URI)", "Created-By: Packages"]
        for options in ([], self.options):
            if options:
                self.update()
            for line in _run(["apt-get", *options, *query], Path.cwd()).stdout.splitlines():
                *names, address = line.split()
                if release in names:
                    return address
        raise AptError(f"no apt source of {release!r} to take the mirror's address from")

    @functools.cache  # noqa: B019 - one object lives as long as the program that asks
    def update(self) -> None:
        """Fetch the private lists, once. A source that does not answer is not an error: the download fails then."""
        for folder in ("state/lists/partial", "cache/archives/partial"):
            (self.state / folder).mkdir(parents=True, exist_ok=True)
        self._complaints = _run(["apt-get", *self.options, "update"], self.state).stderr

    def _download(self, package: str) -> list[Path]:
        downloads = self.state / "downloads" / package
        shutil.rmtree(downloads, ignore_errors=True)
        downloads.mkdir(parents=True)
        if not (self.system_lists and _run(["apt-get", "download", package], downloads).returncode == 0):
            self.update()
            self._apt("download", package, folder=downloads)
        return list(downloads.glob("*.deb"))

    def _apt(self, *command: str, folder: Path | None = None) -> None:
        ran = _run(["apt-get", *self.options, *command], folder or self.state)
        if ran.returncode != 0:
            said = f"{self._complaints}\n{ran.stderr or ran.stdout}".strip()
            raise AptError(f"apt-get {' '.join(command)}: {said[-500:]}")

    @staticmethod
    def _extract(archives: Iterable[Path], root: Path) -> None:
        root.mkdir(parents=True, exist_ok=True)
        for archive in archives:
            subprocess.run(["dpkg-deb", "--extract", archive, root], check=True)
            archive.unlink()


def complete(program: Path, root: Path, apt: Apt) -> None:
    """Unpack the libraries that ``program`` lacks, by trying the names that Debian's rules allow for each."""
    tried: set[str] = set()
    while missing := missing_libraries(program, root) - tried:
        for soname in sorted(missing):
            _unpack_one_of(package_names(soname), root, apt)
        tried |= missing
    if still := missing_libraries(program, root):
        raise AptError(f"{program.name} lacks {', '.join(sorted(still))}, and no package of that name was found")


def missing_libraries(program: Path, root: Path) -> set[str]:
    """Return the shared libraries that neither the machine nor ``root`` has."""
    ran = subprocess.run(
        ["ldd", program], env=os.environ | library_path(root), capture_output=True, text=True, check=False
    )
    return set(re.findall(r"^\s*(\S+) => not found", ran.stdout, re.MULTILINE))


def library_path(root: Path) -> dict[str, str]:
    """Return the environment in which programs under ``root`` find its libraries."""
    folders = [path for pattern in ("lib/*-linux-gnu*", "usr/lib/*-linux-gnu*") for path in sorted(root.glob(pattern))]
    return {"LD_LIBRARY_PATH": ":".join(map(str, folders))}


def package_names(soname: str) -> list[str]:
    """Return the possible names of the Debian package of a library, most likely first.

    Policy 8.1: the name and the version, a hyphen between them where the name ends in a digit. ``t64`` came with
    the 64-bit ``time_t`` of trixie.

    >>> package_names("libaio.so.1")
    ['libaio1', 'libaio1t64', 'libaio']
    """
    name, _, version = soname.lower().replace("_", "-").partition(".so")
    hyphen = "-" if name[-1].isdigit() else ""
    likely = f"{name}{hyphen}{version.lstrip('.')}"
    exceptions = {"libz.so.1": ["zlib1g"], "libsnappy.so.1": ["libsnappy1v5"]}
    return [*exceptions.get(soname, []), likely, f"{likely}t64", name]


def _unpack_one_of(packages: Iterable[str], root: Path, apt: Apt) -> None:
    for package in packages:
        try:
            apt.unpack([package], root)
        except AptError:
            continue
        return


def _private(state: Path) -> list[str]:
    settings = {
        "Dir::State": f"{state}/state",
        "Dir::State::status": "/var/lib/dpkg/status",
        "Dir::Cache": f"{state}/cache",
        "Dir::Cache::pkgcache": "",
        "Dir::Cache::srcpkgcache": "",
        "Debug::NoLocking": "true",
        "APT::Sandbox::User": "root",
        "Acquire::GzipIndexes": "true",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
        "Acquire::http::Timeout": "30",
    }
    return [part for key, value in settings.items() for part in ("-o", f"{key}={value}")]


def _run(command: Sequence[str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
