"""Revisions, the revision graph, identifiers, and plans. Pure; standard library only."""

from schemashift.revisions.draw import Line, draw
from schemashift.revisions.graph import RevisionGraph
from schemashift.revisions.plan import Direction, Plan, Step, plan
from schemashift.revisions.revision import RESERVED_NAMES, Revision, check_label, check_revision_id
from schemashift.revisions.target import (
    Target,
    is_range,
    is_relative,
    parse,
    read_target,
    read_targets,
    resolve,
    resolve_range,
    split_range,
)

__all__ = [
    "RESERVED_NAMES",
    "Direction",
    "Line",
    "Plan",
    "Revision",
    "RevisionGraph",
    "Step",
    "Target",
    "check_label",
    "check_revision_id",
    "draw",
    "is_range",
    "is_relative",
    "parse",
    "plan",
    "read_target",
    "read_targets",
    "resolve",
    "resolve_range",
    "split_range",
]
