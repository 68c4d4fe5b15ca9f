"""The four ways to a schema: the models, the database, scripts that are replayed, and a scratch place.

Each gives a `Reading`: the schema in the dialect's normal form, objects of every kind, and the doubts about it.
"""
