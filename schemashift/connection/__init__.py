"""Obtain the one connection of a run from a URL, an engine or a connection."""
