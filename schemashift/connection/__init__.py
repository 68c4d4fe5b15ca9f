"""From a URL, an engine or a connection to the one connection of a run."""
