"""One file, one kind of object beside tables: its value, its operations, its SQL by dialect name, and its `Kind`.

`KINDS` is what a comparison goes through unless it is given others; a new kind is a file and its line here.
"""

from schemashift.objects import domains, enums, schemas, sequences
from schemashift.objects.kind import AnyKind as AnyKind
from schemashift.objects.kind import Kind as Kind

KINDS: tuple[AnyKind, ...] = (schemas.KIND, enums.KIND, domains.KIND, sequences.KIND)
