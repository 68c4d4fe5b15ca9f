"""Make a failing pair of models smaller, so that a person can read it and keep it as a case."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator

from tests.support.models import Tables

Pair = tuple[Tables, Tables]
PARTS = ("cols", "uniques", "checks", "fks", "excludes", "indexes")


def shrink(first: Tables, second: Tables, fails: Callable[[Tables, Tables], bool], *, most: int = 120) -> Pair:
    """Return the smallest pair found in *most* attempts for which *fails* is still true."""
    tries = 0
    smaller = True
    while smaller and tries < most:
        smaller = False
        for candidate in _smaller(first, second):
            tries += 1
            if tries > most:
                break
            if fails(*candidate):
                first, second = candidate
                smaller = True
                break
    return first, second


def _smaller(first: Tables, second: Tables) -> Iterator[Pair]:
    """Return pairs with one table, edit or part less, the largest reductions first."""
    for name in sorted(first.keys() | second.keys()):
        yield _without_table(first, second, name)
    for name in sorted(first.keys() & second.keys()):
        if first[name] != second[name]:
            one, two = copy.deepcopy((first, second))
            two[name] = copy.deepcopy(one[name])
            yield one, two
    for name in sorted(first.keys() | second.keys()):
        yield from _without_parts(first, second, name)


def _without_table(first: Tables, second: Tables, name: str) -> Pair:
    one, two = copy.deepcopy((first, second))
    for tables in (one, two):
        tables.pop(name, None)
        for tab in tables.values():
            tab.fks = [fk for fk in tab.fks if fk.target != name]
    return one, two


def _without_parts(first: Tables, second: Tables, name: str) -> Iterator[Pair]:
    for part in PARTS:
        entries = [entry for tables in (first, second) if name in tables for entry in getattr(tables[name], part)]
        for entry in {repr(each): each for each in entries}.values():
            if getattr(entry, "name", None) == "id":
                continue
            one, two = copy.deepcopy((first, second))
            for tables in (one, two):
                if name in tables:
                    kept = [each for each in getattr(tables[name], part) if not _same(each, entry)]
                    setattr(tables[name], part, kept)
            yield one, two


def _same(one: object, two: object) -> bool:
    """Return True for the same entry, or the same column after changes."""
    return one == two or (hasattr(one, "type") and getattr(one, "name", 0) == getattr(two, "name", 1))
