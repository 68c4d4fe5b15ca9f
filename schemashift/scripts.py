"""The directory of migration scripts: read their headers without running them, load one, write one.

One of two modules that see the file system. The way of a header: the bytes are searched with one pattern for literal
assignments; where anything else in the file could bind one of the four names, `ast` decides; where that finds something
that is not literal, this one script is executed. Ten thousand scripts are read in about the time it takes to open them.
"""

# os and not pathlib: that costs 20 ms at start-up and doubles the time of reading ten thousand small files.

from __future__ import annotations

import os
import sys
from _thread import RLock  # what threading.RLock is, without importing threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from types import FrameType, ModuleType, TracebackType
from typing import TYPE_CHECKING

from schemashift.errors import BadConfig, DuplicateRevision, Location, ScriptDoesNotLoad, UsageError
from schemashift.revisions.graph import RevisionGraph
from schemashift.revisions.header import read_quickly
from schemashift.revisions.revision import Revision, check_label, check_revision_id

if TYPE_CHECKING:
    from datetime import datetime

    from schemashift.revisions.syntax import Header

FILE_TEMPLATE = "{date}_{revision}_{slug}.py"
"""What `ScriptDirectory.write` calls a file; also known: {year} {month} {day} {hour} {minute} {second} {epoch}."""

TEMPLATE = "script.py.tmpl"

_ENOUGH = 1 << 16

_unused: deque[str] = deque()
"""Names of modules in ``sys.modules`` whose scripts are gone: see `_forget_with`. Appending is safe anywhere."""


class Script:
    """A loaded script. ``checksum`` is the SHA-256 of its source with newlines as on Unix."""

    __slots__ = ("__weakref__", "checksum", "module", "revision")

    def __init__(self, revision: Revision, module: ModuleType, checksum: str) -> None:
        self.revision = revision
        self.module = module
        self.checksum = checksum

    @property
    def path(self) -> str:
        return self.revision.path

    @property
    def upgrade(self) -> Callable[..., object]:
        """Its ``upgrade`` function. Raises `ScriptDoesNotLoad` if there is none."""
        return self._function("upgrade")

    @property
    def downgrade(self) -> Callable[..., object]:
        """Its ``downgrade`` function. Raises `ScriptDoesNotLoad` if there is none."""
        return self._function("downgrade")

    def _function(self, name: str) -> Callable[..., object]:
        found = getattr(self.module, name, None)
        if callable(found):
            return found  # type: ignore[no-any-return]
        raise ScriptDoesNotLoad(
            f"{self.revision.title} has no {name}()",
            where=Location(self.path),
            hints=[f"add  def {name}() -> None:  to the script, with  pass  if there is nothing to do"],
        )


class ScriptDirectory:
    """``directory`` holds the template, and ``version_locations`` (by default its ``versions`` folder) the scripts.

    Nothing is read before it is asked for, and what was loaded is kept until the file changes. Safe in threads.
    """

    def __init__(
        self,
        directory: str | os.PathLike[str],
        version_locations: Iterable[str | os.PathLike[str]] = (),
        *,
        recursive: bool = False,
    ) -> None:
        self.directory = os.fspath(directory)
        places = tuple(os.fspath(each) for each in version_locations)
        self.version_locations = places or (os.path.join(self.directory, "versions"),)
        self.recursive = recursive
        self._loaded: dict[str, Script] = {}
        self._lock = RLock()

    # -- reading

    def paths(self) -> list[str]:
        """The script files, sorted. A folder that does not exist holds none: git keeps no empty ones."""
        seen: set[str] = set()
        return sorted(path for place in self.version_locations for path in _scripts_in(place, seen, self.recursive))

    def graph(self) -> RevisionGraph:
        """Every script's header as a graph; what cannot be read is among its faults."""
        revisions: list[Revision] = []
        faults: list[UsageError] = []
        for path in self.paths():
            try:
                revisions.append(read_revision(path))
            except ScriptDoesNotLoad as error:
                faults.append(error)
        return RevisionGraph(revisions, faults)

    def source(self, revision: Revision) -> str:
        """The text of its script."""
        return _text(_read(revision.path))

    def checksum(self, revision: Revision) -> str:
        """The SHA-256 of its script, newlines normalised, without running it."""
        return checksum(_read(revision.path))

    def load(self, revision: Revision) -> Script:
        """Execute its script, once for as long as the file stays the same. Raises `ScriptDoesNotLoad`."""
        data = _read(revision.path)
        digest = checksum(data)
        with self._lock:
            known = self._loaded.get(revision.path)
            if known is not None and known.checksum == digest:
                return known
            script = Script(revision, _execute(revision.path, data, revision.id), digest)
            _forget_with(script)
            self._loaded[revision.path] = script
            return script

    # -- writing

    def template(self) -> str:
        """The text of ``script.py.tmpl``. Raises `BadConfig` if there is none."""
        path = os.path.join(self.directory, TEMPLATE)
        try:
            return _text(_bytes_of(path))
        except OSError as error:
            raise BadConfig(
                f"cannot read {path}: {error.strerror}",
                hints=["schemashift init    in an empty folder makes one that can be copied here"],
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
        location: str | os.PathLike[str] | None = None,
        template: str | None = None,
    ) -> Revision:
        """Write a new script into ``location`` (the first of the version locations) and return what it says.

        ``imports``, ``upgrade`` and ``downgrade`` are ready text, the bodies indented. Nothing is overwritten and no
        half file is ever seen. Raises `BadTarget` for an id or label that cannot be one, `BadConfig` for a template
        that does not give the script that was asked for, `DuplicateRevision` if the file exists.
        """
        given = Revision(
            check_revision_id(revision_id),
            tuple(parents),
            tuple(depends_on),
            tuple(check_label(each) for each in labels),
            message,
        )
        from schemashift.revisions import text

        source = text.render(
            self.template() if template is None else template,
            given,
            created=created.isoformat(" ", "seconds"),
            imports=imports,
            upgrade=upgrade,
            downgrade=downgrade,
        ).encode("utf-8", "backslashreplace")
        folder = self.version_locations[0] if location is None else os.fspath(location)
        name = text.file_name(file_template, given, created)
        if "/" in name and not self.recursive:
            raise BadConfig(
                f'file_template = "{file_template}" puts scripts into folders', hints=["recursive = true    finds them"]
            )
        path = os.path.join(folder, name)
        revision = _checked(path, source, given)
        _write_new(path, source)
        return revision


def new_revision_id() -> str:
    """Twelve random hexadecimal digits."""
    return os.urandom(6).hex()


# -- finding


def _scripts_in(folder: str, seen: set[str], recursive: bool) -> Iterator[str]:  # noqa: FBT001  a private walk
    real = os.path.realpath(folder)
    if real in seen:
        return
    seen.add(real)
    folders = []
    for entry in _entries(folder):
        name = entry.name
        if name.endswith(".py"):
            if name[0] != "." and name != "__init__.py":
                yield entry.path
        elif recursive and name[0] != "." and name != "__pycache__" and entry.is_dir():
            folders.append(entry.path)
    for each in sorted(folders):
        yield from _scripts_in(each, seen, recursive)


def _entries(folder: str) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except FileNotFoundError:
        return []
    except OSError as error:
        raise BadConfig(f"cannot read the scripts in {folder}: {error.strerror}") from error


def _bytes_of(path: str) -> bytes:
    handle = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        data = os.read(handle, _ENOUGH)
        if len(data) < _ENOUGH:
            return data
        parts = [data]
        while parts[-1]:
            parts.append(os.read(handle, 1 << 20))
        return b"".join(parts)
    finally:
        os.close(handle)


def _read(path: str) -> bytes:
    try:
        return _bytes_of(path)
    except OSError as error:
        raise ScriptDoesNotLoad(f"cannot be read: {error.strerror}", where=Location(path)) from error


def checksum(source: bytes) -> str:
    """The SHA-256 of a script with newlines as on Unix, so that a checkout on Windows is not an edit."""
    from hashlib import sha256

    return sha256(source.replace(b"\r\n", b"\n").replace(b"\r", b"\n")).hexdigest()


def _text(data: bytes) -> str:
    """Source as Python reads it: a coding cookie counts, newlines become ``\\n``."""
    import io
    from tokenize import detect_encoding

    try:
        encoding, _ = detect_encoding(io.BytesIO(data).readline)
        text = data.decode(encoding)
    except (SyntaxError, UnicodeDecodeError):
        text = data.decode("utf-8", "replace")
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


# -- headers


def read_revision(path: str) -> Revision:
    """The header of a script. Raises `ScriptDoesNotLoad` if it has none, or none that can be read."""
    return _revision(path, _read(path))


def _revision(path: str, data: bytes) -> Revision:
    found = read_quickly(path, data)
    if found is not None:
        return found
    from schemashift.revisions.syntax import to_revision

    return to_revision(path, _header(path, data))


def _header(path: str, data: bytes) -> Header:
    """The header by `ast`, and where it is not literal by running this one script. Raises `ScriptDoesNotLoad`."""
    from schemashift.revisions import syntax

    try:
        tree = syntax.parse(path, data)
    except (SyntaxError, ValueError) as error:
        raise script_error(path, error) from error
    literal = syntax.literal_header(tree)
    if literal is not None:
        return literal
    module = _execute(path, data, "header")
    sys.modules.pop(module.__name__, None)
    values = {name: getattr(module, name, None) for name in syntax.NAMES}
    return syntax.Header(values, module.__doc__ or "", syntax.lines_of(tree))


# -- running


def _execute(path: str, data: bytes, name: str) -> ModuleType:
    """Run a script as a module of its own, which stays in ``sys.modules``: dataclasses and mapped classes look there.

    Several projects in one process may have the same revision; the first has the plain name.
    """
    try:
        code = compile(data, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise script_error(path, error) from error
    module = _registered("schemashift._scripts." + name.replace(".", "_"))
    module.__file__ = path
    try:
        exec(code, module.__dict__)
    except (Exception, SystemExit) as error:
        sys.modules.pop(module.__name__, None)
        raise script_error(path, error) from error
    except BaseException:
        sys.modules.pop(module.__name__, None)
        raise
    return module


def _registered(name: str) -> ModuleType:
    _forget_unused()
    tried = name
    count = 1
    module = ModuleType(tried)
    while sys.modules.setdefault(tried, module) is not module:
        count += 1
        tried = f"{name}_{count}"
    module.__name__ = tried
    return module


def _forget_with(script: Script) -> None:
    """Let go of the module when nobody holds the script any more.

    The collector may find that out in the middle of somebody's loop over ``sys.modules``, so it only takes a note;
    the next script that is loaded, which changes ``sys.modules`` anyway, takes the module out.
    """
    from weakref import finalize

    finalize(script, _unused.append, script.module.__name__).atexit = False


def _forget_unused() -> None:
    while True:
        try:
            sys.modules.pop(_unused.popleft(), None)
        except IndexError:  # also where another thread took the last one
            return


def script_error(path: str, error: BaseException) -> ScriptDoesNotLoad:
    """What a script raised, as an error that shows its line and, where that is known, what to write."""
    where = script_location(path, error)
    message = f"{error.msg}" if isinstance(error, SyntaxError) else _message(error)
    return ScriptDoesNotLoad(message, where=where, hints=hints_for(error))


def _message(error: BaseException) -> str:
    if isinstance(error, SystemExit):
        return "the script calls sys.exit()"
    text = str(error)
    plain = isinstance(error, NameError | ImportError) and text
    return text if plain else f"{type(error).__name__}: {text}" if text else type(error).__name__


def script_location(path: str, error: BaseException) -> Location:
    """The deepest line of the script that an error passed through, with its text."""
    if isinstance(error, SyntaxError) and error.filename == path:
        return Location(path, error.lineno, "", (error.text or "").strip())
    place: tuple[FrameType, int] | None = None
    trace: TracebackType | None = error.__traceback__
    while trace is not None:
        if trace.tb_frame.f_code.co_filename == path:
            place = (trace.tb_frame, trace.tb_lineno)
        trace = trace.tb_next
    if place is None:
        return Location(path)
    function = place[0].f_code.co_name
    return Location(path, place[1], "" if function == "<module>" else function, _source_line(path, place[1]))


def _source_line(path: str, line: int) -> str:
    try:
        return _text(_bytes_of(path)).split("\n")[line - 1].strip()
    except (OSError, IndexError):
        return ""


_KNOWN_IMPORTS = {
    "sa": "import sqlalchemy as sa",
    "op": "from schemashift import op",
    "mysql": "from sqlalchemy.dialects import mysql",
    "postgresql": "from sqlalchemy.dialects import postgresql",
    "sqlite": "from sqlalchemy.dialects import sqlite",
    "Text": "from sqlalchemy import Text",
}


def hints_for(error: BaseException) -> list[str]:
    """What to write so that a script does not raise *error*, where that is known."""
    if isinstance(error, NameError) and error.name:
        line = _KNOWN_IMPORTS.get(error.name) or (f"import {error.name}" if _is_module(error.name) else "")
        return [f"add  {line}  at the top of the script"] if line else []
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] == "alembic":
        return ["from schemashift import op    in place of  from alembic import op"]
    if isinstance(error, ModuleNotFoundError) and error.name:
        return [f"is {error.name.partition('.')[0]} installed in this environment, and spelt so?"]
    return []


def _is_module(name: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False


# -- writing


def _checked(path: str, data: bytes, given: Revision) -> Revision:
    """What a script that is about to be written says. Raises `BadConfig` if that is not what was given."""
    try:
        compile(data, path, "exec", dont_inherit=True)
        found = _revision(path, data)
    except (SyntaxError, ValueError) as error:
        raise BadConfig(f"{TEMPLATE} gives a script that is no Python: {error}") from error
    except ScriptDoesNotLoad as error:
        raise BadConfig(f"{TEMPLATE} gives a script that cannot be read: {error.message}") from error
    for name in ("id", "parents", "depends_on", "labels"):
        if getattr(found, name) != getattr(given, name):
            raise BadConfig(f"{TEMPLATE} gives a script with another {name}: {getattr(found, name)}")
    return found


def _write_new(path: str, data: bytes) -> None:
    """A new file, whole or not at all. Raises `DuplicateRevision` if it exists."""
    folder, _, name = path.replace("\\", "/").rpartition("/") if os.sep == "\\" else path.rpartition("/")
    folder = folder or "."
    draft = os.path.join(folder, f".{name[:200]}.{os.getpid()}.{new_revision_id()}")
    try:
        os.makedirs(folder, exist_ok=True)
        try:
            _fill(draft, data)
            _publish(draft, path)
        finally:
            _remove(draft)
    except FileExistsError as error:
        raise DuplicateRevision(f"{path} already exists", where=Location(path)) from error
    except OSError as error:
        raise BadConfig(f"cannot write {path}: {error.strerror}") from error


def _fill(path: str, data: bytes) -> None:
    with open(path, "xb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _publish(draft: str, path: str) -> None:
    """Give the draft its name. A hard link fails if that is taken; where there are none, it is taken first."""
    try:
        os.link(draft, path)
    except FileExistsError:
        raise
    except (OSError, NotImplementedError, AttributeError):
        os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
        os.replace(draft, path)


def _remove(path: str) -> None:
    try:
        os.unlink(path)
    except FileNotFoundError:
        return
