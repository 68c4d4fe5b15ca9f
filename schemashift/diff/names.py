"""Names for constraints that are unnamed in the models, so that scripts can refer to them."""

from __future__ import annotations

from dataclasses import replace

from schemashift.diff.match import Pairs
from schemashift.diff.traits import Traits
from schemashift.schema import Constraint, PrimaryKey, Table


def named(pairs: Pairs, traits: Traits) -> Pairs:
    """Return *pairs* with names for the unnamed constraints of the tables that both sides have."""
    return pairs.put((old, name_constraints(old, new, traits)) for old, new in pairs.tables)


def name_constraints(before: Table, after: Table, traits: Traits) -> Table:
    """Return *after* with names for its unnamed constraints.

    An existing constraint keeps its name (None where the database stores none, as on SQLite); a new one gets the name
    that the database itself would choose.
    """
    named = {constraint for constraint in after.constraints if constraint.name is not None}
    unmatched = [constraint for constraint in before.constraints if constraint not in named]
    if not traits.keeps_key_name(before, after):
        unmatched = [constraint for constraint in unmatched if not isinstance(constraint, PrimaryKey)]
    result = replace(after, constraints=tuple(named))
    added: list[Constraint] = []
    for constraint in (c for c in after.constraints if c.name is None):
        existing = _existing(constraint, unmatched, traits)
        if existing is None:
            added.append(constraint)
            continue
        unmatched.remove(existing)
        result = replace(result, constraints=(*result.constraints, replace(constraint, name=existing.name)))
    # Only now are the names of all remaining constraints known, and those of dropped ones free again.
    for constraint in added:
        name = traits.default_name(result, constraint)
        result = replace(result, constraints=(*result.constraints, replace(constraint, name=name)))
    return result


def _existing(constraint: Constraint, candidates: list[Constraint], traits: Traits) -> Constraint | None:
    """Return the candidate that an unnamed constraint is, or at least can be altered to."""
    unnamed = [(each, replace(each, name=None)) for each in candidates]
    same = next((each for each, bare in unnamed if bare == constraint), None)
    return same or next((each for each, bare in unnamed if traits.altered_in_place(bare, constraint)), None)
