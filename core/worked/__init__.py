"""The worked example: a line fitted to a few points, every number of every step."""
