"""Options, and comments of constraints, that a database administrator set: no model names them and no migration set
them, so they are left alone."""

from __future__ import annotations

from collections.abc import Container, Iterable
from dataclasses import dataclass, replace
from typing import TypeGuard, TypeVar

from schemashift.dialects import Dialect
from schemashift.diff import Pairs
from schemashift.schema import Check, Constraint, Index, Options, Table, options

Part = TypeVar("Part", bound=Index | Constraint)
SetOptions = Container[tuple[str, str]]
"""The names of tables and indexes, with the options that migrations set."""


def with_standing_options(pairs: Pairs, set_options: SetOptions, dialect: Dialect) -> Pairs:
    """Return *pairs* with such options on the declared side too, so that they are no difference."""
    standing = _Standing(set_options, dialect)
    return pairs.put((before, standing.table(before, after)) for before, after in pairs.tables)


@dataclass(frozen=True, slots=True)
class _Standing:
    set_options: SetOptions
    dialect: Dialect

    def table(self, before: Table, after: Table) -> Table:
        """Return the declared table with the options of the existing one that stay, and so its keys and indexes."""
        # To MariaDB, a unique constraint and a unique index are one.
        named = {each.name: each for each in (*before.indexes, *before.constraints) if each.name}
        keys = _only_ones(before.constraints)
        indexes = tuple(self.part(named.get(each.name), each, before.name) for each in after.indexes)
        constraints = tuple(
            self.part(named.get(each.name or "") or keys.get((type(each), each.columns)), each, before.name)
            for each in after.constraints
        )
        found = self.merged(before.name, before.options, after.options, index=False)
        if (found, indexes, constraints) == (after.options, after.indexes, after.constraints):
            return after
        return self.dialect.normal(replace(after, options=found, indexes=indexes, constraints=constraints))

    def part(self, before: Index | Constraint | None, after: Part, table: str) -> Part:
        """Return a declared index or constraint with the options and the comment of the existing one that stay."""
        if before is None:
            return after
        name = before.name or table
        if not isinstance(before, Index) and not isinstance(after, Index):
            is_kept = before.comment and not after.comment and not self.is_set(name, "comment")
            after = replace(after, comment=before.comment) if is_kept else after
        if not before.options:
            return after
        return replace(after, options=self.merged(name, before.options, after.options, index=True))

    def merged(self, name: str, before: Options, after: Options, *, index: bool) -> Options:
        """Return the declared options *after* of the thing called *name* with those of *before* that stay."""
        declared, merged = dict(after), dict[str, object]()
        for option, value in before:
            if not self.dialect.is_administrative(option, index=index):
                continue
            if _has_settings(value):
                own = declared.get(option, ())
                given = dict(own) if _has_settings(own) else {}
                kept = {key: each for key, each in value if not self.is_set(name, f"{option}.{key}")}
                merged[option] = tuple(sorted({**kept, **given}.items())) or None
            elif option not in declared and not self.is_set(name, option):
                merged[option] = value
        return options({**declared, **merged}.items())

    def is_set(self, name: str, option: str) -> bool:
        """Whether a migration sets the option of the thing called *name*."""
        return any((name, spelling) in self.set_options for spelling in self.dialect.spellings_of(option))


def _only_ones(constraints: Iterable[Constraint]) -> dict[tuple[type[Constraint], tuple[str, ...]], Constraint]:
    """Return the constraints by kind and columns, without CHECKs that have the same columns: their texts differ."""
    found: dict[tuple[type[Constraint], tuple[str, ...]], list[Constraint]] = {}
    for each in constraints:
        found.setdefault((type(each), each.columns), []).append(each)
    return {key: same[-1] for key, same in found.items() if len(same) == 1 or key[0] is not Check}


def _has_settings(value: object) -> TypeGuard[tuple[tuple[str, object], ...]]:
    return isinstance(value, tuple) and all(isinstance(each, tuple) and len(each) == 2 for each in value)
