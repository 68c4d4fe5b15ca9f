"""The directory of migration scripts: finding, reading, loading and writing them."""

from __future__ import annotations

import os
from _thread import RLock  # what threading.RLock is, without importing threading
from collections.abc import Iterable
from typing import TYPE_CHECKING

from schemashift.config import LINE_LENGTH
from schemashift.errors import BadConfig, Hint, ScriptDoesNotLoad, UsageError
from schemashift.revisions.graph import RevisionGraph
from schemashift.revisions.revision import Revision, check_label, check_revision_id
from schemashift.scripts.files import (
    checksum,
    does_the_same,
    is_of,
    read_bytes,
    read_script,
    scripts_in,
    text_of,
    write_new,
)
from schemashift.scripts.load import Script, execute, forget_with, read_revision, revision_of

if TYPE_CHECKING:
    from datetime import datetime

FILE_TEMPLATE = "{date}_{revision}_{slug}.py"
"""The default name of a new script. Also available: {year} {month} {day} {hour} {minute} {second} {epoch}."""

TEMPLATE = "script.py.tmpl"


class ScriptDirectory:
    """The folder of the template, and the ``version_locations`` of the scripts: its subfolder ``versions`` and others.

    Files are read when they are needed, and loaded scripts are kept until the file changes. Thread-safe.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        version_locations: Iterable[str | os.PathLike[str]] = (),
        *,
        recursive: bool = False,
        root: str | None = None,
    ) -> None:
        """*root* is the folder of the project, which scripts may import: it is put on ``sys.path`` to execute one."""
        self.directory = os.fspath(directory)
        own = os.path.join(self.directory, "versions")
        others = [os.fspath(each) for each in version_locations if os.path.abspath(each) != os.path.abspath(own)]
        self.version_locations = (own, *others) if os.path.isdir(own) or not others else (*others, own)
        self.recursive = recursive
        self.root = root
        self._loaded: dict[str, Script] = {}
        self._lock = RLock()

    # -- reading

    def paths(self) -> list[str]:
        """Return the paths of the scripts, sorted. A folder may be missing: git does not keep empty ones."""
        seen: set[str] = set()
        return sorted(
            path for place in self.version_locations for path in scripts_in(place, seen, recursive=self.recursive)
        )

    def graph(self) -> RevisionGraph:
        """Return the graph of all scripts. Headers that cannot be read are among its faults."""
        revisions: list[Revision] = []
        faults: list[UsageError] = []
        for path in self.paths():
            try:
                revisions.append(read_revision(path, self.root))
            except ScriptDoesNotLoad as error:
                faults.append(error)
        return RevisionGraph(revisions, faults)

    def source(self, revision: Revision) -> str:
        """Return the text of the script of *revision*."""
        return text_of(read_script(revision.path))

    def checksum(self, revision: Revision) -> str:
        """Return the checksum of the script of *revision*, without executing it."""
        return checksum(read_script(revision.path))

    def is_unedited(self, revision: Revision, digest: str) -> bool:
        """Return True if *digest* was recorded for the script of *revision* as it is."""
        return is_of(digest, read_script(revision.path))

    def does_the_same(self, revision: Revision, digest: str) -> bool:
        """Return True if the script of *revision* differs from the one with checksum *digest* in its form only."""
        return does_the_same(self.checksum(revision), digest)

    def load(self, revision: Revision) -> Script:
        """Execute the script of *revision*, unless it is loaded and unchanged. Raises `ScriptDoesNotLoad`."""
        data = read_script(revision.path)
        digest = checksum(data)
        with self._lock:
            loaded = self._loaded.get(revision.path)
            if loaded is not None and loaded.checksum == digest:
                return loaded
            script = Script(revision, execute(revision.path, data, revision.id, self.root), digest)
            forget_with(script)
            self._loaded[revision.path] = script
            return script

    # -- writing

    def template(self) -> str:
        """Return the text of ``script.py.tmpl``. Raises `BadConfig` if there is none."""
        path = os.path.join(self.directory, TEMPLATE)
        try:
            return text_of(read_bytes(path))
        except OSError as error:
            raise BadConfig(
                f"cannot read {path}: {error.strerror}",
                hints=[Hint("init", why="in an empty folder creates one that can be copied here", here=False)],
            ) from error

    def write(
        self,
        revision_id: str,
        message: str,
        *,
        created: datetime,
        parents: Iterable[str] = (),
        labels: Iterable[str] = (),
        depends_on: Iterable[str] = (),
        imports: str = "",
        upgrade: str = "    pass",
        downgrade: str = "    pass",
        file_template: str = FILE_TEMPLATE,
        line_length: int = LINE_LENGTH,
        location: str | os.PathLike[str] | None = None,
        template: str | None = None,
    ) -> Revision:
        """Write a new script into ``location`` (default: the first of the version locations) and return its revision.

        ``imports``, ``upgrade`` and ``downgrade`` are source text; the bodies are indented. No file is overwritten, and
        the new file is never visible in part. Raises `BadTarget` for an invalid id or label, `BadConfig` if the
        template produces a script with another header, and `DuplicateRevision` if the file exists.
        """
        wanted = Revision(
            check_revision_id(revision_id),
            tuple(parents),
            tuple(depends_on),
            tuple(check_label(each) for each in labels),
            message,
        )
        from schemashift.scripts import text

        source = text.render(
            self.template() if template is None else template,
            wanted,
            created=created.isoformat(" ", "seconds"),
            imports=imports,
            upgrade=upgrade,
            downgrade=downgrade,
            width=line_length,
        ).encode("utf-8", "backslashreplace")
        folder = self.version_locations[0] if location is None else os.fspath(location)
        path = os.path.join(folder, self._file_name(file_template, wanted, created))
        revision = _checked(path, source, wanted)
        write_new(path, source)
        return revision

    def _file_name(self, template: str, revision: Revision, created: datetime) -> str:
        """Return the name of a new script, in a subfolder only if subfolders are searched. Raises `BadConfig`."""
        from schemashift.scripts import text

        name = text.file_name(template, revision, created)
        if "/" in name and not self.recursive:
            raise BadConfig(
                f'file_template = "{template}" puts scripts into folders', hints=["recursive = true    finds them"]
            )
        return name


def _checked(path: str, data: bytes, wanted: Revision) -> Revision:
    """Return the revision of a script that is about to be written. Raises `BadConfig` if it is not *wanted*."""
    try:
        compile(data, path, "exec", dont_inherit=True)
        found = revision_of(path, data)
    except (SyntaxError, ValueError) as error:
        raise BadConfig(f"{TEMPLATE} gives a script that is not valid Python: {error}") from error
    except ScriptDoesNotLoad as error:
        raise BadConfig(f"{TEMPLATE} gives a script that cannot be read: {error.message}") from error
    for name in ("id", "parents", "depends_on", "labels"):
        if getattr(found, name) != getattr(wanted, name):
            raise BadConfig(f"{TEMPLATE} gives a script with another {name}: {getattr(found, name)}")
    return found
