"""Migration scripts as files: found, read without running them, loaded, surveyed and written."""
