"""The input and output of the command line: results on stdout, messages on stderr.

Whether there are colours is decided for each stream. Streams that are not UTF-8 get ASCII in place of drawing
characters.
"""

from __future__ import annotations

import os
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, TextIO

import click

from schemashift.errors import SchemashiftError
from schemashift.paths import display_path

if TYPE_CHECKING:
    from schemashift.errors import Hint, Location

ASCII_SIGNS = str.maketrans(
    {"●": "*", "○": "o", "◌": "?", "│": "|", "├": "|", "╮": "\\", "╯": "/", "─": "-", "…": "..."}
)
LABEL = 7
"""The width of the labels of an error, which are right-aligned."""

WriteHint = Callable[["str | Hint"], str]

Paint = str | tuple[str, ...]
STYLES: dict[str, dict[str, Any]] = {
    "error": {"fg": "red", "bold": True},
    "bad": {"fg": "red"},
    "warning": {"fg": "yellow"},
    "ok": {"fg": "green"},
    "path": {"fg": "blue"},
    "hint": {"fg": "cyan"},
    "dim": {"dim": True},
    "bold": {"bold": True},
}
"""The styles. Colour is never the only indication: there is always a word or a sign as well."""


_ESCAPE = f"\ufdd0{os.urandom(4).hex()}\ufdd1"
"""Takes the place of ESC in the codes of `paint`: no text that is shown contains it, so none can imitate a code."""

_CODE = rf"{_ESCAPE}\[[0-9;]*m"
_UNSAFE = "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]"
"""Control characters: a terminal obeys them, and some change the order in which text is displayed
(https://trojansource.codes)."""


def paint(text: object, style: str) -> str:
    """Return *text* in a style of `STYLES`. The codes are removed for streams without colours."""
    return click.style(_visible(str(text)), **STYLES[style]).replace("\x1b", _ESCAPE) if text != "" else ""


def unpainted(text: str) -> str:
    """Return *text* without the codes of `paint`."""
    return re.sub(_CODE, "", text) if _ESCAPE in text else text


def _visible(text: str) -> str:
    """Return *text* with escapes in place of control characters, as in Python's strings; newlines and tabs stay."""
    return re.sub(_UNSAFE, lambda found: found[0].encode("unicode_escape").decode(), text)


class Ui:
    """The output of one run. The attributes are set while the flags are parsed."""

    def __init__(self, write_hint: WriteHint = str) -> None:
        self.write_hint = write_hint
        self.color = "auto"
        self.quiet = False
        self.json = False
        self.verbose = 0

    # -- writing

    def result(self, line: str = "") -> None:
        """Write a line of the result."""
        if not self.json:
            self._write(line, sys.stdout)

    def results(self, lines: Iterable[str]) -> None:
        """Write several lines of the result at once."""
        text = "\n".join(lines)
        if text:
            self.result(text)

    def say(self, line: str = "") -> None:
        """Write a message, unless ``-q`` is set."""
        if not (self.quiet or self.json):
            self._write(line, sys.stderr)

    def next(self, *commands: str) -> None:
        """Show the commands to run next."""
        self.say()
        self.say(f"next: {paint(commands[0], 'hint')}")
        for each in commands[1:]:
            self.say(f"      {paint(each, 'hint')}")

    def rewrite(self, line: str) -> None:
        """Replace the last line of a terminal; do nothing elsewhere. ``rewrite("")`` removes it.

        A line that would wrap is cut, because only its last part could be replaced again.
        """
        if self.live:
            room = _columns(sys.stderr) - 1
            line = line if shown_width(line) <= room else unpainted(line)[: room - 1] + "…"
            sys.stderr.write("\r\x1b[2K" + (self._shown(line, sys.stderr)))
            sys.stderr.flush()

    def document(self, data: dict[str, Any]) -> None:
        """Write the JSON document of ``--json``."""
        import json

        text = json.dumps(data, ensure_ascii=not _speaks_utf8(sys.stdout))
        text = re.sub(_UNSAFE, lambda found: f"\\u{ord(found[0]):04x}", text)
        with _writing("stdout"):
            click.echo(text, file=sys.stdout, color=False)

    def ask(self, question: str) -> bool:
        """Ask a yes-or-no question; the default is no. Only to be called if `asks` is true."""
        self._write(f"{paint('?', 'warning')} {question} [y/N] ", sys.stderr, newline=False)
        answer = sys.stdin.readline()
        if not answer.endswith("\n"):  # Ctrl-D leaves the cursor behind the question
            self.say()
        return answer.strip().lower() in ("y", "yes")

    @property
    def asks(self) -> bool:
        """True if the user can be asked."""
        return _is_terminal(sys.stdin) and _is_terminal(sys.stderr) and not (self.quiet or self.json)

    @property
    def interactive(self) -> bool:
        """True if a program that takes over the terminal can be started."""
        return _is_terminal(sys.stdin) and _is_terminal(sys.stdout)

    @property
    def live(self) -> bool:
        """True if lines can be rewritten."""
        return _is_terminal(sys.stderr) and os.environ.get("TERM") != "dumb" and not (self.quiet or self.json)

    @property
    def unicode(self) -> bool:
        """True if stdout is UTF-8."""
        return _speaks_utf8(sys.stdout)

    def _write(self, line: str, stream: TextIO, *, newline: bool = True) -> None:
        with _writing("stderr" if stream is sys.stderr else "stdout"):
            click.echo(self._shown(line, stream), file=stream, nl=newline, color=True)

    def flush(self) -> None:
        """Flush stdout, while an error can still be shown."""
        with _writing("stdout"):
            sys.stdout.flush()

    def _shown(self, line: str, stream: TextIO) -> str:
        line = _visible(line if _speaks_utf8(stream) else line.translate(ASCII_SIGNS))
        return line.replace(_ESCAPE, "\x1b") if self._colours(stream) else unpainted(line)

    def _colours(self, stream: TextIO) -> bool:
        if self.color != "auto":
            return self.color == "always"
        if os.environ.get("NO_COLOR"):
            return False
        if os.environ.get("FORCE_COLOR"):
            return True
        return _is_terminal(stream) and os.environ.get("TERM") != "dumb"

    # -- errors

    def error(self, error: SchemashiftError) -> None:
        """Show an error, whatever the flags."""
        for line in error_lines(error, write_hint=self.write_hint):
            self._write(line, sys.stderr)

    def warning(self, error: SchemashiftError) -> None:
        """Show an error that does not stop the command, as a warning."""
        if self.quiet or self.json:
            return
        for line in error_lines(error, kind="warning", write_hint=self.write_hint):
            self._write(line, sys.stderr)

    @contextmanager
    def showing_warnings(self) -> Iterator[None]:
        """Show Python's warnings as messages of the command line."""
        before = warnings.showwarning
        warnings.showwarning = self._show_warning
        try:
            yield
        finally:
            warnings.showwarning = before

    def _show_warning(
        self,
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: object = None,
        line: object = None,
    ) -> None:
        """Show a warning of a library or of the models on one line, with its place if that is in a file of the user."""
        del file, line
        first, *_ = str(message).splitlines() or [""]
        where = "" if "site-packages" in filename else f"{display_path(filename)}:{lineno}: "
        self.say(f"{paint('warning:', 'warning')} {where}{category.__name__}: {first}")

    def error_document(self, error: SchemashiftError) -> dict[str, Any]:
        """An error for ``--json``."""
        data: dict[str, Any] = {"code": error.code, "message": error.message}
        data |= {"details": list(error.details)} if error.details else {}
        if error.where:
            data["where"] = [{"path": display_path(each.path), "line": each.line} for each in error.where]
        data |= {"cause": error.cause} if error.cause else {}
        data |= {"database_state": error.state} if error.state else {}
        return data | {"hints": [text for each in error.hints if (text := self.write_hint(each))]}

    def trace(self, error: BaseException) -> None:
        """Show the traceback, for ``--traceback``."""
        import traceback

        self._write("".join(traceback.format_exception(error)).rstrip(), sys.stderr)


class CannotWrite(SchemashiftError):
    """The output cannot be written: the disk is full, for example."""

    code = "cannot-write"


@contextmanager
def _writing(where: str) -> Iterator[None]:
    """Raise `CannotWrite` for an `OSError`. A closed pipe (``| head``) is not an error, and handled by `main`."""
    try:
        yield
    except BrokenPipeError:
        raise
    except OSError as error:
        raise CannotWrite(f"cannot write to {where}: {error.strerror}") from error


def error_lines(error: SchemashiftError, kind: str = "error", *, write_hint: WriteHint = str) -> Iterable[str]:
    """Return the lines of an error: message, details, places, cause, state and hints."""
    first, *others = error.message.splitlines() or [""]
    yield f"{paint(f'{kind}[{error.code}]:', 'error' if kind == 'error' else 'warning')} {first}"
    yield from (" " * (LABEL + 2) + each for each in others)
    yield from (" " * (LABEL + 2) + each for each in error.details)
    for place in error.where:
        yield from _place_lines(place)
    for label, text in (("cause:", error.cause), ("state:", error.state)):
        if text:
            yield from _labelled(label, text)
    for line in _aligned([text for each in error.hints if (text := write_hint(each))]):
        yield f"{paint('hint:'.rjust(LABEL + 1), 'hint')} {line}"


def _aligned(hints: Sequence[str]) -> list[str]:
    """Align the explanations of hints (after four spaces or more), if there are several."""
    parts = [each.partition("    ") for each in hints]
    if sum(bool(gap) for _, gap, _ in parts) < 2:
        return list(hints)
    width = max((len(command) for command, gap, _ in parts if gap), default=0)
    return [f"{command.ljust(width)}{gap}{text.lstrip()}" if gap else command for command, gap, text in parts]


def _labelled(label: str, text: str) -> Iterable[str]:
    first, *others = text.splitlines()
    yield f"{label.rjust(LABEL + 1)} {first}"
    yield from (" " * (LABEL + 2) + each for each in others)


def _place_lines(place: Location) -> Iterable[str]:
    shown = str(place._replace(path=display_path(place.path) if place.path else ""))
    yield f"{'-->'.rjust(LABEL - 1)} {paint(shown, 'path')}"
    if place.source:
        number = str(place.line or "").rjust(LABEL - 2)
        yield f"{paint(number, 'dim')} {paint('|', 'dim')} {place.source.strip()}"


def table(rows: Iterable[tuple[str, ...]], *, indent: str = "  ") -> list[str]:
    """Return rows as lines, in columns that are two spaces apart. Cells may be painted."""
    rows = [tuple(row) for row in rows]
    columns = max((len(row) for row in rows), default=0)
    widths = [max((shown_width(row[at]) for row in rows if at < len(row)), default=0) for at in range(columns)]
    lines = []
    for row in rows:
        cells = [cell + " " * (width - shown_width(cell)) for cell, width in zip(row, widths, strict=False)]
        lines.append((indent + "  ".join(cells)).rstrip())
    return lines


def shown_width(text: str) -> int:
    """Return the number of characters that *text*, which may be painted, is shown with."""
    return len(_visible(unpainted(text)))


def _columns(stream: TextIO) -> int:
    """Return the width of a terminal."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or 80
    except (ValueError, OSError):
        return 80


def time_taken(seconds: float) -> str:
    """Return ``<1 ms``, ``41 ms``, ``1.92 s`` or ``2 min 5 s``."""
    if seconds < 0.001:
        return "<1 ms"
    if seconds < 0.9995:
        return f"{seconds * 1000:.0f} ms"
    if seconds < 120:
        return f"{seconds:.3g} s"
    return f"{seconds // 60:.0f} min {seconds % 60:.0f} s"


def _is_terminal(stream: TextIO | None) -> bool:
    return stream is not None and not stream.closed and stream.isatty()


def _speaks_utf8(stream: TextIO) -> bool:
    return (stream.encoding or "").lower().replace("-", "").replace("_", "") in ("utf8", "utf8sig", "cp65001")
