"""Numbers with nouns, as they are displayed."""

from __future__ import annotations


def plural(count: int, noun: str) -> str:
    """Return ``1 revision``, ``1,204 revisions``, ``0 foreign keys``, ``2 indexes`` or ``2 queries``."""
    if count == 1:
        return f"1 {noun}"
    if noun.endswith(("s", "x", "ch", "sh")):
        return f"{count:,} {noun}es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{count:,} {noun[:-1]}ies"
    return f"{count:,} {noun}s"
