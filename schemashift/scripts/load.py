"""Read the header of a script, without executing it if possible, and load its module.

The bytes are searched with one pattern for literal assignments. If anything else in the file could bind one of the four
names, the file is parsed with `ast`. If a value is not literal, the script is executed. Ten thousand scripts are read
in about the time it takes to open them.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine, Generator
from types import FrameType, ModuleType, TracebackType
from typing import TYPE_CHECKING, Any

from schemashift.errors import Location, ScriptDoesNotLoad
from schemashift.paths import put_on_path
from schemashift.revisions.revision import Revision
from schemashift.scripts.files import read_bytes, read_script, text_of
from schemashift.scripts.header import read_quickly

if TYPE_CHECKING:
    from schemashift.scripts.syntax import Header

_unused: deque[str] = deque()
"""Names of modules in ``sys.modules`` whose scripts were collected: see `forget_with`. Appending is always safe."""


class Script:
    """A loaded script. ``checksum`` is that of its source: see `schemashift.scripts.files`."""

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
        """The ``upgrade`` function. Raises `ScriptDoesNotLoad` if there is none."""
        return self._function("upgrade")

    @property
    def downgrade(self) -> Callable[..., object]:
        """The ``downgrade`` function. Raises `ScriptDoesNotLoad` if there is none."""
        return self._function("downgrade")

    def _function(self, name: str) -> Callable[..., object]:
        found = getattr(self.module, name, None)
        if not callable(found):
            raise ScriptDoesNotLoad(
                f"{self.revision.title} has no {name}()",
                where=Location(self.path),
                hints=[f"add  def {name}() -> None:  to the script, with  pass  if there is nothing to do"],
            )
        if (what := _postponed(found)) is not None:
            line = found.__code__.co_firstlineno
            raise ScriptDoesNotLoad(
                f"{self.revision.title}: {name}() is {what}, and calling it runs nothing",
                where=Location(self.path, line, name, _source_line(self.path, line)),
                hints=[f"write  def {name}() -> None:  without async, await and yield; the connection is synchronous"],
            )
        return found  # type: ignore[no-any-return]


_POSTPONED = {0x80: "a coroutine function", 0x200: "an asynchronous generator", 0x20: "a generator"}
"""The flags of code whose call returns an object and runs nothing yet, as in `inspect`, which takes long to import."""


def _postponed(function: Any) -> str | None:
    flags = getattr(getattr(function, "__code__", None), "co_flags", 0)
    return next((what for flag, what in _POSTPONED.items() if flags & flag), None)


def call(function: Callable[[], object]) -> None:
    """Call ``upgrade`` or ``downgrade``. Raises `TypeError` if it returns an object that has still to be run."""
    result = function()
    if isinstance(result, Awaitable | Generator | AsyncGenerator):
        if isinstance(result, Coroutine | Generator):
            result.close()
        raise TypeError(f"it returned a {type(result).__name__}, and what is in it has not run")


def read_revision(path: str, root: str | None = None) -> Revision:
    """Return the revision of a script; *root* is the folder of the project, from which the script may import.

    Raises `ScriptDoesNotLoad` if its header is missing or cannot be read.
    """
    return revision_of(path, read_script(path), root)


def revision_of(path: str, data: bytes, root: str | None = None) -> Revision:
    """Return the revision in the bytes of a script. Raises `ScriptDoesNotLoad`."""
    found = read_quickly(path, data)
    if found is not None:
        return found
    from schemashift.scripts.syntax import to_revision

    return to_revision(path, _header(path, data, root))


def _header(path: str, data: bytes, root: str | None) -> Header:
    """Read the header with `ast`, or if it is not literal, by executing the script. Raises `ScriptDoesNotLoad`."""
    from schemashift.scripts import syntax

    try:
        tree = syntax.parse(path, data)
    except (SyntaxError, ValueError) as error:
        raise script_error(path, error) from error
    literal = syntax.literal_header(tree)
    if literal is not None:
        return literal
    module = execute(path, data, "header", root)
    sys.modules.pop(module.__name__, None)
    values = {name: getattr(module, name, None) for name in syntax.NAMES}
    return syntax.Header(values, module.__doc__ or "", syntax.lines_of(tree))


def execute(path: str, data: bytes, name: str, root: str | None = None) -> ModuleType:
    """Execute a script as a module in ``sys.modules``, where dataclasses and mapped classes look for it.

    *root* is put on ``sys.path``: a script imports the project as the application does, in whatever folder it is run.
    (The path is not changed to read headers: a file of the project may have the name of a standard module.)

    Several projects in one process may have the same revision; the second module gets a numbered name.
    """
    try:
        code = compile(data, path, "exec", dont_inherit=True)
    except (SyntaxError, ValueError) as error:
        raise script_error(path, error) from error
    module = _registered("schemashift._scripts." + name.replace(".", "_"))
    module.__file__ = path
    if root is not None:
        put_on_path(root)
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


def forget_with(script: Script) -> None:
    """Remove the module from ``sys.modules`` after *script* has been collected.

    The collection may happen while ``sys.modules`` is iterated over, so the name is only noted; the module is removed
    when the next script is loaded, which changes ``sys.modules`` anyway.
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
    """Return the error for what a script raised, with its line and a hint if there is one."""
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
    """Return the innermost line of the script in the traceback of *error*, with its text."""
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
        return text_of(read_bytes(path)).split("\n")[line - 1].strip()
    except (OSError, IndexError):
        return ""


_KNOWN_IMPORTS = {
    "sa": "import sqlalchemy as sa",
    "op": "from schemashift import op",
    "Text": "from sqlalchemy import Text",
}


def hints_for(error: BaseException) -> list[str]:
    """Return hints on how to correct a script that raises *error*."""
    if isinstance(error, NameError) and error.name:
        line = _import_of(error.name)
        return [f"add  {line}  at the top of the script"] if line else []
    if isinstance(error, ImportError) and (error.name or "").partition(".")[0] == "alembic":
        return ["from schemashift import op    in place of  from alembic import op"]
    if isinstance(error, ModuleNotFoundError) and error.name:
        return [f"is {error.name.partition('.')[0]} installed in this environment, and spelled correctly?"]
    return []


def _import_of(name: str) -> str:
    """Return the line that imports what scripts call *name*; empty if that is not known."""
    if name in _KNOWN_IMPORTS:
        return _KNOWN_IMPORTS[name]
    if _is_module(f"sqlalchemy.dialects.{name}"):
        return f"from sqlalchemy.dialects import {name}"
    return f"import {name}" if _is_module(name) else ""


def _is_module(name: str) -> bool:
    from importlib.util import find_spec

    try:
        return find_spec(name) is not None
    except (ImportError, ValueError):
        return False
