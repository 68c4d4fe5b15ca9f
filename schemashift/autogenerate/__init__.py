"""Models against database: what differs, and whose it is."""
