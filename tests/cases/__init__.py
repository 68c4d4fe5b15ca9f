"""One file per kind of change: models before, models after, the script that is written, the SQL that is sent.

The files are documentation first; ``tests/databases/test_cases.py`` runs each of them on real databases. To add one,
write a title, a sentence, ``## Models before`` and ``## Models after`` (and perhaps ``On PostgreSQL.`` on a line of its
own, and ``## Rows before``), then run it with ``CASES=write``: the rest is put in. Read it before it is kept.
"""
