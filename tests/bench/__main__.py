"""``make bench``: what schemashift costs beside Alembic, in CPU time of whole processes.

Alembic is installed under ``.cache`` and runs on the same Python, SQLAlchemy and drivers. With ``--against FOLDER``
another checkout of schemashift takes its place. Each line has the least, the median and the most of both, the median of
the ratio of neighbouring runs with its spread, and the peak memory of both.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from tests.bench import projects
from tests.bench.measure import Program, compare
from tests.support.databases import Databases
from tests.support.engines import EngineMissing
from tests.support.package import ROOT
from tests.support.servers import EngineBroken, Servers, running, scratch_directory

ALEMBIC = ROOT / ".cache/alembic"
ENGINES = ("sqlite", "postgresql", "mariadb")
HEAD = (
    f"{'workload':<42} {'min':>7} {'median':>7} {'max':>7}  {'min':>7} {'median':>7} {'max':>7}  ratio (spread)      MB"
)


class Size(NamedTuple):
    """How much of everything."""

    revisions: tuple[int, ...]
    applied: int
    tables: int
    runs: int


SIZES = {
    "quick": Size(revisions=(1_000,), applied=200, tables=100, runs=3),
    "full": Size(revisions=(1_000, 10_000), applied=1_000, tables=1_000, runs=5),
}


class Bench:
    """Runs workloads, and prints a line for each."""

    def __init__(self, folder: Path, first: Program, second: Program, size: Size, only: str) -> None:
        self.folder = folder
        self.first = first
        self.second = second
        self.size = size
        self.only = only
        self.numbers = iter(range(1_000))

    def project(self, **settings: int | bool) -> Path:
        return projects.make(self.folder / f"project{next(self.numbers)}", **settings)  # type: ignore[arg-type]

    def line(
        self,
        title: str,
        words: Sequence[str],
        folder: Path,
        *,
        url: str = "sqlite://",
        before: Callable[[], None] = lambda: None,
    ) -> None:
        result = compare(
            (self.first, words),
            (self.second, words),
            folder,
            runs=self.size.runs,
            environment={"BENCH_URL": url},
            before=before,
        )
        print(f"{title:<42} {result}", flush=True)

    def wants(self, title: str) -> bool:
        return self.only in title

    def graph(self) -> None:
        if self.wants("--help"):
            self.line("--help", ["--help"], self.project())
        for number in self.size.revisions:
            titles = [f"{command}, {number:,} revisions" for command in ("heads", "history")]
            if any(map(self.wants, titles)):
                folder = self.project(revisions=number)
                for title in filter(self.wants, titles):
                    self.line(title, [title.partition(",")[0]], folder)
                shutil.rmtree(folder)

    def apply(self) -> None:
        title = f"upgrade, {self.size.applied:,} revisions, sqlite"
        if not self.wants(title):
            return
        folder = self.project(revisions=self.size.applied)
        file = folder / "app.db"
        self.line(
            title, ["upgrade", "head"], folder, url=f"sqlite:///{file}", before=lambda: file.unlink(missing_ok=True)
        )

    def compare(self, engine: str, servers: Servers) -> None:
        titles = {
            "check": f"check, {self.size.tables:,} tables, {engine}",
            "revision": f"autogenerate, 10 % of {self.size.tables:,}, {engine}",
        }
        if not any(map(self.wants, titles.values())):
            return
        same = self.project(tables=self.size.tables)
        changed = self.project(tables=self.size.tables, changed=True)
        with self.database(engine, servers, same) as url:
            if url is None:
                return
            projects.create_all(same, url)
            if self.wants(titles["check"]):
                self.line(titles["check"], ["check"], same, url=url)
            if self.wants(titles["revision"]):
                words = ["revision", "--autogenerate", "-m", "changed"]
                self.line(titles["revision"], words, changed, url=url, before=lambda: projects.clean(changed))

    @contextmanager
    def database(self, engine: str, servers: Servers, folder: Path) -> Iterator[str | None]:
        """The URL of an empty database; None, with a line that says why, where there is none."""
        if engine == "sqlite":
            yield f"sqlite:///{folder / 'app.db'}"
            return
        try:
            databases: Databases = servers.get(engine).databases()
        except (EngineMissing, EngineBroken) as error:
            print(f"{engine}: {error}")
            yield None
            return
        url = databases.create()
        try:
            yield url
        finally:
            databases.drop(url)
            databases.close()


def alembic() -> Program:
    """Alembic with what it needs and this environment lacks, installed once."""
    if not ALEMBIC.exists():
        pip = [sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
        with tempfile.TemporaryDirectory(dir=ALEMBIC.parent) as made:
            # Not SQLAlchemy and the drivers: both programs run on those that are here.
            subprocess.run([*pip, "--no-deps", "--target", made, "alembic", "mako", "markupsafe"], check=True)
            shutil.copytree(made, ALEMBIC)
    return Program(name="Alembic", command=[sys.executable, "-m", "alembic"], environment={"PYTHONPATH": str(ALEMBIC)})


def schemashift(folder: Path, name: str = "schemashift") -> Program:
    """A checkout of schemashift."""
    command = [sys.executable, "-m", "schemashift"]
    return Program(name=name, command=command, environment={"PYTHONPATH": str(folder)})


def main() -> None:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__)
    parser.add_argument("--size", choices=SIZES, default="full")
    parser.add_argument("--runs", type=int, help="how often each is measured")
    parser.add_argument("--only", default="", metavar="TEXT", help="the workloads whose title has this in it")
    parser.add_argument("--against", type=Path, metavar="FOLDER", help="another checkout, in the place of Alembic")
    said = parser.parse_args()
    size = SIZES[said.size]._replace(**({"runs": said.runs} if said.runs else {}))
    second = schemashift(said.against.resolve(), str(said.against)) if said.against else alembic()
    with (
        tempfile.TemporaryDirectory(dir=scratch_directory(), prefix="schemashift-bench-") as folder,
        running() as servers,
    ):
        bench = Bench(Path(folder), schemashift(ROOT), second, size, said.only)
        print(f"CPU seconds of schemashift, of {second.name}; {size.runs} runs in turns, load {os.getloadavg()[0]:.1f}")
        print(HEAD)
        bench.graph()
        bench.apply()
        for engine in ENGINES:
            bench.compare(engine, servers)


if __name__ == "__main__":
    main()
