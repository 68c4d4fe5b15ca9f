"""Numbers with nouns, lists and long texts, as they are displayed."""

from __future__ import annotations

from collections.abc import Sequence


def plural(count: int, noun: str) -> str:
    """Return ``1 revision``, ``1,204 revisions``, ``0 foreign keys``, ``2 indexes`` or ``2 queries``."""
    if count == 1:
        return f"1 {noun}"
    if noun.endswith(("s", "x", "ch", "sh")):
        return f"{count:,} {noun}es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{count:,} {noun[:-1]}ies"
    return f"{count:,} {noun}s"


def listed(texts: Sequence[str]) -> str:
    """Return ``a``, ``a and b``, or ``a, b and c``."""
    return f"{', '.join(texts[:-1])} and {texts[-1]}" if len(texts) > 1 else "".join(texts)


def cut(text: str, limit: int = 60) -> str:
    """Return *text*, or its beginning and ``...`` if it has more than *limit* characters."""
    return text if len(text) <= limit else text[: limit - 3] + "..."
