"""What is applied: the ``version`` table, and how it is read from a SQLite file without SQLAlchemy."""
