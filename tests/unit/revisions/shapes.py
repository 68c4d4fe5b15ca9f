"""Graphs in one line, for tests: ``"a, b < a, c < a #reports, d < b c, x + b"``.

``<`` parents, ``+`` depends_on, ``#`` labels. Messages are the id in capitals, scripts are ``v/<id>.py``.
"""

from __future__ import annotations

import re

from schemashift.revisions import Line, Revision, RevisionGraph

_PART = re.compile(r"\s*(\S+)((?:\s*[<+#][^<+#]*)*)")


def revisions(text: str) -> list[Revision]:
    return [_revision(part) for part in text.split(",") if part.strip()]


def graph(text: str) -> RevisionGraph:
    return RevisionGraph(revisions(text))


def _revision(part: str) -> Revision:
    found = _PART.fullmatch(part.rstrip())
    assert found, part
    names = {sign: tuple(rest.split()) for sign, rest in re.findall(r"([<+#])([^<+#]*)", found[2])}
    parents, needs, labels = (names.get(sign, ()) for sign in "<+#")
    return Revision(found[1], parents, needs, labels, found[1].upper(), f"v/{found[1]}.py", 3, 4)


def picture(lines: list[Line]) -> str:
    """A drawing as the terminal would show it, with the id and the notes."""
    texts = [
        line.lanes
        + (line.revision.id if line.revision else "")
        + (f"  ({', '.join(line.notes)})" if line.notes else "")
        for line in lines
    ]
    return "\n".join(text.rstrip() for text in texts)
