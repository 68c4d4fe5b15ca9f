"""The effects of operations on existing rows: what they delete, which values they need, where they may fail."""
