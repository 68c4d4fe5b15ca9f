"""SQLAlchemy's ``schema_translate_map``, which migrations cannot follow."""

from __future__ import annotations

from collections.abc import Mapping

import sqlalchemy as sa

from schemashift.dialects import class_for
from schemashift.errors import NotSupported
from schemashift.words import article


def refuse_translation(connectable: sa.Engine | sa.Connection, *, state: str | None = "nothing was done") -> None:
    """Raise `NotSupported` for a ``schema_translate_map`` that translates any name.

    SQLAlchemy applies it to statements that it compiles, and not to SQL text or to what it reads from the catalogue:
    tables would be created in one schema, and looked for in another. See
    https://docs.sqlalchemy.org/en/20/core/connections.html#translation-of-schema-names.
    """
    names: Mapping[str | None, str | None] = connectable.get_execution_options().get("schema_translate_map") or {}
    # SQLAlchemy adds "_none", its own name for the default schema, to a map that it has used.
    translated = next(((old, new) for old, new in names.items() if old not in (new, "_none")), None)
    if translated is None:
        return
    old, new = translated
    advice = class_for(connectable.dialect).default_schema_advice
    thing = "connection" if isinstance(connectable, sa.Connection) else "engine"
    raise NotSupported(
        "schema_translate_map is not supported",
        cause=f"the {thing} translates {_shown(old)} to {_shown(new)}, which changes SQLAlchemy's own statements only",
        state=state,
        hints=[
            f"pass {article(thing)} without it",
            *([advice.format(schema=new)] if old is None and new and advice else []),
        ],
    )


def _shown(schema: str | None) -> str:
    return "the default schema" if schema is None else f'schema "{schema}"'
