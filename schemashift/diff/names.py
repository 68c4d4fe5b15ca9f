"""Names for constraints that have none in the models, so that scripts can say them."""

from __future__ import annotations

from dataclasses import replace

from schemashift.diff.match import Pairs
from schemashift.diff.traits import Traits
from schemashift.schema import Constraint, PrimaryKey, Table


def named(pairs: Pairs, traits: Traits) -> Pairs:
    """*pairs* with names for the unnamed constraints of the tables of both sides."""
    return pairs.put((old, name_constraints(old, new, traits)) for old, new in pairs.tables)


def name_constraints(before: Table, after: Table, traits: Traits) -> Table:
    """*after* with names for its unnamed constraints.

    A constraint that is already there keeps the name it has (None where the database keeps none, as SQLite does);
    a new one gets the name the database itself would give it.
    """
    named = {constraint for constraint in after.constraints if constraint.name is not None}
    free = [constraint for constraint in before.constraints if constraint not in named]
    if not traits.keeps_key_name(before, after):
        free = [constraint for constraint in free if not isinstance(constraint, PrimaryKey)]
    settled = replace(after, constraints=tuple(named))
    fresh: list[Constraint] = []
    for constraint in (c for c in after.constraints if c.name is None):
        there = next((found for found in free if replace(found, name=None) == constraint), None)
        if there is None:
            fresh.append(constraint)
            continue
        free.remove(there)
        settled = replace(settled, constraints=(*settled.constraints, replace(constraint, name=there.name)))
    # The names of what stays are known now, and those of what goes are free again.
    for constraint in fresh:
        name = traits.default_name(settled, constraint)
        settled = replace(settled, constraints=(*settled.constraints, replace(constraint, name=name)))
    return settled
