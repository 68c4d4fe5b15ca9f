"""What an operation does to the rows that are there: what it deletes, what it needs, where it may fail."""
