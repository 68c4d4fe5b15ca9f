"""The applied revisions: the ``version`` table, and how to read it from a SQLite file without SQLAlchemy."""
