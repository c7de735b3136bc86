"""A run to a path, one or many at once, and what is told of it."""
