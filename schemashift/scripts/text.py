"""The text of a new script."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from schemashift.config import LINE_LENGTH
from schemashift.errors import BadConfig
from schemashift.revisions.revision import Revision

if TYPE_CHECKING:
    from datetime import datetime

_TIMES = {"year": "%Y", "month": "%m", "day": "%d", "hour": "%H", "minute": "%M", "second": "%S"}


def render(
    template: str,
    revision: Revision,
    *,
    created: str,
    imports: str = "",
    upgrade: str = "",
    downgrade: str = "",
    width: int = LINE_LENGTH,
) -> str:
    """Return the text of a script. Raises `BadConfig` for an unknown placeholder. *width* is the longest line."""
    from string import Template

    values = _header(revision, created) | {
        "imports": imports,
        "upgrade": upgrade or "    pass",
        "downgrade": downgrade or "    pass",
    }
    if not imports:
        template = re.sub(r"\n?\n\$(?:imports|\{imports\})[ \t]*(?=\n)", "", template)
    try:
        text = f"{Template(template).substitute(values)}"
    except (KeyError, ValueError) as error:
        wrong = f"${error.args[0]} is not known" if isinstance(error, KeyError) else str(error)
        raise BadConfig(
            f"script.py.tmpl: {wrong}",
            hints=[f"known are {', '.join('$' + each for each in sorted(values))}; a dollar sign is $$"],
        ) from error
    return "\n".join(_fitted(line, values, width) for line in text.split("\n"))


def _header(revision: Revision, created: str) -> dict[str, str]:
    return {
        "message": _in_docstring(revision.message),
        "revision_id": revision.id,
        "revises": ", ".join(revision.parents) or "nothing",
        "created": created,
        "revision": _literal((revision.id,)),
        "down_revision": _literal(revision.parents),
        "branch_labels": _literal(revision.labels),
        "depends_on": _literal(revision.depends_on),
    }


def _fitted(line: str, values: Mapping[str, str], width: int) -> str:
    """Return a line of the header, with its value over several lines if it is too long, as formatters lay it out."""
    name, _, value = line.partition(" = ")
    name = name.partition(":")[0]
    if len(line) <= width or name not in ("revision", "down_revision", "branch_labels", "depends_on"):
        return line
    # Formatters do not move a string that is too long for a line of its own, unless the annotation is a union.
    if value != values[name] or (value[0] != "(" and len(value) + 4 > width and " | " not in line):
        return line
    head = line[: -len(value)]
    from schemashift.scripts.layout import layout

    return head + (layout(value, "", width=width, room=len(head)) if value[0] == "(" else f"(\n    {value}\n)")


def _literal(names: tuple[str, ...]) -> str:
    from schemashift.scripts.layout import string

    texts = [string(each) for each in names]
    return "None" if not texts else texts[0] if len(texts) == 1 else f"({', '.join(texts)})"


def _in_docstring(message: str) -> str:
    """Return *message* escaped for triple quotes. Only characters that need it are escaped."""
    lines = message.replace("\r\n", "\n").replace("\r", "\n").strip()
    # Formatters indent docstrings with spaces, and remove spaces at the end of a line.
    lines = re.sub(r"(?m)^[ \t]+", lambda tabs: tabs[0].expandtabs(), re.sub(r"(?m)[ \t]+$", "", lines))
    text = lines.replace("\\", "\\\\").replace('"""', r"\"\"\"")
    text = "".join(each if each.isprintable() or each in "\n\t" else _escape(each) for each in text)
    return text[:-1] + r"\"" if text.endswith('"') and not text.endswith(r"\"") else text


def _escape(character: str) -> str:
    return character.encode("unicode_escape").decode() if ord(character) < 0xA1 else character


def slug(message: str, *, longest: int = 40) -> str:
    """Return ``message`` as part of a file name: ASCII letters, digits and ``_``, cut at a word, never empty."""
    from unicodedata import normalize

    text = normalize("NFKD", message.partition("\n")[0].casefold()).encode("ascii", "ignore").decode()
    words = re.findall(r"[a-z0-9]+", text) or ["revision"]
    short: str = words[0][:longest]
    for word in words[1:]:
        if len(short) + 1 + len(word) > longest:
            break
        short += f"_{word}"
    return short


def file_name(template: str, revision: Revision, created: datetime) -> str:
    """Return the file name for ``file_template``, with ``.py``. Raises `BadConfig` if it is not valid."""
    values = {
        "date": created.strftime("%Y_%m_%d"),
        **{name: created.strftime(form) for name, form in _TIMES.items()},
        "epoch": str(int(created.timestamp())),
        "revision": revision.id,
        "slug": slug(revision.message),
    }
    try:
        name = template.format(**values)
    except (KeyError, IndexError, ValueError, AttributeError) as error:
        raise BadConfig(
            f'file_template = "{template}" does not work: {error}',
            hints=[f"known are {', '.join(f'{{{each}}}' for each in values)}"],
        ) from error
    name = name if name.endswith(".py") else f"{name}.py"
    base = name.replace("\\", "/").rpartition("/")[2]
    if base[0] == "." or base == "__init__.py" or name[0] == "/" or ".." in name.split("/"):
        raise BadConfig(f'file_template = "{template}" gives {name}, which cannot be the name of a script')
    return name
