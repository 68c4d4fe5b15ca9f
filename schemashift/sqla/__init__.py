"""The only door to SQLAlchemy's schema objects.

`lift` makes our values of tables, columns and types; `reflect` does the same with what an Inspector found;
`source` writes types and expressions down as Python.
"""
