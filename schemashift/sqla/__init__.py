"""The only package that uses SQLAlchemy's schema objects.

`lift` converts tables, columns and types to our values; `reflect` does the same with the results of an Inspector;
`source` writes types and expressions as Python source.
"""
