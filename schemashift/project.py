"""`Project`: what is known without a database: the configuration, the scripts with their graph, and the models.

A project is read once. The first question reads the headers of the scripts or loads the models, later ones get the same
answer until `Project.refresh`; so a command reads once, and so do the databases that share a project (tenants, binds).
SQLAlchemy is imported where the models are loaded, and nowhere else.
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
from schemashift.revisions import Revision, RevisionGraph, is_range, read_target, split_range
from schemashift.scripts.directory import FILE_TEMPLATE, ScriptDirectory

if TYPE_CHECKING:
    from datetime import datetime

    import sqlalchemy as sa

    from schemashift.results import Branch
    from schemashift.scripts.draft import Draft

IMPORTS = ("import sqlalchemy as sa", "from schemashift import op")
"""What a script imports that was not generated."""


class Project:
    """A configuration, the scripts and the models it names. Safe in threads.

    *models* take the place of the configuration's: a `MetaData`, a declarative base, or anything else that ``models``
    may name there, as an object or as ``"app.models:Base"``.
    """

    def __init__(self, config: Config, *, models: object = None) -> None:
        """Nothing is read yet."""
        self.config = config
        self.scripts = ScriptDirectory(config.directory, config.version_locations, recursive=config.recursive)
        self.models: tuple[object, ...] = config.models if models is None else (models,)
        self._lock = RLock()
        self._graph: RevisionGraph | None = None
        self._metadata: tuple[sa.MetaData, ...] | None = None

    def refresh(self) -> None:
        """Forget what was read: the next question reads again."""
        with self._lock:
            self._graph = None
        self._metadata = None

    # -- the scripts

    def graph(self) -> RevisionGraph:
        """The scripts' headers as a graph, faults and all. Raises `NoProject` where there is no directory."""
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
                cause="scripts are where directory in the configuration, SCHEMASHIFT_DIRECTORY or -d says",
                hints=[Hint("init", why="makes it")],
            )

    def heads(self) -> tuple[Revision, ...]:
        """The revisions that no other revises, oldest first."""
        graph = self.graph()
        return tuple(graph[each] for each in graph.heads)

    def branches(self) -> tuple[Branch, ...]:
        """The revisions that several others revise, newest first."""
        from schemashift.results import Branch

        graph = self.graph()
        return tuple(
            Branch(graph[each], tuple(graph[child] for child in graph.children(each)))
            for each in reversed(graph.branch_points)
        )

    def history(self, range: str = ":", applied: Collection[str] = ()) -> tuple[Revision, ...]:  # noqa: A002
        """The revisions of ``a:b``, newest first; *applied* is what `is_relative` ranges count from."""
        graph = self.graph()
        ids = graph.resolve_range(range, applied)
        return tuple(graph[each] for each in reversed(graph.in_order(ids)))

    def show(self, revision: str = "head", applied: Collection[str] = ()) -> tuple[Revision, ...]:
        """What an identifier means, newest first; ``heads`` may mean several."""
        graph = self.graph()
        ids = graph.resolve(revision, applied)
        return tuple(graph[each] for each in reversed(graph.in_order(ids)))

    def is_relative(self, *names: str) -> bool:
        """Whether one of *names*, identifiers or ranges, counts from what is applied."""
        graph = self.graph()
        parts = [part for name in names for part in (split_range(name) if is_range(name) else (name,))]
        return any(read_target(graph, each).relative for each in parts)

    # -- new scripts

    def write(
        self, header: Draft, message: str, imports: Iterable[str] = IMPORTS, upgrade: str = "", downgrade: str = ""
    ) -> Revision:
        """Write a new script and return what it says; the graph has it from then on.

        *upgrade* and *downgrade* are bodies, indented. Raises as `ScriptDirectory.write` does.
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
        """The models' `MetaData`. Raises `NoModels` and `ModelsDoNotLoad`."""
        from schemashift.sources.models import load_metadata

        found = self._metadata
        if found is None:  # without the lock: loading imports the application, which may use the project in turn
            found = self._metadata = load_metadata(self.models, imports=self.config.imports, root=self.config.root)
        return found

    def naming_convention(self) -> Mapping[str, object] | None:
        """How the models name constraints, for scripts that give them none, as Alembic's do. Models that do not load
        must not stop a deploy: then nothing is named."""
        if not self.models:
            return None
        from schemashift.sources.models import load_metadata

        with contextlib.suppress(SchemashiftError):
            found = (each.naming_convention for each in load_metadata(self.models, root=self.config.root))
            return next((each for each in found if set(each) - {"ix"}), None)
        return None
