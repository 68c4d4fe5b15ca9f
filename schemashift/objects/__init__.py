"""One file, one more kind of thing that can be compared: its value, its operations, how it is lifted and read, its SQL.

`KINDS` is what the comparison goes through; a new kind is a file and its line here.
"""

from schemashift.objects import domains, enums, schemas, sequences
from schemashift.objects.kind import AnyKind as AnyKind
from schemashift.objects.kind import Kind as Kind

KINDS: tuple[AnyKind, ...] = (schemas.KIND, enums.KIND, domains.KIND, sequences.KIND)
