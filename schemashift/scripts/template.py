"""Where ``migrations_template/`` is: what ``schemashift init`` copies and every new script is made from.

``script.py.tmpl`` is a :class:`string.Template`. Its placeholders:

==================  =================================================================================
``$message``        the first line of the docstring, safe between triple double quotes
``$revision_id``    the docstring's plain texts: this revision's id,
``$revises``        the ids of its parents joined by ``", "``, or ``nothing``,
``$created``        and the time
``$imports``        import lines, sorted
``$revision``       Python literals for the header: a string,
``$down_revision``  a string, a tuple or None,
``$branch_labels``  a string, a tuple or None,
``$depends_on``     a string, a tuple or None
``$upgrade``        the bodies, indented by four spaces; ``    pass`` where there is nothing to do
``$downgrade``
==================  =================================================================================
"""

from __future__ import annotations

from pathlib import Path

NAME = "migrations_template"


def template_directory() -> Path:
    """The folder of the template: inside the package when installed from a wheel, beside it in a checkout.

    An editable install leaves the folder where the repository has it, so both places are looked at.
    """
    package = Path(__file__).resolve().parent.parent
    for place in (package, package.parent):
        if (place / NAME / "script.py.tmpl").is_file():
            return place / NAME
    raise FileNotFoundError(f"{NAME}/ is neither in {package} nor beside it: this installation is not whole")
