"""What the flags said, and what a command makes of them: settings, a `Migrator`, an answer."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from schemashift.cli.ui import Ui

if TYPE_CHECKING:
    from schemashift.config import Config
    from schemashift.migrator import Migrator
    from schemashift.revisions import RevisionGraph


class Session:
    """One run of the command line. ``answer`` is what ``--json`` shows besides ``command`` and ``ok``.

    ``migrates``: the database may have changed, whatever happens from now on.
    """

    def __init__(self) -> None:
        self.ui = Ui()
        self.command = ""
        self.url: str | None = None
        self.config: str | None = None
        self.directory: str | None = None
        self.x: dict[str, str] = {}
        self.traceback = False
        self.migrates = False
        self.answer: dict[str, Any] = {}

    def settings(self, *, required: bool = True, upwards: bool = True) -> Config:
        """The configuration as seen from here, with the flags. Raises as `read_config` does."""
        from schemashift.config import read_config

        return read_config(self.config, url=self.url, directory=self.directory, required=required, upwards=upwards)

    def migrator(self, **overrides: Any) -> Migrator:
        """A `Migrator` that shows paths as seen from here, of a project that is read once in this run of the command
        line; *overrides* are fields of `Config`. Raises as `settings`.
        """
        from schemashift.migrator import Migrator
        from schemashift.paths import shown_path
        from schemashift.project import Project

        config = self.settings()
        seen = config._replace(
            directory=shown_path(config.directory),
            version_locations=tuple(shown_path(each) for each in config.version_locations),
            **overrides,
        )
        return Migrator.of(Project(seen), x=self.x)

    def warn(self, graph: RevisionGraph) -> None:
        """Say what is wrong with the graph, for a command that goes on all the same."""
        for fault in graph.faults:
            self.ui.warning(fault)
        if graph.faults:
            from schemashift.cli.ui import error_document

            self.answer["warnings"] = [error_document(fault) for fault in graph.faults]
