"""The state of one run of the command line: the common options, and what commands derive from them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from schemashift.cli.ui import Ui
from schemashift.errors import Hint, SchemashiftError

if TYPE_CHECKING:
    from schemashift.config import Config
    from schemashift.migrator import Migrator
    from schemashift.revisions import RevisionGraph


WITHOUT_DATABASE = frozenset(("branches", "edit", "heads", "merge", "show"))
"""Commands that do not need ``--url`` in a hint."""


class Session:
    """One run of the command line. ``answer`` is the JSON document, without ``command`` and ``ok``.

    ``program`` is what precedes the command on the command line: ``schemashift``, or ``flask db``. ``migrates`` is true
    once the database may have been changed. ``name_of`` returns the name that a command has in the group of the one
    that runs, and None for one that the group lacks.
    """

    def __init__(self) -> None:
        self.ui = Ui(self.write)
        self.program = "schemashift"
        self.command = ""
        self.name_of: Callable[[str], str | None] = str
        self.url: str | None = None
        self.config: str | None = None
        self.directory: str | None = None
        self.x: dict[str, str] = {}
        self.traceback = False
        self.migrates = False
        self.answer: dict[str, Any] = {}

    def begin(
        self, command: str, program: str | None, arguments: Sequence[str], name_of: Callable[[str], str | None] = str
    ) -> None:
        """Note that *command* is about to run, as a command of *program*; None if it is not in a group.

        Flags in *arguments* that determine how errors are shown are read here, for errors about flags.
        """
        self.command = command
        self.program = program or self.program
        self.name_of = name_of
        before = arguments[: arguments.index("--")] if "--" in arguments else arguments
        self.ui.json = self.ui.json or "--json" in before
        for number, each in enumerate(before):
            if each.startswith("--color"):
                value = each.partition("=")[2] or (before[number + 1] if number + 1 < len(before) else "")
                self.ui.color = value if value in ("always", "never") else "auto"

    def finish(self, error: SchemashiftError | None = None) -> None:
        """Show *error*, or with ``--json`` the document. Flush stdout, so that a broken pipe is noticed here."""
        if self.ui.json:
            head = {"schemashift": 1, "command": self.command, "ok": error is None}
            tail = {"error": self.ui.error_document(error), "exit_code": error.exit_code} if error else {}
            self.ui.document(head | self.answer | tail)
        elif error:
            self.ui.error(error)
        self.ui.flush()

    def write(self, hint: str | Hint) -> str:
        """Return a hint as it can be pasted: with the program that runs, and the flags of this command line.

        The result is empty if the hint is to be left out, because the program lacks the command.
        """
        if isinstance(hint, str):
            return hint
        name = self.name_of(hint.command) if hint.command else ""
        return "" if name is None else hint._replace(command=name).written(self.program, self._flags(hint))

    def _flags(self, hint: Hint) -> Iterator[str]:
        """The flags that select this project and its database, as far as the command of *hint* needs them."""
        typed = [("-c", self.config), ("-d", self.directory)]
        if self.url and hint.command not in WITHOUT_DATABASE:
            from schemashift.config import masked

            typed.append(("--url", masked(self.url)))
        for flag, value in typed:
            if hint.here and value and flag not in hint.args:
                yield from (flag, value)

    def settings(self, *, required: bool = True, upwards: bool = True) -> Config:
        """Return the configuration for the current folder and flags. Raises what `read_config` raises."""
        from schemashift.config import read_config

        return read_config(self.config, url=self.url, directory=self.directory, required=required, upwards=upwards)

    def migrator(self, **overrides: Any) -> Migrator:
        """Return a `Migrator` that displays paths relative to the current folder, for a project that is read once.

        *overrides* are fields of `Config`. Raises what `settings` raises.
        """
        from schemashift.migrator import Migrator
        from schemashift.paths import display_path
        from schemashift.project import Project

        config = self.settings()
        displayed = config._replace(
            directory=display_path(config.directory),
            version_locations=tuple(display_path(each) for each in config.version_locations),
            **overrides,
        )
        return Migrator.of(Project(displayed), x=self.x)

    def warn(self, graph: RevisionGraph) -> None:
        """Show the faults of the graph, for a command that continues anyway."""
        for fault in graph.faults:
            self.ui.warning(fault)
        if graph.faults:
            self.answer["warnings"] = [self.ui.error_document(fault) for fault in graph.faults]
