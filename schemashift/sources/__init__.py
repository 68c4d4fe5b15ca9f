"""The four sources of a schema: the models, the database, replayed scripts, and a scratch place.

Each returns a `Reading`: the schema in the dialect's normal form, with objects of every kind, and the doubts about it.
"""
