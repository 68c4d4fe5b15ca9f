"""``python -m schemashift`` is ``schemashift``."""

from __future__ import annotations

import sys

from schemashift.cli import main

sys.exit(main())
