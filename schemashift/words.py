"""Numbers with nouns, lists, and long texts, as they are displayed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

MOST = 10
"""The most entries of a list that a message shows: the error itself must stay on the screen."""


def plural(count: int, noun: str) -> str:
    """Return ``1 revision``, ``1,204 revisions``, ``0 foreign keys``, ``2 indexes`` or ``2 queries``."""
    if count == 1:
        return f"1 {noun}"
    if noun.endswith(("s", "x", "ch", "sh")):
        return f"{count:,} {noun}es"
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return f"{count:,} {noun[:-1]}ies"
    return f"{count:,} {noun}s"


def conjoined(texts: Sequence[str]) -> str:
    """Return ``a``, ``a and b``, or ``a, b and c``."""
    return f"{', '.join(texts[:-1])} and {texts[-1]}" if len(texts) > 1 else "".join(texts)


def article(name: str) -> str:
    """Return *name* with its article: ``a table``, ``an enum``."""
    return f"{'an' if name[:1].lower() in 'aeiou' else 'a'} {name}"


def cut(text: str, limit: int = 60) -> str:
    """Return *text*, or its beginning and ``...`` if it has more than *limit* characters."""
    return text if len(text) <= limit else text[: limit - 3] + "..."


def first_of(items: Iterable[str], most: int = MOST) -> list[str]:
    """Return *items*; if they are more than *most*, the first of them and ``and 9,990 more``."""
    some = list(items)
    return some if len(some) <= most else [*some[:most], f"and {len(some) - most:,} more"]


def listed(items: Iterable[str], separator: str = ", ", *, most: int = MOST) -> str:
    """Return *items* joined by *separator*, as far as `first_of` shows them: ``a, b, c and 9,997 more``."""
    some = first_of(items, most)
    more = some.pop() if len(some) > most else ""
    return f"{separator.join(some)} {more}".rstrip() if more else separator.join(some)
