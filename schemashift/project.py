"""`Project`: the configuration, the scripts with their graph, and the models. It needs no database.

A project is read once. The first access reads the headers of the scripts or loads the models, and the result is kept
until `Project.refresh`. So each command reads once, and several databases (tenants, binds) can share a project.
SQLAlchemy is imported only when the models are loaded.
"""

from __future__ import annotations

import contextlib
import os
from _thread import RLock  # what threading.RLock is, without importing threading
from collections.abc import Collection, Iterable, Mapping
from typing import TYPE_CHECKING

from schemashift.config import Config
from schemashift.errors import Hint, NoProject, SchemashiftError
from schemashift.paths import display_path
from schemashift.revisions import Revision, RevisionGraph, is_relative, resolve, resolve_range
from schemashift.scripts.directory import FILE_TEMPLATE, ScriptDirectory

if TYPE_CHECKING:
    from datetime import datetime

    import sqlalchemy as sa

    from schemashift.results import Branch
    from schemashift.scripts.draft import Draft

IMPORTS = ("import sqlalchemy as sa", "from schemashift import op")
"""The imports of a script that was not generated."""


class Project:
    """A configuration, with the scripts and the models it names. Thread-safe.

    *models* overrides the models of the configuration: a `MetaData`, a declarative base, or anything else that
    ``models`` may name there, as an object or as ``"app.models:Base"``.
    """

    def __init__(self, config: Config, *, models: object = None) -> None:
        """Nothing is read until it is needed."""
        self.config = config
        self.scripts = ScriptDirectory(
            config.directory, config.version_locations, recursive=config.recursive, root=config.root
        )
        self.models: tuple[object, ...] = config.models if models is None else (models,)
        self._lock = RLock()
        self._graph: RevisionGraph | None = None
        self._metadata: tuple[sa.MetaData, ...] | None = None

    def refresh(self) -> None:
        """Discard what was read; the next access reads again."""
        with self._lock:
            self._graph = None
        self._metadata = None

    # -- the scripts

    def graph(self) -> RevisionGraph:
        """Return the graph of the scripts, including its faults. Raises `NoProject` if there is no directory."""
        with self._lock:
            if self._graph is None:
                self._require_directory()
                self._graph = self.scripts.graph()
            return self._graph

    def _require_directory(self) -> None:
        places = (self.config.directory, *self.scripts.version_locations)
        if not any(os.path.isdir(each) for each in places):
            raise NoProject(
                f"there is no folder {display_path(self.config.directory)}",
                cause="the folder is set by directory in the configuration, SCHEMASHIFT_DIRECTORY or -d",
                hints=[Hint("init", why="creates it")],
            )

    def heads(self) -> tuple[Revision, ...]:
        """Return the revisions that no other revision revises, oldest first."""
        graph = self.graph()
        return tuple(graph[each] for each in graph.heads)

    def branches(self) -> tuple[Branch, ...]:
        """Return the revisions with more than one child, newest first."""
        from schemashift.results import Branch

        graph = self.graph()
        return tuple(
            Branch(graph[each], tuple(graph[child] for child in graph.children(each)))
            for each in reversed(graph.branch_points)
        )

    def history(self, range: str = ":", applied: Collection[str] = ()) -> tuple[Revision, ...]:  # noqa: A002
        """Return the revisions of ``a:b``, newest first. Relative ends count from *applied*: see `is_relative`."""
        graph = self.graph()
        ids = resolve_range(graph, range, applied)
        return tuple(graph[each] for each in reversed(graph.in_order(ids)))

    def show(self, revision: str = "head", applied: Collection[str] = ()) -> tuple[Revision, ...]:
        """Return the revisions an identifier refers to, newest first; ``heads`` may refer to several."""
        graph = self.graph()
        ids = resolve(graph, revision, applied)
        return tuple(graph[each] for each in reversed(graph.in_order(ids)))

    def is_relative(self, *names: str) -> bool:
        """Return True if one of *names*, identifiers or ranges, counts from the applied revisions."""
        graph = self.graph()
        return any(is_relative(graph, each) for each in names)

    # -- new scripts

    def write(
        self, header: Draft, message: str, imports: Iterable[str] = IMPORTS, upgrade: str = "", downgrade: str = ""
    ) -> Revision:
        """Write a new script, add its revision to the graph, and return it.

        *upgrade* and *downgrade* are the indented bodies. Raises what `ScriptDirectory.write` raises.
        """
        revision = self.scripts.write(
            header.id,
            message,
            created=self._now(),
            parents=header.parents,
            labels=header.labels,
            depends_on=header.depends_on,
            imports="\n".join(imports),
            upgrade=upgrade or "    pass",
            downgrade=downgrade or "    pass",
            file_template=self.config.file_template or FILE_TEMPLATE,
            line_length=self.config.line_length,
            location=header.location,
        )
        with self._lock:
            if self._graph is not None:
                self._graph = self._graph.with_revision(revision)
        return revision

    def _now(self) -> datetime:
        from datetime import UTC, datetime

        zone = self.config.timezone
        if not zone:
            return datetime.now(UTC)
        from schemashift.errors import BadConfig

        try:
            from zoneinfo import ZoneInfo

            return datetime.now(ZoneInfo(zone))
        except (KeyError, ValueError, OSError) as error:
            raise BadConfig(f'timezone = "{zone}" is not a time zone', cause=str(error)) from error

    # -- the models

    def metadata(self) -> tuple[sa.MetaData, ...]:
        """Return the `MetaData` of the models. Raises `NoModels` and `ModelsDoNotLoad`."""
        from schemashift.sources.models import load_metadata

        metadatas = self._metadata
        if metadatas is None:  # without the lock: loading imports the application, which may use the project in turn
            metadatas = load_metadata(self.models, imports=self.config.imports, root=self.config.root)
            self._metadata = metadatas
        return metadatas

    def naming_convention(self) -> Mapping[str, object] | None:
        """Return the naming convention of the models, which names the constraints that a script leaves unnamed.

        None if the models do not load: that must not stop a deployment.
        """
        if not self.models:
            return None
        from schemashift.sources.models import load_metadata

        with contextlib.suppress(SchemashiftError):
            metadatas = load_metadata(self.models, root=self.config.root)
            conventions = (each.naming_convention for each in metadatas)
            return next((each for each in conventions if set(each) - {"ix"}), None)
        return None
