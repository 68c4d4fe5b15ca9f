"""Kinds of objects other than tables, one file each: the value, its operations, its SQL by dialect name, its `Kind`.

`KINDS` are those that a comparison uses by default. A new kind is one file and its line here.
"""

from schemashift.objects import domains, enums, schemas, sequences
from schemashift.objects.kind import AnyKind as AnyKind
from schemashift.objects.kind import Kind as Kind

KINDS: tuple[AnyKind, ...] = (schemas.KIND, enums.KIND, domains.KIND, sequences.KIND)
