"""A case as a value: read from its file, updated, written back.

A heading ``## Script`` applies to every database of the case; ``## Script on SQLite`` or ``## Script on PostgreSQL and
MariaDB`` to these. The same applies to ``## SQL`` and ``## Rows after``.
"""

from __future__ import annotations

import datetime
import fcntl
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy import orm
from sqlalchemy.dialects import mysql, postgresql

FOLDER = Path(__file__).parent
DATABASES = {"sqlite": "SQLite", "postgresql": "PostgreSQL", "mariadb": "MariaDB"}
PARTS = {"Script": "python", "SQL": "sql", "Rows after": "text"}
"""The parts that are generated for a case, and their languages."""

_SECTION = re.compile(r"^## ([^\n]+)\n\n```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ONLY = re.compile(r"^On ((?:SQLite|PostgreSQL|MariaDB|, | and )+)\.$", re.MULTILINE)


@dataclass
class Case:
    """One file. ``found`` has the text in the file for each part and each database, as far as there is one."""

    path: Path
    intro: str
    databases: tuple[str, ...]
    before: str
    after: str
    rows: str | None = None
    found: dict[str, dict[str, str]] = field(default_factory=lambda: {part: {} for part in PARTS})

    @classmethod
    def read(cls, path: Path) -> Case:
        """The case in *path*. Raises ValueError for an unknown heading."""
        text = path.read_text(encoding="utf-8")
        intro = text.partition("\n## ")[0].strip()
        only = _ONLY.search(intro)
        databases = tuple(_databases(only[1]) if only else DATABASES)
        sections = dict(_SECTION.findall(text))
        before, after = sections.pop("Models before"), sections.pop("Models after")
        case = cls(path, intro, databases, before, after, sections.pop("Rows before", None))
        for heading, body in sections.items():
            part, _, names = heading.partition(" on ")
            if part not in PARTS:
                raise ValueError(f"{path.name}: ## {heading}")
            case.found[part].update(dict.fromkeys(_databases(names) if names else databases, body))
        return case

    def __str__(self) -> str:
        sections = [("Models before", "python", self.before), ("Models after", "python", self.after)]
        if self.rows is not None:
            sections.append(("Rows before", "sql", self.rows))
        for part, language in PARTS.items():
            sections += [(heading, language, body) for heading, body in self._headed(part)]
        return (
            "\n\n".join([self.intro, *(f"## {name}\n\n```{kind}\n{body}```" for name, kind, body in sections)]) + "\n"
        )

    def _headed(self, part: str) -> Iterator[tuple[str, str]]:
        """Return headings and texts; databases with the same text share a heading."""
        texts = [text for name in self.databases if (text := self.found[part].get(name)) is not None]
        for text in dict.fromkeys(texts):
            names = [name for name in self.databases if self.found[part].get(name) == text]
            yield (part if names == list(self.databases) else f"{part} on {_listed(names)}"), text

    def models(self, source: str) -> sa.MetaData:
        """The `MetaData` of models that are written down as *source*, with the usual imports done."""

        class Base(orm.DeclarativeBase):
            pass

        names: dict[str, Any] = {**vars(orm), **vars(sa)}
        names |= {
            "__name__": __name__,
            "Base": Base,
            "datetime": datetime,
            "sa": sa,
            "mysql": mysql,
            "postgresql": postgresql,
            "metadata": Base.metadata,
        }
        exec(compile(source, str(self.path), "exec", dont_inherit=True), names)
        return Base.metadata


def cases() -> list[Case]:
    """All of them, by name."""
    return [Case.read(path) for path in sorted(FOLDER.glob("*.md"))]


@contextmanager
def updated(path: Path) -> Iterator[Case]:
    """The case in *path*, written back at the end; several processes may do so at a time."""
    with path.open("r+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        case = Case.read(path)
        yield case
        text = str(case)
        file.write(text)
        file.truncate()


def _databases(names: str) -> list[str]:
    by_title = {title: name for name, title in DATABASES.items()}
    return [by_title[name] for name in re.split(r", | and ", names)]


def _listed(names: list[str]) -> str:
    titles = [DATABASES[name] for name in names]
    return " and ".join([", ".join(titles[:-1]), titles[-1]] if len(titles) > 1 else titles)
