"""The ways to a schema: models, the database, replayed scripts."""
