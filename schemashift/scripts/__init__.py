"""Migration scripts as files: finding them, reading headers without executing them, loading and writing."""
