"""The folder ``migrations_template/``, which ``schemashift init`` copies. Scripts are created from ``script.py.tmpl``.

``script.py.tmpl`` is a :class:`string.Template`. Its placeholders:

==================  =================================================================================
``$message``        the first line of the docstring, escaped for triple double quotes
``$revision_id``    for the docstring, as plain text: the id of the revision,
``$revises``        the ids of its parents joined by ``", "``, or ``nothing``,
``$created``        and the time
``$imports``        import lines, sorted
``$revision``       Python literals for the header: a string,
``$down_revision``  a string, a tuple or None,
``$branch_labels``  a string, a tuple or None,
``$depends_on``     a string, a tuple or None
``$upgrade``        the bodies, indented by four spaces; ``    pass`` if there is nothing to do
``$downgrade``
==================  =================================================================================
"""

from __future__ import annotations

from pathlib import Path

NAME = "migrations_template"


def template_directory() -> Path:
    """Return the folder of the template: inside the package if installed from a wheel, beside it in a checkout.

    An editable install uses the folder of the repository, so both places are searched.
    """
    package = Path(__file__).resolve().parent.parent
    for place in (package, package.parent):
        if (place / NAME / "script.py.tmpl").is_file():
            return place / NAME
    raise FileNotFoundError(f"{NAME}/ is neither in {package} nor beside it: this installation is incomplete")
