"""What the flags said, and what a command makes of them: settings, a `Migrator`, an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from schemashift.cli.ui import Ui
from schemashift.errors import Hint, SchemashiftError

if TYPE_CHECKING:
    from schemashift.config import Config
    from schemashift.migrator import Migrator
    from schemashift.revisions import RevisionGraph


WITHOUT_DATABASE = frozenset(("branches", "edit", "heads", "merge", "show"))
"""Commands that a hint names without the database's URL."""


class Session:
    """One run of the command line. ``answer`` is what ``--json`` shows besides ``command`` and ``ok``.

    ``program`` is what a line begins with before the command: ``schemashift``, or ``flask db``.
    ``migrates``: the database may have changed, whatever happens from now on.
    """

    def __init__(self) -> None:
        self.ui = Ui(self.write)
        self.program = "schemashift"
        self.command = ""
        self.url: str | None = None
        self.config: str | None = None
        self.directory: str | None = None
        self.x: dict[str, str] = {}
        self.traceback = False
        self.migrates = False
        self.answer: dict[str, Any] = {}

    def begin(self, command: str, program: str | None) -> None:
        """*command* is about to run, called as *program* says; None where it stands alone."""
        self.command = command
        self.program = program or self.program

    def finish(self, error: SchemashiftError | None = None) -> None:
        """Show *error*, or with ``--json`` the document; flush while a broken pipe can still be noticed."""
        if self.ui.json:
            head = {"schemashift": 1, "command": self.command, "ok": error is None}
            tail = {"error": self.ui.error_document(error), "exit_code": error.exit_code} if error else {}
            self.ui.document(head | self.answer | tail)
        elif error:
            self.ui.error(error)
        self.ui.flush()

    def write(self, hint: str | Hint) -> str:
        """A hint as it can be pasted here: with the program that runs, and the flags that were typed."""
        return hint if isinstance(hint, str) else hint.written(self.program, self._flags(hint))

    def _flags(self, hint: Hint) -> Iterator[str]:
        """Those that name this project and its database, as far as the hinted command needs them."""
        typed = [("-c", self.config), ("-d", self.directory)]
        if self.url and hint.command not in WITHOUT_DATABASE:
            from schemashift.config import masked

            typed.append(("--url", masked(self.url)))
        for flag, value in typed:
            if hint.here and value and flag not in hint.args:
                yield from (flag, value)

    def settings(self, *, required: bool = True, upwards: bool = True) -> Config:
        """The configuration as seen from here, with the flags. Raises as `read_config` does."""
        from schemashift.config import read_config

        return read_config(self.config, url=self.url, directory=self.directory, required=required, upwards=upwards)

    def migrator(self, **overrides: Any) -> Migrator:
        """A `Migrator` that shows paths as seen from here, of a project that is read once in this run of the command
        line; *overrides* are fields of `Config`. Raises as `settings`.
        """
        from schemashift.migrator import Migrator
        from schemashift.paths import display_path
        from schemashift.project import Project

        config = self.settings()
        seen = config._replace(
            directory=display_path(config.directory),
            version_locations=tuple(display_path(each) for each in config.version_locations),
            **overrides,
        )
        return Migrator.of(Project(seen), x=self.x)

    def warn(self, graph: RevisionGraph) -> None:
        """Say what is wrong with the graph, for a command that goes on all the same."""
        for fault in graph.faults:
            self.ui.warning(fault)
        if graph.faults:
            self.answer["warnings"] = [self.ui.error_document(fault) for fault in graph.faults]
